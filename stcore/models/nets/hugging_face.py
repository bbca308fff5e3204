"""The code of transformers: see ``stcore.models.hugging_face`` for what it is, when to use it and its source."""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.hugging_face import HuggingFaceSettings
from stcore.models.nets import hugging_face_weights as given
from stcore.models.nets.encoded import Encoded


class HuggingFace(Encoded):
    """Each value of each place goes through the backbone by itself; one linear layer reads what it makes of them.

    The configuration of the backbone is saved with the weights, so that a saved model needs no other file.
    """

    def __init__(self, settings: HuggingFaceSettings, shapes: Shapes) -> None:
        super().__init__(settings, shapes, 2 * settings.hidden)
        self.hidden, self.frozen = settings.hidden, settings.frozen and bool(settings.weights)
        made = given.opened(settings.weights) if settings.weights else given.fresh(settings, shapes.lookback)
        self._take(made)

    def _take(self, backbone: nn.Module) -> None:
        """Use a backbone, with a new layer that reads it."""
        self.backbone, self.config = backbone, given.about(backbone)
        self.backbone.requires_grad_(not self.frozen)
        if hasattr(backbone, "freq_emb"):  # the kind of step is not told; its table would learn the same twice
            backbone.freq_emb.requires_grad_(False)
        for name, parameter in backbone.named_parameters():
            if name.endswith("position_enc"):  # sines and cosines
                parameter.requires_grad_(False)
        with torch.no_grad():
            probe = torch.zeros(1, self.shapes.lookback)
            width = self._read(backbone.eval(), probe, torch.ones_like(probe))[0].shape[-1]
        self.join = nn.Linear(self.shapes.features * (width + 2), self.hidden)

    def train(self, mode: bool = True) -> HuggingFace:
        """As of any module; a backbone that is kept also keeps its statistics."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def encode(self, sequence: Tensor, batch: Batch) -> Tensor:
        """[B, N, 2 hidden]: what was read, and the same times the spread of the window, which backbones divide by."""
        count = self.shapes.features
        past, observed = (each.permute(0, 1, 3, 2).flatten(0, 2) for each in sequence.split(count, dim=-1))
        found, level, spread = self._read(self.backbone, past, observed)
        shape = (*sequence.shape[:2], count)
        level, spread = level.reshape(shape), spread.reshape(shape)
        read = self.join(torch.cat([found.reshape(*shape, -1).flatten(2), level, spread], dim=-1)).relu()
        return torch.cat([read, read * spread.mean(-1, keepdim=True)], dim=-1)

    def _read(self, backbone: Any, past: Tensor, observed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the backbone says of series [S, L]: hidden [S, D], and the level and spread it took out of each [S]."""
        if self.config["model_type"].startswith("timesfm"):
            past, observed = _fitted_to(past, observed, _whole_patches(past.shape[1], self.config))
            added = torch.zeros_like(past, dtype=torch.long)
            added[:, : past.shape[1] - self.shapes.lookback] = 1
            kind = {"freq": added.new_zeros(len(past), 1)} if hasattr(backbone, "freq_emb") else {}
            out = backbone(past_values=past, past_values_padding=added, **kind)
            return out.last_hidden_state[:, -1], out.loc.flatten(), out.scale.flatten()
        past, observed = _fitted_to(past, observed, self.config["context_length"])
        name = "past_observed_mask" if self.config["model_type"] == "patchtst" else "observed_mask"
        out = backbone(past_values=past[..., None], **{name: observed[..., None]})
        return out.last_hidden_state.flatten(1), out.loc.flatten(), out.scale.flatten()

    def get_extra_state(self) -> Tensor:
        """The configuration of the backbone as bytes, for a saved model."""
        text = json.dumps(self.config, sort_keys=True)
        return torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)

    def set_extra_state(self, state: Tensor) -> None:
        """Make the backbone anew where a saved model has another one; its weights are loaded after this."""
        config = json.loads(bytes(state.cpu().numpy()))
        if config != self.config:
            device = next(self.parameters()).device
            self._take(given.of_config(config))
            self.to(device)


def _whole_patches(length: int, config: dict[str, Any]) -> int:
    """Steps given to a backbone that takes any number of whole patches up to its longest history."""
    patch = int(config["patch_length"])
    most = max(1, int(config["context_length"]) // patch)
    return patch * min(most, -(-length // patch))


def _fitted_to(past: Tensor, observed: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """The newest ``length`` steps; a shorter history begins with its oldest value, told as not observed."""
    missing = length - past.shape[1]
    if missing <= 0:
        return past[:, -missing:], observed[:, -missing:]
    longer = torch.cat([past[:, :1].expand(-1, missing), past], dim=1)
    return longer, functional.pad(observed, (missing, 0))
