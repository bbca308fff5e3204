"""Detectors that judge windows: learn from the windows of a series, give each a strangeness, spread it back to steps."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from stcore.anomaly import windows as cutting
from stcore.anomaly.scored import Arrays, DetectorSettings, ScoredDetector
from stcore.anomaly.series import CARRY, Rows, Usual
from stcore.anomaly.window_lengths import cycle_length, suggested_length
from stcore.anomaly.windows import Windows
from stcore.config import setting
from stcore.data.panel import Panel

MOST_LEARNT = 1000
"""Windows that are learnt from a series, evenly spaced; more of them say the same."""


class WindowSettings(DetectorSettings):
    """Settings of detectors that judge windows."""

    window: int | None = setting(
        None, title="Window", unit="steps", ge=1, le=10_000,
        help="Length of the stretches that are compared; about as long as what is sought, or the usual cycle. Left out: one "
        "day (or week, year), or twice the period that the data show.",
    )  # fmt: skip
    smoothing: float = setting(
        0.0, title="Smoothing", ge=0, le=0.1, level="advanced",
        help="Scores are averaged over this share of the record; 0.02 suits long, vaguely bounded anomalies.",
    )  # fmt: skip
    causal: bool = setting(
        False, title="Look back only",
        help="Judge each step by the window that ends at it, as a live feed must, and never by what comes after.",
    )  # fmt: skip


Settings = TypeVar("Settings", bound=WindowSettings)


class WindowDetector(ScoredDetector[Settings]):
    """Base of detectors that judge windows; a subclass gives ``learn_windows`` and ``strangeness``."""

    lasting = True

    def learn_windows(self, windows: Windows) -> Arrays:
        """What is usual among these windows."""
        raise NotImplementedError

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        """How strange each window is: [series, window], NaN where nothing can be said."""
        raise NotImplementedError

    def plan(self, panel: Panel, usual: Usual) -> Arrays:
        count = len(panel.time)
        length = self.settings.window or suggested_length(panel)
        return {
            "window#": np.array([max(1, min(length, count // 4))]),
            "cycle#": np.array([cycle_length(panel) or length]), "smooth#": np.array([max(1, round(self.settings.smoothing * count))]),
        }  # fmt: skip

    def learn(self, rows: Rows, plan: Arrays) -> Arrays:
        return self.learn_windows(windows_to_learn(rows, int(plan["window#"][0]), int(plan["cycle#"][0])))

    def strange(self, rows: Rows, arrays: Arrays) -> np.ndarray:
        length, causal = int(arrays["window#"][0]), self.settings.causal
        at = windows_to_judge(rows, length, int(arrays["cycle#"][0]), causal)
        parts = []
        for piece in cutting.pieces(len(rows.values), length, at):
            windows = cutting.cut(rows, length, at[piece])
            parts.append(judged(self, windows, arrays))
        scores = cutting.spread(np.concatenate(parts, axis=1), at, length, rows.values.shape[1], causal)
        return cutting.smoothed(scores, int(arrays["smooth#"][0]), causal)

    def memory(self, arrays: Arrays) -> int:
        return 3 * int(arrays["window#"][0]) + int(arrays["smooth#"][0]) + CARRY + 1


def judged(detector: WindowDetector[Settings], windows: Windows, arrays: Arrays) -> np.ndarray:
    """Strangeness of windows [series, window]; NaN for those mostly unknown."""
    return np.where(windows.known, detector.strangeness(windows, arrays), np.float32(np.nan))


def windows_to_judge(rows: Rows, length: int, cycle: int, causal: bool) -> np.ndarray:
    """Rows at which windows end that are judged; every one where each step is judged by the window that ends at it."""
    step = 1 if causal else cutting.stride(length, cycle, cutting.PARTS_JUDGED)
    return cutting.ends(rows.values.shape[1], length, step)


def windows_to_learn(rows: Rows, length: int, cycle: int) -> Windows:
    """At most ``MOST_LEARNT`` windows without a row that is held out; all windows where there is none such."""
    at = cutting.ends(rows.values.shape[1], length, cutting.stride(length, cycle, cutting.PARTS_LEARNT))
    held = np.cumsum(np.pad(rows.held, (1, 0)))
    free = at[held[at + 1] == held[np.maximum(at + 1 - length, 0)]]
    at = free if len(free) else at
    some = np.unique(np.linspace(0, len(at) - 1, min(MOST_LEARNT, len(at))).round().astype(int))
    return cutting.cut(rows, length, at[some])


def sampled(windows: Windows, most: int) -> np.ndarray:
    """At most so many known windows of all series, evenly spaced: float32 [window, step]; at least one."""
    flat = windows.values.reshape(-1, windows.length)
    known = np.flatnonzero(windows.known.ravel())
    known = known if len(known) else np.arange(min(1, len(flat)))
    return flat[known[np.unique(np.linspace(0, len(known) - 1, min(most, len(known))).astype(int))]]
