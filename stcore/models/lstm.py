"""LSTM: a recurrent network that reads the history step by step, shared by all places.

When to use: patterns in which order matters, few places; slower than STID a window.
Source: S. Hochreiter, J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9 (8), 1997; gates with a forget
gate as in F. Gers et al., 2000.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class LstmSettings(NetSettings):
    """Settings of the LSTM."""

    hidden: int = setting(64, title="Width", help="Size of the memory; larger learns more and slower.", ge=4, le=512,
                          search={"low": 32, "high": 128})  # fmt: skip
    layers: int = setting(1, title="Layers", help="Stacked recurrent layers.", ge=1, le=4, level="advanced")
    embedding: int = setting(16, title="Identity width", help="Width of the vectors for place and time.", ge=1, le=128,
                             level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="lstm", title="LSTM",
    summary="A recurrent network that reads the history step by step. For patterns in which the order matters.",
    source="Hochreiter, Schmidhuber, Neural Computation 9 (8), 1997", settings=LstmSettings, code="lstm:Lstm",
    fitted_by="gradient", common=True, family="recurrent", training={"chunk": 384, "steps_per_epoch": 20}, cost=42.0,
)  # fmt: skip
