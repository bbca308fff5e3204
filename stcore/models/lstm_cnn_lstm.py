"""LSTM-CNN-LSTM: a recurrent network smooths the history, filters find shapes in it, another one reads them.

When to use: rough histories with shapes on several scales; slow, for much data.
Source: the stacked form of Sainath et al., ICASSP 2015, with a recurrent layer before the filters as well.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class LstmCnnLstmSettings(NetSettings):
    """Settings of LSTM-CNN-LSTM."""

    hidden: int = setting(40, title="Width", help="Size of the network; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip


SPEC = ModelSpec(
    name="lstm_cnn_lstm", title="LSTM-CNN-LSTM",
    summary="A recurrent network, filters, and another one in a row. For rough histories and much data; slow.",
    source="after Sainath et al., ICASSP 2015", settings=LstmCnnLstmSettings,
    code="lstm_cnn_lstm:LstmCnnLstm", fitted_by="gradient", family="hybrid", training={"chunk": 256, "steps_per_epoch": 15}, cost=110,
)  # fmt: skip
