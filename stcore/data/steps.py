"""The step of a time axis: found, counted, continued, and said in words.

A step is a pandas offset alias in text ("5min", "1h", "1D", "1W-SUN", "1MS", "1B"), regular in the panel's own clock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from stcore.errors import DataError

_DAY = pd.Timedelta(days=1)
_CALENDAR = ("MS", "ME", "QS", "QE", "YS", "YE", "W", "B", "D")
_NAMES = {
    "MS": "month",
    "ME": "month",
    "QS": "quarter",
    "QE": "quarter",
    "YS": "year",
    "YE": "year",
    "B": "business day",
}


def offset(step: str) -> pd.DateOffset:
    """The pandas offset of a step.

    Raises:
        DataError: the text is no step.
    """
    try:
        return to_offset(step)
    except ValueError as error:
        raise DataError(f"“{step}” is not a step of time.", "Write for example 5min, 1h, 1D, 1W or 1MS.") from error


def duration(step: str) -> pd.Timedelta | None:
    """Length of a fixed step; None for calendar steps of changing length (month, quarter, year, business day)."""
    step_offset = offset(step)
    base = step_offset.rule_code.split("-")[0].lstrip("0123456789")
    if base == "W":
        return pd.Timedelta(weeks=step_offset.n)
    if base in _NAMES:
        return None
    if base == "D":
        return _DAY * step_offset.n
    return pd.Timedelta(step_offset)


def typical(step: str) -> pd.Timedelta:
    """Length of a step, calendar steps by their mean."""
    fixed = duration(step)
    if fixed is not None:
        return fixed
    step_offset = offset(step)
    days = {"M": 365.2425 / 12, "Q": 365.2425 / 4, "Y": 365.2425, "B": 7 / 5}[step_offset.rule_code.split("-")[0][0]]
    return _DAY * (days * step_offset.n)


def index(start: pd.Timestamp, periods: int, step: str) -> pd.DatetimeIndex:
    """A regular index; in the start's own zone, so a day step keeps its hour across summer time.

    Raises:
        DataError: it would run past the year 2262, which times in nanoseconds do not reach.
    """
    try:
        return pd.date_range(start, periods=periods, freq=offset(step))
    except (pd.errors.OutOfBoundsDatetime, OverflowError, FloatingPointError) as error:
        raise DataError(
            f"{periods:,} steps of {step} from {start.date()} run past the year 2262.",
            "Check the time column, or choose a shorter step.",
        ) from error


def following(last: pd.Timestamp, periods: int, step: str) -> pd.DatetimeIndex:
    """The ``periods`` times after ``last``."""
    return index(last, periods + 1, step)[1:]


@dataclass(frozen=True)
class Cycle:
    """A calendar cycle that a step can resolve.

    Attributes:
        name: time_of_day, day_of_week or day_of_year.
        slots: number of different phases.
        period: steps until it repeats (None where the number changes, as with days in a year of months).
        words: "same time yesterday".
    """

    name: str
    slots: int
    period: int | None
    words: str


def cycles(step: str) -> tuple[Cycle, ...]:
    """Calendar cycles longer than one step, shortest first."""
    length = typical(step)
    found: list[Cycle] = []
    if length < _DAY:
        per_day = _DAY / length
        period = round(per_day) if abs(per_day - round(per_day)) < 1e-9 else None
        found.append(Cycle("time_of_day", int(min(288, max(2, round(per_day)))), period, "same time yesterday"))
    if length <= _DAY:
        per_week = 7 * _DAY / length
        whole = abs(per_week - round(per_week)) < 1e-9
        words = "same time last week" if length < _DAY else "same day last week"
        found.append(Cycle("day_of_week", 7, round(per_week) if whole else None, words))
    elif offset(step).rule_code.startswith("B"):
        found.append(Cycle("day_of_week", 7, 5, "same day last week"))
    if pd.Timedelta(hours=6) <= length <= 183 * _DAY:
        per_year = 365.2425 * _DAY / length
        name = {12: "same month last year", 52: "same week last year", 4: "same quarter last year"}
        period = round(per_year)
        found.append(
            Cycle("day_of_year", int(min(366, max(2, period))), period, name.get(period, "same day last year"))
        )
    return tuple(found)


def phase(times: pd.DatetimeIndex, cycle: Cycle) -> np.ndarray:
    """Phase 0..slots-1 of each time in a cycle, read from the times' own clock: int64 [time]."""
    if cycle.name == "time_of_day":
        seconds = times.hour * 3600 + times.minute * 60 + times.second
        return np.asarray(seconds * cycle.slots // 86400, dtype=np.int64)
    if cycle.name == "day_of_week":
        return np.asarray(times.day_of_week, dtype=np.int64)
    if cycle.slots == 12:
        return np.asarray(times.month - 1, dtype=np.int64)
    return np.asarray((times.day_of_year - 1) * cycle.slots // 366, dtype=np.int64)


def infer(times: pd.DatetimeIndex) -> str:
    """The step of sorted, distinct times: the most common difference, or a calendar step that fits better.

    Args:
        times: sorted and without doubles; holes are allowed.

    Raises:
        DataError: fewer than two different times.
    """
    if len(times) < 2:
        raise DataError(
            f"There is {len(times)} point in time; a forecast needs a series.", "Give at least two different times."
        )
    wall = times.tz_localize(None) if times.tz is not None else times
    at_midnight = bool((wall == wall.normalize()).all())
    gaps = np.diff(wall.asi8) if wall.unit == "ns" else np.diff(wall.as_unit("ns").asi8)
    values, counts = np.unique(gaps, return_counts=True)
    common = pd.Timedelta(int(values[np.argmax(counts)]), unit="ns")
    if at_midnight and common >= _DAY:
        return _calendar(wall, common, gaps)
    return _fixed(common)


def _calendar(wall: pd.DatetimeIndex, common: pd.Timedelta, gaps: np.ndarray) -> str:
    """Step of times that all lie at midnight."""
    days = common / _DAY
    if (wall.day == 1).all() and days >= 28:
        months = np.diff(wall.year * 12 + wall.month)
        step = int(np.gcd.reduce(months)) if len(months) else 1
        return {12: "1YS"}.get(step, f"{step}MS") if wall.month.nunique() > 1 or step < 12 else _yearly(wall, step)
    if wall.is_month_end.all() and days >= 28:
        return "1ME"
    if days == 1:
        weekend = (wall.day_of_week >= 5).any()
        jumps = np.unique(gaps // _DAY.value)
        if not weekend and len(wall) > 7 and set(jumps) >= {1, 3}:
            return "1B"
        return "1D"
    if days == 7:
        return f"1W-{wall[0].strftime('%a').upper()}"
    return f"{round(days)}D"


def _yearly(wall: pd.DatetimeIndex, months: int) -> str:
    return f"{months // 12}YS-{wall[0].strftime('%b').upper()}"


def _fixed(length: pd.Timedelta) -> str:
    """Shortest alias of a fixed duration."""
    for alias, unit in (
        ("D", _DAY),
        ("h", pd.Timedelta(hours=1)),
        ("min", pd.Timedelta(minutes=1)),
        ("s", pd.Timedelta(seconds=1)),
    ):
        if length >= unit and length % unit == pd.Timedelta(0):
            return f"{length // unit}{alias}"
    milliseconds = max(1, round(length / pd.Timedelta(milliseconds=1)))
    return f"{milliseconds}ms"


def describe(step: str) -> str:
    """“every 5 minutes”, “hourly”, “every month”."""
    step_offset = offset(step)
    base = step_offset.rule_code.split("-")[0].lstrip("0123456789")
    if base in _NAMES:
        return f"every {_NAMES[base]}" if step_offset.n == 1 else f"every {step_offset.n} {_NAMES[base]}s"
    length = duration(step)
    assert length is not None
    if length == pd.Timedelta(hours=1):
        return "hourly"
    if length == 7 * _DAY:
        return "every week"
    words = describe_span(1, step)
    return f"every {words.removeprefix('1 ')}" if words.startswith("1 ") else f"every {words}"


def describe_span(steps: int, step: str) -> str:
    """How long ``steps`` steps are: “60 minutes”, “1 day”, “2 weeks”, “6 months”."""
    step_offset = offset(step)
    base = step_offset.rule_code.split("-")[0].lstrip("0123456789")
    if base in _NAMES:
        return _plural(steps * step_offset.n, _NAMES[base])
    return describe_duration(typical(step) * steps)


def describe_duration(length: pd.Timedelta) -> str:
    """A duration in the largest unit that keeps it a whole number, up to 90 of the smaller one."""
    units = (
        ("week", 7 * _DAY), ("day", _DAY), ("hour", pd.Timedelta(hours=1)), ("minute", pd.Timedelta(minutes=1)),
        ("second", pd.Timedelta(seconds=1)),
    )  # fmt: skip
    for position, (name, unit) in enumerate(units):
        if length < unit or length % unit != pd.Timedelta(0):
            continue
        smaller = units[position + 1] if position + 1 < len(units) else None
        if smaller and name == "hour" and length == unit:
            return "60 minutes"
        if name in ("hour", "minute", "second") and length > 90 * pd.Timedelta(hours=1):
            return _plural(round(length / _DAY), "day")  # a year less a few hours is no 8,730 hours
        if name == "week" and length < 4 * unit:
            return _plural(length // _DAY, "day")
        return _plural(length // unit, name)
    for name, unit in units:
        if length >= unit:
            return f"{length / unit:.3g} {name}s"
    return f"{length.total_seconds():.3g} seconds"


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
