"""Hugging Face backbones: every architecture, weights from a folder, saved models that need nothing else, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import stcore
from stcore.data.windows import Windows
from stcore.errors import ModelError
from stcore.models import MODELS
from stcore.models.contract import ModelSpec
from tests.models.test_contract import LOOKBACK, module, shaken, windows
from tests.panels import daily_wave

ARCHITECTURES = ("patchtst", "patchtsmixer", "timesfm")
SPEC: ModelSpec = MODELS["transformers"]


def test_a_missing_package_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stcore.models.contract.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="needs the package transformers") as refused:
        stcore.check(daily_wave(), {"model": {"name": "transformers"}})
    assert "pip install transformers" in refused.value.hint


transformers = pytest.importorskip("transformers")


def saved(folder: Path, kind: str = "PatchTST", head: str = "Model", **sizes: Any) -> Path:
    """A folder with the weights of a tiny network, as others publish theirs."""
    torch.manual_seed(7)
    small: dict[str, Any] = {
        "PatchTST": {"num_input_channels": 3, "context_length": 16, "patch_length": 4, "patch_stride": 4, "d_model": 8,
                     "num_hidden_layers": 1, "num_attention_heads": 2, "ffn_dim": 8, "prediction_length": 4},
        "PatchTSMixer": {"num_input_channels": 2, "context_length": 8, "patch_length": 4, "patch_stride": 4, "d_model": 8,
                         "num_layers": 1, "prediction_length": 4},
        "TimesFm": {"patch_length": 8, "context_length": 32, "hidden_size": 8, "intermediate_size": 8, "head_dim": 4,
                    "num_hidden_layers": 1, "num_attention_heads": 2, "horizon_length": 4},
        "TimesFm2_5": {"patch_length": 8, "context_length": 32, "hidden_size": 8, "intermediate_size": 8, "head_dim": 4,
                       "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2},
    }[kind]  # fmt: skip
    config = getattr(transformers, f"{kind}Config")(**(small | sizes))
    getattr(transformers, f"{kind}{head}")(config).save_pretrained(folder)
    assert (folder / "model.safetensors").exists()
    return folder


def run(**settings: Any) -> dict[str, Any]:
    entry = {
        "name": "transformers",
        "settings": {"hidden": 8, **settings},
        "training": {"epochs": 1, "steps_per_epoch": 3},
    }
    return {"windows": {"lookback": LOOKBACK, "horizon": 4}, "model": entry, "seed": 3}


def source(**how: Any) -> Windows:
    return windows(daily_wave(**how))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_learns_in_all_its_parts(architecture: str) -> None:
    data = source(features=2, gaps=0.2)
    built = shaken(module("transformers", data, architecture=architecture))
    batch = data.batch(torch.arange(30, 300))
    out = built(batch)
    assert torch.isfinite(out).all()
    out.square().mean().backward()
    idle = [name for name, each in built.named_parameters() if each.requires_grad and not each.grad.abs().sum() > 0]  # type: ignore[union-attr]
    assert idle == []
    assert "transformers" in type(built.backbone).__module__


@pytest.mark.parametrize(
    ("kind", "head"),
    [("PatchTST", "Model"), ("PatchTST", "ForPrediction"), ("PatchTST", "ForPretraining"), ("PatchTSMixer", "ForPrediction"),
     ("TimesFm", "ModelForPrediction"), ("TimesFm2_5", "Model"), ("TimesFm2_5", "ModelForPrediction")],
)  # fmt: skip
def test_given_weights_are_taken_whatever_head_they_had(kind: str, head: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "weights", kind, head)
    data = source(gaps=0.2)
    built = module("transformers", data, weights=str(folder))
    whole = getattr(transformers, f"{kind}{head}").from_pretrained(folder).state_dict()
    own = built.backbone.state_dict()  # type: ignore[union-attr,operator]
    pairs = {name: next(key for key in whole if key == name or key.endswith(f".{name}")) for name in own}
    assert pairs
    assert all(torch.equal(own[name], whole[key]) for name, key in pairs.items())
    assert torch.isfinite(shaken(built)(data.batch(torch.arange(30, 90)))).all()


def test_tuned_weights_are_saved_whole(tmp_path: Path) -> None:
    folder = saved(tmp_path / "weights")
    panel = daily_wave()
    fitted = stcore.fit(panel, run(weights=str(folder)))
    before = transformers.PatchTSTModel.from_pretrained(folder).state_dict()
    after = fitted.module.backbone.state_dict()  # type: ignore[union-attr,operator]
    assert any(not torch.equal(before[name], after[name]) for name in before)
    forecasts = stcore.backtest(fitted, panel)
    fitted.save(tmp_path / "model")
    folder.rename(tmp_path / "gone")
    again = stcore.backtest(stcore.load(tmp_path / "model"), panel)
    np.testing.assert_array_equal(forecasts.values, again.values)


def test_frozen_weights_stay(tmp_path: Path) -> None:
    folder = saved(tmp_path / "weights")  # with batch statistics, which must stay too
    fitted = stcore.fit(daily_wave(), run(weights=str(folder), frozen=True))
    before = transformers.PatchTSTModel.from_pretrained(folder).state_dict()
    after = fitted.module.backbone.state_dict()  # type: ignore[union-attr,operator]
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_place_is_read_by_itself() -> None:
    """Its windows may be cut apart by place: what others say changes nothing."""
    data = source(gaps=0.1)
    built = shaken(module("transformers", data))
    batch = data.batch(torch.arange(30, 60))
    alone = built(batch.part(slice(None), slice(1, 2)))
    torch.testing.assert_close(alone, built(batch)[:, :, 1:2], rtol=1e-5, atol=1e-6)


def refusal(folder: str | Path) -> ModelError:
    with pytest.raises(ModelError) as refused:
        module("transformers", source(), weights=str(folder))
    return refused.value


def test_weights_that_cannot_be_used_are_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "There is no folder" in refusal(tmp_path / "nowhere").message
    (tmp_path / "empty").mkdir()
    assert "cannot be read" in refusal(tmp_path / "empty").message
    other = tmp_path / "other"
    transformers.BertConfig().save_pretrained(other)
    assert "architecture bert" in refusal(other).message
    mixed = saved(tmp_path / "mixed", "PatchTSMixer", mode="mix_channel")
    assert "2 series together" in refusal(mixed).message
    part = saved(tmp_path / "part")
    transformers.PatchTSTConfig(num_hidden_layers=3, d_model=8, ffn_dim=8, num_attention_heads=2, context_length=16,
                                patch_length=4, patch_stride=4).save_pretrained(part)  # fmt: skip
    assert "lack" in refusal(part).message


def test_pickled_weights_are_never_opened(tmp_path: Path) -> None:
    folder = saved(tmp_path / "weights")
    state = transformers.PatchTSTModel.from_pretrained(folder).state_dict()
    (folder / "model.safetensors").unlink()
    torch.save(state, folder / "pytorch_model.bin")
    assert "cannot be read" in refusal(folder).message


def test_the_hub_is_asked_only_for_a_name_of_it_and_last(monkeypatch: pytest.MonkeyPatch) -> None:
    from stcore.models.nets import hugging_face_weights as given

    asked: list[bool] = []

    def open_(weights: str, local: bool) -> Any:
        asked.append(local)
        raise ModelError("not there", "give it")

    monkeypatch.setattr(given, "_opened", open_)
    refusal("./owner/model")
    assert asked == []
    refusal("owner/model")
    assert asked == [True, False]
