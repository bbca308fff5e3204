"""CNN: filters that slide along the history and look for shapes.

When to use: short, sharp patterns that may come at any time; fast.
Source: Y. LeCun, Y. Bengio, "Convolutional Networks for Images, Speech, and Time Series", 1995.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class CnnSettings(NetSettings):
    """Settings of CNN."""

    hidden: int = setting(48, title="Width", help="Number of filters; more learn more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip
    layers: int = setting(2, title="Layers", help="Layers of filters.", ge=1, le=6, level="advanced")
    kernel: int = setting(3, title="Length of a filter", help="Steps that a filter looks at together.", unit="steps", ge=2, le=31,
                          level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="cnn", title="CNN",
    summary="Filters that look for shapes in the history, wherever they come. Fast.",
    source="LeCun, Bengio, 1995", settings=CnnSettings,
    code="cnn:Cnn", fitted_by="gradient", family="convolution", cost=30,
)  # fmt: skip
