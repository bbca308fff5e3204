"""Autoencoder: strange is a window that a small network cannot put together again from a few numbers.

When to use: many series with complex but repeating shapes, and rows to learn from that are usual. One network for all
series. ``lstm`` after Malhotra et al. (2016), ``cnn`` with strided convolutions; both see at most 48 tokens a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from stcore.anomaly.scored import Arrays
from stcore.anomaly.window_detector import WindowDetector, WindowSettings, sampled
from stcore.anomaly.windows import Windows
from stcore.config import setting

if TYPE_CHECKING:
    from torch import nn

MOST = 2048
TOKENS = 48
BOUND = 6.0
"""Values enter the network up to this many usual deviations; errors are taken against the values themselves."""


class AutoencoderSettings(WindowSettings):
    """Settings of the autoencoder."""

    kind: Literal["cnn", "lstm"] = setting("cnn", title="Network", help="Convolutions are faster, an LSTM keeps order.")
    code: int = setting(
        8, title="Numbers kept", help="Numbers a window is put together from; fewer are stricter.", ge=1, le=64
    )
    epochs: int = setting(20, title="Epochs", help="Rounds over the windows.", unit="epochs", ge=1, le=500)
    seed: int = setting(
        0, title="Seed", help="Of the first weights and the order of the windows.", ge=0, level="advanced"
    )


class Autoencoder(WindowDetector[AutoencoderSettings]):
    """The detector; ``fit`` first."""

    name = "autoencoder"
    settings_kind = AutoencoderSettings
    pooled = True

    def learn_windows(self, windows: Windows) -> Arrays:
        import torch

        from stcore.anomaly.networks import arrays_of, batches, seeded

        tokens = tokens_of(sampled(windows, MOST))
        with seeded(self.settings.seed):
            network = self._network(tokens.shape[1:])
            steps = torch.optim.Adam(network.parameters(), lr=3e-3)
            for batch in batches(tokens, self.settings.epochs):
                loss = torch.mean((network(batch) - batch) ** 2)
                steps.zero_grad()
                loss.backward()
                steps.step()
        return arrays_of(network)

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        import torch

        from stcore.anomaly.networks import filled

        flat = windows.values.reshape(-1, windows.length)
        tokens = tokens_of(flat)
        network = filled(self._network(tokens.shape[1:]), arrays)
        error = np.empty(len(flat), np.float32)
        with torch.no_grad():
            for start in range(0, len(flat), MOST):
                part = slice(start, start + MOST)
                back = network(torch.from_numpy(tokens[part])).numpy().reshape(len(tokens[part]), -1)
                error[part] = np.sqrt(np.square(back[:, : windows.length] - flat[part]).mean(axis=1))
        return error.reshape(windows.values.shape[:2])

    def _network(self, shape: tuple[int, ...]) -> nn.Module:
        from stcore.anomaly.networks import Convolutional, Recurrent

        return (Convolutional if self.settings.kind == "cnn" else Recurrent)(shape, self.settings.code)


def tokens_of(flat: np.ndarray) -> np.ndarray:
    """Windows [window, step] as at most ``TOKENS`` tokens of a few steps each [window, token, step]; the end is padded."""
    wide = -(-flat.shape[1] // TOKENS)
    lack = -flat.shape[1] % wide
    bounded = np.clip(flat, -BOUND, BOUND)
    return np.pad(bounded, ((0, 0), (0, lack)), mode="edge").reshape(len(flat), -1, wide)
