"""From text cells to typed rows (line, stamp, place, values, labels) in a Parquet file, and what was set aside.

Times and places are looked up through small tables of their distinct texts, so no row is touched in Python. Rows in
= rows used + rows reported.
"""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from stcore.data.dialect import MISSING
from stcore.data.numbers import number_sql, to_numbers
from stcore.data.observations import BadCells, BadRows, Observations
from stcore.data.roles import ROW_NUMBER, Roles, missing_time
from stcore.data.table import Table, quoted
from stcore.data.times import Times, parse_times
from stcore.errors import DataError

_FLOAT32_MAX = float(np.finfo(np.float32).max)
#: First time of rows that have none of their own.
NEUTRAL_START = pd.Timestamp("2000-01-01")
_COUNTED_STEPS = (("1D", 20_000), ("1h", 500_000), ("1min", 30_000_000), ("1s", 2_000_000_000))
ONE_PLACE = "series"


def observe(table: Table, roles: Roles, clock: str | None = None, by: str | None = None) -> Observations:
    """Typed rows of a table.

    Args:
        clock: zone of times without an offset.
        by: column whose values are runs of their own.

    Raises:
        DataError: no column of time, no readable time, or no number at all.
    """
    if roles.time is None:
        raise missing_time(table)
    if not roles.values and roles.form != "events":
        nothing = f"None of the {len(table.names)} columns" if len(table.names) > 1 else "Not even the only column"
        raise DataError(
            f"{nothing} holds numbers to forecast.",
            "Say which columns are the values; text such as “12 mph” must become a number first.",
        )
    times, counted = _times(table, roles, clock)
    places = _places(table, roles)
    features = ["value"] if roles.form == "wide" else list(roles.values)
    path = table.folder / "observations.parquet"
    out = Observations(
        table.connection, roles, f"read_parquet({quoted(str(path))})", places, features, list(roles.labels), times.clock, times, counted
    )  # fmt: skip
    if by is not None:
        out.runs = _distinct(table, by)
    out.bad_rows += _bad_rows(table, roles, times)
    out.bad_cells += _bad_cells(table, roles, times)
    if roles.lat and roles.lon and roles.form != "events":
        out.coordinates = _coordinates(table, roles)
    if roles.static:
        out.static = _static(table, roles)
    _write(out, table, by, path)
    return out


# times and places --------------------------------------------------------------------------------------------------


def _times(table: Table, roles: Roles, clock: str | None) -> tuple[Times, str | None]:
    """Points in time of the distinct texts, registered as ``times`` (text, stamp, later)."""
    if roles.time == ROW_NUMBER:
        step = next(step for step, most in _COUNTED_STEPS if table.rows <= most)
        return Times.nothing(clock), step
    column = table.column(str(roles.time))
    found = table.arrow(f"trim({column}) AS text, count(*) AS rows", "GROUP BY 1 ORDER BY min(line)")
    texts, rows = found["text"].to_pandas(), found["rows"].to_numpy()
    times = parse_times(texts, rows, roles.day_first, clock)
    if not times.stamps.notna().any():
        _refuse_times(str(roles.time), texts, times)
    table.register(
        "times",
        pa.table({"text": found["text"].cast(pa.string()), "stamp": _ns(times.stamps), "later": _ns(times.later)}),
    )
    return times, None


def _refuse_times(column: str, texts: pd.Series, times: Times) -> None:
    """No time of the column can be used: say which and why."""
    example = next((str(text)[:40] for text in texts if isinstance(text, str)), "")
    if times.outside.any():
        raise DataError(
            f"All times in “{column[:60]}” lie outside the years 1678 to 2261 (for example “{example}”).",
            "Check the time column and its format.",
        )
    if not example:
        raise DataError(f"The time column “{column[:60]}” is empty.", "Choose another column as time.")
    raise DataError(
        f"None of the {len(texts):,} times in “{column[:60]}” can be read (for example “{example}”).",
        "Write times like 2024-03-31 14:05, or choose another column as time.",
    )


def _ns(index: pd.DatetimeIndex) -> pa.Array:
    """Nanoseconds as int64, NaT as null."""
    return pa.array(index.as_unit("ns").asi8, mask=np.asarray(index.isna()))


def _places(table: Table, roles: Roles) -> list[str]:
    """Ids in order of first appearance, registered as ``places`` (text, place)."""
    if roles.form == "wide":
        return list(roles.values)
    expression = _place_text(table, roles)
    if expression is None:
        return [ONE_PLACE]
    found = table.arrow(f"{expression} AS text", f"WHERE {expression} IS NOT NULL GROUP BY 1 ORDER BY min(line)")
    if not len(found):
        raise DataError(
            f"The place column “{str(roles.location)[:60]}” is empty.", "Choose another column as place, or none."
        )
    table.register("places", found.append_column("place", pa.array(np.arange(len(found), dtype=np.int32))))
    return [str(text) for text in found["text"].to_pylist()]


