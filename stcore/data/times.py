"""Text to points in time: the format is decided from the whole column, never from one cell.

Works on the distinct texts of a column with their row counts, so a table of 20 million rows and 20,000 times costs
20,000 conversions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from stcore.data.clocks import known_zone, split_offsets, to_utc, zone_of
from stcore.data.time_numbers import NUMBER, numeric_times
from stcore.data.time_words import chinese_as_plain, full_years, months_as_numbers, periods, without_weekday

EARLIEST, LATEST = pd.Timestamp("1678-01-01"), pd.Timestamp("2261-12-31")
_HALF = r"\s*([AaPp])\.?[Mm]\.?"
_ISO = r"\d{4}-\d{1,2}(?:-\d{1,2}(?:[T ]+\d{1,2}(?::\d{1,2}){0,2}(?:[.,]\d+)?(?:" + _HALF + ")?)?)?"
_PLAIN_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ](?:[01]\d|2[0-3]):\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_ORDER = re.compile(
    r"^(\d{1,2})([-/. ])(\d{1,2})[-/. ](\d{4}|\d{2})(?:[T, ]+(\d{1,2}(?::\d{1,2}){0,2}(?:[.,]\d+)?)(?:"
    + _HALF
    + ")?)?$"
)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９：－／．　\u00a0\u202f", "0123456789:-/.   ")


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
        self.minutes = pd.Series(np.nan, index=texts.index)
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
    parse = _Parse(series, rows)
    if series.str.fullmatch(_PLAIN_ISO).fillna(True).all():
        parse.take(pd.Series(pd.to_datetime(series, format="ISO8601", errors="coerce")), "ISO")
        return _clocked(parse, clock, (False, None))
    parse.texts = _plain(series)
    numbers = parse.texts.str.fullmatch(NUMBER).fillna(False).astype(bool)
    if parse.most(numbers):
        parse.take(*numeric_times(parse.texts[numbers]))
    rest, minutes = split_offsets(parse.rest())
    parse.texts.loc[rest.index], parse.minutes.loc[rest.index] = rest, minutes
    _iso(parse, parse.rest(), "ISO")
    order = _ordered(parse, day_first)
    _worded(parse)
    if not parse.rest().empty:
        order = _without_weekday(parse, day_first, order)
    return _clocked(parse, clock, order)


def _plain(texts: pd.Series) -> pd.Series:
    """Year first with hyphens, the time behind the date, digits of the usual width."""
    texts = chinese_as_plain(texts.str.translate(_FULL_WIDTH).str.strip())
    texts = texts.str.replace(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", r"\1-\2-\3", regex=True)
    texts = texts.str.replace(
        r"^(\d{4})(\d{2})(\d{2})[T ](\d{2}):?(\d{2})(?::?(\d{2}(?:\.\d+)?))?(?=\D|$)", _compact, regex=True
    )
    texts = texts.str.replace(r"^(\d{4}-\d{2}-\d{2})T(\d{2})(\d{2})(\d{2})?(?=\D|$)", _compact_time, regex=True)
    return texts.str.replace(r"^(\d{1,2}:\d{2}\S*)\s+(\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4})$", r"\2 \1", regex=True)


def _compact(match: re.Match[str]) -> str:
    """20240301T0705 -> 2024-03-01 07:05."""
    year, month, day, hour, minute, second = match.groups()
    return f"{year}-{month}-{day} {hour}:{minute}" + (f":{second}" if second else "")


def _compact_time(match: re.Match[str]) -> str:
    """2024-03-01T0705 -> 2024-03-01 07:05."""
    date, hour, minute, second = match.groups()
    return f"{date} {hour}:{minute}" + (f":{second}" if second else "")


def _iso(parse: _Parse, texts: pd.Series, name: str) -> None:
    """Year first, with or without time of day; 24:00 is midnight of the next day."""
    texts = texts[texts.str.fullmatch(_ISO).fillna(False).astype(bool)]
    if texts.empty:
        return
    half = texts.str.extract(_HALF + "$")[0].str.lower()
    texts = texts.str.replace(_HALF + "$", "", regex=True).str.replace(",", ".", regex=False)
    midnight = texts.str.contains(r"[T ]24:00(?::00)?", regex=True)
    texts = _padded(texts.str.replace(r"([T ])24:00", r"\g<1>00:00", regex=True))
    found = pd.Series(pd.to_datetime(texts, format="ISO8601", errors="coerce"))
    parse.take(found + pd.to_timedelta(midnight.astype(int), unit="D") + _afternoon(found.dt.hour, half), name)


def _afternoon(hours: pd.Series, half: pd.Series) -> pd.TimedeltaIndex:
    """What AM and PM add to the hours written: 12 AM is midnight."""
    shift = np.where((half == "p") & (hours < 12), 12, 0) - np.where((half == "a") & (hours == 12), 12, 0)
    return pd.to_timedelta(shift, unit="h")


def _padded(texts: pd.Series) -> pd.Series:
    """2020-1-2 3:04 -> 2020-01-02 03:04; 2020-01-02 3 -> 2020-01-02 03:00."""
    if texts.str.match(r"\d{4}-\d{2}(?:-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}|$)|$)|$)").all():
        return texts
    for pattern, plain in (
        (r"^(\d{4})-(\d)(?=-|$)", r"\1-0\2"),
        (r"^(\d{4}-\d{2})-(\d)(?!\d)", r"\1-0\2"),
        (r"[T ]+(\d{1,2})$", r" \1:00"),
        (r"[T ]+(\d)(?=:)", r" 0\1"),
        (r":(\d)(?=:|\.|$)", r":0\1"),
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
    years = full_years(parts[3]).astype(int)
    dates = pd.to_datetime(pd.DataFrame({"year": years, "month": months, "day": days}), errors="coerce")
    clock = parts[4].fillna("0:00").str.replace(",", ".", regex=False)
    clock = clock.where(clock.str.contains(":", regex=False), clock + ":00")
    clock = clock.where(clock.str.count(":") == 2, clock + ":00")
    time = pd.to_timedelta(clock, errors="coerce")
    hour = time // pd.Timedelta(hours=1)
    return dates + time + _afternoon(hour, parts[5].str.lower())


def _worded(parse: _Parse) -> None:
    """Quarters, weeks and months as words."""
    rest = parse.rest()
    if rest.empty:
        return
    for name, found in periods(rest):
        parse.take(found, name)
    _iso(parse, months_as_numbers(parse.rest()).dropna(), "month as a word")


def _without_weekday(
    parse: _Parse, day_first: bool | None, order: tuple[bool, bool | None]
) -> tuple[bool, bool | None]:
    """What is left once more, without the weekday in front and the words for o'clock."""
    rest = parse.rest()
    shorter = without_weekday(rest)
    parse.texts.loc[rest.index] = shorter
    parse.open.loc[rest.index] = shorter != rest  # what has no weekday was looked at before
    _iso(parse, parse.rest(), "ISO")
    found = _ordered(parse, day_first)
    _worded(parse)
    parse.open.loc[rest.index] &= shorter != rest
    return order if found == (False, None) else found


