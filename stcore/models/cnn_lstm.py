"""CNN-LSTM: filters find shapes in the history, a recurrent network reads them in their order.

When to use: noisy histories in which short shapes matter and their order, too.
Source: T. Sainath et al., "Convolutional, Long Short-Term Memory, Fully Connected Deep Neural Networks", ICASSP 2015.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class CnnLstmSettings(NetSettings):
    """Settings of CNN-LSTM."""

    hidden: int = setting(48, title="Width", help="Size of the network; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip


SPEC = ModelSpec(
    name="cnn_lstm", title="CNN-LSTM",
    summary="Filters find shapes, a recurrent network reads them in their order.",
    source="Sainath et al., ICASSP 2015", settings=CnnLstmSettings,
    code="cnn_lstm:CnnLstm", fitted_by="gradient", family="hybrid", training={"chunk": 256, "steps_per_epoch": 20}, cost=60,
)  # fmt: skip