def _place_text(table: Table, roles: Roles) -> str | None:
    """SQL of the text that names a place."""
    if roles.location:
        return f"nullif(trim({table.column(roles.location)}), '')"
    if roles.lat and roles.lon:
        return f"(trim({table.column(roles.lat)}) || ',' || trim({table.column(roles.lon)}))"
    return None


def _distinct(table: Table, by: str) -> list[str]:
    """Values of a column in order of first appearance, registered as ``runs`` (text, run)."""
    column = table.column(by)
    found = table.arrow(f"trim({column}) AS text", f"WHERE trim({column}) <> '' GROUP BY 1 ORDER BY min(line)")
    if len(found) > 2000:
        raise DataError(
            f"“{by[:60]}” has {len(found):,} different values; that many separate runs are not read.",
            "Choose a column with fewer values, such as the machine or the run.",
        )
    table.register("runs", found.append_column("run", pa.array(np.arange(len(found), dtype=np.int32))))
    return [str(text) for text in found["text"].to_pylist()]


# numbers -----------------------------------------------------------------------------------------------------------


def _value(column: str, decimal: str) -> str:
    """SQL of a value that float32 can hold, null otherwise."""
    number = number_sql(column, decimal)
    return f"CASE WHEN abs({number}) <= {_FLOAT32_MAX!r} THEN {number} END"


def _says_something(column: str) -> str:
    """SQL condition: the cell is not one of the words for “no value”."""
    words = ", ".join(quoted(word) for word in MISSING)
    return f"(lower(trim({column})) NOT IN ({words}))"


def _bad_cells(table: Table, roles: Roles, times: Times) -> list[BadCells]:
    """Cells among the values that are no finite float32 number, in rows that are used."""
    found, used = [], _used(table, roles, times)
    for names in _chunks(roles.values, 200):
        parts = []
        for name in names:
            column = table.column(name)
            number = number_sql(column, roles.decimal)
            parts.append(f"count(*) FILTER ({_says_something(column)} AND {number} IS NULL)")
            parts.append(f"count(*) FILTER (NOT isnan({number}) AND abs({number}) > {_FLOAT32_MAX!r})")
        counts = table.ask(", ".join(parts), f"WHERE {used}")[0]
        for position, name in enumerate(names):
            texts, infinite = counts[2 * position : 2 * position + 2]
            if texts or infinite:
                found.append(_examples(table, roles, name, (texts, infinite), used))
    return found


def _examples(table: Table, roles: Roles, name: str, counts: tuple[int, int], used: str) -> BadCells:
    column = table.column(name)
    number = number_sql(column, roles.decimal)
    condition = f"{used} AND {_says_something(column)} AND ({number} IS NULL OR (NOT isnan({number}) AND abs({number}) > {_FLOAT32_MAX!r}))"
    rows = table.ask(f"line, {column}", f"WHERE {condition} ORDER BY line LIMIT 10")
    texts = tuple(dict.fromkeys(str(text)[:30] for _, text in rows))[:3]
    return BadCells(name, counts[0], counts[1], tuple(int(line) for line, _ in rows), texts)


def _bad_rows(table: Table, roles: Roles, times: Times) -> list[BadRows]:
    """Rows without a usable time or place."""
    found = []
    if table.ragged[0]:
        found.append(BadRows("more cells than the header has names", table.ragged[0], tuple(table.ragged[1])))
    if roles.time != ROW_NUMBER:
        column = table.column(str(roles.time))
        unread = np.asarray(times.stamps.isna()) & ~times.outside & ~times.skipped
        reasons = (
            ("a time that cannot be read", unread), ("a year outside 1678 to 2261", times.outside),
            (f"a time the clock of {times.clock} never shows (start of summer time)", times.skipped),
        )  # fmt: skip
        for reason, which in reasons:
            if which.any():
                found += _bad_times(table, column, reason, which)
    place = _place_text(table, roles) if roles.form != "wide" else None
    if place and roles.form != "events":
        rows = table.ask("count(*), min(line, 10)", f"WHERE {place} IS NULL AND {_used(table, roles, times)}")[0]
        if rows[0]:
            found.append(BadRows("no place", rows[0], tuple(rows[1])))
    return found


def _used(table: Table, roles: Roles, times: Times) -> str:
    """SQL condition: the row's time is known; rows without one are reported once and not for their other cells."""
    if roles.time == ROW_NUMBER or not times.stamps.isna().any():
        return "true"
    return f"trim({table.column(str(roles.time))}) IN (SELECT text FROM times WHERE stamp IS NOT NULL)"


