"""STMix: STID whose blocks also look at other places: neighbours both ways along the network, and patterns all places share.

When to use: many places that influence each other, such as roads; the best accuracy on traffic, at twice the time of STID.
Source: ours, after Z. Shao et al., CIKM 2022 (STID) and Z. Wu et al., "Graph WaveNet", IJCAI 2019 (both directions of a given
network and a learned one). The learned network is of low rank, so that time and memory grow with the places, not their square.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class StmixSettings(NetSettings):
    """Settings of STMix."""

    hidden: int = setting(32, title="Width", help="Width of each part; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 64})  # fmt: skip
    layers: int = setting(3, title="Layers", help="Number of blocks.", ge=1, le=8, level="advanced")
    dropout: float = setting(0.1, title="Dropout", help="Share of units left out in training; raise it when the unseen "
                             "error climbs.", ge=0, lt=1, level="advanced")  # fmt: skip
    patterns: int = setting(16, title="Shared patterns", help="Groups of places that are learnt; each place takes from all of them.",
                            ge=1, le=256, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="stmix", title="STMix",
    summary="STID that also looks at neighbours along the network. The most accurate for places that influence each other.",
    source="after Shao et al., CIKM 2022, and Wu et al., IJCAI 2019", settings=StmixSettings,
    code="stmix:Stmix", fitted_by="gradient", family="graph", sees="network", paired=True, training={"batch_windows": 6600}, cost=40, common=True,
)  # fmt: skip
