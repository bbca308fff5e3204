"""The code of conv_lstm: see ``stcore.models.conv_lstm`` for what it is, when to use it and its source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.conv_lstm import ConvLstmSettings
from stcore.models.nets.around import Field
from stcore.models.nets.on_grid import OnGrid
from stcore.models.surroundings import Surroundings


class ConvLstmCell(nn.Module):
    """One step: gates i, f, o and candidate g by a convolution over input and state (without peepholes).

    c' = sigmoid(f) c + sigmoid(i) tanh(g);  h' = sigmoid(o) tanh(c').
    """

    def __init__(self, inputs: int, hidden: int, kernel: int = 3) -> None:
        super().__init__()
        self.gates = nn.Conv2d(inputs + hidden, 4 * hidden, kernel, padding=kernel // 2)

    def forward(self, step: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """step [B, C, R, K], state (h, c) each [B, hidden, R, K]."""
        hidden, cell = state
        i, f, o, g = self.gates(torch.cat([step, hidden], dim=1)).chunk(4, dim=1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        return o.sigmoid() * cell.tanh(), cell


class ConvLstm(OnGrid):
    """Recurrent reader of the fields of the past; its state at the origin, looked at from around, says what the past says."""

    def __init__(self, settings: ConvLstmSettings, shapes: Shapes, around: Surroundings) -> None:
        super().__init__(settings, shapes, around, settings.hidden)
        self.hidden = settings.hidden
        self.reader = ConvLstmCell(self.channels, settings.hidden)
        self.field = Field(settings.hidden, settings.hidden)

    def read(self, fields: Tensor, batch: Batch) -> Tensor:
        """[B, hidden, R, K]."""
        zero = fields.new_zeros(len(fields), self.hidden, *fields.shape[-2:])
        state = (zero, zero)
        for step in fields.unbind(1):
            state = self.reader(step, state)
        found: Tensor = self.field(state[0])
        return found