def _bad_times(table: Table, column: str, reason: str, which: np.ndarray) -> list[BadRows]:
    """Rows whose time text is one of those marked (positions as in ``times``)."""
    texts = table.connection.sql("SELECT text FROM times").to_arrow_table()["text"]
    table.register("wrong", pa.table({"text": texts.filter(pa.array(which))}))
    condition = f"WHERE coalesce(trim({column}), '') IN (SELECT coalesce(text, '') FROM wrong)"
    count, lines = table.ask("count(*), min(line, 10)", condition)[0]
    example = table.ask(column, f"{condition} ORDER BY line LIMIT 1")
    table.connection.unregister("wrong")
    shown = str(example[0][0] or "")[:40] if example else ""
    return [BadRows(reason, count, tuple(lines or ()), shown)] if count else []


def _coordinates(table: Table, roles: Roles) -> pd.DataFrame:
    """Distinct (place, lat, lon) with their number of rows; unreadable coordinates are NaN."""
    lat, lon = (number_sql(table.column(str(name)), roles.decimal) for name in (roles.lat, roles.lon))
    found = table.arrow(
        f"places.place AS place, {lat} AS lat, {lon} AS lon, count(*) AS rows",
        f"AS raw JOIN places ON {_place_text(table, roles)} = places.text GROUP BY 1, 2, 3",
    )
    return found.to_pandas()


def _static(table: Table, roles: Roles) -> pd.DataFrame:
    """What describes each place, indexed by its code; numbers where all are numbers."""
    columns = ", ".join(f"min(trim({table.column(name)})) AS s{n}" for n, name in enumerate(roles.static))
    joined = f"AS raw JOIN places ON {_place_text(table, roles)} = places.text GROUP BY 1"
    found = table.arrow(f"places.place AS place, {columns}", joined).to_pandas().set_index("place")
    found.columns = pd.Index(roles.static)
    for name in roles.static:
        numbers = to_numbers(found[name].astype("str"), roles.decimal)
        if numbers.notna().any() and (numbers.notna() | found[name].isna()).all():
            found[name] = numbers
    return found


# writing -----------------------------------------------------------------------------------------------------------


def _write(out: Observations, table: Table, by: str | None, path: Path) -> None:
    """The typed rows as Parquet; where a wall time stands twice for one place, the second row is the later one."""
    roles = out.roles
    columns = ["line", f"{_stamp(out, table)} AS stamp", f"{_place(out, table)} AS place"]
    if roles.form == "wide":
        cells = ", ".join(_value(table.column(name), roles.decimal) for name in roles.values)
        columns.append(f"unnest([{cells}]) AS v0")
    else:
        columns += [f"{_value(table.column(name), roles.decimal)} AS v{n}" for n, name in enumerate(roles.values)]
    columns += [f"{_mark(table.column(name))} AS l{n}" for n, name in enumerate(roles.labels)]
    if roles.form == "events":
        columns += [
            f"{number_sql(table.column(str(n)), roles.decimal)} AS {c}"
            for n, c in ((roles.lat, "lat"), (roles.lon, "lon"))
        ]
    if by is not None:
        columns.append("runs.run AS run")
    select = f"SELECT {', '.join(columns)} FROM {table.source()} AS raw {_joins(out, table, by)}"
    table.connection.execute(f"COPY ({select}) TO {quoted(str(path))} (FORMAT parquet)")


def _stamp(out: Observations, table: Table) -> str:
    if out.counted_step is not None:
        length = int(pd.Timedelta(out.counted_step).value) if out.counted_step != "1D" else 86_400 * 10**9
        return f"CAST({NEUTRAL_START.value} + (row_number() OVER (ORDER BY line) - 1) * {length} AS BIGINT)"
    if out.times is None or not out.times.later.notna().any():
        return "times.stamp"
    place = _place_text(table, out.roles) or "1"
    again = f"row_number() OVER (PARTITION BY times.text, {place} ORDER BY line) > 1"
    return f"CASE WHEN times.later IS NOT NULL AND {again} THEN times.later ELSE times.stamp END"


def _place(out: Observations, table: Table) -> str:
    if out.roles.form == "wide":
        return f"CAST(unnest(range({len(out.places)})) AS INTEGER)"
    return "CAST(0 AS INTEGER)" if _place_text(table, out.roles) is None else "places.place"


def _joins(out: Observations, table: Table, by: str | None) -> str:
    """Joins with the small tables; rows that find no partner are the bad rows counted before."""
    joins = []
    if out.counted_step is None:
        column = table.column(str(out.roles.time))
        joins.append(f"JOIN times ON trim({column}) = times.text AND times.stamp IS NOT NULL")
    place = _place_text(table, out.roles)
    if out.roles.form != "wide" and place is not None:
        joins.append(f"JOIN places ON {place} = places.text")
    if by is not None:
        joins.append(f"JOIN runs ON trim({table.column(by)}) = runs.text")
    return " ".join(joins)


def _mark(column: str) -> str:
    """SQL of a label cell as 0 or 1."""
    return f"CAST(lower(trim({column})) IN ('1', '1.0', 'true') AS UTINYINT)"


def _chunks(names: Sequence[str], size: int) -> list[Sequence[str]]:
    return [names[start : start + size] for start in range(0, len(names), size)]
