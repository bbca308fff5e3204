"""A small linear forecaster for detectors: the usual day and a few lags, one set of weights a series, closed form.

Detectors do not train the product's models for this: it needs no split and no torch, accepts three points, keeps
constant memory when rows arrive one by one, and a city of 120 sensors and four weeks takes seconds. Residuals of a
trained model have their own way in (``residual.from_predictions``).

Everything is [time, series] with series = location x feature, NaN = missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.anomaly.thresholds import quantile, spread
from stcore.data import steps

LEAST_CYCLES = 3
CLIP = 6.0
RIDGE = 1e-3


@dataclass(frozen=True)
class Calendar:
    """Which phase of the usual day (week, year) each time has; fixed when a detector is fitted.

    Attributes:
        cycle: the cycle, or None when the fit saw too few of it.
        weekend: free days have a profile of their own.
    """

    cycle: steps.Cycle | None
    weekend: bool

    @classmethod
    def of(cls, times: pd.DatetimeIndex, step: str) -> Calendar:
        length = steps.typical(step) * len(times)
        spans = {"time_of_day": 1.0, "day_of_week": 7.0, "day_of_year": 365.25}
        seen = (c for c in steps.cycles(step) if length / pd.Timedelta(days=spans[c.name]) >= LEAST_CYCLES)
        cycle = next(seen, None)
        daily = cycle is not None and cycle.name == "time_of_day"
        return cls(cycle, daily and length >= pd.Timedelta(days=14))

    @property
    def count(self) -> int:
        """Number of phases."""
        return (self.cycle.slots if self.cycle else 1) * (2 if self.weekend else 1)

    def phases(self, times: pd.DatetimeIndex) -> np.ndarray:
        """int [time] in 0..count-1; the weekend's phases come last."""
        if self.cycle is None:
            return np.zeros(len(times), np.int64)
        phase = steps.phase(times, self.cycle)
        return phase + self.cycle.slots * np.asarray(times.day_of_week >= 5) if self.weekend else phase

    @property
    def hours(self) -> int:
        """Number of coarse phases that a usual error is known for: hours of the day, or 1."""
        return min(24, self.cycle.slots) if self.cycle and self.cycle.name == "time_of_day" else 1

    def hour(self, times: pd.DatetimeIndex) -> np.ndarray:
        """int [time] in 0..hours-1."""
        if self.cycle is None or self.hours == 1:
            return np.zeros(len(times), np.int64)
        return steps.phase(times, self.cycle) * self.hours // self.cycle.slots


@dataclass(frozen=True, eq=False)
class Linear:
    """Weights of all series.

    Attributes:
        profile: [phase, series] usual value.
        clip: [series] deviations enter a forecast only up to this size, so that one spike does not echo for hours.
        weights: [lead, lag, series]; lag 0 is the oldest.
        leads: steps ahead of each row of ``weights``.
    """

    profile: np.ndarray
    clip: np.ndarray
    weights: np.ndarray
    leads: tuple[int, ...]

    @property
    def lookback(self) -> int:
        return int(self.weights.shape[1])

    def deviations(self, values: np.ndarray, phases: np.ndarray) -> np.ndarray:
        """Values less the usual value of their phase."""
        return (values - self.profile[phases]).astype(np.float32)

    @property
    def size(self) -> np.ndarray:
        """[series] how large the values are."""
        return np.asarray(np.abs(self.profile).mean(axis=0))

    def select(self, series: np.ndarray) -> Linear:
        """The same for some of the series."""
        return Linear(self.profile[:, series], self.clip[series], self.weights[..., series], self.leads)

    def forecasts(self, values: np.ndarray, phases: np.ndarray) -> np.ndarray:
        """Forecast of every row made ``lead`` steps before it [lead, time, series]; NaN where no whole history lies before.

        A panel no longer than the history is taken to have been usual before it starts.
        """
        usual = self.profile[phases].astype(np.float32)
        out = np.repeat(usual[None], len(self.leads), axis=0)
        lookback = self.lookback
        if not lookback:
            return out
        history = _lags(_inputs(self.deviations(values, phases), self.clip, lookback), lookback)
        ahead = np.matmul(history.transpose(1, 0, 2), self.weights.transpose(2, 1, 0))  # [series, time, lead]
        head = lookback - 1 if len(values) > lookback else 0
        for row, lead in enumerate(self.leads):
            out[row, lead:] += ahead[:, : max(len(values) - lead, 0), row].T
            if head:
                out[row, : head + lead] = np.nan
        return out

    def residuals(self, values: np.ndarray, phases: np.ndarray) -> np.ndarray:
        """Observed - forecast [lead, time, series]; NaN also where nothing was observed."""
        return values - self.forecasts(values, phases)


