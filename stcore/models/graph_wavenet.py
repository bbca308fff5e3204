"""Graph WaveNet: causal filters along time and a mixing of places after each, over a given and a learnt network.

When to use: places that influence each other along ways the data do not tell.
Source: Z. Wu et al., "Graph WaveNet for Deep Spatial-Temporal Graph Modeling", IJCAI 2019, arXiv 1906.00121. Above 2,000 places
the learnt network is of low rank.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class GraphWavenetSettings(NetSettings):
    """Settings of Graph WaveNet."""

    hidden: int = setting(24, title="Width", help="Number of filters; more learn more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 64})  # fmt: skip
    dropout: float = setting(0.1, title="Dropout", help="Share of units left out in training; raise it when the unseen "
                             "error climbs.", ge=0, lt=1, level="advanced")  # fmt: skip
    patterns: int = setting(10, title="Width of the learnt network", help="Numbers a place is described by; similar ones are joined.",
                            ge=1, le=128, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="graph_wavenet", title="Graph WaveNet",
    summary="Filters along time and a mixing of places after each, over a given and a learnt network.",
    source="Wu et al., IJCAI 2019, arXiv 1906.00121", settings=GraphWavenetSettings,
    code="graph_wavenet:GraphWavenet", fitted_by="gradient", family="graph", sees="network", paired=True, training={"steps_per_epoch": 20}, cost=160,
)  # fmt: skip
