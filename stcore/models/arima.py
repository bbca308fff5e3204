"""ARIMA: a few of the last values and the last surprises a place, on what differs from the usual value.

When to use: few places, short data; as the yardstick that statisticians ask for.
Source: G. Box, G. Jenkins, "Time Series Analysis: Forecasting and Control", 1970; parameters by the innovations' maximum
likelihood of statsmodels.
"""

from __future__ import annotations

from typing import Literal

from stcore.config import Config, setting
from stcore.models.contract import ModelSpec

Order = Literal["auto", "1,0,0", "2,0,1", "3,0,0", "0,1,1", "1,1,1", "2,1,2"]


class ArimaSettings(Config):
    """Settings of ARIMA."""

    order: Order = setting(
        "auto", title="Order", choices={"auto": "By unseen data", **{each: f"({each})" for each in ("1,0,0", "2,0,1", "3,0,0", "0,1,1", "1,1,1", "2,1,2")}},
        help="Values, differences and surprises that count.",
    )  # fmt: skip
    series: int = setting(40, title="Series estimated", help="Places whose parameters are estimated one by one; the others take the "
                          "middle of them.", ge=1, le=5000)  # fmt: skip
    rows: int = setting(1500, title="Steps looked at", help="Latest steps of each series that parameters come from.", unit="steps",
                        ge=30, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="arima", title="ARIMA",
    summary="Weighs the last values and the last surprises of each place, on top of its usual value. Classical, for small sets.",
    source="Box, Jenkins, Time Series Analysis, 1970", settings=ArimaSettings, code="arima:Arima",
    fitted_by="solving", family="classical", cost=1.0,
)  # fmt: skip
