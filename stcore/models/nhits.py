"""N-HiTS: perceptrons that each explain a part of the history at their own pace and add up their forecasts.

When to use: far horizons with slow and fast parts.
Source: C. Challu et al., "N-HiTS: Neural Hierarchical Interpolation for Time Series Forecasting", AAAI 2023, arXiv
2201.12886.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class NhitsSettings(NetSettings):
    """Settings of N-HiTS."""

    hidden: int = setting(96, title="Width", help="Width of each perceptron; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip
    dropout: float = setting(0.0, title="Dropout", help="Share of units left out in training; raise it when the unseen "
                             "error climbs.", ge=0, lt=1, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="nhits", title="N-HiTS",
    summary="Perceptrons that each explain the slow or the fast part of the history. For far horizons.",
    source="Challu et al., AAAI 2023, arXiv 2201.12886", settings=NhitsSettings,
    code="nhits:Nhits", fitted_by="gradient", family="mixer", cost=45,
)  # fmt: skip