def joined(models: Sequence[Linear]) -> Linear:
    """One forecaster of the series of all."""
    return Linear(
        np.concatenate([model.profile for model in models], axis=-1), np.concatenate([model.clip for model in models]),
        np.concatenate([model.weights for model in models], axis=-1), models[0].leads,
    )  # fmt: skip


def fit(values: np.ndarray, phases: np.ndarray, count: int, lookback: int, rows: np.ndarray | None = None) -> Linear:
    """Profile and weights from the rows marked True (all when None)."""
    rows = np.ones(len(values), dtype=bool) if rows is None else rows
    profile = profiles(values[rows], phases[rows], count)
    leads = tuple(sorted({1, max(1, lookback // 2), max(1, lookback)}))
    model = Linear(profile, np.full(values.shape[1], np.inf), np.zeros((len(leads), lookback, values.shape[1])), leads)
    deviations = model.deviations(values, phases)
    usual = spread(deviations[rows])
    unit = np.where(usual > 0, usual, 1.0).astype(np.float32)
    clip = np.where(usual > 0, CLIP * usual, np.inf).astype(np.float32)
    weights = model.weights
    if lookback:
        targets, inputs = np.clip(deviations, -clip, clip), _inputs(deviations, clip, lookback)
        weights = _solve(targets / unit, inputs / unit, rows, model)
    return Linear(profile, clip, weights.astype(np.float32), leads)


def profiles(values: np.ndarray, phases: np.ndarray, count: int) -> np.ndarray:
    """Median of each phase [phase, series], lightly smoothed around the clock; 0 for a series with no value."""
    overall = np.nan_to_num(quantile(values, 0.5))
    order = np.argsort(phases, kind="stable")
    ends = np.cumsum(np.bincount(phases, minlength=count))
    groups = np.split(values[order], ends[:-1])
    medians = np.stack([quantile(group, 0.5) if len(group) else np.full(values.shape[1], np.nan) for group in groups])
    return _smooth(np.where(np.isfinite(medians), medians, overall))


def _smooth(profile: np.ndarray) -> np.ndarray:
    """Running mean over about a quarter of an hour to each side, where a day has that many phases."""
    day = 288
    if len(profile) < day or len(profile) % day:
        return profile
    parts = profile.reshape(-1, day, profile.shape[1])
    return np.mean([np.roll(parts, shift, axis=1) for shift in range(-3, 4)], axis=0).reshape(profile.shape)


def _inputs(deviations: np.ndarray, clip: np.ndarray, longest: int) -> np.ndarray:
    """Deviations without NaN: the last known one for up to ``longest`` steps, then the usual (0); clipped."""
    known = np.isfinite(deviations)
    row = np.arange(len(deviations))[:, None]
    last = np.maximum.accumulate(np.where(known, row, -1), axis=0)
    filled = np.take_along_axis(deviations, np.maximum(last, 0), axis=0)
    return np.clip(np.where((last >= 0) & (row - last <= longest), filled, 0), -clip, clip).astype(np.float32)


def _lags(inputs: np.ndarray, lookback: int) -> np.ndarray:
    """View [time, series, lag]: the history that ends at each time; before the first one all was usual."""
    padded = np.concatenate([np.zeros((lookback - 1, inputs.shape[1]), inputs.dtype), inputs])
    return np.lib.stride_tricks.sliding_window_view(padded, lookback, axis=0)


def _solve(deviations: np.ndarray, inputs: np.ndarray, rows: np.ndarray, like: Linear) -> np.ndarray:
    """Ridge weights [lead, lag, series] of the deviation ``lead`` steps after each history."""
    lookback = like.lookback
    history = np.ascontiguousarray(_lags(inputs, lookback).transpose(1, 0, 2))
    out = np.zeros(like.weights.shape)
    identity = np.eye(lookback)
    for row, lead in enumerate(like.leads):
        end = len(inputs) - lead
        target = deviations[lead:].T
        counts = np.isfinite(target) & rows[lead:]
        past = history[:, :end] * counts[:, :, None]
        gram = (past.transpose(0, 2, 1) @ past).astype(np.float64)
        moment = past.transpose(0, 2, 1) @ np.where(counts, target, 0).astype(np.float32)[:, :, None]
        power = np.trace(gram, axis1=1, axis2=2) / lookback
        strength = power * (RIDGE + lookback / np.maximum(counts.sum(axis=1), 1)) + 1e-9
        out[row] = np.linalg.solve(gram + strength[:, None, None] * identity, moment)[:, :, 0].T
    return out
