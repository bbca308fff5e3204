"""Multi-scale CNN: filters of several lengths side by side.

When to use: patterns of unlike length, such as sharp peaks on slow waves.
Source: Z. Cui et al., "Multi-Scale Convolutional Neural Networks for Time Series Classification", arXiv 1603.06995.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class MultiscaleCnnSettings(NetSettings):
    """Settings of Multi-scale CNN."""

    hidden: int = setting(48, title="Width", help="Number of filters of all lengths together; more learn more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip


SPEC = ModelSpec(
    name="multiscale_cnn", title="Multi-scale CNN",
    summary="Filters of several lengths side by side, for sharp and slow patterns at once.",
    source="Cui et al., arXiv 1603.06995", settings=MultiscaleCnnSettings,
    code="multiscale_cnn:MultiscaleCnn", fitted_by="gradient", family="convolution", cost=32,
)  # fmt: skip
