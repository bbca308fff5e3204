"""PatchTST: a transformer that reads the history in patches.

When to use: long histories with much data; slower than linear models, which are often as good.
Source: Y. Nie et al., "A Time Series is Worth 64 Words: Long-term Forecasting with Transformers", ICLR 2023, arXiv
2211.14730.
"""

from __future__ import annotations

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class PatchtstSettings(NetSettings):
    """Settings of PatchTST."""

    hidden: int = setting(32, title="Width", help="Size of the network; larger learns more and slower.", ge=4, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip
    layers: int = setting(2, title="Layers", help="Layers of attention.", ge=1, le=6, level="advanced")
    patch: int = setting(0, title="Length of a patch", help="Steps read as one; 0: about an eighth of the history.", unit="steps",
                         ge=0, le=512, level="advanced")  # fmt: skip
    dropout: float = setting(0.1, title="Dropout", help="Share of units left out in training; raise it when the unseen "
                             "error climbs.", ge=0, lt=1, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="patchtst", title="PatchTST",
    summary="A transformer that reads the history in patches. For long histories and much data.",
    source="Nie et al., ICLR 2023, arXiv 2211.14730", settings=PatchtstSettings,
    code="patchtst:Patchtst", fitted_by="gradient", family="transformer", training={"steps_per_epoch": 20, "learning_rate": 2e-3}, cost=150,
)  # fmt: skip
