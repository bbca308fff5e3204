"""The regular time axis under stamps that are nearly so: its step, its phase, its length, and where each stamp falls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.errors import DataError

#: Round steps, shortest first.
NICE = (
    "1s", "2s", "5s", "10s", "15s", "30s", "1min", "2min", "5min", "10min", "15min", "30min", "1h", "2h", "3h", "6h", "12h",
    "1D", "7D",
)  # fmt: skip
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Axis:
    """A regular axis and the place of each distinct stamp on it.

    Attributes:
        time: the axis, in the panel's clock.
        step: offset alias.
        position: int64 [distinct stamp], row of the axis.
        off_grid: bool [distinct stamp], the stamp was moved to the nearest step.
        coarser: the axis is coarser than the data, so several stamps share a step on purpose.
    """

    time: pd.DatetimeIndex
    step: str
    position: np.ndarray
    off_grid: np.ndarray
    coarser: bool


def in_clock(stamps: np.ndarray, clock: str | None) -> pd.DatetimeIndex:
    """Nanoseconds (UTC when there is a clock, else wall time) as index in the panel's clock."""
    index = pd.DatetimeIndex(np.asarray(stamps, dtype=np.int64).view("datetime64[ns]"))
    return index if clock is None else index.tz_localize("UTC").tz_convert(clock)


def find_stray(stamps: np.ndarray, rows: np.ndarray) -> tuple[int, int]:
    """First and last position (end exclusive) of the stamps that belong together; a few far away are left out.

    A stamp is far away when the gap to the others is longer than all of them span (or ten years) and over 30 usual
    steps, and hardly any row lies beyond it (1 %, or a single time).

    Args:
        stamps: sorted, distinct, ns.
        rows: rows of each stamp.
    """
    low, high = 0, len(stamps)
    ten_years = 3653 * _DAY.value
    while high - low >= 3:
        # int64 differences of far stamps overflow no more than 584 years: the stamps are within 1678 to 2261
        gaps = np.diff(stamps[low:high])
        usual = max(float(np.median(gaps)), 1.0)
        widest = int(np.argmax(gaps))
        first, second = rows[low : low + widest + 1], rows[low + widest + 1 : high]
        outside, _ = (first, second) if first.sum() < second.sum() else (second, first)
        part = stamps[low : low + widest + 1] if outside is second else stamps[low + widest + 1 : high]
        span = max(float(part[-1]) - float(part[0]), usual)
        rare = outside.sum() <= 0.01 * rows[low:high].sum() or (len(outside) == 1 and high - low >= 4)
        if not (rare and gaps[widest] > max(30 * usual, min(span, ten_years))):
            break
        low, high = (low, low + widest + 1) if outside is second else (low + widest + 1, high)
    return low, high


def find_step(times: pd.DatetimeIndex, per_place: list[pd.DatetimeIndex]) -> str:
    """Step of the data: the one most places have; a round one where differences are too unlike to be a step.

    Args:
        times: all distinct times, sorted.
        per_place: sorted times of some places, each for itself.

    Raises:
        DataError: fewer than two different times.
    """
    found: dict[str, int] = {}
    for series in per_place or [times]:
        if len(series) > 2:
            found[_own_step(series)] = found.get(_own_step(series), 0) + len(series)
    if not found:
        return _own_step(times)
    return max(found, key=lambda step: found[step])


def _own_step(times: pd.DatetimeIndex) -> str:
    step = steps.infer(times)
    if step in ("28D", "29D", "30D", "31D") and _one_a_month(times):
        return "1MS"
    if len(times) < 20:
        return step
    gaps = np.diff(times.asi8)
    _, counts = np.unique(gaps, return_counts=True)
    calendar = steps.duration(step) is None or steps.typical(step) >= _DAY
    if calendar or counts.max() >= 0.3 * len(gaps):
        return step
    near = np.abs(gaps - steps.typical(step).value) <= 0.25 * steps.typical(step).value
    return step if near.mean() > 0.5 and step in NICE else _nice(float(np.median(gaps)))


