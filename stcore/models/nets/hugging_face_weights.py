"""Backbones of the package transformers: built from settings, or opened from a folder or the hub. Safetensors only.

Nothing is asked of the internet unless the weights were named by their name on the hub and are not on this machine yet.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from stcore.errors import ModelError
from stcore.models.hugging_face import HuggingFaceSettings

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")

import transformers

_ON_THE_HUB = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_HEADS = 4
_KINDS = {"patchtst": "PatchTST", "patchtsmixer": "PatchTSMixer", "timesfm": "TimesFm", "timesfm2_5": "TimesFm2_5"}
_ALONE = {  # a series at a time, nothing hidden from it
    "patchtst": {"num_input_channels": 1, "do_mask_input": False}, "patchtsmixer": {"num_input_channels": 1},
}  # fmt: skip
_TOGETHER = {"share_embedding": False, "channel_attention": True, "mode": "mix_channel"}
"""Settings of weights that read several series together, in a number that is theirs."""


def fresh(settings: HuggingFaceSettings, lookback: int) -> nn.Module:
    """An untrained backbone of about the asked width for a history of ``lookback`` steps."""
    width = max(2 * _HEADS, settings.hidden // (2 * _HEADS) * 2 * _HEADS)
    patch = min(lookback, settings.patch or max(4, lookback // 8))
    drop, depth = settings.dropout, settings.layers
    if settings.architecture == "timesfm":
        return of_config({
            "model_type": "timesfm2_5", "patch_length": patch, "context_length": -(-lookback // patch) * patch,
            "hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": depth, "head_dim": width // _HEADS,
            "num_attention_heads": _HEADS, "num_key_value_heads": _HEADS, "attention_dropout": drop,
        })  # fmt: skip
    sizes = {
        "model_type": settings.architecture, "context_length": lookback, "patch_length": patch,
        "patch_stride": max(1, patch // 2), "d_model": width, "scaling": None, **_ALONE[settings.architecture],
    }  # fmt: skip
    if settings.architecture == "patchtst":
        return of_config({
            **sizes, "num_hidden_layers": depth, "num_attention_heads": _HEADS, "ffn_dim": 2 * width, "ff_dropout": drop,
            "attention_dropout": drop, "norm_type": "layernorm",
        })  # fmt: skip
    return of_config({**sizes, "num_layers": depth, "dropout": drop, "norm_mlp": "LayerNorm"})


def of_config(config: dict[str, Any]) -> nn.Module:
    """An untrained backbone of a configuration."""
    kind = _KINDS[config["model_type"]]
    made: nn.Module = getattr(transformers, f"{kind}Model")(getattr(transformers, f"{kind}Config").from_dict(config))
    return made


def about(backbone: nn.Module) -> dict[str, Any]:
    """The configuration of a backbone, JSON-able, from which ``of_config`` makes one of the same shape."""
    found: dict[str, Any] = json.loads(backbone.config.to_json_string(use_diff=False))  # type: ignore[union-attr,operator]
    return found


def opened(weights: str) -> nn.Module:
    """The backbone of a folder or of a name on the hub, whatever head was saved with it.

    Raises:
        ModelError: not there, not readable, another architecture, or weights that are not those of it.
    """
    folder = Path(weights).expanduser()
    if folder.is_dir():
        return _opened(str(folder), local=True)
    if not _ON_THE_HUB.fullmatch(weights):
        raise ModelError(
            f"There is no folder “{weights}” with weights.",
            "Name a folder with config.json and model.safetensors, or a name on the hub such as owner/model.",
        )
    try:
        return _opened(weights, local=True)  # downloaded before
    except ModelError:
        return _opened(weights, local=False)


def _opened(weights: str, local: bool) -> nn.Module:
    how: dict[str, Any] = {"local_files_only": local, "trust_remote_code": False}
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        config = transformers.AutoConfig.from_pretrained(weights, **how)
        kind = _kind(weights, config)
        config.update(_ALONE.get(config.model_type, {}))
        model, told = getattr(transformers, f"{kind}Model").from_pretrained(
            weights, config=config, use_safetensors=True, dtype=torch.float32, output_loading_info=True,
            key_mapping={r"^(model|decoder)\.": ""}, local_files_only=local,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"The weights “{weights}” cannot be read ({str(error).strip().splitlines()[0][:200] if str(error) else type(error).__name__}).",
            "Give a folder with config.json and model.safetensors of PatchTST, PatchTSMixer or TimesFM, or its name on the hub.",
        ) from error
    lacking = sorted(told["missing_keys"])
    if lacking:
        raise ModelError(
            f"The weights “{weights}” lack {len(lacking)} parts of {kind}, such as {lacking[0]}.",
            "Give weights that were saved whole.",
        )
    found: nn.Module = model
    return found


def _kind(weights: str, config: Any) -> str:
    """The architecture of weights, where it is one of ours.

    Raises:
        ModelError: another one, or one that reads several series together.
    """
    if config.model_type not in _KINDS:
        raise ModelError(
            f"The weights “{weights}” are of the architecture {config.model_type}.",
            "Give weights of PatchTST, PatchTSMixer or TimesFM.",
        )
    for name, value in _TOGETHER.items():
        if getattr(config, name, None) == value:
            raise ModelError(
                f"The weights “{weights}” read {config.num_input_channels} series together ({name}: {value}).",
                "Give weights that read each series by itself.",
            )
    return _KINDS[config.model_type]
