"""TCN: causal filters whose steps widen from layer to layer, so that a long history costs few layers.

When to use: long histories; faster than recurrent networks.
Source: S. Bai, J. Kolter, V. Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence
Modeling", arXiv 1803.01271.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class TcnSettings(NetSettings):
    """Settings of TCN."""

    hidden: int = setting(32, title="Width", help="Number of filters; more learn more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip
    dropout: float = setting(0.1, title="Dropout", help="Share of units left out in training; raise it when the unseen "
                             "error climbs.", ge=0, lt=1, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="tcn", title="TCN",
    summary="Causal filters that widen from layer to layer. For long histories.",
    source="Bai, Kolter, Koltun, arXiv 1803.01271", settings=TcnSettings,
    code="tcn:Tcn", fitted_by="gradient", family="convolution", cost=70,
)  # fmt: skip
