"""GRU: a recurrent network with two gates, lighter than the LSTM.

When to use: where the order of the history matters; about as good as the LSTM and faster.
Source: K. Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", EMNLP 2014, arXiv 1406.1078.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class GruSettings(NetSettings):
    """Settings of GRU."""

    hidden: int = setting(64, title="Width", help="Size of the memory; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip
    layers: int = setting(1, title="Layers", help="Stacked recurrent layers.", ge=1, le=4, level="advanced")


SPEC = ModelSpec(
    name="gru", title="GRU",
    summary="A recurrent network, lighter than the LSTM. For patterns in which the order matters.",
    source="Cho et al., EMNLP 2014, arXiv 1406.1078", settings=GruSettings,
    code="gru:Gru", fitted_by="gradient", family="recurrent", training={"chunk": 256, "steps_per_epoch": 20}, cost=35,
)  # fmt: skip
