"""Irregular events (earthquakes, trips) counted or averaged in cells (squares, hexagons, districts, places) and a regular step."""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from stcore.data import cells as kinds
from stcore.data import steps
from stcore.data.axis import find_stray, in_clock, lay_axis
from stcore.data.cells import VALID, Cells
from stcore.data.observations import Observations
from stcore.data.panel import Panel
from stcore.data.rules import RULES, joined, turned
from stcore.data.schema import FeatureSchema, guess_schema
from stcore.errors import ConfigError, DataError, nearest
from stcore.findings import Finding
from stcore.settings import settings

COUNT = "events"
HOW = ("count", "mean", "sum", "max")
BY = ("grid", "h3", "regions", "location")
_STEPS = ("1MS", "7D", "1D", "6h", "1h", "10min", "1min", "1s")
_MANY_STEPS = 200


@dataclass(frozen=True)
class Counting:
    """How events become values of cells.

    Attributes:
        by: grid (squares of equal degrees), h3 (hexagons), regions (districts) or location (the places that events name);
            None: regions where there are some, else the grid, else location.
        how: count (default; a cell and step without an event is 0), mean, sum or max of the values (NaN without one).
        cell: size in degrees of squares or hexagons; None: suggested from how dense the events are.
        shapes, join: the districts and the property that names them.
        rules: value -> how it joins, beside the count; only without ``how``.
    """

    by: str | None = None
    how: str | None = None
    cell: float | None = None
    shapes: Any = None
    join: Any = None
    rules: Mapping[str, str] | None = None


def events_panel(seen: Observations, counting: Counting, step: str | None = None) -> tuple[Panel, list[Finding]]:
    """Events as a panel of cells.

    Args:
        seen: typed events (line, stamp, lat, lon, v0..).
        step: of the panel; None: the longest that gives some 200 steps.

    Raises:
        DataError: no event with a usable place, no districts, or too many cells.   ConfigError: an unknown ``by`` or ``how``.
    """
    rules = _rules(seen, counting)
    cells = _cells(seen, counting)
    stamps, rows = _stamps(seen, cells)
    low, high = find_stray(stamps, rows)
    findings = _lost(seen, cells, int(rows[:low].sum() + rows[high:].sum()))
    stamps, rows = stamps[low:high], rows[low:high]
    step = step or _suggest_step(seen, stamps)
    axis = lay_axis(stamps, rows, step, seen.clock, "1ms")
    shape = len(axis.time), len(cells.locations), len(rules)
    if np.prod(shape, dtype=float) > settings().max_cells:
        raise DataError(
            f"{shape[0]:,} steps x {shape[1]:,} cells x {shape[2]:,} values are more than {settings().max_cells:,}.",
            "Choose a longer step or larger cells.",
        )
    seen.connection.register("axis", pa.table({"stamp": stamps, "step": axis.position}))
    schema = {name: _schema(name, rule) for name, rule in rules.items()}
    values = _values(seen, cells, rules, shape)
    for number, name in enumerate(rules):
        values[..., number] = (
            turned(values[..., number], schema[name]) if rules[name] == "angle" else values[..., number]
        )
    findings.append(
        Finding(code="events", count=int(rows.sum()),
                message=f"{int(rows.sum()):,} events became {_words(counting, rules)} in {cells.words}, {steps.describe(step)}.",
                suggestion="Choose another step, kind or size of cell, or way to join them if this is too coarse or too fine.")
    )  # fmt: skip
    return Panel(
        values, axis.time, step, cells.locations, tuple(rules), schema, cells.space, clock=seen.clock
    ), findings


def _rules(seen: Observations, counting: Counting) -> dict[str, str]:
    """Feature -> how the events of a cell and step become its value."""
    how = counting.how or "count"
    if how not in HOW:
        raise ConfigError(f"“{how[:40]}” is no way to join events.", f"Choose {', '.join(HOW)}.")
    if how != "count" and not seen.values:
        raise ConfigError(
            f"The events have no values to take the {how} of.", "Count them, or say which columns are the values."
        )
    if how != "count":
        return dict.fromkeys(seen.values, how)
    asked = {} if counting.how else dict(counting.rules or {})
    for name, rule in asked.items():
        if name not in seen.values or rule not in RULES:
            raise ConfigError(
                f"“{name[:60]}” cannot be joined by “{str(rule)[:40]}”.", nearest(name, [*seen.values, *RULES])
            )
    return {COUNT: "count", **asked}


