"""The code of graph_wavenet: see ``stcore.models.graph_wavenet`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.graph_wavenet import GraphWavenetSettings
from stcore.models.nets.around import Learnt, Neighbours
from stcore.models.nets.encoded import Encoded
from stcore.models.surroundings import Surroundings

_KERNEL = 2


class GraphWavenet(Encoded):
    """Gated causal convolutions whose gaps double, each followed by a mixing of places; what all layers found is added up."""

    def __init__(self, settings: GraphWavenetSettings, shapes: Shapes, around: Surroundings) -> None:
        hidden = settings.hidden
        super().__init__(settings, shapes, 4 * hidden)
        self.inlet = nn.Linear(2 * shapes.features, hidden)
        self.forth, self.back = (Neighbours(around, shapes.locations, back) for back in (False, True))
        self.learnt = Learnt(shapes.locations, settings.patterns)
        gaps, seen = [1], 2
        while seen < shapes.lookback:
            gaps.append(2 * gaps[-1])
            seen += gaps[-1]
        self.layers = nn.ModuleList(_Layer(hidden, gap, settings.dropout) for gap in gaps)

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, 4 hidden]."""
        found = self.inlet(sequence)
        kept: Tensor | None = None
        for layer in self.layers:
            found, said = layer(found, (self.forth, self.back, self.learnt), batch.location)
            kept = said if kept is None else kept + said
        assert kept is not None
        return kept.relu()


class _Layer(nn.Module):
    def __init__(self, hidden: int, gap: int, dropout: float) -> None:
        super().__init__()
        self.padding = (_KERNEL - 1) * gap
        self.filters = nn.Conv1d(hidden, 2 * hidden, _KERNEL, dilation=gap)
        self.mix = nn.Linear(4 * hidden, hidden)
        self.said = nn.Linear(hidden, 4 * hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, found: Tensor, networks: tuple[nn.Module, ...], location: Tensor) -> tuple[Tensor, Tensor]:
        """[B, N, L, hidden] for the next layer, and what this one says of each place [B, N, 4 hidden]."""
        flat = functional.pad(found.flatten(0, 1).transpose(1, 2), (self.padding, 0))
        shapes, gate = self.filters(flat).chunk(2, dim=1)
        own = (shapes.tanh() * gate.sigmoid()).transpose(1, 2).unflatten(0, found.shape[:2])
        lengthwise = own.transpose(1, 2)
        others = [network(lengthwise, location).transpose(1, 2) for network in networks]
        mixed = self.dropout(self.mix(torch.cat([own, *others], dim=-1)))
        found = found + mixed
        return found, self.said(found[:, :, -1])
