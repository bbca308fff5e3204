"""From any table of text to a panel: read it, find the roles, lay the rows on a regular grid, and say what was odd."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stcore.config import Config
from stcore.data.lay import ApartError, Laid, lay
from stcore.data.observations import Observations, observe
from stcore.data.panel import Panel
from stcore.data.places import Places, make_places, read_network, with_districts, with_network
from stcore.data.quality import (
    InspectReport, by_weight, label_spans, lay_findings, missing_cells, read_findings, sentence, value_findings,
)  # fmt: skip
from stcore.data.roles import Choice, Roles, find_roles, given_roles, missing_time
from stcore.data.schema import FeatureSchema, guess_schema
from stcore.data.table import Table, open_table
from stcore.errors import DataError
from stcore.records import Finding


@dataclass(frozen=True)
class Recipe:
    """How observations become a panel; what a dataset remembers.

    Attributes:
        step: of the grid, None: found.   by: column of runs of their own.   clock: zone of the times.
        how: count, mean, sum or max of events in a cell.   cell: size of a cell of events in degrees.
        geometry, join, adjacency: districts and network, as in ``read``.
    """

    step: str | None = None
    by: str | None = None
    clock: str | None = None
    how: str | None = None
    cell: float | None = None
    geometry: Any = None
    join: Any = None
    adjacency: Any = None


@dataclass
class Loaded:
    """A table that was read: its panels by name (one without a name), the report and the typed rows."""

    panels: dict[str, Panel]
    report: InspectReport
    seen: Observations
    findings: list[Finding] = field(default_factory=list)


def read(
    source: Any,
    roles: Any = None,
    step: str | None = None,
    by: str | None = None,
    geometry: Any = None,
    join: Any = None,
    adjacency: Any = None,
    clock: str | None = None,
) -> Panel | dict[str, Panel]:
    """A table as panel.

    Args:
        source: path or file object of CSV, TSV or TXT (also .gz), Parquet, or a DataFrame.
        roles: meaning of columns that should not be guessed: a mapping, ``Roles`` or the ``data`` part of an experiment.
        step: time between rows; longer than the data's own: values are joined as their schema says.
        by: column whose values are separate runs: one panel each, with its own span and step.
        geometry, join: GeoJSON of districts and the property that holds the place's id or name.
        adjacency: file or array of the network between places.
        clock: zone whose wall clock times without an offset are; times with one are converted to it.

    Returns:
        A panel; with ``by`` a mapping of them. What was odd is in ``inspect(source).findings``.

    Raises:
        DataError: nothing that can be read as a table of times and numbers.
    """
    recipe = recipe_of(roles, Recipe(step, by, clock, geometry=geometry, join=join, adjacency=adjacency))
    with loaded(source, roles, recipe) as result:
        return result.panels if recipe.by is not None else next(iter(result.panels.values()))


def inspect(source: Any, roles: Any = None) -> InspectReport:
    """Roles, findings and choices of a table; stores nothing. Where something must be chosen first, shape is None.

    Raises:
        DataError: nothing that can be read as a table.
    """
    with scratch() as folder:
        table = _open(source, folder, given_roles(roles))
        found, choices = find_roles(table, given_roles(roles))
        report = _report(table, found, choices)
        if found.time is None:
            error = missing_time(table)
            report.findings.append(
                Finding(code="no_time", severity="look", message=error.message, suggestion=error.hint)
            )
            return report
        recipe = recipe_of(roles, Recipe())
        try:
            return _load(table, found, choices, recipe).report
        except ApartError as error:
            return _apart(report, found, error)


@contextmanager
def loaded(source: Any, roles: Any = None, recipe: Recipe | None = None) -> Iterator[Loaded]:
    """A table read whole, with its typed rows on disk as long as the block lasts."""
    given = given_roles(roles)
    with scratch() as folder:
        table = _open(source, folder, given)
        try:
            found, choices = find_roles(table, given)
            yield _load(table, found, choices, recipe or recipe_of(roles, Recipe()))
        finally:
            table.close()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fieldcast-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def recipe_of(roles: Any, given: Recipe) -> Recipe:
    """The recipe with what stands in the ``data`` part of an experiment, where the call does not say otherwise."""
    mapping: Mapping[str, Any] = roles.model_dump() if isinstance(roles, Config) else roles or {}
    missing = {
        name: mapping[name] for name in ("step", "by", "clock", "how", "cell", "geometry", "join", "adjacency")
        if getattr(given, name) is None and mapping.get(name) is not None
    }  # fmt: skip
    return replace(given, **missing)


def _open(source: Any, folder: Path, given: Mapping[str, Any]) -> Table:
    return open_table(source, folder, given.get("delimiter") or None, given.get("decimal"), given.get("header"))


def _load(table: Table, roles: Roles, choices: list[Choice], recipe: Recipe) -> Loaded:
    seen = observe(table, roles, recipe.clock, recipe.by)
    if seen.times.ambiguous_order:
        question = "Do dates such as 03/04/2020 begin with the day?"
        choices.append(Choice(code="day_first", question=question, options=[True, False], chosen=seen.times.day_first))
    network = None if recipe.adjacency is None else read_network(recipe.adjacency, table.folder)
    report = _report(table, roles, choices)
    report.findings = read_findings(seen)
    panels = {}
    for run, name in enumerate(seen.runs) if recipe.by is not None else [(None, "")]:
        laid, findings = _lay_one(seen, recipe, run)
        panel = _panel(seen, laid, recipe, network)
        panels[name] = replace(panel[0], name=name)
        report.findings += findings + panel[1]
    _describe(report, panels, seen)
    return Loaded(panels, report, seen)


def _lay_one(seen: Observations, recipe: Recipe, run: int | None) -> tuple[Laid, list[Finding]]:
    schema = {name: guess_schema(name) for name in seen.values}
    laid = lay(seen, schema, recipe.step, run, apart=recipe.by is None and recipe.step is None)
    return laid, lay_findings(seen, laid, where="" if run is None else seen.runs[run][:80])


def _panel(seen: Observations, laid: Laid, recipe: Recipe, network: Any) -> tuple[Panel, list[Finding]]:
    """The panel of a grid, with its places, schema and marks."""
    places = _places(seen, laid, recipe, network)
    schema = {name: _schema(seen, name, laid.values[..., number]) for number, name in enumerate(seen.values)}
    labels = label_spans(laid.label_rows, laid.axis.time, places.table.index, seen.labels)
    panel = Panel(
        laid.values,
        laid.axis.time,
        laid.axis.step,
        places.table,
        tuple(seen.values),
        schema,
        places.space,
        labels,
        seen.times.clock,
    )
    if not np.isfinite(laid.values).any():
        raise DataError(
            f"Not one of the {laid.values.size:,} cells holds a number.",
            "Check which columns are the values, and the decimal mark.",
        )
    return panel, places.findings + value_findings(panel)


def _places(seen: Observations, laid: Laid, recipe: Recipe, network: Any) -> Places:
    ids = [seen.places[code] for code in laid.places]
    points = None
    if seen.coordinates is not None:
        position = pd.Series(np.arange(len(laid.places)), index=laid.places)
        points = seen.coordinates[seen.coordinates["place"].isin(laid.places)]
        points = points.assign(place=points["place"].map(position))
    places = make_places(ids, points, (str(seen.roles.lat), str(seen.roles.lon)))
    if network is not None:
        places = with_network(places, network, seen.places, laid.places)
    if recipe.geometry is not None:
        places = with_districts(places, recipe.geometry, recipe.join, seen.table.folder)
    return places


def _schema(seen: Observations, name: str, values: np.ndarray) -> FeatureSchema:
    """Schema from the name, sharpened by the content: a count that is never negative stays so in forecasts."""
    schema = guess_schema(name)
    changes: dict[str, Any] = {}
    if name in seen.roles.known_ahead:
        changes["known_ahead"] = True
    if schema.kind == "count" and schema.range == (None, None) and not (values < 0).any():
        changes["range"] = (0.0, None)
    if schema.kind == "angle" and ((values < 0) | (values > 360)).any():
        changes |= {"kind": "numeric", "range": (None, None)}
    return schema.model_copy(update=changes)


# the report --------------------------------------------------------------------------------------------------------


def _report(table: Table, roles: Roles, choices: list[Choice]) -> InspectReport:
    return InspectReport(
        roles=roles, choices=choices, rows=table.rows + table.ragged[0], encoding=table.encoding, columns=tuple(table.names),
        preview=tuple(row[:50] for row in table.dialect.rows[:10]),
    )  # fmt: skip


def _describe(report: InspectReport, panels: dict[str, Panel], seen: Observations) -> None:
    """Step, shape, missing and sentence of the panel, or of the first of several."""
    first = next(iter(panels.values()))
    report.findings = by_weight(report.findings)
    report.step, report.shape, report.clock = first.step, first.shape, first.clock
    report.missing = sum(missing_cells(panel.values) for panel in panels.values())
    ends = [(panel.time[0], panel.time[-1]) for panel in panels.values()]
    report.span = (str(min(start for start, _ in ends)), str(max(end for _, end in ends)))
    report.sentence = sentence(first, seen.roles.location)
    if seen.runs:
        report.panels = {name: panel.shape for name, panel in panels.items()}
        report.sentence = f"{len(panels):,} runs kept apart; the first: {report.sentence}"


def _apart(report: InspectReport, roles: Roles, error: ApartError) -> InspectReport:
    """A report that proposes to keep unlike series apart."""
    options: list[str | bool] = [str(roles.location), "together"]
    report.choices.append(
        Choice(
            code="by",
            question="The series have unlike spans. Keep them apart?",
            options=options,
            chosen=str(roles.location),
        )
    )
    report.findings.append(
        Finding(
            code="unlike_spans", severity="look", message=error.message, suggestion=error.hint, count=error.shape[1]
        )
    )
    return report
