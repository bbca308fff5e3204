"""From scores to alarms: where the threshold lies, when an alarm ends, and how long it must last to count.

Scores stay as they are, so that every choice here can be taken back at once (``Detection.rethreshold``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from stcore.anomaly import thresholds
from stcore.anomaly.events import with_events
from stcore.config import Config, setting
from stcore.data import steps
from stcore.records import Detection


class AlarmSettings(Config):
    """When a score becomes an alarm."""

    method: Literal["usual", "quantile", "extreme", "conformal"] = setting(
        "usual", title="Threshold",
        help="Usual looks at the body of the scores and bears anomalies among them; quantile and conformal count the scores "
        "themselves; extreme fits their tail and suits heavy ones.",
        choices={
            "usual": "From usual scores", "quantile": "Quantile", "extreme": "Extreme values", "conformal": "With a promise",
        },
    )  # fmt: skip
    alarms_a_week: float | None = setting(
        None, title="False alarms a week", unit="a place", gt=0, le=1000,
        help="How many false alarms you bear at each place. Left out: about three steps a day over all places.",
    )  # fmt: skip
    hysteresis: float = setting(
        1.0, title="Ends below", gt=0, le=1, level="advanced",
        help="Share of the threshold a score must fall to before its alarm ends; below 1 an alarm does not flicker.",
    )  # fmt: skip
    least_steps: int = setting(
        1, title="Shortest alarm", unit="steps", ge=1, le=10_000, level="advanced",
        help="Alarms that end sooner are dropped; single spikes with them.",
    )  # fmt: skip


def threshold(calibration: np.ndarray, step: str, settings: AlarmSettings) -> float:
    """The cut that leaves about the wished number of false alarms.

    Args:
        calibration: scores [time, location] of rows taken for usual, NaN = not observed.
        step: of the rows.

    Raises:
        DataError: too few scores for what is asked.
    """
    wished = settings.alarms_a_week
    rate = thresholds.usual_rate(calibration.shape[1], step) if wished is None else thresholds.rate_of(wished, step)
    if settings.method == "usual":
        return thresholds.threshold(calibration, rate, thresholds.FLOOR if wished is None else 0.0)
    if settings.method == "extreme":
        return thresholds.extreme(calibration, rate)
    if settings.method == "conformal":
        return thresholds.conformal(calibration, rate)
    known = calibration[np.isfinite(calibration)]
    return float(thresholds.quantile(known, 1 - rate)) if len(known) else thresholds.FLOOR


def with_alarms(detection: Detection, settings: AlarmSettings, until: Any = None) -> Detection:
    """The same scores under the threshold and rules of ``settings``.

    Args:
        until: last time whose scores set the threshold; None: all of them, as when nothing is labelled.

    Raises:
        DataError: too few scores for what is asked.
    """
    rows = slice(*detection.time.slice_indexer(None, until).indices(len(detection.time))[:2])
    # a tail is continued from one measure; what counts alarms must see all that raises them
    judged = detection.scores if settings.method == "usual" else detection.heights
    calibration = np.where(detection.observed[rows], judged[rows], np.nan)
    cut = threshold(calibration, detection.step, settings)
    return with_events(
        replace(detection, threshold=cut, hysteresis=settings.hysteresis, least_steps=settings.least_steps, since=None)
    )


def alarms_a_week(detection: Detection, cuts: Sequence[float]) -> np.ndarray:
    """Stretches of alarms a week, mean over places, that each threshold would give: [cut].

    Hysteresis and least length are left out; alarms at most two steps apart are one.
    """
    weeks = len(detection.time) * (steps.typical(detection.step) / pd.Timedelta(days=7))
    scores = np.where(detection.observed, detection.heights, -np.inf).astype(np.float32)
    before = np.full_like(scores, -np.inf)  # the largest score of the three steps before
    for ago in (1, 2, 3):
        before[ago:] = np.maximum(before[ago:], scores[:-ago])
    begins = np.sort(scores[scores > before])
    below = np.sort(before[scores > before])
    given = np.asarray(cuts, np.float32)
    standing = (len(begins) - np.searchsorted(begins, given, "right")) - (
        len(below) - np.searchsorted(below, given, "right")
    )
    return np.asarray(standing / max(weeks, 1e-9) / max(scores.shape[1], 1), np.float64)


def alarmed(
    scores: np.ndarray, observed: np.ndarray, cut: float, hysteresis: float, least: int, since: np.ndarray | None = None
) -> np.ndarray:
    """Alarms bool [time, location] that begin above ``cut``, end below ``hysteresis`` x ``cut`` and last ``least`` steps.

    An unobserved step begins no alarm and is none, but does not end one whose score stays up.

    Args:
        since: as in ``lasted``.
    """
    if hysteresis == 1 and least == 1:
        return (scores > cut) & observed
    length = lasted(scores, observed, (cut, hysteresis), since)
    going = length > 0
    if least > 1:
        rows = np.arange(len(scores))[:, None]
        end = np.minimum.accumulate(np.where(going, len(scores), rows)[::-1], axis=0)[::-1] - 1
        going &= np.take_along_axis(length, np.maximum(end, 0), axis=0) >= least
    return np.asarray(going & observed)


def lasted(
    scores: np.ndarray, observed: np.ndarray, cuts: tuple[float, float], since: np.ndarray | None = None
) -> np.ndarray:
    """Steps that the alarm of each place has lasted so far, long enough to count or not: int [time, location], 0 = none.

    Args:
        cuts: threshold, and the share of it that ends an alarm.
        since: int [location], steps it had lasted before the first row; None: there was none.
    """
    cut, hysteresis = cuts
    before = np.zeros(scores.shape[1], np.int64) if since is None else since
    begins = (scores > cut) & observed
    ends = scores <= cut * hysteresis
    rows = np.arange(len(scores))[:, None]
    turn = np.maximum.accumulate(np.where(begins | ends, rows, -1), axis=0)
    going = np.where(turn >= 0, np.take_along_axis(begins, np.maximum(turn, 0), axis=0), before > 0)
    quiet = np.maximum.accumulate(np.where(going, -1 - before, rows), axis=0)  # the last step without
    return np.asarray(np.where(going, rows - quiet, 0))
