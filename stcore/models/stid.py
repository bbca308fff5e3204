"""STID: a perceptron on the recent past that knows which place it is at and what time it is.

When to use: many places with a common rhythm; the best accuracy a second of training on most traffic and load data.
Source: Z. Shao et al., "Spatial-Temporal Identity: A Simple yet Effective Baseline for Multivariate Time Series
Forecasting", CIKM 2022, arXiv 2208.05233. Ours forecasts the change from the last value and also sees the usual value
and the last season's value of each target time.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class StidSettings(NetSettings):
    """Settings of STID."""

    hidden: int = setting(32, title="Width", help="Width of each part; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 64})  # fmt: skip
    layers: int = setting(3, title="Layers", help="Number of residual blocks.", ge=1, le=12, level="advanced")
    dropout: float = setting(0.1, title="Dropout", help="Share of units left out in training; raise it when the unseen "
                             "error climbs.", ge=0, lt=1, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="stid", title="STID",
    summary="A small network that knows which place and what time it is. The best first choice for many places.",
    source="Shao et al., CIKM 2022, arXiv 2208.05233", settings=StidSettings, code="stid:Stid", fitted_by="gradient", common=True,
    cost=17.0,
)  # fmt: skip
