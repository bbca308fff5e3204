"""The code of tsmixer: see ``stcore.models.tsmixer`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.encoded import Encoded
from stcore.models.tsmixer import TsmixerSettings


class Tsmixer(Encoded):
    """Blocks that mix over time and over features, each beside the way around it."""

    def __init__(self, settings: TsmixerSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, 2 * settings.hidden)
        self.inlet = nn.Linear(2 * shapes.features, settings.hidden)
        self.blocks = nn.ModuleList(
            _Block(shapes.lookback, settings.hidden, settings.dropout) for _ in range(settings.layers)
        )
        self.join = nn.Linear(shapes.lookback * settings.hidden, 2 * settings.hidden)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, 2 hidden]."""
        found = self.inlet(sequence)
        for block in self.blocks:
            found = block(found)
        return self.join(found.flatten(2)).relu()


class _Block(nn.Module):
    def __init__(self, lookback: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.over_time = nn.Sequential(nn.Linear(lookback, lookback), nn.ReLU(), nn.Dropout(dropout))
        self.over_features = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, 2 * hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(2 * hidden, hidden),
        )

    def forward(self, found: Tensor) -> Tensor:
        """[B, N, L, hidden]."""
        found = found + self.over_time(found.transpose(-1, -2)).transpose(-1, -2)
        return found + self.over_features(found)
