"""Joining forecasts: weights, bands, what fits together, several panels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import stcore
from stcore.errors import ConfigError
from stcore.experiment import RunConfig
from stcore.records import Prediction
from stcore.training.fitted import Fitted
from stcore.training.joined import choose_weights, combine_predictions
from tests.panels import daily_wave


def members(panel: Any, **more: Any) -> list[Fitted]:
    run = {"windows": {"lookback": 12, "horizon": 4}, **more}
    return [stcore.fit(panel, RunConfig(**run, model=model)) for model in ("ridge", "persistence")]


def held(prediction: Prediction) -> float:
    low, high = prediction.interval(90)
    return float(((prediction.truth >= low) & (prediction.truth <= high)).mean())


@pytest.mark.parametrize("validation", [0.0, 0.005, 0.01])
def test_without_validation_members_weigh_alike_and_keep_a_band(validation: float) -> None:
    """No half with a whole window: nothing may be chosen, and the band is never narrower than what its members promise."""
    panel = daily_wave(600)
    fitted = members(panel, split={"train": 0.8 - validation, "validation": validation, "test": 0.2})
    joined = stcore.combine(fitted)
    assert joined.weights == {"ridge": 0.5, "persistence": 0.5}
    prediction = stcore.backtest(joined, panel)
    assert held(prediction) > 0.85
    each = [np.subtract(*stcore.backtest(member, panel).interval(90)[::-1]).mean() for member in fitted]
    assert np.subtract(*prediction.interval(90)[::-1]).mean() <= max(each)


def test_a_joined_band_holds_its_share() -> None:
    panel = daily_wave(3000, noise=1.0)
    assert 0.86 < held(stcore.backtest(stcore.combine(members(panel)), panel)) < 0.94


def test_several_panels_share_weights_and_have_bands_of_their_own(tmp_path: Any) -> None:
    panels = {"quiet": daily_wave(600, noise=0.2), "loud": daily_wave(500, noise=3.0, seed=1)}
    joined = stcore.combine(members(panels))
    assert joined.weights["ridge"] > 0.7
    tested = stcore.backtest(joined, panels)
    width = {name: float(np.subtract(*part.interval(90)[::-1]).mean()) for name, part in tested.items()}
    assert width["loud"] > 5 * width["quiet"]
    joined.save(tmp_path / "both")
    again = stcore.backtest(stcore.load(tmp_path / "both"), panels)
    np.testing.assert_array_equal(again["loud"].quantile(0.05), tested["loud"].quantile(0.05))


def test_what_does_not_fit_together_is_refused() -> None:
    panel = daily_wave(600)
    ridge, last = members(panel)
    renamed = replace(panel, locations=panel.locations.rename({"1": "x"}))
    later = replace(panel, time=panel.time + np.timedelta64(900, "D"))
    for other, words in ((renamed, "other places"), (later, "no start time")):
        with pytest.raises(ConfigError, match=words):
            stcore.combine([ridge, members(other)[1]])
    with pytest.raises(ConfigError, match="3 steps"):
        stcore.combine([ridge, members(panel, windows={"lookback": 12, "horizon": 3})[1]])
    with pytest.raises(ConfigError, match="same panels"):
        stcore.combine([ridge, members({"a": panel, "b": panel})[1]])
    with pytest.raises(ConfigError, match="best"):
        stcore.combine([ridge, last], method="best")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="at least two"):
        stcore.combine([ridge, ridge])


def test_weights_come_from_the_second_half_alone() -> None:
    fitted = members(daily_wave(600))
    parts: dict[str, Prediction] = {member.run.model.label: member.validation for member in fitted}
    weights = choose_weights([parts], "weighted")
    count = len(parts["ridge"].origins)
    spoilt = {}
    for label, part in parts.items():
        values = np.array(part.values)
        values[: count // 2] += 100 if label == "ridge" else 0
        spoilt[label] = replace(part, values=values)
    assert choose_weights([spoilt], "weighted") == weights
    assert combine_predictions(parts, parts)[1] == weights


def test_a_target_without_truth_weighs_nothing() -> None:
    panel = daily_wave(600, features=2)
    values = panel.values.copy()
    values[430:480, :, 1] = np.nan
    joined = stcore.combine(members(replace(panel, values=values)))
    assert sum(joined.weights.values()) == pytest.approx(1)
    assert joined.weights["ridge"] > 0.7
