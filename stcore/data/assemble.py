"""From typed rows to panels: grid, places, schema and labels put together as a recipe says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stcore.config import Config
from stcore.data.described import read_described, with_described
from stcore.data.districts import with_districts
from stcore.data.events import Counting, events_panel
from stcore.data.graphs import with_neighbours
from stcore.data.lay import Laid, lay
from stcore.data.observations import Observations
from stcore.data.outlines import read_districts
from stcore.data.panel import LABEL_COLUMNS, Panel
from stcore.data.places import Places, make_places, read_network, with_network
from stcore.data.quality import lay_findings, over_runs, value_findings
from stcore.data.rules import differenced, schemas
from stcore.data.schema import FeatureSchema
from stcore.errors import DataError
from stcore.findings import Finding
from stcore.spatial import NeighboursConfig

#: Answer to "keep the series apart?": no, on one grid however empty.
TOGETHER = "together"


@dataclass(frozen=True)
class Recipe:
    """How observations become panels; what a dataset remembers.

    Attributes:
        step: of the grid, None: found.
        by: column of runs of their own; ``together``: one grid even where it is nearly empty; for events: grid, h3,
            regions or location.
        clock: zone of the times.
        how: count, mean, sum or max of events in a cell.
        cell: size of a cell of events in degrees.
        geometry, join, adjacency: districts and network, as in ``ingest.read``.
        places: second file with coordinates and columns that describe the places; matches: ids in it given by hand.
        rules: value -> how several readings become one; others follow their kind.
        differences: values that are totals and are read as their growth.
        neighbours: network to build from the places: kind, count, radius_km.
        crs: system of coordinates in metres; None: degrees.
    """

    step: str | None = None
    by: str | None = None
    clock: str | None = None
    how: str | None = None
    cell: float | None = None
    geometry: Any = None
    join: Any = None
    adjacency: Any = None
    places: Any = None
    matches: Mapping[str, str] | None = None
    rules: Any = None
    differences: Any = None
    neighbours: Any = None
    crs: str | None = None

    def opened(self, folder: Path) -> Recipe:
        """The same with districts, network and second file read; ``folder`` is for scratch.

        Raises:
            DataError: one of them is not what it should be.
        """
        network = None if self.adjacency is None else read_network(self.adjacency, folder)
        districts = None if self.geometry is None else read_districts(self.geometry, folder)
        described = None if self.places is None else read_described(self.places, folder)
        return replace(self, adjacency=network, geometry=districts, places=described)

    def column(self, form: str) -> str | None:
        """The column that keeps runs apart, if any."""
        return None if form == "events" or self.by == TOGETHER else self.by


def recipe_of(roles: Any, given: Recipe) -> Recipe:
    """The recipe with what stands in the ``data`` part of an experiment, where the call does not say otherwise."""
    mapping: Mapping[str, Any] = roles.model_dump() if isinstance(roles, Config) else roles or {}
    names = [field.name for field in fields(Recipe)]
    missing = {name: mapping[name] for name in names if getattr(given, name) is None and mapping.get(name) is not None}
    return replace(given, **missing)


def assemble(seen: Observations, recipe: Recipe) -> tuple[dict[str, Panel], list[Finding]]:
    """Panels of typed rows: one without a name, or one a run.

    Args:
        recipe: with districts and network already read.

    Raises:
        DataError: nothing to lay on a grid, or too much.
    """
    if seen.roles.form == "events":
        panel, findings = events_panel(seen, _counting(recipe), recipe.step)
        panel = with_neighbours(panel, _neighbours(recipe))
        return {"": panel}, findings + value_findings(panel, roles=seen.roles)
    seen, grown = differenced(seen, recipe.differences or ())
    if not seen.runs:
        panel, findings = _one(seen, recipe, None)
        return {"": panel}, grown + findings
    panels, findings = _runs(seen, recipe)
    return panels, grown + findings


def _runs(seen: Observations, recipe: Recipe) -> tuple[dict[str, Panel], list[Finding]]:
    """One panel a run; a run that cannot be used is said, and left out."""
    panels: dict[str, Panel] = {}
    found: dict[str, list[Finding]] = {}
    refused: DataError | None = None
    for run, name in enumerate(seen.runs):
        try:
            panel, found[name] = _one(seen, recipe, run)
        except DataError as error:
            refused = error
            found[name] = [
                Finding(code="run", severity="look", message=f"Left out: {error.message}", suggestion=error.hint)
            ]
            continue
        panels[name] = replace(panel, name=name)
    if not panels and refused is not None:
        raise refused
    return panels, over_runs(found)


def _one(seen: Observations, recipe: Recipe, run: int | None) -> tuple[Panel, list[Finding]]:
    """The panel of all rows or of one run."""
    where = "" if run is None else seen.runs[run][:80]
    known = schemas(seen, recipe.rules, recipe.differences)
    laid = lay(seen, known, recipe.step, run, apart=recipe.by is None, asked=recipe.rules or {})
    if not np.isfinite(laid.values).any():
        raise DataError(
            f"Not one of the {laid.values.size:,} cells holds a number.",
            "Check which columns are the values, and the decimal mark.",
        )
    places = _places(seen, laid, recipe)
    schema = {name: _schema(seen, known[name], name, laid.values[..., n]) for n, name in enumerate(seen.values)}
    panel = Panel(
        values=laid.values, time=laid.axis.time, step=laid.axis.step, locations=places.table, features=tuple(seen.values),
        schema=schema, space=places.space, labels=_spans(laid, places.table.index, seen.labels), clock=seen.clock,
    )  # fmt: skip
    panel = with_neighbours(panel, _neighbours(recipe))
    return panel, lay_findings(laid, where) + places.findings + value_findings(panel, where, seen.roles)


def _counting(recipe: Recipe) -> Counting:
    return Counting(recipe.by, recipe.how, recipe.cell, recipe.geometry, recipe.join, recipe.rules)


def _neighbours(recipe: Recipe) -> NeighboursConfig | None:
    return None if recipe.neighbours is None else NeighboursConfig.parse(recipe.neighbours, "neighbours")


def _places(seen: Observations, laid: Laid, recipe: Recipe) -> Places:
    ids = [seen.places[code] for code in laid.places]
    points = None
    if seen.coordinates is not None:
        position = pd.Series(np.arange(len(laid.places)), index=laid.places)
        points = seen.coordinates[seen.coordinates["place"].isin(laid.places)]
        points = points.assign(place=points["place"].map(position))
    places = make_places(ids, points, (str(seen.roles.lat), str(seen.roles.lon)), recipe.crs)
    if seen.static is not None:
        described = (
            seen.static.reindex(laid.places).set_axis(places.table.index).drop(columns="geometry", errors="ignore")
        )
        places = replace(places, table=places.table.join(described))
    if recipe.places is not None:
        places = with_described(places, seen.places, recipe.places, recipe.matches)
    if recipe.adjacency is not None:
        places = with_network(places, recipe.adjacency, seen.places, laid.places)
    if recipe.geometry is not None:
        places = with_districts(places, recipe.geometry, recipe.join, seen.places)
    return places


def _schema(seen: Observations, schema: FeatureSchema, name: str, values: np.ndarray) -> FeatureSchema:
    """Schema sharpened by the content: a count that is never negative stays so in forecasts."""
    changes: dict[str, Any] = {"unit": seen.roles.units.get(name) or schema.unit}
    if name in seen.roles.known_ahead:
        changes["known_ahead"] = True
    if schema.aggregation == "count":
        changes |= {"aggregation": "sum", "unit": None}  # what was counted adds up from here on, in no unit
    if schema.kind == "count" and schema.range == (None, None) and not (values < 0).any():
        changes["range"] = (0.0, None)
    return schema.model_copy(update=changes)


def _spans(laid: Laid, places: pd.Index, names: list[str]) -> pd.DataFrame:
    """Consecutive marked rows as spans: start, end (inclusive), location, kind, by."""
    rows = laid.label_rows
    if rows.empty:
        return pd.DataFrame(columns=list(LABEL_COLUMNS))
    rows = rows.sort_values(["label", "position", "step"])
    new = (rows[["label", "position"]].diff() != 0).any(axis=1) | (rows["ordinal"].diff() != 1)
    spans = rows.groupby(new.cumsum()).agg(
        first=("step", "first"), last=("step", "last"), position=("position", "first"), label=("label", "first")
    )
    return pd.DataFrame(
        {
            "start": laid.axis.time[spans["first"]], "end": laid.axis.time[spans["last"]],
            "location": places[spans["position"]].to_numpy(), "kind": np.array(names, dtype=object)[spans["label"]], "by": "file",
        }
    )  # fmt: skip
