"""What a round will be before it starts: rough time, findings said once, parts in time, refusals."""

from __future__ import annotations

import pytest

from stcore.errors import ConfigError, ModelError
from stcore.experiment import Experiment
from stcore.models import MODELS
from stcore.models.contract import ModelSpec
from stcore.workflow.outlook import EFFORT, outlook
from tests.panels import daily_wave


def experiment(*models: object, **more: object) -> Experiment:
    return Experiment.parse({"models": list(models), "windows": {"lookback": 12, "horizon": 6}, **more})


def epochs(name: str, count: int, **more: object) -> dict[str, object]:
    return {"name": name, "training": {"epochs": count, **more}}


def test_baselines_come_with_every_round_and_cost_nothing() -> None:
    found = outlook(daily_wave(), experiment("ridge"))
    assert list(found.plans) == ["persistence", "seasonal_naive", "ridge"]
    assert found.seconds["persistence"] == 0
    assert found.seconds["ridge"] > 0


def test_more_epochs_more_history_and_a_refit_take_longer() -> None:
    panel = daily_wave()
    quick, thorough = (
        outlook(panel, experiment(epochs("stid", EFFORT[name]))).total_s for name in ("quick", "thorough")
    )
    assert quick < thorough
    again = outlook(panel, experiment({**epochs("stid", EFFORT["quick"]), "refit": True})).total_s
    assert quick < again
    longer = Experiment.parse({"models": [epochs("stid", EFFORT["quick"])], "windows": {"lookback": 48, "horizon": 6}})
    assert quick < outlook(panel, longer).total_s


def test_normal_effort_is_the_default() -> None:
    panel = daily_wave()
    assert (
        outlook(panel, experiment("stid")).seconds
        == outlook(panel, experiment(epochs("stid", EFFORT["normal"]))).seconds
    )


def test_a_finding_of_all_models_is_said_once() -> None:
    found = outlook(daily_wave(110), experiment("ridge", "stid"))
    messages = [finding.message for finding in found.findings]
    assert messages
    assert len(messages) == len(set(messages))


def test_the_parts_follow_each_other() -> None:
    panel = daily_wave(400)
    spans = outlook(panel, experiment("ridge")).spans
    assert spans.validation is not None
    step = panel.time[1] - panel.time[0]
    assert spans.train[0] == panel.time[0]
    assert spans.validation[0] == spans.train[1] + step
    assert spans.test[0] == spans.validation[1] + step
    assert spans.test[1] == panel.time[-1]


def test_history_longer_than_the_train_part_is_refused_with_the_numbers() -> None:
    given = Experiment.parse({"models": ["ridge"], "windows": {"lookback": 500, "horizon": 6}})
    with pytest.raises(ConfigError, match="the train part has 336 of 480"):
        outlook(daily_wave(), given)


def needy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that needs a grid, which these data do not have."""
    ridge = MODELS["ridge"]
    spec = ModelSpec(
        name="needy", title="Needy", summary="", source="", settings=ridge.settings, code=ridge.code, fitted_by="solving",
        needs=frozenset({"grid"}),
    )  # fmt: skip
    monkeypatch.setitem(MODELS._items, "needy", spec)


def test_a_model_that_does_not_apply_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    needy(monkeypatch)
    found = outlook(daily_wave(), experiment("ridge", "needy"))
    assert "needy" not in found.plans
    assert "needs a regular grid" in found.refused["needy"]
    with pytest.raises(ModelError, match="needs a regular grid"):
        outlook(daily_wave(), experiment("needy"))
