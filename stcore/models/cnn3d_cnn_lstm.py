"""3D-CNN, CNN and LSTM in a row: filters over time and space, filters over space, then a reader of each cell's course.

When to use: fields on a grid with much data; slow.
Source: a combination in common use for fields; parts as in Ji et al., IEEE TPAMI 2013, and Hochreiter, Schmidhuber, 1997.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class Cnn3dCnnLstmSettings(NetSettings):
    """Settings of 3D-CNN-CNN-LSTM."""

    hidden: int = setting(16, title="Width", help="Number of filters; more learn more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 64})  # fmt: skip


SPEC = ModelSpec(
    name="cnn3d_cnn_lstm", title="3D-CNN-CNN-LSTM",
    summary="Filters over time and space, over space, then a recurrent reader. For much data on a grid; slow.",
    source="parts after Ji et al., 2013; Hochreiter, Schmidhuber, 1997", settings=Cnn3dCnnLstmSettings,
    code="cnn3d_cnn_lstm:Cnn3dCnnLstm", fitted_by="gradient", family="hybrid", sees="grid", training={"steps_per_epoch": 20}, cost=150, needs=frozenset({"cells"}),
)  # fmt: skip
