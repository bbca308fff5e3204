"""From text cells to typed rows (line, stamp, place, values, labels) in a Parquet file, and what was set aside.

Times and places are looked up through small tables of their distinct texts, so no row is touched in Python. Rows in
= rows used + rows reported.
"""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from stcore.data.numbers import NumberColumn, find_numbers, not_number, too_large
from stcore.data.observations import BadCells, BadRows, Observations
from stcore.data.roles import ROW_NUMBER, Roles, missing_time
from stcore.data.sentinels import extremes_of, find_sentinels, without
from stcore.data.table import Table, quoted
from stcore.data.time_parts import SEPARATOR, join_parts
from stcore.data.times import Times, parse_times
from stcore.errors import DataError

#: First time of rows that have none of their own.
NEUTRAL_START = pd.Timestamp("2000-01-01")
_COUNTED_STEPS = (("1D", 20_000), ("1h", 500_000), ("1min", 30_000_000), ("1s", 2_000_000_000))
ONE_PLACE = "series"
_NOTHING = (0.0, 0.0)  # the reach of a column without a number


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
        raise DataError(f"{nothing} holds numbers to forecast.", "Say which columns are the values.")
    times, counted = _times(table, roles, clock)
    places = _places(table, roles)
    features = ["value"] if roles.form == "wide" else list(roles.values)
    path = table.folder / "observations.parquet"
    out = Observations(
        table.connection, roles, f"read_parquet({quoted(str(path))})", places, features, list(roles.labels), times.clock, times, counted
    )  # fmt: skip
    if by is not None:
        out.runs = _distinct(table, by)
    used = _used(table, roles, times)
    out.numbers = _numbers(table, roles, used)
    out.roles = roles = roles.model_copy(update={"units": _units(roles, out.numbers)})
    out.bad_rows += _bad_rows(table, roles, times)
    out.bad_cells += _bad_cells(table, out, used)
    if roles.lat and roles.lon and roles.form != "events":
        out.coordinates = _coordinates(table, out)
    if roles.static:
        out.static = _static(table, roles)
    _write(out, table, by, path)
    _set_aside_sentinels(out, table, path)
    return out


# times and places --------------------------------------------------------------------------------------------------


def _times(table: Table, roles: Roles, clock: str | None) -> tuple[Times, str | None]:
    """Points in time of the distinct texts, registered as ``times`` (text, stamp, later)."""
    if roles.time == ROW_NUMBER:
        step = next(step for step, most in _COUNTED_STEPS if table.rows <= most)
        return Times.nothing(clock), step
    found = None if roles.time_parts else _texts_of_all(table, time_text(table, roles), str(roles.time))
    if found is None:
        found = table.arrow(f"{time_text(table, roles)} AS text, count(*) AS rows", "GROUP BY 1 ORDER BY min(line)")
    texts, rows = found["text"].to_pandas(), found["rows"].to_numpy()
    if roles.time_parts:
        times = join_parts(texts, roles.time_parts, rows, roles.day_first, clock)
    else:
        times = parse_times(texts, rows, roles.day_first, clock)
    if not times.stamps.notna().any():
        _refuse_times(str(roles.time), texts, times)
    table.register(
        "times",
        pa.table({"text": found["text"].cast(pa.string()), "stamp": _ns(times.stamps), "later": _ns(times.later)}),
    )
    return times, None


def time_text(table: Table, roles: Roles) -> str:
    """SQL of the text that says the time: one column, or several joined."""
    if not roles.time_parts:
        return f"trim({table.column(str(roles.time))})"
    parts = (f"coalesce(trim({table.column(name)}), '')" for name in roles.time_parts)
    return "(" + f" || chr({ord(SEPARATOR)}) || ".join(parts) + ")"


def _refuse_times(column: str, texts: pd.Series, times: Times) -> None:
    """No time of the column can be used: say which and why."""
    example = next((str(text)[:40] for text in texts if isinstance(text, str)), "").replace(SEPARATOR, " ")
    if times.outside.any():
        raise DataError(
            f"All times in “{column[:60]}” lie outside the years 1678 to 2261 (for example “{example}”).",
            "Check the time column and its format.",
        )
    if not example.strip():
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
    found = table.distinct(expression, roles.location) if roles.location else _distinct_spots(table, expression)
    if not len(found):
        raise DataError(
            f"The place column “{str(roles.location)[:60]}” is empty.", "Choose another column as place, or none."
        )
    table.register("places", found.append_column("place", pa.array(np.arange(len(found), dtype=np.int32))))
    return [str(text) for text in found["text"].to_pylist()]


def _distinct_spots(table: Table, expression: str) -> pa.Table:
    return table.arrow(f"{expression} AS text", f"WHERE {expression} IS NOT NULL GROUP BY 1 ORDER BY min(line)")


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


