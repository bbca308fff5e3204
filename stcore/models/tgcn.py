"""T-GCN: a gated recurrent network in which each place also sees its neighbours at every step.

When to use: a known network along which things spread; slow, as every step of the history is one after the other.
Source: L. Zhao et al., "T-GCN: A Temporal Graph Convolutional Network for Traffic Prediction", IEEE T-ITS 21 (9), 2020, arXiv
1811.05320.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class TgcnSettings(NetSettings):
    """Settings of T-GCN."""

    hidden: int = setting(32, title="Width", help="Size of the memory; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 64})  # fmt: skip


SPEC = ModelSpec(
    name="tgcn", title="T-GCN",
    summary="A recurrent network in which each place sees its neighbours at every step. For a known network; slow.",
    source="Zhao et al., IEEE T-ITS 21 (9), 2020, arXiv 1811.05320", settings=TgcnSettings,
    code="tgcn:Tgcn", fitted_by="gradient", family="graph", sees="network", paired=True, training={"steps_per_epoch": 20}, cost=60,
)  # fmt: skip