def _clocked(parse: _Parse, clock: str | None, order: tuple[bool, bool | None]) -> Times:
    """Bring times with and without offset onto one clock."""
    zoned = (parse.minutes.notna() & parse.stamps.notna()).to_numpy()
    instants = parse.stamps - pd.to_timedelta(parse.minutes.where(zoned, 0), unit="min")
    outside = ~instants.between(EARLIEST, LATEST) & instants.notna()
    stamps = pd.DatetimeIndex(instants.mask(outside)).as_unit("ns")
    there = stamps.notna()
    later = pd.DatetimeIndex([pd.NaT] * len(stamps)).as_unit("ns")
    skipped = np.zeros(len(stamps), bool)
    mixed = bool(zoned.any() and (there & ~zoned).any())
    if clock is None and zoned.any():
        clock = zone_of(parse.minutes[zoned])
    if clock is not None and (there & ~zoned).any():
        zone = known_zone(clock)
        naive = stamps.where(~zoned)
        early = to_utc(naive, zone, True)
        late = to_utc(naive, zone, False)
        skipped = np.asarray(naive.notna() & early.isna())
        later = late.where(early != late)
        stamps = pd.DatetimeIndex(np.where(zoned, stamps.to_numpy(), early.to_numpy()))
    return Times(stamps, later, clock, parse.formats, outside.to_numpy(), skipped, order[0], order[1], mixed)


def is_time(cells: pd.Series) -> tuple[float, bool]:
    """Share of cells that can be read as times, and whether they are mere numbers (years, seconds since 1970)."""
    present = cells.dropna()
    if present.empty:
        return 0.0, False
    numeric = bool(present.str.fullmatch(NUMBER).mean() > 0.5)
    distinct = present.drop_duplicates()
    rows = present.value_counts().reindex(distinct).to_numpy()
    times = parse_times(distinct, rows)
    good = times.stamps.notna() | times.outside
    return float(rows[good].sum() / rows.sum()), numeric
