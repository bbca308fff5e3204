"""Patch CNN with a memory: strange is a window whose embedding lies far from all that are remembered.

When to use: repeating shapes that shift and stretch a little, where raw windows hardly match. A small network learns that a
window and one a few steps later are alike and two random ones are not; the memory holds embeddings of the fit. One
network and memory for all series. After PaAno (ICLR 2026), made smaller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stcore.anomaly.autoencoder import MOST, tokens_of
from stcore.anomaly.scored import Arrays
from stcore.anomaly.window_detector import WindowDetector, WindowSettings, sampled
from stcore.anomaly.windows import Windows
from stcore.config import setting

if TYPE_CHECKING:
    import torch

MARGIN = 0.5
JITTER = 0.1
REMEMBERED = 1024


class PatchCnnSettings(WindowSettings):
    """Settings of the patch CNN."""

    code: int = setting(16, title="Numbers kept", help="Numbers a window is embedded in.", ge=2, le=128)
    epochs: int = setting(5, title="Epochs", help="Rounds over the windows.", unit="epochs", ge=1, le=500)
    neighbours: int = setting(3, title="Like windows", help="Remembered windows that must be near.", ge=1, le=50)
    seed: int = setting(
        0, title="Seed", help="Of the first weights and the order of the windows.", ge=0, level="advanced"
    )


class PatchCnn(WindowDetector[PatchCnnSettings]):
    """The detector; ``fit`` first."""

    name = "patch_cnn"
    settings_kind = PatchCnnSettings
    pooled = True

    def learn_windows(self, windows: Windows) -> Arrays:
        import torch
        from torch.nn import functional

        from stcore.anomaly.networks import Embedding, arrays_of, batches, seeded

        tokens = tokens_of(sampled(windows, MOST))
        with seeded(self.settings.seed):
            network = Embedding(tokens.shape[1:], self.settings.code)
            steps = torch.optim.Adam(network.parameters(), lr=1e-3)
            for batch in batches(tokens, self.settings.epochs):
                anchor = functional.normalize(network(batch), dim=1)
                like = functional.normalize(network(_shifted(batch)), dim=1)
                other = anchor[torch.randperm(len(anchor))]
                loss = functional.triplet_margin_loss(anchor, like, other, margin=MARGIN)
                steps.zero_grad()
                loss.backward()
                steps.step()
        arrays = arrays_of(network)
        some = np.unique(np.linspace(0, len(tokens) - 1, min(REMEMBERED, len(tokens))).astype(int))
        return arrays | {"memory#": self._embedded(tokens[some], arrays)}

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        flat = windows.values.reshape(-1, windows.length)
        found = np.empty(len(flat), np.float32)
        memory = arrays["memory#"]
        count = min(self.settings.neighbours, len(memory))
        for start in range(0, len(flat), MOST):
            points = self._embedded(tokens_of(flat[start : start + MOST]), arrays)
            away = np.square(points).sum(axis=1)[:, None] - 2 * points @ memory.T + np.square(memory).sum(axis=1)
            away.partition(count - 1, axis=1)
            found[start : start + MOST] = np.sqrt(np.maximum(away[:, :count], 0)).mean(axis=1)
        return found.reshape(windows.values.shape[:2])

    def _embedded(self, tokens: np.ndarray, arrays: Arrays) -> np.ndarray:
        """Embeddings with their length: the loss sees only directions, the memory also how large a window is."""
        import torch

        from stcore.anomaly.networks import Embedding, filled

        network = filled(Embedding(tokens.shape[1:], self.settings.code), arrays)
        with torch.no_grad():
            return np.asarray(network(torch.from_numpy(np.ascontiguousarray(tokens))).numpy())


def _shifted(batch: torch.Tensor) -> torch.Tensor:
    """The same windows a token earlier or later, with a little noise."""
    import torch

    turned = torch.roll(batch, int(torch.randint(-1, 2, ())), dims=1)
    return turned + JITTER * torch.randn_like(turned)
