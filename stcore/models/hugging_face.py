"""Hugging Face transformers as readers of the past: PatchTST, PatchTSMixer and TimesFM, from scratch or fine-tuned.

When to use: to fine-tune published weights on your data, or to compare with the networks others use.
Source: Y. Nie et al., "A Time Series is Worth 64 Words", ICLR 2023, arXiv 2211.14730; V. Ekambaram et al., "TSMixer:
Lightweight MLP-Mixer Model for Multivariate Time Series Forecasting", KDD 2023, arXiv 2306.09364; A. Das et al., "A
decoder-only foundation model for time-series forecasting", ICML 2024, arXiv 2310.10688.
"""

from __future__ import annotations

from typing import Literal

from stcore.config import setting
from stcore.models.contract import ModelSpec
from stcore.models.switches import NetSettings


class HuggingFaceSettings(NetSettings):
    """Settings of a Hugging Face transformer. Given weights bring their own sizes."""

    weights: str = setting(
        "", title="Weights", help="Folder with config.json and model.safetensors, or a name on the Hugging Face hub such as "
        "google/timesfm-2.5-200m-transformers, which is downloaded once; empty: from scratch.",
    )  # fmt: skip
    architecture: Literal["patchtst", "patchtsmixer", "timesfm"] = setting(
        "patchtst", title="Architecture", help="From scratch: what is built. Given weights say it themselves.",
        choices={"patchtst": "PatchTST", "patchtsmixer": "PatchTSMixer", "timesfm": "TimesFM"},
    )  # fmt: skip
    frozen: bool = setting(
        False, title="Keep given weights", help="Learn only how given weights are read, not the weights: faster, for few data.",
        level="advanced",
    )  # fmt: skip
    hidden: int = setting(32, title="Width", help="Size of the network; larger learns more and slower.", ge=8, le=512,
                          search={"low": 16, "high": 128})  # fmt: skip
    layers: int = setting(2, title="Layers", help="Layers of a network from scratch.", ge=1, le=12, level="advanced")
    patch: int = setting(0, title="Length of a patch", help="Steps read as one; 0: about an eighth of the history.", unit="steps",
                         ge=0, le=512, level="advanced")  # fmt: skip
    dropout: float = setting(0.1, title="Dropout", help="Share of units left out in training; raise it when the unseen "
                             "error climbs.", ge=0, lt=1, level="advanced")  # fmt: skip


SPEC = ModelSpec(
    name="transformers", title="Hugging Face transformer",
    summary="PatchTST, PatchTSMixer or TimesFM, from scratch or fine-tuned from given weights. Needs the package transformers.",
    source="Nie et al., ICLR 2023; Ekambaram et al., KDD 2023; Das et al., ICML 2024", settings=HuggingFaceSettings,
    code="hugging_face:HuggingFace", fitted_by="gradient", family="transformer", package="transformers",
    when_saved={"weights": ""}, training={"steps_per_epoch": 20, "learning_rate": 2e-3}, cost=130,
)  # fmt: skip
