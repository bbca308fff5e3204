"""Exponential smoothing: a level and a damped trend a place, on what differs from the usual value.

When to use: few places, short data, series that drift slowly.
Source: R. Hyndman, A. Koehler, J. Ord, R. Snyder, "Forecasting with Exponential Smoothing: The State Space Approach", 2008;
parameters by maximum likelihood of statsmodels.
"""

from __future__ import annotations

from stcore.config import Config, setting
from stcore.models.contract import ModelSpec


class EtsSettings(Config):
    """Settings of exponential smoothing."""

    series: int = setting(40, title="Series estimated", help="Places whose parameters are estimated one by one; the others take the "
                          "middle of them.", ge=1, le=5000)  # fmt: skip
    rows: int = setting(1500, title="Steps looked at", help="Latest steps of each series that parameters come from.", unit="steps",
                        ge=20, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="ets", title="Exponential smoothing",
    summary="Follows the level and the trend of each place, on top of its usual value. Classical, for small sets.",
    source="Hyndman et al., Forecasting with Exponential Smoothing, 2008", settings=EtsSettings, code="ets:Ets",
    fitted_by="solving", family="classical", cost=1.0,
)  # fmt: skip
