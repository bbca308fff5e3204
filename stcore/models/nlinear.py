"""NLinear: one linear layer on the history less its last value.

When to use: long histories and far horizons; very fast, hard to beat on many data sets.
Source: A. Zeng et al., "Are Transformers Effective for Time Series Forecasting?", AAAI 2023, arXiv 2205.13504. Identities,
what is ahead and other values are added by linear layers of their own; without them it is the layer of the paper.
"""

from __future__ import annotations

from stcore.models.contract import ModelSpec
from stcore.models.switches import LinearSettings


class NlinearSettings(LinearSettings):
    """Settings of NLinear."""


SPEC = ModelSpec(
    name="nlinear", title="NLinear",
    summary="One linear layer on the history less its last value. Very fast; good far ahead.",
    source="Zeng et al., AAAI 2023, arXiv 2205.13504", settings=NlinearSettings,
    code="nlinear:Nlinear", fitted_by="gradient", family="linear", cost=3,
)  # fmt: skip
