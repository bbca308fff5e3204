"""Numbers that mean "no value": -999, 9999 and their like, told from readings by how far they lie from all others.

Smallest and largest value are known before (from the statistics of the file), so columns without such a number cost nothing.
"""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from stcore.data.table import quoted

#: A reading of these is hardly ever a measurement where all others are far from it.
_STRONG = (
    -999,
    -999.9,
    -999.99,
    -9999,
    -9999.9,
    -9999.99,
    -99999,
    -999999,
    -32768,
    -1e20,
    -1e30,
    -9.96921e36,
    1e20,
    1e30,
    9.96921e36,
)
#: These may well be one, so more is asked of them.
_WEAK = (
    -9,
    -99,
    -99.9,
    -99.99,
    99,
    99.9,
    99.99,
    999,
    999.9,
    999.99,
    9999,
    9999.9,
    9999.99,
    32767,
    65535,
    99999,
    99999.9,
    999999,
)
_KNOWN = (*_STRONG, *_WEAK)


@dataclass(frozen=True)
class Sentinel:
    """One number of one column that may mean "no value".

    Attributes:
        column: name of the value.
        number: the number.
        count: cells that hold it.
        lines: up to ten line numbers.
        low, high: smallest and largest of the other values.
        taken: counted as missing; else only suspected.
        told: a person said that it means missing.
    """

    column: str
    number: float
    count: int
    lines: tuple[int, ...]
    low: float
    high: float
    taken: bool = False
    told: bool = False


def find_sentinels(
    connection: duckdb.DuckDBPyConnection, rows: str, reach: Mapping[str, tuple[float, float]], values: Sequence[str],
    told: Sequence[float] | None,
) -> list[Sentinel]:  # fmt: skip
    """Sentinels of the columns v0, v1, ... of typed rows.

    Args:
        rows: SQL of the rows.
        reach: smallest and largest value of each column, where they are known.
        values: their names.
        told: numbers that somebody said mean missing: these are taken, others only suspected; None: those are taken
            that surely are sentinels in every column that holds them.
    """
    if told is not None and not told:  # somebody said that no number means missing
        return []
    found: list[Sentinel] = []
    extremes = {f"v{number}": (float("-inf"), float("inf")) for number in range(len(values))} | dict(reach)
    judged = set()
    for number, name in enumerate(values):
        low, high = extremes[f"v{number}"]
        asked = [n for n in dict.fromkeys((*_KNOWN, *(told or ()))) if low <= n <= high]
        if any(n in (low, high) or low == float("-inf") or n in (told or ()) for n in asked):
            found += _judged(connection, rows, (f"v{number}", name), asked, told)
            judged.add(f"v{number}")
    if told is None:
        unsure = {each.number for each in found if not each.taken}
        for code in {each.number for each in found} - unsure:
            others = [name for name, (low, high) in extremes.items() if low < code < high and name not in judged]
            unsure |= {code} if _stands_in(connection, rows, others, code) else set()
        found = [replace(each, taken=each.taken and each.number not in unsure) for each in found]
    return [each for each in found if each.taken or _is_suspect(each)]


def _stands_in(connection: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[str], number: float) -> bool:
    """Whether one of the columns holds a number."""
    holds = " OR ".join(f"{column} = CAST({number!r} AS DOUBLE)" for column in columns)
    return bool(columns) and bool(connection.sql(f"SELECT count(*) FILTER ({holds}) FROM {rows}").fetchall()[0][0])


def extremes_of(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, tuple[float, float]]:
    """Smallest and largest value of each column v0, v1, ... of a Parquet file from its statistics; absent where these are."""
    number = "TRY_CAST({} AS DOUBLE)"
    found = connection.sql(
        f"SELECT path_in_schema, min({number.format('stats_min_value')}), max({number.format('stats_max_value')}), "
        f"bool_and(stats_min_value IS NOT NULL OR stats_null_count = num_values) "
        f"FROM parquet_metadata({quoted(str(path))}) GROUP BY 1"
    ).fetchall()
    return {name: (low, high) for name, low, high, whole in found if whole and low is not None and name.startswith("v")}


def _judged(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    column: tuple[str, str],
    asked: Sequence[float],
    told: Sequence[float] | None,
) -> list[Sentinel]:
    """The numbers asked for that stand in a column, each beside the values that are none of them."""
    sql, name = column
    listed = ", ".join(f"CAST({n!r} AS DOUBLE)" for n in asked)
    there = connection.sql(
        f"SELECT {sql}, count(*), min(line, 10) FROM {rows} WHERE {sql} IN ({listed}) GROUP BY 1"
    ).fetchall()
    low, high = connection.sql(f"SELECT min({sql}), max({sql}) FROM {rows} WHERE {sql} NOT IN ({listed})").fetchall()[0]
    if low is None or not there:
        return []
    found = []
    for number, count, lines in sorted(there, key=lambda row: abs(row[0])):
        each = Sentinel(name, number, count, tuple(lines), low, high)
        if told is not None and number in told:
            found.append(replace(each, taken=True, told=True))
        elif low <= number <= high or not _is_suspect(each):
            # a value like the others, which the next ones are held against
            low, high = min(low, number), max(high, number)
            if told is None:
                found.append(each)
        else:
            found.append(replace(each, taken=told is None and _is_certain(each)))
    return found


def _distance(each: Sentinel) -> float:
    """How far the number lies outside the other values, in widths of their range; 0 inside."""
    gap = max(each.low - each.number, each.number - each.high, 0.0)
    return gap / max(each.high - each.low, 1e-9 * max(abs(each.low), abs(each.high), 1e-30))


def _is_certain(each: Sentinel) -> bool:
    """Strong ones: outside by more than the range of the others, or negative where all others are not. Weak ones: often
    and by three ranges."""
    if each.number in _STRONG:
        return _distance(each) > 1 or (each.number < 0 <= each.low and each.count > 1)
    return _distance(each) > 3 and each.count >= 3


def _is_suspect(each: Sentinel) -> bool:
    """Certain, or outside by half the range of the others, and not only once unless it is a strong one."""
    return _is_certain(each) or (_distance(each) > 0.5 and (each.count > 1 or each.number in _STRONG))


def without(relation: str, values: Sequence[str], taken: Sequence[Sentinel]) -> str:
    """SQL of typed rows in which sentinels are null."""
    changed = []
    for number, name in enumerate(values):
        codes = [each.number for each in taken if each.column == name]
        if codes:
            listed = ", ".join(f"CAST({code!r} AS DOUBLE)" for code in codes)
            changed.append(f"CASE WHEN v{number} NOT IN ({listed}) THEN v{number} END AS v{number}")
    return f"(SELECT * REPLACE ({', '.join(changed)}) FROM {relation})" if changed else relation
