"""What a person reads about a mistake in settings, at any depth."""

from __future__ import annotations

from typing import Any

import pytest

from stcore.errors import ConfigError
from stcore.experiment import Experiment, RunConfig


def refused(body: dict[str, Any]) -> ConfigError:
    with pytest.raises(ConfigError) as error:
        Experiment.parse(body)
    return error.value


def test_an_unknown_key_inside_a_list_names_its_own_neighbours() -> None:
    error = refused({"models": ["ridge", {"name": "stid", "trainin": {}}]})
    assert "models.1.trainin" in error.message
    assert "Did you mean “training”?" in error.hint


def test_an_unknown_key_inside_an_optional_group() -> None:
    assert "Did you mean “method”?" in refused({"ensemble": {"metod": "mean"}}).hint


def test_a_word_where_a_group_belongs() -> None:
    error = refused({"data": "d.csv"})
    assert "group of settings" in error.message
    assert "source" in error.message


def test_a_sentence_of_our_own_keeps_its_letters() -> None:
    error = refused({"models": [{"name": "stid", "as": "Big"}, {"name": "ridge", "as": "Big"}]})
    assert "two models are called Big" in error.message
    assert "ModelEntry" not in error.message


def test_the_hint_of_a_value_out_of_bounds_is_its_help() -> None:
    error = refused({"models": [{"name": "stid", "head": "median"}]})
    assert "quantiles" in error.hint


def test_the_same_settings_have_the_same_digest_in_any_order() -> None:
    first = RunConfig.of({"seed": 3, "windows": {"lookback": 5, "horizon": 2}})
    second = RunConfig.of({"windows": {"horizon": 2, "lookback": 5}, "seed": 3})
    assert first.digest() == second.digest() != RunConfig.of({"seed": 4}).digest()


def test_a_number_out_of_bounds_is_told_as_a_number() -> None:
    error = refused({"windows": {"horizon": 0}})
    assert error.message.endswith("(given: 0).")
    assert "None" not in error.hint
