"""Series cut into overlapping windows, and scores of windows spread back to steps.

Windows are aligned to the last step: what the newest rows score then depends on the last few windows alone, however much
of the past is at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stcore.anomaly.series import Rows

LEAST_KNOWN = 0.5
PARTS_JUDGED = 8
PARTS_LEARNT = 16
BLOCK_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of some rows.

    Attributes:
        values: float32 [series, window, step].
        known: bool [series, window], enough of the window was observed.
        starts: float64 [window], time of the first step, in steps.
        phases: int [window], phase of the last step.
        features: features a location.
    """

    values: np.ndarray
    known: np.ndarray
    starts: np.ndarray
    phases: np.ndarray
    features: int = 1

    @property
    def length(self) -> int:
        return int(self.values.shape[2])

    def overlap(self, starts: np.ndarray) -> np.ndarray:
        """bool [window, other]: shares a step with a window of the same length that starts then."""
        return np.asarray(np.abs(self.starts[:, None] - starts) < self.length - 0.5)


def stride(length: int, cycle: int, parts: int) -> int:
    """Steps between windows: a part of the window, or of a shorter cycle, so that every phase of it is met."""
    return max(1, min(length, cycle) // parts)


def ends(count: int, length: int, step: int) -> np.ndarray:
    """Rows at which windows end, every ``step`` rows, the last one at the last row; at least one."""
    return np.arange(count - 1, max(length - 2, -1) if count >= length else count - 2, -step)[::-1]


def cut(rows: Rows, length: int, at: np.ndarray) -> Windows:
    """The windows that end at these rows; what would lie before the first row is taken as usual (0) and unknown."""
    lack = max(0, length - 1 - int(at.min(initial=length)))
    values = np.pad(rows.values, ((0, 0), (lack, 0))) if lack else rows.values
    view = np.lib.stride_tricks.sliding_window_view(values, length, axis=1)
    total = np.cumsum(np.pad(rows.known, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    begin = np.maximum(at + 1 - length, 0)
    share = (total[:, at + 1] - total[:, begin]) / (at + 1 - begin)
    known = share >= LEAST_KNOWN
    return Windows(
        np.ascontiguousarray(view[:, at + lack + 1 - length]),
        known,
        rows.times[at] - (length - 1),
        rows.phases[at],
        rows.features,
    )


def pieces(series: int, length: int, at: np.ndarray, cells: int = BLOCK_CELLS) -> Iterator[slice]:
    """Stretches of ``at`` whose windows of all series fit into memory together."""
    each = max(1, cells // max(1, series * length))
    return (slice(start, start + each) for start in range(0, len(at), each))


def spread(scores: np.ndarray, at: np.ndarray, length: int, count: int, causal: bool) -> np.ndarray:
    """Scores of windows [series, window] to steps [series, time]; NaN where no window says anything.

    A step takes the mean of the windows that cover it (before the first window: that of the first), or, ``causal``, the score of the window that ends at it.
    """
    out = np.full((len(scores), count), np.nan, np.float32)
    if causal:
        out[:, at] = scores
        return out
    steps = np.arange(count)
    low, high = np.searchsorted(at, steps), np.maximum(np.searchsorted(at, steps + length), 1)
    known = np.isfinite(scores)
    total = np.cumsum(np.pad(np.where(known, scores, 0), ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    amount = np.cumsum(np.pad(known, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    covering = amount[:, high] - amount[:, low]
    np.divide(total[:, high] - total[:, low], covering, out=out, where=covering > 0, casting="unsafe")
    return out


def smoothed(scores: np.ndarray, length: int, causal: bool) -> np.ndarray:
    """Running mean [series, time] over ``length`` steps, centred or, ``causal``, trailing; of what is known."""
    if length <= 1:
        return scores
    count = scores.shape[1]
    steps = np.arange(count)
    after = 0 if causal else length // 2
    low, high = np.maximum(steps + after - length + 1, 0), np.minimum(steps + after + 1, count)
    known = np.isfinite(scores)
    total = np.cumsum(np.pad(np.where(known, scores, 0), ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    amount = np.cumsum(np.pad(known, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    seen = amount[:, high] - amount[:, low]
    out = np.full(scores.shape, np.nan, np.float32)
    np.divide(total[:, high] - total[:, low], seen, out=out, where=seen > 0, casting="unsafe")
    return out
