"""ST-ResNet: residual filters on three pictures of a grid: the last steps, a season before, and what is usual.

When to use: flows of a city or loads on a grid with strong daily and weekly rhythms.
Source: J. Zhang, Y. Zheng, D. Qi, "Deep Spatio-Temporal Residual Networks for Citywide Crowd Flows Prediction", AAAI 2017,
arXiv 1610.00081: closeness, period and trend. Period is the season before each target time, trend its usual value.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class StResnetSettings(NetSettings):
    """Settings of ST-ResNet."""

    hidden: int = setting(24, title="Width", help="Number of filters; more learn more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 64})  # fmt: skip
    layers: int = setting(2, title="Layers", help="Residual blocks of each picture.", ge=1, le=8, level="advanced")


SPEC = ModelSpec(
    name="st_resnet", title="ST-ResNet",
    summary="Residual filters on the last steps, the last season and the usual values of a grid. For strong rhythms.",
    source="Zhang, Zheng, Qi, AAAI 2017, arXiv 1610.00081", settings=StResnetSettings,
    code="st_resnet:StResnet", fitted_by="gradient", family="grid", sees="grid", cost=80, needs=frozenset({"cells"}),
)  # fmt: skip
