"""How long windows should be: the one choice that matters more than the detector."""

from __future__ import annotations

import numpy as np

from stcore.anomaly.linear import Calendar
from stcore.data import steps
from stcore.data.panel import Panel

LEAST = 8
PARTS = 8
SHARE = 0.04
_LOOKED_AT = 50
_FEWEST_TURNS = 0.1


def cycle_length(panel: Panel) -> int:
    """Steps of one cycle of the clock (mostly a day), or, where the data show none, the measured period, or 0."""
    cycle = Calendar.of(panel.time, panel.step).cycle
    if cycle is None:
        return _period(panel)
    days = {"time_of_day": 1.0, "day_of_week": 7.0, "day_of_year": 365.25}[cycle.name]
    return cycle.period or round(days * 86400 / steps.typical(panel.step).total_seconds())


def suggested_length(panel: Panel) -> int:
    """One cycle of the clock, or twice a short or measured one; steps."""
    return _within(_one(panel), len(panel.time))


def suggested_lengths(panel: Panel) -> tuple[int, ...]:
    """Half a cycle, one, 4 % of the record, and the geometric middle of the last two; none doubled, shortest first."""
    one, share = _one(panel), SHARE * len(panel.time)
    wanted = (one / 2, one, np.sqrt(one * share), share)
    return tuple(sorted({_within(length, len(panel.time)) for length in wanted}))


def _within(length: float, count: int) -> int:
    """Between 8 steps and an eighth of the record; of a record too short for that, an eighth."""
    longest = max(1, count // PARTS)
    return int(np.clip(round(length), min(LEAST, longest), longest))


def _one(panel: Panel) -> float:
    cycle = cycle_length(panel)
    by_clock = Calendar.of(panel.time, panel.step).cycle is not None
    return float(cycle if by_clock and cycle >= LEAST else 2 * cycle or SHARE * len(panel.time))


def _period(panel: Panel) -> int:
    """Lag of the highest peak of the mean autocorrelation, up to half the longest window; 0 where there is none."""
    values = panel.values.reshape(len(panel.time), -1)
    some = np.unique(np.linspace(0, values.shape[1] - 1, min(_LOOKED_AT, values.shape[1])).astype(int))
    known = np.isfinite(values[:, some])
    mean = np.where(known, values[:, some], 0).sum(axis=0, dtype=np.float64) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, values[:, some] - mean, 0.0)
    centred /= np.maximum(np.abs(centred).max(axis=0), 1e-12)
    size = 1 << (2 * len(values) - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size, axis=0)) ** 2
    each = np.fft.irfft(power, size, axis=0)[: len(values) // (2 * PARTS) + 1]
    alike = (each / np.maximum(each[:1], 1e-12)).mean(axis=1)
    inner = alike[1:-1]
    peaks = np.flatnonzero((inner > alike[:-2]) & (inner >= alike[2:]) & (inner > _FEWEST_TURNS)) + 1
    peaks = peaks[peaks >= 3]
    return int(peaks[np.argmax(alike[peaks])]) if len(peaks) else 0
