"""3D-CNN: filters over time, rows and columns of a grid.

When to use: fields that move or spread on a grid, such as rain; scattered places are gathered into cells first.
Source: S. Ji et al., "3D Convolutional Neural Networks for Human Action Recognition", IEEE TPAMI 35 (1), 2013.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import GridSettings


class Cnn3dSettings(GridSettings):
    """Settings of 3D-CNN."""

    hidden: int = setting(32, title="Width", help="Number of filters; more learn more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 64})  # fmt: skip
    layers: int = setting(
        2, title="Layers", help="Layers of filters over time and space.", ge=1, le=6, level="advanced"
    )


SPEC = ModelSpec(
    name="cnn3d", title="3D-CNN",
    summary="Filters over time and space of a grid. For fields that move or spread, such as rain.",
    source="Ji et al., IEEE TPAMI 35 (1), 2013", settings=Cnn3dSettings,
    code="cnn3d:Cnn3d", fitted_by="gradient", family="grid", sees="grid", cost=60, needs=frozenset({"cells"}), common=True,
)  # fmt: skip