def _cells(seen: Observations, counting: Counting) -> Cells:
    placed = bool(seen.roles.lat and seen.roles.lon)
    by = counting.by or ("location" if not placed else "grid" if counting.shapes is None else "regions")
    if by not in BY:
        raise ConfigError(f"Events are not counted by “{by[:40]}”.", nearest(by, BY))
    if by == "location":
        if not seen.roles.location:
            raise ConfigError("The events name no place.", "Say which column names it, or count them by grid or h3.")
        return kinds.places(seen)
    if not placed:
        raise ConfigError(
            f"Events by {by} need latitude and longitude.", "Say which columns hold them, or use by=“location”."
        )
    if not seen.connection.sql(f"SELECT 1 FROM {seen.source()} WHERE {kinds.VALID} LIMIT 1").fetchall():
        raise _too_few()
    if by == "regions":
        return kinds.districts(seen, counting.shapes, counting.join)
    return kinds.hexagons(seen, counting.cell) if by == "h3" else kinds.squares(seen, counting.cell)


def _too_few() -> DataError:
    return DataError(
        "Fewer than two events have a usable time and place.", "Check the columns of time, latitude and longitude."
    )


def _words(counting: Counting, rules: Mapping[str, str]) -> str:
    names = {"mean": "means", "sum": "sums", "max": "largest values"}
    return names.get(counting.how or "", "counts" if len(rules) == 1 else "counts and joined values")


def _schema(name: str, rule: str) -> FeatureSchema:
    if rule == "count":
        return FeatureSchema(kind="count", aggregation="sum", range=(0.0, None))
    known = guess_schema(name)
    turns = known.kind == "angle" and rule not in ("angle", "last")
    return known.model_copy(
        update={"aggregation": rule, **({"kind": "numeric", "range": (None, None)} if turns else {})}
    )


def _stamps(seen: Observations, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Distinct stamps of events inside the cells, and the rows of each."""
    found = seen.connection.sql(
        f"SELECT stamp, count(*) AS rows FROM {cells.relation} GROUP BY 1 ORDER BY 1"
    ).to_arrow_table()
    if len(found) < 2:
        raise _too_few()
    return found["stamp"].to_numpy(), found["rows"].to_numpy()


def _lost(seen: Observations, cells: Cells, stray: int) -> list[Finding]:
    """Events that cannot be used."""
    found = []
    outside = seen.connection.execute(f"SELECT count(*) FROM {seen.source()}").fetchall()[0][0]
    outside -= seen.connection.execute(f"SELECT count(*) FROM {cells.relation}").fetchall()[0][0]
    if outside and seen.roles.lat:
        count, lines = seen.connection.execute(
            f"SELECT count(*), min(line, 10) FROM {seen.source()} WHERE NOT {VALID}"
        ).fetchall()[0]
        outside -= count
        if count:
            found.append(
                Finding(code="coordinates", severity="look", count=count, lines=[int(line) for line in lines],
                        message=f"{count:,} events have no usable coordinates; set aside.")
            )  # fmt: skip
    if outside:
        found.append(
            Finding(code="outside", severity="look", count=outside,
                    message=f"{outside:,} events lie in none of the districts; set aside.",
                    suggestion="Give outlines that cover them, or count by grid.")
        )  # fmt: skip
    if stray:
        found.append(
            Finding(code="stray_times", severity="look", count=stray,
                    message=f"{stray:,} events lie far from all others in time; set aside.", suggestion="Correct the dates in the file.")
        )  # fmt: skip
    return found


def _suggest_step(seen: Observations, stamps: np.ndarray) -> str:
    first, last = in_clock(stamps[[0, -1]], seen.clock)
    return next((step for step in _STEPS if (last - first) / steps.typical(step) >= _MANY_STEPS), _STEPS[-1])


def _values(seen: Observations, cells: Cells, rules: Mapping[str, str], shape: tuple[int, int, int]) -> np.ndarray:
    """float32 [time, cell, feature]: 0 where nothing was counted, NaN where there is nothing to join."""
    columns = ["count(*)" if name == COUNT and name not in seen.values else joined(rule, f"v{seen.values.index(name)}")
               for name, rule in rules.items()]  # fmt: skip
    selected = ", ".join(f"CAST({column} AS FLOAT) AS x{n}" for n, column in enumerate(columns))
    events = f"SELECT step, e.* FROM {cells.relation} AS e JOIN axis ON e.stamp = axis.stamp"
    found = seen.connection.sql(f"SELECT step, cell, {selected} FROM ({events}) GROUP BY 1, 2").to_arrow_table()
    values = np.full(shape, np.nan, np.float32)
    where = found["step"].to_numpy(), found["cell"].to_numpy()
    for number, rule in enumerate(rules.values()):
        if rule == "count":
            values[..., number] = 0
        values[(*where, number)] = found.column(2 + number).to_numpy()
    return values
