"""Small networks of detectors: layers, one seed, weights to arrays and back. Only imported by those that use torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from stcore.anomaly.scored import Arrays

BATCH = 128
PREFIX = "net/"


class Turned(nn.Module):
    """[batch, token, channel] <-> [batch, channel, token]."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.transpose(1, 2)


class Convolutional(nn.Sequential):
    """Windows [batch, token, step] through two strided convolutions to a code, and by two dense layers back."""

    def __init__(self, shape: tuple[int, ...], code: int) -> None:
        tokens, wide = shape
        left = (tokens + 3) // 4
        super().__init__(
            Turned(), nn.Conv1d(wide, 16, 5, 2, 2), nn.ReLU(), nn.Conv1d(16, 16, 5, 2, 2), nn.ReLU(), nn.Flatten(),
            nn.Linear(16 * left, code), nn.Linear(code, 64), nn.ReLU(), nn.Linear(64, tokens * wide),
            nn.Unflatten(1, (tokens, wide)),
        )  # fmt: skip


class Recurrent(nn.Module):
    """Windows [batch, token, step] through an LSTM to a code, and by another one, fed the code at each token, back."""

    def __init__(self, shape: tuple[int, ...], code: int, hidden: int = 24) -> None:
        super().__init__()
        self.tokens = shape[0]
        self.reader = nn.LSTM(shape[1], hidden, batch_first=True)
        self.code = nn.Linear(hidden, code)
        self.writer = nn.LSTM(code, hidden, batch_first=True)
        self.out = nn.Linear(hidden, shape[1])

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        code = self.code(self.reader(values)[0][:, -1])
        written: torch.Tensor = self.out(self.writer(code[:, None].expand(-1, self.tokens, -1))[0])
        return written


class Embedding(nn.Sequential):
    """Windows [batch, token, step] to points on the unit sphere [batch, code], the same wherever in the window."""

    def __init__(self, shape: tuple[int, ...], code: int) -> None:
        super().__init__(
            Turned(), nn.Conv1d(shape[1], 32, 5, 1, 2), nn.ReLU(), nn.Conv1d(32, 32, 5, 2, 2), nn.ReLU(),
            nn.Conv1d(32, 32, 3, 1, 1), nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(128, code),
        )  # fmt: skip


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Random numbers of torch from this seed inside, as before outside."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def batches(rows: np.ndarray, epochs: int) -> Iterator[torch.Tensor]:
    """Rows in shuffled batches, round after round."""
    every = torch.from_numpy(np.ascontiguousarray(rows))
    for _ in range(epochs):
        for part in torch.randperm(len(every)).split(BATCH):
            yield every[part]


def arrays_of(network: nn.Module) -> Arrays:
    """The weights, by names that say they hold for all series."""
    return {f"{PREFIX}{name}#": weight.detach().numpy().copy() for name, weight in network.state_dict().items()}


def filled(network: nn.Module, arrays: Arrays) -> nn.Module:
    """The network with stored weights, for judging only."""
    own = {name[len(PREFIX) : -1]: array for name, array in arrays.items() if name.startswith(PREFIX)}
    network.load_state_dict({name: torch.from_numpy(array) for name, array in own.items()})
    return network.eval()
