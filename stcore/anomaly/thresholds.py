"""How far off an error usually is, and where strange begins: robust scales and thresholds from calibration rows.

Both look at the body of the errors, not at the largest ones: those may be the very anomalies that are sought.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stcore.data.steps import typical
from stcore.errors import DataError

RATE = 0.0005  # about one step a week a place where steps are five minutes
STEPS_A_DAY = 3.0  # over all places: a person looks at a page, not at a place
FLOOR = 4.0
MAX_SCORE = 1e6
PRIOR_ROWS = 100
LEAST_SHARE = 0.1  # no place is so calm that a tenth of the usual place's error would be strange there
LEAST_EXCESSES = 10
MOST_SORTED = 1_000_000  # enough for a quantile; beyond it every n-th score is looked at
_BODY = (0.90, 0.975)


def quantile(values: np.ndarray, level: float) -> np.ndarray:
    """Quantile over the first axis of what is there (the order statistic below the level); NaN where nothing is."""
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    ordered = np.sort(values, axis=0)  # NaN go last
    count = np.isfinite(ordered).sum(axis=0)
    position = np.floor(np.maximum(count - 1, 0) * level + 1e-9).astype(np.int64)
    return np.take_along_axis(ordered, position[None], axis=0)[0]


def spread(residuals: np.ndarray) -> np.ndarray:
    """Robust standard deviation about zero over the first axis; NaN where nothing is.

    The larger of what the median and what the 90 % quantile of the sizes say (equal for normal errors), so that errors
    that are mostly zero, as of rare counts, are not taken for perfect. Where both are zero: the root mean square.
    """
    sizes = np.abs(residuals)
    found = np.maximum(1.4826 * quantile(sizes, 0.5), quantile(sizes, 0.9) / 1.645)
    count = np.isfinite(sizes).sum(axis=0)
    mean_square = np.nansum(np.square(sizes, dtype=np.float64), axis=0) / np.maximum(count, 1)
    return np.where(found == 0, np.sqrt(mean_square), found)


def spread_by_phase(residuals: np.ndarray, phases: np.ndarray, count: int, features: int = 1) -> np.ndarray:
    """Spread of each phase of the day [phase, series].

    The phase's spread of a series is drawn toward what all series together say about that phase, and that toward the
    spread of all rows, as if each had been seen on ``PRIOR_ROWS`` rows before: few days say little about one place. It
    never falls below ``LEAST_SHARE`` of the middle place's root mean square: a cell that stayed dry would else find a drop
    of rain infinitely strange.

    Args:
        residuals: [time, series], NaN = unknown; series are location x feature, the features of a location side by side.
        phases: int [time] in 0..count-1.
        features: features a location; each has a middle place of its own.
    """
    overall = spread(residuals)
    least = _least(residuals, features)
    if count == 1:
        return np.fmax(overall, least)[None]
    out = np.empty((count, *overall.shape))
    for phase in range(count):
        rows = residuals[phases == phase]
        seen = np.isfinite(rows).sum(axis=0)
        own = np.where(seen > 0, spread(rows), 0.0) ** 2
        ratio = (own / np.where(overall > 0, overall**2, np.nan))[seen > 0]
        common = float(np.median(ratio[np.isfinite(ratio)])) if np.isfinite(ratio).any() else 1.0
        common = (seen.sum() * common + PRIOR_ROWS) / (seen.sum() + PRIOR_ROWS)
        out[phase] = np.sqrt((seen * own + PRIOR_ROWS * common * overall**2) / (seen + PRIOR_ROWS))
    return np.fmax(out, least)


def _least(residuals: np.ndarray, features: int) -> np.ndarray:
    """Smallest usual error of each series: a share of the middle place's root mean square of the same feature."""
    known = np.isfinite(residuals)
    count = known.sum(axis=0)
    square = np.where(known, residuals, 0).astype(np.float64) ** 2
    root = np.where(count > 0, np.sqrt(square.sum(axis=0) / np.maximum(count, 1)), np.nan).reshape(-1, features)
    some = np.isfinite(root).any(axis=0)
    middle = np.where(some, np.nanmedian(np.where(some, root, 0.0), axis=0), 0.0)
    return np.tile(LEAST_SHARE * middle, len(root))


def scaled(residuals: np.ndarray, scale: np.ndarray, size: np.ndarray | float = 1.0) -> np.ndarray:
    """|residual| in units of the usual error, at most ``MAX_SCORE``; NaN stays NaN.

    Args:
        scale: usual error; where it is zero or unknown, a millionth of ``size`` (how large the values are).
    """
    smallest = 1e-6 * np.maximum(np.nan_to_num(np.abs(size)), 1e-6)
    usual = np.maximum(np.nan_to_num(scale), smallest)
    return np.minimum(np.abs(residuals) / usual, MAX_SCORE).astype(np.float32)


def usual_rate(places: int, step: str) -> float:
    """Share of usual steps that may pass when nobody says: ``RATE``, and at most ``STEPS_A_DAY`` steps over all places."""
    a_day = places * (pd.Timedelta(days=1) / typical(step))
    return float(min(RATE, STEPS_A_DAY / max(a_day, 1e-9)))


