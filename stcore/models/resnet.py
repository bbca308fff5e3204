"""Residual network of filters along the history, as it is used for classifying series.

When to use: many windows and shapes that build on each other; slower than the plain CNN.
Source: Z. Wang, W. Yan, T. Oates, "Time Series Classification from Scratch with Deep Neural Networks", IJCNN 2017, arXiv
1611.06455; group instead of batch normalisation, so that a window does not depend on those beside it.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class ResnetSettings(NetSettings):
    """Settings of Residual CNN."""

    hidden: int = setting(32, title="Width", help="Number of filters; more learn more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip
    layers: int = setting(2, title="Layers", help="Residual blocks.", ge=1, le=6, level="advanced")


SPEC = ModelSpec(
    name="resnet", title="Residual CNN",
    summary="A deeper network of filters with ways around each block. For much data.",
    source="Wang, Yan, Oates, IJCNN 2017, arXiv 1611.06455", settings=ResnetSettings,
    code="resnet:Resnet", fitted_by="gradient", family="convolution", training={"steps_per_epoch": 20}, cost=110,
)  # fmt: skip
