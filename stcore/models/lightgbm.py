"""Gradient-boosted trees on lags, neighbours, the network, the calendar and the place (LightGBM).

When to use: nearly always beside the others; it learns bends and thresholds that straight lines miss, without a network's
patience. Poor where values climb beyond all that was seen.
Source: G. Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 2017.
"""

from __future__ import annotations

from stcore.config import Config, setting
from stcore.models.contract import ModelSpec


class TreesSettings(Config):
    """Settings of the boosted trees."""

    rate: float = setting(0.15, title="Step of a tree", help="How much of what is still missed each tree takes in; smaller needs more "
                          "trees.", gt=0, le=1, search={"low": 0.03, "high": 0.3, "log": True})  # fmt: skip
    trees: int = setting(60, title="Trees at most", help="Trees a group of steps ahead; as many are kept as help on unseen data.",
                         unit="trees", ge=1, le=5000)  # fmt: skip
    leaves: int = setting(63, title="Leaves a tree", help="How finely a tree may tell cases apart.", ge=2, le=1024,
                          search={"low": 15, "high": 127, "log": True})  # fmt: skip
    least: int = setting(50, title="Cases a leaf", help="Fewest cases a leaf may stand for.", ge=1, level="advanced")
    neighbours: int = setting(6, title="Neighbours", help="Closest places, along the network, whose last value and change are looked "
                              "at.", ge=0, le=64)  # fmt: skip
    cases: int = setting(60_000, title="Cases looked at", help="Windows that are drawn for learning; more is better and slower.",
                         ge=100, le=100_000_000, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="lightgbm", title="Boosted trees",
    summary="Many small decision trees on the recent past, neighbours, calendar and place. Strong where things bend.",
    source="Ke et al., NeurIPS 2017", settings=TreesSettings, code="lightgbm:Trees", fitted_by="solving", family="trees",
    sees="network", common=True, cost=150.0,
)  # fmt: skip