def _numbers(table: Table, roles: Roles, used: str) -> dict[str, NumberColumn]:
    """How the numbers of values and coordinates are written, in rows that are used."""
    degrees = [name for name in (roles.lat, roles.lon) if name]
    columns = {name: table.number(name) for name in (*roles.values, *degrees)}
    typed = [name for name in columns if table.is_number(name)]

    def ask(select: str, rest: str = "", parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        also = f" AND {rest.removeprefix('WHERE ')}" if rest.startswith("WHERE ") else f" {rest}"
        return table.ask(select, f"WHERE {used}{also}", parameters)

    return find_numbers(ask, columns, roles.decimal, degrees, silent=_silent(table, roles), typed=typed)


def _used(table: Table, roles: Roles, times: Times) -> str:
    """SQL condition: the row's time is known; rows without one are reported once and not for their other cells."""
    if roles.time == ROW_NUMBER or not times.stamps.isna().any():
        return "true"
    return f"{time_text(table, roles)} IN (SELECT text FROM times WHERE stamp IS NOT NULL)"


def _silent(table: Table, roles: Roles) -> list[int]:
    """Hashes of the texts that somebody said mean missing."""
    texts = [word.strip().lower() for word in roles.missing or () if isinstance(word, str)]
    return [int(table.connection.execute("SELECT hash(?)", [text]).fetchall()[0][0]) for text in texts]


def _bad_cells(table: Table, out: Observations, used: str) -> list[BadCells]:
    """Cells among the values that are no finite float32 number, in rows that are used."""
    silent = _silent(table, out.roles)
    found = []
    for name in out.roles.values:
        numbers, column = out.numbers[name], table.number(name)
        if not numbers.texts and not numbers.large:
            continue
        condition = f"{not_number(numbers.form, column, silent)} OR {too_large(numbers.form, column)}"
        rows = table.ask(f"line, {column}", f"WHERE {used} AND ({condition}) ORDER BY line LIMIT 10")
        texts = tuple(dict.fromkeys(str(text)[:30] for _, text in rows))[:3]
        found.append(BadCells(name, numbers.texts, numbers.large, tuple(int(line) for line, _ in rows), texts))
    return found


def _bad_rows(table: Table, roles: Roles, times: Times) -> list[BadRows]:
    """Rows without a usable time or place."""
    found = []
    if table.ragged[0]:
        found.append(BadRows(table.broken, table.ragged[0], tuple(table.ragged[1])))
    if roles.time != ROW_NUMBER:
        text = time_text(table, roles)
        unread = np.asarray(times.stamps.isna()) & ~times.outside & ~times.skipped
        reasons = (
            ("a time that cannot be read", unread), ("a year outside 1678 to 2261", times.outside),
            (f"a time the clock of {times.clock} never shows (start of summer time)", times.skipped),
        )  # fmt: skip
        for reason, which in reasons:
            if which.any():
                found += _bad_times(table, text, reason, which)
    place = _place_text(table, roles) if roles.form != "wide" else None
    if place and not (roles.form == "events" and roles.lat) and _texts_of_all(table, place, roles.location) is None:
        rows = table.ask("count(*), min(line, 10)", f"WHERE {place} IS NULL AND {_used(table, roles, times)}")[0]
        if rows[0]:
            found.append(BadRows("no place", rows[0], tuple(rows[1])))
    return found


def _texts_of_all(table: Table, expression: str, name: str | None) -> pa.Table | None:
    """Texts of a column that are kept once already (``Table.distinct``), where every row has one; else None."""
    if name is None or table.code(name) is None:
        return None
    found = table.distinct(expression, name)
    return found if pc.sum(found["rows"]).as_py() == table.rows else None


def _bad_times(table: Table, text: str, reason: str, which: np.ndarray) -> list[BadRows]:
    """Rows whose time text is one of those marked (positions as in ``times``)."""
    texts = table.connection.sql("SELECT text FROM times").to_arrow_table()["text"]
    table.register("wrong", pa.table({"text": texts.filter(pa.array(which))}))
    condition = f"WHERE coalesce({text}, '') IN (SELECT coalesce(text, '') FROM wrong)"
    count, lines = table.ask("count(*), min(line, 10)", condition)[0]
    example = table.ask(text, f"{condition} ORDER BY line LIMIT 1")
    table.connection.unregister("wrong")
    shown = str(example[0][0] or "").replace(SEPARATOR, " ").strip()[:40] if example else ""
    return [BadRows(reason, count, tuple(lines or ()), shown)] if count else []


def _coordinates(table: Table, out: Observations) -> pd.DataFrame:
    """Distinct (place, lat, lon) with their number of rows; unreadable coordinates are NaN."""
    roles = out.roles
    lat, lon = (out.form(str(name)).sql(table.number(str(name))) for name in (roles.lat, roles.lon))
    found = table.arrow(
        f"places.place AS place, {lat} AS lat, {lon} AS lon, count(*) AS rows",
        f"AS raw JOIN places ON {_place_text(table, roles)} = places.text GROUP BY 1, 2, 3",
    )
    return found.to_pandas()


def _static(table: Table, roles: Roles) -> pd.DataFrame:
    """What describes each place, indexed by its code; numbers where all are numbers."""
    columns = {name: table.column(name) for name in roles.static}
    numbers = find_numbers(table.ask, columns, roles.decimal, known_units=True)
    texts = [f"min(trim({column})) AS s{n}" for n, column in enumerate(columns.values())]
    reads = [f"min({numbers[name].form.sql(column)}) AS n{n}" for n, (name, column) in enumerate(columns.items())]
    joined = f"AS raw JOIN places ON {_place_text(table, roles)} = places.text GROUP BY 1"
    found = table.arrow(f"places.place AS place, {', '.join(texts + reads)}", joined).to_pandas().set_index("place")
    out = pd.DataFrame(index=found.index)
    for n, name in enumerate(roles.static):
        text, number = found[f"s{n}"], found[f"n{n}"]
        out[name] = number if number.notna().any() and (number.notna() | text.isna()).all() else text
    return out


def _set_aside_sentinels(out: Observations, table: Table, path: Path) -> None:
    """Numbers that mean missing become null; those found are written into the roles."""
    told = None if out.roles.missing is None else [float(n) for n in out.roles.missing if not isinstance(n, str)]
    if path.exists():
        extremes = extremes_of(out.connection, path)
    else:
        extremes = {f"v{n}": table.extremes.get(name, _NOTHING) for n, name in enumerate(out.roles.values)}
    out.sentinels = find_sentinels(out.connection, out.relation, extremes, out.values, told)
    taken = [each for each in out.sentinels if each.taken]
    out.relation = without(out.relation, out.values, taken)
    if taken and told is None:
        numbers = list(dict.fromkeys(each.number for each in taken))
        out.roles = out.roles.model_copy(update={"missing": numbers})


def _units(roles: Roles, numbers: Mapping[str, NumberColumn]) -> dict[str, str]:
    """Unit glued to each value where the whole column has one; in wide form the one that all columns share."""
    found = {name: unit for name in roles.values if (unit := numbers[name].form.unit)}
    if roles.form == "wide":
        found = {"value": next(iter(found.values()))} if len(set(found.values())) == 1 else {}
    return found | roles.units


# writing -----------------------------------------------------------------------------------------------------------


def _write(out: Observations, table: Table, by: str | None, path: Path) -> None:
    """The typed rows as Parquet; where a wall time stands twice for one place, the second row is the later one.

    Rows that are looked up by codes alone are cheaper to look up again than to write.
    """
    roles = out.roles
    columns = ["line", f"{_stamp(out, table)} AS stamp", f"{_place(out, table)} AS place"]
    if roles.form == "wide":
        cells = ", ".join(out.form(name).value(table.number(name)) for name in roles.values)
        columns.append(f"unnest([{cells}]) AS v0")
    else:
        columns += [f"{out.form(name).value(table.number(name))} AS v{n}" for n, name in enumerate(roles.values)]
    columns += [f"{_mark(table.column(name))} AS l{n}" for n, name in enumerate(roles.labels)]
    if roles.form == "events" and roles.lat:
        columns += [
            f"{out.form(str(n)).sql(table.number(str(n)))} AS {c}" for n, c in ((roles.lat, "lat"), (roles.lon, "lon"))
        ]
    if by is not None:
        columns.append("runs.run AS run")
    joins = _joins(out, table, by)
    select = f"SELECT {', '.join(columns)} FROM {table.source(*columns, joins)} AS raw {joins}"
    if _by_codes(out, table):
        out.relation = f"({select})"
        return
    table.connection.execute(f"COPY ({select}) TO {quoted(str(path))} (FORMAT parquet)")


def _by_codes(out: Observations, table: Table) -> bool:
    """Whether time and place of every row are found by codes, and its values are numbers already."""
    roles = out.roles
    if roles.form != "long" or out.runs or roles.labels or out.times is None or out.times.later.notna().any():
        return False
    coded = all(name is not None and table.code(name) is not None for name in (roles.time, roles.location))
    return coded and not roles.time_parts and all(table.is_number(name) for name in roles.values)


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
    roles, place = out.roles, _place_text(table, out.roles)
    if out.counted_step is None:
        code = None if roles.time_parts else table.code(str(roles.time))
        joins.append(_join(table, "times", code, time_text(table, roles), "WHERE stamp IS NOT NULL"))
    if roles.form != "wide" and place is not None:
        joins.append(_join(table, "places", table.code(str(roles.location)), place))
    if by is not None:
        joins.append(f"JOIN runs ON trim({table.column(by)}) = runs.text")
    return " ".join(joins)


def _join(table: Table, name: str, code: int | None, text: str, only: str = "") -> str:
    """SQL that joins ``times`` or ``places`` by their text, or by the code of the column that holds it."""
    if code is None:
        return f"JOIN (SELECT * FROM {name} {only}) AS {name} ON {text} = {name}.text"
    texts = f"(SELECT code, text AS c{code} FROM d{code})"
    table.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name}_by_code AS SELECT texts.code, {name}.* FROM {texts} AS texts "
        f"JOIN (SELECT * FROM {name} {only}) AS {name} ON {text} = {name}.text"
    )
    return f"JOIN {name}_by_code AS {name} ON k{code} = {name}.code"


def _mark(column: str) -> str:
    """SQL of a label cell as 0 or 1."""
    return f"CAST(lower(trim({column})) IN ('1', '1.0', 'true') AS UTINYINT)"
