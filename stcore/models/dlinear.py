"""DLinear: the history taken apart into trend and rest, one linear layer on each.

When to use: series with a clear trend; very fast.
Source: A. Zeng et al., "Are Transformers Effective for Time Series Forecasting?", AAAI 2023, arXiv 2205.13504. Identities,
what is ahead and other values are added by linear layers of their own; without them it is the model of the paper.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import LinearSettings


class DlinearSettings(LinearSettings):
    """Settings of DLinear."""

    kernel: int = setting(25, title="Length of the mean", help="Steps whose running mean is the trend; at most the history.",
                          unit="steps", ge=3, le=999, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="dlinear", title="DLinear",
    summary="Trend and rest of the history, a linear layer on each. Very fast.",
    source="Zeng et al., AAAI 2023, arXiv 2205.13504", settings=DlinearSettings,
    code="dlinear:Dlinear", fitted_by="gradient", family="linear", cost=5,
)  # fmt: skip
