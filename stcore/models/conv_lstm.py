"""ConvLSTM: a recurrent network on a grid whose gates look around each cell.

When to use: fields whose movement builds up over the history; slower than the 3D-CNN.
Source: X. Shi et al., "Convolutional LSTM Network: A Machine Learning Approach for Precipitation Nowcasting", NeurIPS 2015,
arXiv 1506.04214.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import GridSettings


class ConvLstmSettings(GridSettings):
    """Settings of ConvLSTM."""

    hidden: int = setting(24, title="Width", help="Size of the memory of a cell; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 64})  # fmt: skip


SPEC = ModelSpec(
    name="conv_lstm", title="ConvLSTM",
    summary="A recurrent network on a grid that looks around each cell. For fields that move.",
    source="Shi et al., NeurIPS 2015, arXiv 1506.04214", settings=ConvLstmSettings,
    code="conv_lstm:ConvLstm", fitted_by="gradient", family="grid", sees="grid", training={"steps_per_epoch": 20}, cost=150, needs=frozenset({"cells"}), common=True,
)  # fmt: skip
