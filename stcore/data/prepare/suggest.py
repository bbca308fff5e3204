"""How much history is worth seeing and how far a forecast can tell more than the usual course, from the autocorrelation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stcore.data import steps
from stcore.data.explore.autocorrelation import autocorrelation
from stcore.data.panel import Panel
from stcore.data.prepare.features import Profile, calendar_cycles
from stcore.data.prepare.scale import Scaler
from stcore.errors import DataError

_MOST_PLACES = 50
_MOST_ROWS = 20_000
_MOST_LAGS = 2_000
_REMEMBERED, _TELLING, _RHYTHM = 0.2, 0.1, 0.3


@dataclass(frozen=True, eq=False)
class Suggestion:
    """Windows that suit a series.

    Attributes:
        lookback, horizon: in steps.
        correlation: [lag] mean autocorrelation of the values over places, lag 0 first.
        deviation: [lag] the same of what deviates from the usual course.
        period: the clearest calendar rhythm in steps, or None.
        reasons: why, in plain sentences.
    """

    lookback: int
    horizon: int
    correlation: np.ndarray
    deviation: np.ndarray
    period: int | None
    reasons: tuple[str, ...]


def suggest_windows(panel: Panel, target: str, rows: int | None = None) -> Suggestion:
    """Windows from the first ``rows`` steps of a value (the train part; None: all), from up to fifty places.

    Raises:
        DataError: too few readings for any correlation.
    """
    values = panel.select([target]).measured(rows)
    first = max(0, len(values) - _MOST_ROWS)
    count = (~np.isnan(values[first:])).sum(axis=(0, 2))
    places = np.sort(np.argsort(-count, kind="stable")[:_MOST_PLACES])
    values, times = np.asarray(values[first:][:, places]), panel.time[first : len(values)]
    if count.max() < 20:
        raise DataError(
            f"{target} has at most {int(count.max())} readings a place; that says nothing about how long the past matters.",
            "Give more data.",
        )
    scaled = Scaler.fit(values).forward(values)
    usual = Profile.fit(scaled, times, calendar_cycles(panel.step)).usual(times)
    most = max(2, min(_MOST_LAGS, len(values) // 3))
    whole, off = (mean_correlation(part[..., 0], most) for part in (scaled, scaled - usual))
    longest = max(1, len(values) // 10)
    memory = int(np.clip(_falls_below(off, _REMEMBERED), 4, max(4, longest)))
    reach = int(np.clip(_falls_below(off, _TELLING) - 1, 1, longest))
    period = _rhythm(whole, panel.step)
    return Suggestion(memory, reach, whole, off, period, _reasons(memory, reach, period, whole, panel.step))


def mean_correlation(values: np.ndarray, most: int) -> np.ndarray:
    """Mean over places of the autocorrelation of [time, place] at lags 0 .. most; 0 where no place has enough pairs."""
    each = np.stack([autocorrelation(values[:, place], most) for place in range(values.shape[1])])
    known = np.isfinite(each)
    return np.asarray(np.where(known, each, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _falls_below(correlation: np.ndarray, level: float) -> int:
    """First lag from which on the correlation stays below a level for three lags; the number of lags where it never does."""
    below = np.append(correlation < level, [True, True])
    stays = below[:-2] & below[1:-1] & below[2:]
    return int(np.argmax(stays)) if stays.any() else len(correlation)


def _rhythm(correlation: np.ndarray, step: str) -> int | None:
    """The calendar period with the highest correlation, where it stands above that of half the period."""
    found = {
        cycle.period: correlation[cycle.period]
        for cycle in steps.cycles(step)
        if cycle.period and 2 < cycle.period < len(correlation)
        and correlation[cycle.period] > max(_RHYTHM, correlation[cycle.period // 2])
    }  # fmt: skip
    return max(found, key=lambda period: found[period]) if found else None


def _reasons(memory: int, reach: int, period: int | None, correlation: np.ndarray, step: str) -> tuple[str, ...]:
    found = [
        f"What deviates from the usual course is mostly forgotten after {steps.describe_span(memory, step)}.",
        f"More than {steps.describe_span(reach, step)} ahead little but the usual course is known.",
    ]
    if period:
        found.insert(
            0, f"Values repeat every {steps.describe_span(period, step).removeprefix('1 ')} (correlation "
            f"{correlation[period]:.2f}); models see that value without a longer history.",
        )  # fmt: skip
    return tuple(found)
