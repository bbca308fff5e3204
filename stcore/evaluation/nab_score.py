"""The score of the Numenta Anomaly Benchmark, standard profile: early alarms in a labelled window earn, others cost.

A. Lavin, S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", ICMLA 2015. 100 = one alarm at the very start of each
window and none elsewhere; 0 = no alarm at all; negative = worse than silence. One threshold for all series, the one that is best
for them: an upper bound, meant for comparing with published scores only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stcore.errors import DataError

FALSE_ALARM = 0.11
PROBATION, PROBATION_ROWS = 0.15, 750


@dataclass(frozen=True)
class NabScore:
    """Score (at most 100) and the threshold it stands at: steps with a score of at least that are alarms."""

    score: float
    threshold: float


def nab_score(
    scores: Sequence[np.ndarray],
    windows: Sequence[Sequence[tuple[int, int]]],
    threshold: float | None = None,
) -> NabScore:
    """Score over many series together.

    Args:
        scores: float [time] of each series; the first 15 % (at most 750) of the steps count for nothing.
        windows: first and last row of each labelled window of each series, in order, not overlapping.
        threshold: cut for all series; None: the best one (infinite where silence is best).

    Raises:
        DataError: not a list of windows for each series, no window after the first 15 %, or a score that is not finite.
    """
    if len(scores) != len(windows):
        raise DataError(f"{len(scores)} series and {len(windows)} lists of windows.", "Give one list for each series.")
    height, worth, owner, count = _points(scores, windows)
    order = np.argsort(-height, kind="stable")
    gained = np.concatenate([[0.0], np.cumsum(_gains(worth[order], owner[order]))])
    cut = height[order]
    ends = np.append(0, np.flatnonzero(np.append(np.diff(cut) != 0, True)[: len(cut)]) + 1)
    if threshold is None:
        taken = int(ends[np.argmax(gained[ends])])
        threshold = float(cut[taken - 1]) if taken else np.inf
    else:
        taken = int(np.searchsorted(-cut, -threshold, side="right"))
    # a missed window costs 1 and a perfect one earns 1, so that silence lies 2 below perfect a window
    return NabScore(float(100 * gained[taken] / (2 * count)), float(threshold))


def _points(
    scores: Sequence[np.ndarray], windows: Sequence[Sequence[tuple[int, int]]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Score, worth and window (-1 = none) of every step that counts, and the number of windows."""
    heights, worths, owners, count = [], [], [], 0
    for given, spans in zip(scores, windows, strict=True):
        height = np.asarray(given, np.float64)
        if not np.isfinite(height).all():
            raise DataError("A score is no finite number.", "Leave the steps out that were not scored.")
        worth, owner = _worth(len(height), spans)
        kept = slice(int(min(PROBATION * len(height), PROBATION_ROWS)), None)
        numbers, owner[kept] = np.unique(owner[kept], return_inverse=True)
        inside = owner[kept] - int((numbers < 0).any())  # 0, 1, ... for the windows that count, -1 outside
        heights.append(height[kept])
        worths.append(worth[kept])
        owners.append(np.where(inside >= 0, inside + count, -1))
        count += int((numbers >= 0).sum())
    if not count:
        raise DataError("There is no labelled window to be found.", "Give series with labelled windows.")
    return np.concatenate(heights), np.concatenate(worths), np.concatenate(owners), count


def _worth(size: int, spans: Sequence[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """What an alarm at each row is worth, and the window it lies in (-1 = none)."""
    owner = np.full(size, -1)
    worth = np.full(size, -FALSE_ALARM)
    rows = np.arange(size)
    for number, (start, end) in enumerate(spans):
        width = end - start + 1
        worth[end + 1 :] = FALSE_ALARM * _sigmoid((rows[end + 1 :] - end) / max(width - 1, 1e-9))
        inside = rows[start : end + 1]
        worth[inside] = _sigmoid(-(end - inside + 1) / width) / _sigmoid(np.array(-1.0))
        owner[inside] = number
    return worth, owner


def _sigmoid(position: np.ndarray) -> np.ndarray:
    """Scaled sigmoid of the position relative to a window's end, in window widths: near 1 at its start, -1 far behind it."""
    return np.where(position > 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(position, 3))) - 1)


def _gains(worth: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """What each alarm adds to the sum when they come in this order: a window pays its best alarm only, and 1 for being found."""
    gains = worth.copy()
    inside = np.flatnonzero(owner >= 0)
    order = inside[np.argsort(owner[inside], kind="stable")]
    group = owner[order]
    best = np.maximum.accumulate(worth[order] + 4.0 * group) - 4.0 * group  # worths lie in -1..1
    opens = np.append(True, np.diff(group) > 0)[: len(group)]
    before = np.where(opens, -1.0, np.append(0.0, best[:-1])[: len(best)])
    gains[order] = np.maximum(best, -1.0) - before
    return gains
