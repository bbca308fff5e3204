"""Low-rank regression: the few patterns that all places share are forecast from their own past.

When to use: many places that move together (sensors of one network, cells of one sea); quick even for thousands of them.
Source: A. Izenman, "Reduced-rank regression for the multivariate linear model", Journal of Multivariate Analysis 5, 1975; for
forecasting H. Yu, N. Rao, I. Dhillon, "Temporal Regularized Matrix Factorization", NeurIPS 2016.
"""

from __future__ import annotations

from stcore.config import Config, setting
from stcore.models.contract import ModelSpec


class LowRankSettings(Config):
    """Settings of low-rank regression."""

    patterns: int = setting(16, title="Patterns", help="Shared patterns at most; as many are used as help on unseen data.",
                            unit="patterns", ge=1, le=256)  # fmt: skip
    lags: int = setting(12, title="Steps of each pattern", help="Latest steps of every pattern that are looked at.", unit="steps",
                        ge=1, le=1000, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="low_rank", title="Shared patterns",
    summary="Forecasts the few patterns that all places share, and each place's own part in them. Quick for thousands of places.",
    source="Izenman, Journal of Multivariate Analysis 5, 1975", settings=LowRankSettings, code="low_rank:LowRank",
    fitted_by="solving", sees="network", family="linear", cost=0.3,
)  # fmt: skip
