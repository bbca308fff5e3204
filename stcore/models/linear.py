"""Ridge regression on lags, in closed form, one set of weights a place drawn toward those of all places.

When to use: at once, as a strong yardstick; short data; anywhere a network has too little to learn from.
Source: A. Hoerl, R. Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems", Technometrics 12 (1),
1970; shrinkage toward the pooled weights as in multi-task ridge (T. Evgeniou, M. Pontil, KDD 2004).
"""

from __future__ import annotations

from stcore.config import Config, setting
from stcore.models.contract import ModelSpec


class RidgeSettings(Config):
    """Settings of ridge regression."""

    own_weights: bool = setting(True, title="Weights a place", help="Let every place lean away from the common weights "
                                "as far as the unseen error likes it.")  # fmt: skip
    neighbours: int = setting(8, title="Neighbours", help="Closest places, along the network, whose last value and change are looked "
                              "at.", ge=0, le=64)  # fmt: skip


RIDGE = ModelSpec(
    name="ridge", title="Ridge",
    summary="Linear regression on the recent past, the usual day and the network, solved at once. A strong yardstick.",
    source="Hoerl, Kennard, Technometrics 12 (1), 1970", settings=RidgeSettings, code="linear:Ridge", fitted_by="solving", family="linear", sees="network", common=True, cost=0.5,
)  # fmt: skip
