"""Spectral residual: strange is what stands out once the usual rhythm is taken out of the spectrum.

When to use: single spikes and sudden changes on one long series. Each step is judged as the last of the window that ends
at it, with a few steps guessed after it. After Ren et al. (KDD 2019).
"""

from __future__ import annotations

import numpy as np

from stcore.anomaly import windows as cutting
from stcore.anomaly.scored import Arrays, DetectorSettings, ScoredDetector
from stcore.anomaly.series import CARRY, Rows, Usual
from stcore.anomaly.window_lengths import suggested_length
from stcore.config import setting
from stcore.data.panel import Panel

GUESSED = 5
SMOOTH = 3
NEAR = 21
SHORTEST, LONGEST = 16, 251  # with the guessed steps a power of two


class SpectralResidualSettings(DetectorSettings):
    """Settings of the spectral residual."""

    window: int | None = setting(
        None, title="Window", unit="steps", ge=4, le=10_000,
        help="Steps whose rhythm is taken out. Left out: a day or other cycle, between 16 and 251.",
    )  # fmt: skip


class SpectralResidual(ScoredDetector[SpectralResidualSettings]):
    """The detector; ``fit`` first. Nothing is learnt but how large the residual usually is."""

    name = "spectral_residual"
    settings_kind = SpectralResidualSettings
    folds = 0

    def plan(self, panel: Panel, usual: Usual) -> Arrays:
        wanted = self.settings.window or int(np.clip(suggested_length(panel), SHORTEST, LONGEST))
        return {"window#": np.array([max(4, min(wanted, len(panel.time)))])}

    def learn(self, rows: Rows, plan: Arrays) -> Arrays:
        return {}

    def strange(self, rows: Rows, arrays: Arrays) -> np.ndarray:
        length = int(arrays["window#"][0])
        count = rows.values.shape[1]
        at = np.arange(count)
        out = np.empty(rows.values.shape, np.float32)
        for piece in cutting.pieces(len(rows.values), 2 * length, at):
            windows = cutting.cut(rows, length, at[piece])
            out[:, at[piece]] = np.where(windows.known, _saliency(windows.values), np.nan)
        out[:, : min(length, count) - 1] = np.nan
        return np.where(rows.known, out, np.float32(np.nan))

    def memory(self, arrays: Arrays) -> int:
        return 3 * int(arrays["window#"][0]) + CARRY + 1


def _saliency(values: np.ndarray) -> np.ndarray:
    """How much the last step of each window stands out from those before it: [..., step] -> [...]."""
    from scipy import fft

    spectrum = fft.rfft(_continued(values), axis=-1)
    size = np.log(np.abs(spectrum) + 1e-8)
    kernel = np.cumsum(np.pad(size, [(0, 0)] * (size.ndim - 1) + [(SMOOTH, 0)], mode="edge"), axis=-1)
    mean = (kernel[..., SMOOTH:] - kernel[..., :-SMOOTH]) / SMOOTH
    length = values.shape[-1] + GUESSED
    turned = spectrum / np.maximum(np.abs(spectrum), np.float32(1e-8))
    flat = np.abs(fft.irfft(np.exp(size - mean) * turned, length, axis=-1))
    last = values.shape[-1] - 1
    near = flat[..., max(0, last - NEAR) : last].mean(axis=-1)
    return np.asarray((flat[..., last] - near) / (near + 1e-3), np.float32)


def _continued(values: np.ndarray) -> np.ndarray:
    """The windows with a few steps guessed after them: the second last value carried on along the mean slope before it."""
    span = min(GUESSED, values.shape[-1] - 2)
    earlier = values[..., -2 - span : -2]
    slope = ((values[..., -2:-1] - earlier) / np.arange(span + 1, 1, -1)).mean(axis=-1) if span > 0 else 0.0
    guess = values[..., -2] + slope
    return np.concatenate([values, np.repeat(guess[..., None], GUESSED, axis=-1)], axis=-1)
