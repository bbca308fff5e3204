"""TSMixer: perceptrons that mix the steps of the history, then the values at each step, in turns.

When to use: several values beside the one to forecast; fast.
Source: S. Chen et al., "TSMixer: An All-MLP Architecture for Time Series Forecasting", TMLR 2023, arXiv 2303.06053.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class TsmixerSettings(NetSettings):
    """Settings of TSMixer."""

    hidden: int = setting(24, title="Width", help="Size of the network; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip
    layers: int = setting(2, title="Layers", help="Blocks of mixing.", ge=1, le=8, level="advanced")
    dropout: float = setting(0.1, title="Dropout", help="Share of units left out in training; raise it when the unseen "
                             "error climbs.", ge=0, lt=1, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="tsmixer", title="TSMixer",
    summary="Perceptrons that mix steps and values in turns. Fast; good with several values.",
    source="Chen et al., TMLR 2023, arXiv 2303.06053", settings=TsmixerSettings,
    code="tsmixer:Tsmixer", fitted_by="gradient", family="mixer", cost=40,
)  # fmt: skip
