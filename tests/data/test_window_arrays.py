"""Windows written some steps at a time, into files or into memory, are the windows written at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stcore.data import window_arrays, windows
from stcore.data.panel import Panel
from stcore.data.prepare import features, train_part
from stcore.data.prepare.features import calendar_cycles
from stcore.data.prepare.pipeline import Pipeline
from stcore.data.prepare.recipe import Recipe, make_recipe
from stcore.data.windows import Windows
from stcore.experiment import RunConfig
from stcore.preparation import PrepareConfig
from tests.panels import daily_wave

CPU = torch.device("cpu")
KINDS: dict[str, dict[str, Any]] = {
    "plain": {}, "line": {"fill": "linear"}, "curve": {"fill": "spline"}, "last": {"fill": "forward"},
    "changes": {"difference": "first"}, "season": {"difference": "season"},
    "bent": {"transform": "yeo_johnson", "transform_over": "place", "scale": "robust"},
    "all": {"scale": "min_max", "scale_over": "all"}, "derived": {"derived": {"lags": [2, 9], "rolling": ["mean"]}},
}  # fmt: skip


def made(**prepare: Any) -> tuple[Panel, Recipe]:
    """Six weeks of five places with gaps, one of them empty in train, and what was learnt from the first 700 steps."""
    panel = daily_wave(1000, places=5, features=3, gaps=0.1)
    panel.values[:720, 3], panel.values[100:130] = np.nan, np.nan
    panel = replace(
        panel, schema=panel.schema | {"value_2": panel.schema["value_2"].model_copy(update={"known_ahead": True})}
    )
    run = RunConfig(targets=["value_1", "value_0"], windows={"lookback": 6, "horizon": 4, "gap": 1}, prepare=prepare)
    pipeline = Pipeline.fit(panel, 700, PrepareConfig.parse(prepare), ("value_1", "value_0"), 5)
    panel = pipeline.apply(panel)
    return panel, make_recipe(panel, 700, run, calendar_cycles(panel.step), pipeline=pipeline)


def tiny_blocks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(window_arrays, "_BLOCK", 1500)
    patch.setattr(window_arrays, "_BLOCK_CELLS", 2 * 3 * 1000)
    patch.setattr(windows, "_BLOCK_CELLS", 170)
    patch.setattr(features, "_BLOCK_CELLS", 400)


@pytest.mark.parametrize("kind", KINDS)
def test_files_in_blocks_hold_what_memory_holds(kind: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel, recipe = made(**KINDS[kind])
    whole = Windows(panel, recipe, CPU, 990, 700, in_files=False)
    tiny_blocks(monkeypatch)
    parts = Windows(panel, recipe, CPU, 990, 700, in_files=True)
    for name in ("filled", "mask", "carried", "known", "future", "usual", "change", "network"):
        one, other = getattr(whole, name), getattr(parts, name)
        assert (one is None) == (other is None)
        assert one is None or torch.equal(one, other), name
    origins, places = torch.tensor([20, 130, 640, 800]), torch.tensor([1, 3])
    for one, other in zip(
        vars(whole.batch(origins, places)).values(), vars(parts.batch(origins, places)).values(), strict=True
    ):
        assert one is None or torch.equal(one, other)
    assert list((home / "scratch").iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_learnt_from_some_places_at_a_time_is_learnt_from_all(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, whole = made(**KINDS[kind])
    monkeypatch.setattr(train_part, "_BLOCK_CELLS", 700 * 3 * 2)
    tiny_blocks(monkeypatch)
    _, parts = made(**KINDS[kind])
    np.testing.assert_array_equal(parts.scaler.centre, whole.scaler.centre)
    np.testing.assert_allclose(parts.scaler.spread, whole.scaler.spread, rtol=1e-6)
    np.testing.assert_allclose(parts.profile.table, whole.profile.table, rtol=1e-5, atol=1e-6)
    assert (parts.season, parts.season_words) == (whole.season, whole.season_words)
    if whole.changes is not None and parts.changes is not None:
        np.testing.assert_allclose(parts.changes, whole.changes, rtol=1e-6)


def test_what_all_places_share_comes_from_every_nth_step_of_a_large_part(monkeypatch: pytest.MonkeyPatch) -> None:
    panel, _ = made()
    monkeypatch.setattr(train_part, "_SAMPLE_CELLS", 700 * 5)
    part = train_part.TrainPart(panel, 700, ("value_0",))
    assert part.thinned().shape == (700, 5, 1)
    both = train_part.TrainPart(panel, 700, ("value_2", "value_0"))
    np.testing.assert_array_equal(both.thinned(), panel.values[:700:2][..., [2, 0]])
