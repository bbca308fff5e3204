"""Observations laid on a regular grid: float32 [time, place, feature] with NaN for holes, and what had to be done to get there."""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from stcore.data import steps
from stcore.data.axis import Axis, estimate, find_step, find_stray, in_clock, lay_axis
from stcore.data.observations import Observations
from stcore.data.rules import joined, turned
from stcore.data.schema import FeatureSchema
from stcore.data.stamps import Wander, wander
from stcore.errors import DataError
from stcore.settings import settings

_BATCH = 250_000
#: Below this share of filled cells, unlike series are better kept apart.
LEAST_FILL = 0.05
#: Fewer cells than this are never too empty.
_SMALL = 20_000
#: A grid of more cells than this in which not even so small a share would be filled is a mistake in the times.
_LARGE, _EMPTY = 10_000_000, 1e-4


@dataclass
class Laid:
    """A grid of values.

    Attributes:
        values: float32 [time, place, feature].
        axis: the time axis.
        places: codes of the places, in order of first appearance.
        label_rows: step, position, label (number), ordinal: rows that carry a mark.
        stray: rows too far away in time, their lines, and the first such time.
        same, differing: duplicate rows that agree, and that do not (their mean was taken).
        off_grid: rows moved to the nearest step.
        filled: cells (time, place) with a row.
        wander: how the stamps lie beside the marks of the axis.
        together: what was done with duplicate rows, in words.
    """

    values: np.ndarray
    axis: Axis
    places: np.ndarray
    label_rows: pd.DataFrame
    stray: tuple[int, list[int], str] = (0, [], "")
    same: int = 0
    differing: int = 0
    duplicate_lines: list[int] = field(default_factory=list)
    off_grid: int = 0
    off_grid_lines: list[int] = field(default_factory=list)
    filled: int = 0
    wander: Wander = field(default_factory=Wander)
    together: str = "the mean was taken"


class ApartError(DataError):
    """Several series of unlike span: one common grid would be nearly empty.

    Attributes:
        by: the column to keep them apart by.
        fill: share of the common grid that would hold a row.
        shape: of that grid.
    """

    def __init__(self, message: str, hint: str, by: str, fill: float, shape: tuple[int, int, int]) -> None:
        super().__init__(message, hint)
        self.by, self.fill, self.shape = by, fill, shape

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.hint, self.by, self.fill, self.shape)


def lay(
    seen: Observations,
    schema: Mapping[str, FeatureSchema],
    step: str | None = None,
    run: int | None = None,
    apart: bool = True,
    asked: Collection[str] = (),
) -> Laid:
    """Lay observations (of one run) on a regular grid.

    Args:
        schema: how each value adds up where the step is coarser than the data.
        step: step of the grid; None: found.
        apart: refuse a grid that would be nearly empty because the places have unlike spans.
        asked: values whose rule was given: it joins every reading of a cell, also those of the same time.

    Raises:
        DataError: one time only, or more cells than may be allocated.
        ApartError: the common grid would be under 5 % full.
    """
    stamps, rows = stamps_of(seen, run)
    low, high = find_stray(stamps, rows)
    stray = _stray(seen, run, stamps, rows, (low, high))
    stamps, rows = stamps[low:high], rows[low:high]
    codes = _codes(seen, run, (int(stamps[0]), int(stamps[-1])))
    natural = seen.counted_step or find_step(in_clock(stamps, seen.clock), some_places(seen, run, stamps, codes))
    _check_size(seen, run, stamps, rows, step or natural, len(codes), apart)
    axis = lay_axis(stamps, rows, step or natural, seen.clock, natural)
    out = Laid(np.empty((0, 0, 0), np.float32), axis, codes, pd.DataFrame(), stray)
    _register(seen, axis, stamps, codes)
    _fill(seen, run, schema, asked, out)
    _count_off_grid(seen, run, rows, out)
    if out.off_grid:
        out.wander = wander(stamps, axis.time.asi8[axis.position], steps.typical(axis.step).total_seconds())
    out.label_rows = _label_rows(seen, run)
    return out