def _one_a_month(times: pd.DatetimeIndex) -> bool:
    """One time a month, on whatever day."""
    months = np.asarray(times.year * 12 + times.month)
    return bool((np.diff(months) == 1).mean() > 0.9)


def _nice(gap_ns: float) -> str:
    """The round step nearest to a gap."""
    lengths = np.array([steps.typical(step).value for step in NICE], dtype=float)
    return NICE[int(np.argmin(np.abs(np.log(lengths / max(gap_ns, 1e9)))))]


def estimate(first: pd.Timestamp, last: pd.Timestamp, step: str) -> int:
    """Number of steps from first to last, before anything is allocated; never too small."""
    return int((last - first) / steps.typical(step) * 1.001) + 3


def lay_axis(stamps: np.ndarray, rows: np.ndarray, step: str, clock: str | None, natural: str) -> Axis:
    """The axis under sorted distinct stamps.

    Args:
        stamps: ns as in ``in_clock``.
        rows: rows of each stamp (the phase most rows have is kept).
        step: step of the axis.
        natural: step of the data; where ``step`` is longer, a stamp belongs to the step it lies in, else to the nearest.

    Raises:
        DataError: the step is longer than the whole span.
    """
    times = in_clock(stamps, clock)
    coarser = steps.typical(step) > 1.5 * steps.typical(natural)
    start = _start(times, rows, step, coarser)
    axis = steps.index(start, estimate(start, times[-1], step), step)
    marks = axis.asi8
    if coarser or in_periods(step):
        position = np.searchsorted(marks, stamps, side="right") - 1
    else:
        right = np.clip(np.searchsorted(marks, stamps), 1, len(marks) - 1)
        position = right - (stamps - marks[right - 1] < marks[right] - stamps)
    position = np.maximum(position, 0)
    first, last = int(position[0]), int(position[-1])
    if last == first:
        raise DataError(
            f"All rows fall into one step of {steps.describe_span(1, step)}.",
            "Choose a shorter step, or give at least two different times or rows.",
        )
    axis, position = axis[first : last + 1], position - first
    off = np.zeros(len(stamps), bool) if coarser else axis.asi8[position] != stamps
    return Axis(axis._with_freq(None), step, position.astype(np.int64), off, coarser)


def in_periods(step: str) -> bool:
    """Steps that are calendar periods (week, month, quarter, year): a time belongs to the one it lies in."""
    return steps.offset(step).rule_code.split("-")[0] in ("W", "MS", "QS", "YS")


def _start(times: pd.DatetimeIndex, rows: np.ndarray, step: str, coarser: bool) -> pd.Timestamp:
    """First mark of the axis: on the phase most rows have, or on the clock's own marks where the axis is coarser."""
    first = times[0]
    length = steps.duration(step)
    if length is None or in_periods(step):
        return steps.offset(step).rollback(first.normalize())
    if coarser:
        return _floor(first, length)
    if length >= _DAY:
        return first.normalize() + _usual_hour(times, rows)
    wall = times.asi8
    phases, index = np.unique(wall % length.value, return_inverse=True)
    phase = int(phases[np.argmax(np.bincount(index, weights=rows))])
    back = (int(wall[0]) - phase) % length.value
    back = back - length.value if back > length.value / 2 else back
    return first - pd.Timedelta(back, unit="ns")


def _usual_hour(times: pd.DatetimeIndex, rows: np.ndarray) -> pd.Timedelta:
    """Time of day most rows have."""
    wall = times.tz_localize(None) if times.tz is not None else times
    hours, index = np.unique((wall - wall.normalize()).asi8, return_inverse=True)
    return pd.Timedelta(int(hours[np.argmax(np.bincount(index, weights=rows))]), unit="ns")


def _floor(first: pd.Timestamp, length: pd.Timedelta) -> pd.Timestamp:
    """The mark of the clock at or before a time: midnight for days, round times for shorter steps."""
    midnight = first.normalize()
    return midnight if length >= _DAY else midnight + (first - midnight) // length * length
