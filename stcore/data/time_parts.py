"""A time that stands in several columns (date and hour; year, month, day): which columns they are, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stcore.data import names as named
from stcore.data.times import Times, parse_times

#: Between the parts of a time in one text (the ASCII unit separator).
SEPARATOR = "\x1f"
_OF_DAY = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*[AaPp]\.?[Mm]\.?)?"
_WHOLE = r"\d+(?:\.0+)?"
_HIGHEST = {
    "month": 12,
    "day": 31,
    "hour": 24,
    "minute": 59,
    "second": 60,
    "week": 53,
    "quarter": 4,
    "day_of_year": 366,
}
_BELOW_YEAR = (
    ("month", "day", "hour", "minute", "second"),
    ("day_of_year", "hour", "minute", "second"),
    ("week",),
    ("quarter",),
)


def find_parts(sample: pd.DataFrame, free: Sequence[str], time: str | None) -> list[str]:
    """Columns that hold the time together, from the coarsest to the finest; empty where one column holds it all.

    Args:
        sample: cells as text.
        free: columns without another role.
        time: column that reads best as time, or None.
    """
    parts = {
        part: name for name in reversed(free) if (part := named.calendar_part(name)) and _fits(sample[name], part, 0.9)
    }
    if time is not None and time != parts.get("year") and _dates_only(sample[time]):
        finer = next((name for name in free if name != time and _says_time_of_day(name, sample[name])), None)
        chain = [finer] if finer else _chain(parts, ("hour", "minute", "second"))
        return [time, *chain] if chain and _tells_more(sample, time, chain[0]) else []
    if "year" not in parts or (time is not None and time not in parts.values()):
        return []
    chain = max((_chain(parts, order) for order in _BELOW_YEAR), key=len)
    return [parts["year"], *chain] if chain else []


def _chain(parts: Mapping[str, str], order: Sequence[str]) -> list[str]:
    """Columns of consecutive parts, as far as they are there."""
    found: list[str] = []
    for part in order:
        if part not in parts:
            break
        found.append(parts[part])
    return found


def _fits(cells: pd.Series, part: str, share: float) -> bool:
    """Whether cells (this share of them) are whole numbers that a part of the time can have."""
    present = cells[cells.notna() & (cells != "")]
    whole = present[present.str.fullmatch(_WHOLE)].astype(float)
    low, high = (1000, 2999) if part == "year" else (0, _HIGHEST[part])
    return bool(len(present)) and bool(whole.between(low, high).sum() >= share * len(present))


def _dates_only(cells: pd.Series) -> bool:
    """Whether a column of times says no time of day."""
    distinct = cells.dropna().drop_duplicates()
    stamps = parse_times(distinct).stamps.dropna()
    return bool(len(stamps) and (stamps == stamps.normalize()).all())


def _says_time_of_day(name: str, cells: pd.Series) -> bool:
    """07:05 in nearly all cells, or 705 under a name that says so."""
    present = cells.dropna()
    if present.empty:
        return False
    if present.str.fullmatch(_OF_DAY).mean() > 0.95:
        return named.is_time_of_day(name) or named.calendar_part(name) == "hour" or named.time_score(name) > 0
    if not named.is_time_of_day(name) or not present.str.fullmatch(r"\d{1,4}").all():
        return False
    numbers = present.astype(int)
    return bool((numbers % 100 < 60).all() and numbers.max() <= 2400)


def _tells_more(sample: pd.DataFrame, time: str, finer: str) -> bool:
    """Whether dates come with several times of day each."""
    return bool(sample.groupby(time)[finer].nunique().max() > 1)


def join_parts(
    texts: pd.Series, columns: Sequence[str], rows: np.ndarray, day_first: bool | None = None, clock: str | None = None
) -> Times:
    """Points in time of distinct joined texts.

    Args:
        texts: parts of each time, in the order of ``columns``, with ``SEPARATOR`` between.
        columns: their names; a year column and its parts, or a date and a time of day or an hour.
        rows, day_first, clock: as in ``parse_times``.

    Raises:
        DataError: the zone is unknown.
    """
    parts = texts.fillna("").str.split(SEPARATOR, expand=True).reindex(columns=range(len(columns)))
    parts = parts.astype("str").fillna("").apply(lambda column: column.str.strip())
    kinds = [_kind(name, parts[number]) for number, name in enumerate(columns)]
    first = _years(parts, kinds) if kinds[0] == "year" else parts[0]
    day = parse_times(first, rows, day_first)
    length = pd.Series(pd.Timedelta(0), index=parts.index)
    for number, kind in enumerate(kinds[1:], start=1):
        if kind in ("hour", "minute", "second", "time"):
            length = length + _length(parts[number], kind)
    moment = pd.Series(day.stamps) + length
    written = moment.dt.strftime("%Y-%m-%d %H:%M:%S.%f").where(moment.notna())
    times = parse_times(written, rows, None, clock)
    times.formats = {f"{name} in {len(columns)} columns": count for name, count in day.formats.items()}
    times.ambiguous_order, times.day_first = day.ambiguous_order, day.day_first
    times.outside = times.outside | day.outside
    return times


def _kind(name: str, cells: pd.Series) -> str:
    """What a column adds: a part by its name, a time of day, or the date."""
    present = cells[cells != ""]
    if len(present) and present.str.fullmatch(_OF_DAY).mean() > 0.5:
        return "time"
    if (part := named.calendar_part(name)) and _fits(present, part, 0.6):
        return part
    if not len(present) or not present.str.fullmatch(_WHOLE).all() or present.astype(float).max() > 2400:
        return "date"
    return "hour" if present.astype(float).max() <= 24 else "time"


def _years(parts: pd.DataFrame, kinds: list[str]) -> pd.Series:
    """The year and the parts of the date as a text that ``parse_times`` reads; None where one is missing."""
    text = {kind: parts[number].str.replace(r"\.0+$", "", regex=True) for number, kind in enumerate(kinds)}
    there = pd.Series(True, index=parts.index)
    for kind in ("year", "month", "day", "week", "quarter", "day_of_year"):
        if kind in text:
            there &= text[kind] != ""
    if "week" in text:
        date = text["year"] + "-W" + text["week"].str.zfill(2)
    elif "quarter" in text:
        date = text["year"] + "-Q" + text["quarter"]
    elif "day_of_year" in text:
        start = pd.to_datetime(text["year"].where(there), format="%Y", errors="coerce")
        number = pd.to_numeric(text["day_of_year"], errors="coerce")
        date = (start + pd.to_timedelta(number - 1, unit="D")).dt.strftime("%Y-%m-%d")
    else:
        date = text["year"] + "-" + text.get("month", "1") + "-" + text.get("day", "1")
    return date.where(there)


def _length(cells: pd.Series, kind: str) -> pd.Series:
    """Time since midnight; hour 24 is the next midnight. NaT where it cannot be read."""
    if kind != "time":
        number = pd.to_numeric(cells.where(cells != ""), errors="coerce")
        whole = number.where(number.between(0, _HIGHEST[kind]))
        return pd.to_timedelta(whole, unit={"hour": "h", "minute": "min", "second": "s"}[kind])
    digits = cells.str.fullmatch(r"\d{1,4}(?:\.0+)?")
    padded = cells.str.replace(r"\.0+$", "", regex=True).str.zfill(4)
    clock = cells.where(~digits, padded.str.slice(0, 2) + ":" + padded.str.slice(2, 4))
    moment = pd.Series(parse_times("2000-01-01 " + clock.where(clock != "")).stamps, index=cells.index)
    return moment - pd.Timestamp("2000-01-01")
