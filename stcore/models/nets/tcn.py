"""The code of tcn: see ``stcore.models.tcn`` for what it is, when to use it and its source."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.encoded import Encoded
from stcore.models.tcn import TcnSettings

_KERNEL = 3


class Tcn(Encoded):
    """Residual blocks of dilated causal convolutions that see the whole lookback; the last step says what the past says."""

    def __init__(self, settings: TcnSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, settings.hidden)
        blocks: list[nn.Module] = []
        width, seen, gap = 2 * shapes.features, 1, 1
        while seen < shapes.lookback:
            blocks.append(_Block(width, settings.hidden, gap, settings.dropout))
            width, seen, gap = settings.hidden, seen + 2 * (_KERNEL - 1) * gap, 2 * gap
        self.blocks = nn.Sequential(*(blocks or [_Block(width, settings.hidden, 1, settings.dropout)]))

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, hidden]."""
        found: Tensor = self.blocks(sequence.flatten(0, 1).transpose(1, 2))
        return found[..., -1].unflatten(0, sequence.shape[:2])


class _Block(nn.Module):
    """Two causal convolutions with the same gap between the steps they see, beside the way around them."""

    def __init__(self, before: int, after: int, gap: int, dropout: float) -> None:
        super().__init__()
        self.padding = (_KERNEL - 1) * gap
        self.first = nn.Conv1d(before, after, _KERNEL, dilation=gap)
        self.second = nn.Conv1d(after, after, _KERNEL, dilation=gap)
        self.around = nn.Conv1d(before, after, 1) if before != after else nn.Identity()
        self.dropout = nn.Dropout(dropout)

    def forward(self, past: Tensor) -> Tensor:
        """[sequence, after, L]; no step sees a later one."""
        found = past
        for layer in (self.first, self.second):
            found = self.dropout(layer(functional.pad(found, (self.padding, 0))).relu())
        return (found + self.around(past)).relu()
