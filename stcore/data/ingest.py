"""From any table of text to a panel: read it, find the roles, lay the rows on a regular grid, and say what was odd."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from stcore.data.assemble import TOGETHER, Recipe, assemble, recipe_of
from stcore.data.cell_findings import cell_findings
from stcore.data.find_roles import find_roles
from stcore.data.lay import ApartError
from stcore.data.observations import Observations
from stcore.data.observe import observe
from stcore.data.panel import Panel
from stcore.data.quality import InspectReport, by_weight, missing_cells, read_findings, sentence
from stcore.data.roles import Choice, Roles, given_roles, missing_time
from stcore.data.sampling import LEAST_FILLED, event_choices, step_choice
from stcore.data.sources import Asked, open_table
from stcore.data.table import Table
from stcore.errors import DataError, StoreError
from stcore.findings import Finding, Fix

#: Gets the stage of a reading in words.
Tell = Callable[[str], None]
#: The stages in their order, with the share of the time that has gone when each begins.
STAGES = {
    "Copying the file": 0.0, "Reading the rows": 0.05, "Finding the columns": 0.4, "Reading times and numbers": 0.5,
    "Laying the values on a grid": 0.7, "Sorting the rows by place": 0.8, "Saving": 0.95,
}  # fmt: skip


@dataclass
class Loaded:
    """A table that was read: its panels by name (one without a name), the report, the typed rows and the scratch folder."""

    panels: dict[str, Panel]
    report: InspectReport
    seen: Observations
    folder: Path

    @property
    def several(self) -> bool:
        """Runs that were kept apart, rather than one panel."""
        return bool(self.seen.runs)


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
        source: path or file object of CSV, TSV, TXT, JSON, Parquet, Excel, GeoJSON, NetCDF or Zarr, also packed (gz, bz2,
            xz, zst, zip); a folder, a pattern or a list of files; an http(s) address; the address of a database; a DataFrame.
        roles: meaning of columns that should not be guessed: a mapping, ``Roles`` or the ``data`` part of an experiment.
        step: time between rows; longer than the data's own: values are joined as their schema says.
        by: column whose values are separate runs, one panel each with its own span and step; ``together``: one grid.
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
        return result.panels if result.several else next(iter(result.panels.values()))


def inspect(source: Any, roles: Any = None) -> InspectReport:
    """Roles, findings and choices of a table; stores nothing. Where something must be chosen first, shape is None.

    Raises:
        DataError: nothing that can be read as a table.
    """
    given = given_roles(roles)
    with scratch() as folder, _opened(source, folder, roles) as table:
        found, choices = _roles(table, given)
        report = _report(table, found, choices)
        if found.time is None:
            error = missing_time(table)
            report.findings.append(
                Finding(code="no_time", severity="look", message=error.message, suggestion=error.hint)
            )
            return report
        try:
            return _load(table, found, choices, recipe_of(roles, Recipe())).report
        except ApartError as error:
            return _apart(report, error)


@contextmanager
def loaded(
    source: Any, roles: Any = None, recipe: Recipe | None = None, within: Path | None = None, tell: Tell | None = None
) -> Iterator[Loaded]:
    """A table read whole, with its typed rows in a scratch folder (inside ``within``) as long as the block lasts.

    Args:
        tell: gets each stage in words; what it raises ends the reading.

    Raises:
        DataError: as ``read``.
    """
    given = given_roles(roles)
    tell = tell or (lambda stage: None)
    tell("Reading the rows")
    with scratch(within) as folder, _opened(source, folder, roles) as table:
        tell("Finding the columns")
        found, choices = _roles(table, given)
        yield _load(table, found, choices, recipe or recipe_of(roles, Recipe()), tell)


@contextmanager
def scratch(within: Path | None = None) -> Iterator[Path]:
    """A folder that is gone afterwards, among the system's temporary ones or ``within`` another.

    Raises:
        StoreError: the disk is full, or a file may not be read.   DataError: not enough memory.
    """
    folder = Path(tempfile.mkdtemp(prefix="fieldcast-", dir=within))
    try:
        yield folder
    except (OSError, duckdb.IOException) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise StoreError(
            f"The data could not be read or saved ({reason}); nothing was kept.",
            "Free space on the disk, or check the rights of the file, and try again.",
        ) from error
    except (MemoryError, duckdb.OutOfMemoryException) as error:
        raise DataError(
            "There is not enough memory for this table.", "Choose a longer step, fewer columns, or split the file."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _opened(source: Any, folder: Path, roles: Any) -> Iterator[Table]:
    table = open_table(source, folder, Asked.of(roles))
    try:
        yield table
    finally:
        table.close()


def _roles(table: Table, given: Mapping[str, Any]) -> tuple[Roles, list[Choice]]:
    """Roles of the columns, and how the source was read; what may be chosen about either."""
    found, choices = find_roles(table, given)
    return found.model_copy(update=table.told), [*table.choices, *choices]


def _load(table: Table, roles: Roles, choices: list[Choice], recipe: Recipe, tell: Tell = lambda stage: None) -> Loaded:
    if recipe.geometry is None and table.outlines is not None:
        recipe = replace(recipe, geometry=table.outlines)
    recipe = recipe.opened(table.folder)
    tell("Reading times and numbers")
    seen = observe(table, roles, recipe.clock or table.clock, recipe.column(roles.form))
    if seen.times is not None and seen.times.ambiguous_order:
        question = "Do dates such as 03/04/2020 begin with the day?"
        choices.append(Choice(code="day_first", question=question, options=[True, False], chosen=seen.times.day_first))
    tell("Laying the values on a grid")
    panels, findings = assemble(seen, recipe)
    report = _report(table, seen.roles, choices)
    report.findings = by_weight(read_findings(table, seen) + cell_findings(seen) + table.findings + findings)
    _describe(report, panels, seen)
    report.choices += _step_choices(report, seen, recipe)
    return Loaded(panels, report, seen, table.folder)


def _report(table: Table, roles: Roles, choices: list[Choice]) -> InspectReport:
    preview = tuple(tuple(cell[:80] for cell in row[:50]) for row in table.dialect.rows[:10])
    return InspectReport(
        roles=roles, choices=choices, rows=table.rows + table.ragged[0], encoding=table.encoding,
        columns=tuple(table.names), preview=preview, findings=list(table.findings),
    )  # fmt: skip


def _describe(report: InspectReport, panels: dict[str, Panel], seen: Observations) -> None:
    """Step, shape, missing and sentence of the panel, or of the first of several."""
    first = next(iter(panels.values()))
    report.step, report.shape, report.clock = first.step, first.shape, first.clock
    report.missing = sum(missing_cells(panel.values) for panel in panels.values())
    ends = [(panel.time[0], panel.time[-1]) for panel in panels.values()]
    report.span = (str(min(start for start, _ in ends)), str(max(end for _, end in ends)))
    report.sentence = sentence(first, seen.roles.location)
    if seen.runs:
        report.panels = {name: panel.shape for name, panel in panels.items()}
        report.sentence = f"{len(panels):,} runs kept apart; the first: {report.sentence}"


def _step_choices(report: InspectReport, seen: Observations, recipe: Recipe) -> list[Choice]:
    """Where a person may know a better step, and for events a better place to count them."""
    if report.step is None or report.shape is None or seen.runs:
        return []
    if seen.roles.form == "events":
        by = recipe.by or ("location" if not seen.roles.lat else "grid" if recipe.geometry is None else "regions")
        return event_choices(seen, report.step, by)
    beside = sum(finding.count for finding in report.findings if finding.code == "off_grid")
    empty = (report.missing or 0) > (1 - LEAST_FILLED) * report.shape[0] * report.shape[1] * report.shape[2]
    choice = step_choice(seen, report.step) if recipe.step or empty or beside > 0.1 * report.rows else None
    return [choice] if choice else []


def _apart(report: InspectReport, error: ApartError) -> InspectReport:
    """A report that proposes to keep unlike series apart."""
    options: list[str | bool] = [error.by, TOGETHER]
    question = "The series have unlike spans. Keep them apart?"
    report.choices.append(Choice(code="by", question=question, options=options, chosen=error.by))
    report.findings.append(
        Finding(
            code="unlike_spans",
            severity="look",
            message=error.message,
            suggestion=error.hint,
            count=error.shape[1],
            fix=Fix(words="Keep them apart", setting="data.by", value=error.by),
        )
    )
    return report
