"""Text to points in time: the format is decided from the whole column, never from one cell.

Works on the distinct texts of a column with their row counts, so a table of 20 million rows and 20,000 times costs
20,000 conversions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from stcore.errors import DataError

EARLIEST, LATEST = pd.Timestamp("1678-01-01"), pd.Timestamp("2261-12-31")
_OFFSET = r"\s*(?:[Zz]|UTC|GMT|[+-]\d{2}:?\d{2})$"
_ISO = r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]+\d{1,2}(?::\d{2}){0,2}(?:[.,]\d+)?)?" + _OFFSET.replace("$", "?")
_PLAIN_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ](?:[01]\d|2[0-3]):\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_MONTH = r"\d{4}-\d{1,2}"
_ORDER = re.compile(
    r"^(\d{1,2})([-/. ])(\d{1,2})[-/. ](\d{4}|\d{2})(?:[T, ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*([AaPp]\.?[Mm]\.?)?)?$"
)
_NAMED = tuple(
    date + time
    for date in ("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d %Y", "%d %B %Y", "%B %d %Y", "%b %Y", "%B %Y", "%a %d %b %Y", "%Y-%b-%d")
    for time in ("", " %H:%M", " %H:%M:%S", " %I:%M %p")
)  # fmt: skip
_EPOCHS = ((1e8, 5e9, "s", "seconds"), (1e11, 5e12, "ms", "milliseconds"), (1e14, 5e15, "us", "microseconds"), (1e17, 5e18, "ns", "nanoseconds"))  # fmt: skip
_COMPACT = ((14, "%Y%m%d%H%M%S"), (12, "%Y%m%d%H%M"), (10, "%Y%m%d%H"), (8, "%Y%m%d"), (6, "%Y%m"))


@dataclass
class Times:
    """Points in time of the distinct texts of a column.

    Attributes:
        stamps: NaT where unreadable; UTC instants when ``clock`` is set, else wall clock as written. No zone attached.
        later: the second meaning of a wall time that the clock shows twice (end of summer time), else NaT.
        clock: zone name, or None.
        formats: name of each format that occurs -> rows.
        outside: bool, readable but outside the years 1678 to 2261.
        skipped: bool, a wall time that the clock never shows (start of summer time).
        ambiguous_order: both day-month orders fit every cell.
        day_first: order that was used, or None where there was nothing to decide.
        mixed_zones: some times have an offset and some do not.
    """

    stamps: pd.DatetimeIndex
    later: pd.DatetimeIndex
    clock: str | None = None
    formats: dict[str, int] = field(default_factory=dict)
    outside: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    skipped: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    ambiguous_order: bool = False
    day_first: bool | None = None
    mixed_zones: bool = False

    @classmethod
    def nothing(cls, clock: str | None = None) -> Times:
        """No texts at all: rows without a time column."""
        none = pd.DatetimeIndex([]).as_unit("ns")
        return cls(none, none, clock)


class _Parse:
    """The texts still unread and what has been found so far."""

    def __init__(self, texts: pd.Series, rows: np.ndarray) -> None:
        self.texts, self.rows = texts, rows
        self.stamps = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
        self.zoned = pd.Series(False, index=texts.index)
        self.offsets: set[str] = set()
        self.open = texts.notna()
        self.formats: dict[str, int] = {}

    def take(self, found: pd.Series, name: str) -> None:
        """Keep the readable ones of ``found`` (indexed like the texts)."""
        found = found.dropna()
        if found.empty:
            return
        self.stamps.loc[found.index] = found.astype("datetime64[us]")
        self.open.loc[found.index] = False
        self.formats[name] = self.formats.get(name, 0) + int(self.rows[found.index].sum())

    def rest(self) -> pd.Series:
        return self.texts[self.open]

    def most(self, mask: pd.Series) -> bool:
        """Whether the texts in ``mask`` stand in more than half of the rows."""
        return bool(self.rows[mask.to_numpy(dtype=bool)].sum() * 2 > self.rows.sum())


def parse_times(
    texts: Any, rows: np.ndarray | None = None, day_first: bool | None = None, clock: str | None = None
) -> Times:
    """Points in time of distinct texts.

    Args:
        texts: distinct cells (text, None for empty).
        rows: how many rows each stands for.
        day_first: order of 03/04/2020 where the column does not tell.
        clock: zone whose wall clock times without an offset are; None: kept as written.

    Raises:
        DataError: the zone is unknown.
    """
    series = pd.Series(texts, dtype="str").reset_index(drop=True).str.strip()
    rows = np.ones(len(series), np.int64) if rows is None else np.asarray(rows)
    parse = _Parse(_plain(series), rows)
    numbers = parse.texts.str.fullmatch(r"-?\d+(\.\d+)?").fillna(False).astype(bool)
    if parse.most(numbers):
        _numeric(parse, pd.to_numeric(parse.texts[numbers], errors="coerce"))
    _iso(parse)
    order = _ordered(parse, day_first)
    _named(parse)
    return _clocked(parse, clock, order)


def _plain(texts: pd.Series) -> pd.Series:
    """Chinese dates and slashes after the year written with hyphens; 2020/1/2 -> 2020-1-2."""
    if texts.str.contains("年", regex=False).any():
        for pattern, plain in (("[年月]", "-"), ("日", " "), ("[时時点]", ":"), ("分", ":"), ("秒", "")):
            texts = texts.str.replace(pattern, plain, regex=True)
        texts = texts.str.replace(r"(\d+:)$", r"\g<1>00", regex=True).str.replace(r":00:00$", ":00", regex=True)
        texts = texts.str.strip(" :-").str.replace(r"\s+", " ", regex=True)
    return texts.str.replace(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", r"\1-\2-\3", regex=True)


def _numeric(parse: _Parse, numbers: pd.Series) -> None:
    """Years, 20200131, and seconds (milli-, micro-, nano-) since 1970, whichever fits nearly all numbers."""
    for digits, pattern in _COMPACT:
        texts = parse.texts.loc[numbers.index]
        fitting = texts[texts.str.len() == digits]
        if len(fitting) < 0.9 * len(numbers):
            continue
        found = pd.Series(pd.to_datetime(fitting, format=pattern, errors="coerce"))
        if found.dt.year.between(1800, 2200).sum() >= 0.9 * len(numbers):
            return parse.take(found, "date without separators")
    for low, high, unit, name in _EPOCHS:
        if numbers.between(low, high).mean() >= 0.9:
            whole = parse.texts.loc[numbers.index]
            exact = pd.to_numeric(whole, errors="coerce", downcast="integer") if unit != "s" else numbers
            found = pd.Series(pd.to_datetime(exact[numbers.between(low, high)], unit=unit, errors="coerce"))
            return parse.take(found, f"{name} since 1970")
    years = numbers[(numbers % 1 == 0) & numbers.between(1000, 2999)]
    if len(years) >= 0.9 * len(numbers):
        found = pd.Series(pd.to_datetime(years.astype("int64").astype(str), format="%Y", errors="coerce"))
        parse.take(found, "year")
    return None


def _iso(parse: _Parse) -> None:
    """Year first, with or without time and offset; 24:00 is midnight of the next day."""
    rest = parse.rest()
    if rest.str.fullmatch(_PLAIN_ISO).all():
        return parse.take(pd.Series(pd.to_datetime(rest, format="ISO8601", errors="coerce")), "ISO")
    rest = rest[rest.str.fullmatch(_ISO) | rest.str.fullmatch(_MONTH)]
    if rest.empty:
        return None
    midnight = rest.str.contains(r"[T ]24:00(?::00)?", regex=True)
    rest = rest.str.replace(r"([T ])24:00", r"\g<1>00:00", regex=True).str.replace(",", ".", regex=False)
    zoned = rest.str.contains(r":\d{2}(?:\.\d+)?" + _OFFSET, regex=True)
    rest = _padded(rest).str.replace(r"^(\d{4}-\d{2}-\d{2}[T ]\d{2})$", r"\1:00", regex=True)
    naive = pd.Series(pd.to_datetime(rest[~zoned], format="ISO8601", errors="coerce"))
    parse.take(naive + pd.to_timedelta(midnight[~zoned].astype(int), unit="D"), "ISO")
    if not zoned.any():
        return None
    texts = rest[zoned].str.replace(r"\s*(?:UTC|GMT|[Zz])$", "+00:00", regex=True)
    texts = texts.str.replace(r"\s*([+-]\d{2}):?(\d{2})$", r"\1:\2", regex=True)
    parse.offsets = set(texts.str.slice(-6).unique())
    found = pd.Series(pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)).dt.tz_localize(None)
    parse.zoned.loc[found.dropna().index] = True
    return parse.take(found + pd.to_timedelta(midnight[zoned].astype(int), unit="D"), "ISO")


def _padded(texts: pd.Series) -> pd.Series:
    """2020-1-2 3:04 -> 2020-01-02 03:04."""
    if texts.str.match(r"\d{4}-\d{2}(?:-\d{2}(?:[T ]\d{2}:|$)|$)").all():
        return texts
    for pattern, plain in (
        (r"^(\d{4})-(\d)(?=-|$)", r"\1-0\2"),
        (r"^(\d{4}-\d{2})-(\d)(?!\d)", r"\1-0\2"),
        (r"[T ]+(\d)(?=:)", r" 0\1"),
        (r"  +", " "),
    ):
        texts = texts.str.replace(pattern, plain, regex=True)
    return texts


def _ordered(parse: _Parse, day_first: bool | None) -> tuple[bool, bool | None]:
    """Day and month before the year, in the order that fits the whole column. Returns (ambiguous, day first)."""
    rest = parse.rest()
    parts = rest.str.extract(_ORDER)
    parts = parts[parts[0].notna()]
    if parts.empty:
        return False, None
    first, second = parts[0].astype(int), parts[2].astype(int)
    ambiguous = False
    if day_first is None:
        weight = parse.rows[parts.index]
        day, month = int(weight[first > 12].sum()), int(weight[second > 12].sum())
        if day or month:
            day_first = day >= month
        elif (parts[1] == ".").all():
            day_first = True
        else:
            ambiguous, day_first = True, _denser(parts, first, second)
    days, months = (first, second) if day_first else (second, first)
    parse.take(_assembled(parts, days, months), "day before month" if day_first else "month before day")
    if not ambiguous:  # a cell that cannot be meant in the order of the column is of the other one
        other = parts.loc[parts.index.intersection(parse.rest().index)]
        swapped = _assembled(other, months.loc[other.index], days.loc[other.index])
        parse.take(swapped, "month before day" if day_first else "day before month")
    return ambiguous, day_first


def _denser(parts: pd.DataFrame, first: pd.Series, second: pd.Series) -> bool:
    """Where both orders fit: the one under which the times lie closer together."""
    spans = [
        np.ptp(_assembled(parts, days, months).astype("int64")) for days, months in ((first, second), (second, first))
    ]
    return bool(spans[0] <= spans[1])


def _assembled(parts: pd.DataFrame, days: pd.Series, months: pd.Series) -> pd.Series:
    """Dates with times of day from their parts; impossible ones are NaT."""
    years = parts[3].astype(int)
    years = years.where(parts[3].str.len() == 4, years + np.where(years < 69, 2000, 1900))
    dates = pd.to_datetime(pd.DataFrame({"year": years, "month": months, "day": days}), errors="coerce")
    clock = parts[4].fillna("0:00")
    clock = clock.where(clock.str.count(":") == 2, clock + ":00")
    time = pd.to_timedelta(clock, errors="coerce")
    half = parts[5].fillna("").str.lower().str.slice(0, 1)
    hour = time // pd.Timedelta(hours=1)
    shift = np.where((half == "p") & (hour < 12), 12, 0) - np.where((half == "a") & (hour == 12), 12, 0)
    return dates + time + pd.to_timedelta(shift, unit="h")


def _named(parse: _Parse) -> None:
    """Months written as words (English)."""
    rest = parse.rest()
    rest = rest[rest.str.contains(r"[A-Za-z]{3}", regex=True) & rest.str.contains(r"\d", regex=True)]
    rest = rest.str.replace(",", " ", regex=False).str.replace(r"\s+", " ", regex=True)
    for pattern in _NAMED:
        if rest.empty:
            return
        found = pd.Series(pd.to_datetime(rest, format=pattern, errors="coerce"))
        parse.take(found, "month as a word")
        rest = rest[found.isna()]


def _clocked(parse: _Parse, clock: str | None, order: tuple[bool, bool | None]) -> Times:
    """Bring times with and without offset onto one clock."""
    outside = ~parse.stamps.between(EARLIEST, LATEST) & parse.stamps.notna()
    stamps = pd.DatetimeIndex(parse.stamps.mask(outside)).as_unit("ns")
    zoned, there = parse.zoned.to_numpy(), stamps.notna()
    later = pd.DatetimeIndex([pd.NaT] * len(stamps)).as_unit("ns")
    skipped = np.zeros(len(stamps), bool)
    mixed = bool(zoned.any() and (there & ~zoned).any())
    if clock is None and zoned.any():
        clock = zone_of(parse.offsets)
    if clock is not None and (there & ~zoned).any():
        zone = known_zone(clock)
        naive = stamps.where(~zoned)
        early = _to_utc(naive, zone, True)
        late = _to_utc(naive, zone, False)
        skipped = np.asarray(naive.notna() & early.isna())
        later = late.where(early != late)
        stamps = pd.DatetimeIndex(np.where(zoned, stamps.to_numpy(), early.to_numpy()))
    return Times(stamps, later, clock, parse.formats, outside.to_numpy(), skipped, order[0], order[1], mixed)


def _to_utc(naive: pd.DatetimeIndex, zone: ZoneInfo, summer: bool) -> pd.DatetimeIndex:
    local = naive.tz_localize(zone, ambiguous=np.full(len(naive), summer), nonexistent="NaT")
    return local.tz_convert("UTC").tz_localize(None)


def known_zone(name: str) -> ZoneInfo:
    """The zone of a name.

    Raises:
        DataError: no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise DataError(
            f"There is no time zone “{name[:60]}”.", "Write it like Europe/Berlin, Asia/Shanghai or UTC."
        ) from error


def zone_of(offsets: set[str]) -> str:
    """The zone of times that all carry one whole-hour offset ("+08:00" -> Etc/GMT-8, as POSIX counts); else UTC."""
    if len(offsets) != 1:
        return "UTC"
    hours, minutes = next(iter(offsets)).split(":")
    if minutes != "00" or int(hours) == 0 or not -12 <= int(hours) <= 14:
        return "UTC"
    return f"Etc/GMT{-int(hours):+d}"


def is_time(cells: pd.Series) -> tuple[float, bool]:
    """Share of cells that can be read as times, and whether they are mere numbers (years, seconds since 1970)."""
    present = cells.dropna()
    if present.empty:
        return 0.0, False
    numeric = bool(present.str.fullmatch(r"-?\d+(\.\d+)?").mean() > 0.5)
    distinct = present.drop_duplicates()
    rows = present.value_counts().reindex(distinct).to_numpy()
    times = parse_times(distinct, rows)
    good = times.stamps.notna() | times.outside
    return float(rows[good].sum() / rows.sum()), numeric