def stamps_of(seen: Observations, run: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Distinct stamps in order, and the rows of each."""
    found = seen.connection.sql(
        f"SELECT stamp, count(*) AS rows FROM {seen.source(run)} GROUP BY 1 ORDER BY 1"
    ).to_arrow_table()
    if not len(found):
        raise DataError(
            "No row is left: every one lacks a usable time or place.", "Check which columns hold time and place."
        )
    return found["stamp"].to_numpy(), found["rows"].to_numpy()


def _stray(
    seen: Observations, run: int | None, stamps: np.ndarray, rows: np.ndarray, keep: tuple[int, int]
) -> tuple[int, list[int], str]:
    """Rows whose time lies far from all others: how many, where, and an example."""
    low, high = keep
    count = int(rows[:low].sum() + rows[high:].sum())
    if not count:
        return 0, [], ""
    lines = seen.connection.execute(
        f"SELECT line FROM {seen.source(run)} WHERE stamp < ? OR stamp > ? ORDER BY line LIMIT 10",
        [int(stamps[low]), int(stamps[high - 1])],
    ).fetchall()
    example = in_clock(stamps[:1] if low else stamps[-1:], seen.clock)[0]
    return count, [int(line) for (line,) in lines], str(example.date())


def _codes(seen: Observations, run: int | None, span: tuple[int, int]) -> np.ndarray:
    """Codes of the places that have a row, in order of first appearance."""
    if run is None and seen.roles.form in ("wide", "single"):
        return np.arange(len(seen.places))
    found = seen.connection.execute(
        f"SELECT DISTINCT place FROM {seen.source(run)} WHERE stamp BETWEEN ? AND ? ORDER BY 1", list(span)
    ).fetchall()
    return np.array([code for (code,) in found], dtype=np.int64)


def some_places(seen: Observations, run: int | None, stamps: np.ndarray, codes: np.ndarray) -> list[pd.DatetimeIndex]:
    """Times of up to 30 places, each for itself."""
    if len(codes) < 2 or seen.roles.form == "wide":
        return []
    some = codes[np.unique(np.linspace(0, len(codes) - 1, 30).astype(int))]
    marks = ", ".join("?" for _ in some)
    found = seen.connection.execute(
        f"SELECT place, list(DISTINCT stamp ORDER BY stamp) FROM {seen.source(run)} "
        f"WHERE place IN ({marks}) AND stamp BETWEEN ? AND ? GROUP BY 1",
        [*map(int, some), int(stamps[0]), int(stamps[-1])],
    ).fetchall()
    return [in_clock(np.array(series, dtype=np.int64), seen.clock) for _, series in found]


def _check_size(
    seen: Observations, run: int | None, stamps: np.ndarray, rows: np.ndarray, step: str, places: int, apart: bool
) -> None:
    """Refuse what would be too large or nearly empty, before allocating."""
    ends = in_clock(stamps[[0, -1]], seen.clock)
    count, features = estimate(ends[0], ends[1], step), max(1, len(seen.values))
    fill = float(rows.sum()) / (count * places)
    shape = (count, places, features)
    if apart and places > 1 and seen.roles.location and fill < LEAST_FILL and count * places > _SMALL:
        own = _own_fill(seen, run, step, stamps)
        if own > 4 * fill:
            column = seen.roles.location or ""
            raise ApartError(
                f"The {places:,} places have unlike spans: on one common grid of {count:,} steps only {100 * fill:.2g} % of the "
                "cells would hold a value.",
                f"Read them apart: by = “{column[:60]}” gives each its own span and step; or choose a longer step.",
                column,
                fill, shape,
            )  # fmt: skip
    if apart and fill < _EMPTY and count * places > _LARGE:
        raise DataError(
            f"From {ends[0].date()} to {ends[1].date()} are about {_about(count)} steps of {steps.describe_span(1, step)}; only "
            f"one in {_about(1 / fill)} cells would hold a value.",
            "Correct the times that lie far from the others, or choose a longer step.",
        )
    if count * places * features > settings().max_cells:
        raise DataError(
            f"{count:,} steps of {step} x {places:,} places x {features} values are {count * places * features:,.0f} cells; "
            f"at most {settings().max_cells:,.0f} are allocated.",
            "Choose a longer step, fewer places or values, or read runs apart with by.",
        )


def _about(number: float) -> str:
    """A large number in two digits: 1,300,000."""
    return f"{round(number, 2 - len(str(int(number)))):,.0f}"


def _own_fill(seen: Observations, run: int | None, step: str, stamps: np.ndarray) -> float:
    """Median share of filled steps of a place within its own span."""
    length = steps.typical(step).value
    found = seen.connection.execute(
        f"SELECT median(least(1, n / ((last - first) / {length} + 1))) FROM (SELECT count(DISTINCT stamp) AS n, "
        f"min(stamp) AS first, max(stamp) AS last FROM {seen.source(run)} WHERE stamp BETWEEN ? AND ? GROUP BY place)",
        [int(stamps[0]), int(stamps[-1])],
    ).fetchall()[0][0]
    return float(found)


def _register(seen: Observations, axis: Axis, stamps: np.ndarray, codes: np.ndarray) -> None:
    """Make known: axis (stamp, step) and here (place, position)."""
    seen.connection.register("axis", pa.table({"stamp": stamps, "step": axis.position, "off": axis.off_grid}))
    seen.connection.register("here", pa.table({"place": codes, "position": np.arange(len(codes), dtype=np.int64)}))


def _joined(seen: Observations, run: int | None) -> str:
    return f"{seen.source(run)} AS o JOIN axis ON o.stamp = axis.stamp JOIN here ON o.place = here.place"


def _fill(
    seen: Observations, run: int | None, schema: Mapping[str, FeatureSchema], asked: Collection[str], out: Laid
) -> None:
    """Values into the array; where rows share a cell, again by their rules."""
    shape = (len(out.axis.time), len(out.places), len(seen.values))
    out.values = np.full(shape, np.nan, np.float32)
    columns = ", ".join(f"CAST(v{n} AS FLOAT) AS v{n}" for n in range(shape[2]))
    taken = np.zeros(shape[0] * shape[1], bool)
    rows = _scatter(seen, f"SELECT step, position, {columns} FROM {_joined(seen, run)}", out.values, taken)
    out.filled = int(taken.sum())
    counted = [n for n, name in enumerate(seen.values) if name in asked and schema[name].aggregation == "count"]
    if rows != out.filled or counted:
        out.values[:] = np.nan
        _fill_joined(seen, run, schema, asked, out)
        _count_duplicates(seen, run, out)
        if set(seen.values) <= set(asked):
            out.together = "joined by the rules that were given"
    for number in counted:
        out.values[..., number] = np.nan_to_num(out.values[..., number])  # no reading: none was counted


def _fill_joined(
    seen: Observations, run: int | None, schema: Mapping[str, FeatureSchema], asked: Collection[str], out: Laid
) -> None:
    """Values of cells that rows share. A rule that was asked for joins all rows of a cell; otherwise rows of the same time
    count as one, their mean, and the rule of the value joins the times of a coarser step."""
    names = seen.values
    own = [n for n, name in enumerate(names) if name in asked]
    usual = [n for n, name in enumerate(names) if name not in asked]
    rows = f"SELECT step, position, o.stamp AS stamp, {', '.join(f'o.v{n}' for n in range(len(names)))} FROM {_joined(seen, run)}"
    once = {n: "angle" if schema[names[n]].kind == "angle" else "mean" for n in usual}
    same = ", ".join(f"{joined(once[n], f'v{n}')} AS v{n}" for n in usual)
    each = f"SELECT step, position, stamp, {same} FROM ({rows}) GROUP BY 1, 2, 3"
    for numbers, inner in ((own, rows), (usual, each)):
        rule = {n: schema[names[n]].aggregation if inner is rows or out.axis.coarser else once[n] for n in numbers}
        columns = ", ".join(f"CAST({joined(rule[n], f'v{n}')} AS FLOAT) AS v{n}" for n in numbers)
        if numbers:
            _scatter(seen, f"SELECT step, position, {columns} FROM ({inner}) GROUP BY 1, 2", out.values, None, numbers)
    for number, name in enumerate(names):
        if schema[name].aggregation == "angle":
            out.values[..., number] = turned(out.values[..., number], schema[name])


def _scatter(
    seen: Observations,
    statement: str,
    values: np.ndarray,
    taken: np.ndarray | None,
    numbers: Sequence[int] | None = None,
) -> int:
    """Write step, position and the features ``numbers`` into values [step, position, feature]; the number of rows."""
    flat, rows, width = values.reshape(-1, values.shape[2]), 0, values.shape[1]
    for batch in seen.connection.sql(statement).to_arrow_reader(_BATCH):
        cell = batch.column(0).to_numpy() * width + batch.column(1).to_numpy()
        for column, number in enumerate(range(values.shape[2]) if numbers is None else numbers):
            flat[cell, number] = batch.column(2 + column).to_numpy(zero_copy_only=False)
        if taken is not None:
            taken[cell] = True
        rows += len(cell)
    return rows


def _count_duplicates(seen: Observations, run: int | None, out: Laid) -> None:
    """Rows beyond the first of the same time and place: those that agree and those that differ."""
    values = [f"v{n}" for n in range(len(seen.values))]
    differ = " OR ".join(f"min({v}) <> max({v})" for v in values) or "false"
    groups = (
        f"SELECT count(*) - 1 AS more, ({differ}) AS differ, max(line) AS line FROM {_joined(seen, run)} "
        "GROUP BY o.stamp, o.place HAVING count(*) > 1"
    )
    found = seen.connection.execute(
        f"SELECT coalesce(sum(more) FILTER (NOT coalesce(differ, false)), 0), coalesce(sum(more) FILTER (differ), 0), "
        f"min(line, 10) FROM ({groups})"
    ).fetchall()[0]
    out.same, out.differing, out.duplicate_lines = int(found[0]), int(found[1]), [int(line) for line in found[2] or ()]


def _count_off_grid(seen: Observations, run: int | None, rows: np.ndarray, out: Laid) -> None:
    out.off_grid = int(rows[out.axis.off_grid].sum())
    if out.off_grid:
        found = seen.connection.execute(
            f"SELECT line FROM {seen.source(run)} AS o JOIN axis ON o.stamp = axis.stamp WHERE axis.off ORDER BY line LIMIT 10"
        ).fetchall()
        out.off_grid_lines = [int(line) for (line,) in found]


def _label_rows(seen: Observations, run: int | None) -> pd.DataFrame:
    """Marked cells: step, position, label, and ordinal: the number of the row among those of its place.

    Rows of consecutive ordinals belong together, whatever steps without a row lie between them.
    """
    if not seen.labels:
        return pd.DataFrame({"step": [], "position": [], "label": [], "ordinal": []}, dtype=np.int64)
    marks = ", ".join(f"max(l{n}) AS l{n}" for n in range(len(seen.labels)))
    cells = f"SELECT step, position, {marks} FROM {_joined(seen, run)} GROUP BY 1, 2"
    ranked = f"SELECT *, row_number() OVER (PARTITION BY position ORDER BY step) AS ordinal FROM ({cells})"
    parts = [
        f"SELECT step, position, {n} AS label, ordinal FROM ranked WHERE l{n} = 1" for n in range(len(seen.labels))
    ]
    statement = f"WITH ranked AS ({ranked}) {' UNION ALL '.join(parts)} ORDER BY label, position, step"
    return seen.connection.sql(statement).to_arrow_table().to_pandas()