def threshold(scores: np.ndarray, rate: float = RATE, floor: float = FLOOR) -> float:
    """The score that about ``rate`` of usual steps pass, never below ``floor``.

    The tail is continued from the 90 and 97.5 % quantiles as an exponential one: a quantile at the rate itself would
    sit among the anomalies of an unlabelled part, and does not exist where there are fewer steps than 1 / rate. Errors
    with a heavier tail than that pass more often than ``rate``.

    Args:
        scores: calibration scores of any shape; NaN = not observed.
    """
    known = scores[np.isfinite(scores)]
    if not len(known):
        return floor
    low, high = (float(quantile(known, level)) for level in _BODY)
    slope = (high - low) / np.log((1 - _BODY[0]) / (1 - _BODY[1]))
    return max(floor, low + slope * float(np.log((1 - _BODY[0]) / rate)))


def tail(scores: np.ndarray, rate: float, shape: float, floor: float = FLOOR) -> float:
    """As ``threshold`` for rates of one in a million: the tail continued as a generalised Pareto one of a given shape.

    Shape 0 is exponential, 0.2 that of Student's t with five degrees of freedom. Only the scale is taken from the scores, at the
    90 and 98 % quantiles, so that anomalies bend nothing as long as they are fewer than 1 % of them.
    """
    known = scores[np.isfinite(scores)]
    if not len(known):
        return floor
    known = known[:: max(1, len(known) // MOST_SORTED)]
    low, high = (float(each) for each in np.quantile(known, (0.90, 0.98), method="lower"))
    scale = (high - low) * (shape / (5**shape - 1) if shape > 1e-6 else 1 / np.log(5))
    odds = np.log(0.1 / min(rate, 0.1))
    return max(floor, low + scale * float(np.expm1(shape * odds) / shape if shape > 1e-6 else odds))


def rate_of(alarms_a_week: float, step: str) -> float:
    """Share of steps that "so many false alarms a week at each place" stands for, a stretch counted as one step: at most 0.5.

    Alarms come in stretches, so that fewer of them are raised than steps pass.
    """
    return float(min(alarms_a_week * (typical(step) / pd.Timedelta(days=7)), 0.5))


def extreme(scores: np.ndarray, rate: float, start: float = 0.98) -> float:
    """The score that ``rate`` of usual steps pass, from the tail above the ``start`` quantile as a generalised Pareto one.

    Peaks over threshold (A. Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017); fits heavy
    tails, but takes anomalies among the calibration rows for a part of them.

    Args:
        scores: calibration scores of any shape; NaN = not observed.

    Raises:
        DataError: fewer than ``LEAST_EXCESSES`` different scores above the start.
    """
    known = scores[np.isfinite(scores)].astype(np.float64)
    low = float(quantile(known, start)) if len(known) else 0.0
    excess = np.sort(known[known > low]) - low
    if len(excess) < LEAST_EXCESSES or excess[0] == excess[-1]:
        raise DataError(
            f"Of {known.size:,} calibration scores only {len(excess)} lie in the tail; {LEAST_EXCESSES} different ones are needed.",
            "Give more rows to calibrate on, or take the usual threshold.",
        )
    share = len(excess) / len(known)
    if rate >= share:
        return float(quantile(known, 1 - rate))
    shape, scale = _pareto(excess)
    odds = np.log(share / rate)
    return low + scale * float(np.expm1(shape * odds) / shape if abs(shape) > 1e-6 else odds)


def _pareto(excess: np.ndarray) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution by maximum likelihood (S. Grimshaw, Technometrics 1993).

    One parameter, shape / scale, is searched on a grid; the other follows from it. The shape stays in -0.5..1.
    """
    if len(excess) > 2000:  # order statistics tell a tail as well as all of it
        excess = excess[np.linspace(0, len(excess) - 1, 2000).astype(int)]
    mean = excess.mean()
    ratio = np.concatenate([-np.geomspace(0.999 / excess[-1], 1e-4 / mean, 100), np.geomspace(1e-4, 50, 200) / mean])
    shape = np.log1p(ratio[:, None] * excess).mean(axis=1)
    usable = (shape > -0.5) & (shape < 1)
    likely = np.where(usable, -np.log(shape / ratio) - shape, -np.inf)
    best = int(np.argmax(likely))
    return float(shape[best]), float(shape[best] / ratio[best])


def p_values(scores: np.ndarray, calibration: np.ndarray) -> np.ndarray:
    """Conformal p-value of each score: the share of calibration scores at least as high, itself counted among them.

    Where usual scores are exchangeable with the calibration ones, p <= a has at most the chance a (V. Vovk et al.,
    "Algorithmic Learning in a Random World", 2005).

    Args:
        scores: any shape, finite. calibration: any shape; NaN = not observed.
    """
    known = np.sort(calibration[np.isfinite(calibration)])
    above = len(known) - np.searchsorted(known, scores, side="left")
    return np.asarray((1 + above) / (1 + len(known)))


def conformal(calibration: np.ndarray, rate: float) -> float:
    """The score above which ``p_values`` are at most ``rate``.

    Raises:
        DataError: fewer than 1 / rate - 1 calibration scores; no cut can promise that rate then.
    """
    known = calibration[np.isfinite(calibration)]
    allowed = int(np.floor(rate * (1 + len(known)) + 1e-9)) - 1
    if allowed < 0:
        raise DataError(
            f"{len(known):,} calibration scores cannot promise that only {rate:.2g} of steps pass; "
            f"{int(np.ceil(1 / rate)) - 1:,} are needed.",
            "Allow more false alarms, give more rows to calibrate on, or take the extreme value threshold.",
        )
    return float(np.partition(known, len(known) - 1 - allowed)[len(known) - 1 - allowed])
