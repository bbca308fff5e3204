"""What is set aside as wrong, against numbers worked out by hand; and that no rule looks ahead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stcore.data.panel import Panel
from stcore.data.prepare.clean import check_names, clean, jumps, spikes, stuck
from stcore.errors import ConfigError
from stcore.preparation import PrepareConfig
from tests.panels import daily_wave

NAN = np.nan


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def config(zeros: bool = False, **rules: Any) -> PrepareConfig:
    return PrepareConfig(zeros_are_missing=zeros, clean=rules)


def rows(marks: np.ndarray) -> list[int]:
    return np.flatnonzero(marks[:, 0]).tolist()


def test_a_lone_wrong_reading_goes_and_the_next_one_stays() -> None:
    assert rows(jumps(column(10, 11, 90, 11, 12), 5)) == [2]


def test_a_lasting_change_loses_its_first_reading() -> None:
    assert rows(jumps(column(10, 10, 50, 50, 51), 5)) == [2]


def test_a_change_may_grow_with_the_steps_between() -> None:
    assert rows(jumps(column(10, NAN, NAN, 24, 24), 5)) == []
    assert rows(jumps(column(10, 10, NAN, 24, 24), 5)) == [3]


def test_an_angle_turns_the_short_way() -> None:
    assert rows(jumps(column(355, 358, 3, 180, 5), 10, angle=True)) == [3]
    assert rows(jumps(column(355, 358, 3), 10)) == [2]


def test_what_repeats_too_often_goes_from_the_first_repeat_too_many() -> None:
    """7 is there once and repeated four times: with two repeats allowed the third and fourth go; zeros may repeat."""
    assert rows(stuck(column(1, 7, 7, 7, 7, 7, 2, 0, 0, 0, 0, 0), 2)) == [4, 5]
    assert rows(stuck(column(7, 7, NAN, 7, 7, 3), 2)) == [4]


def test_a_spike_against_the_readings_before() -> None:
    """Before row 5 stand 1 2 3 2 1: median 2, median deviation 1; 5 robust deviations are 7.4."""
    assert rows(spikes(column(1, 2, 3, 2, 1, 9, 2), 5, 5)) == []
    assert rows(spikes(column(1, 2, 3, 2, 1, 10, 2), 5, 5)) == [5]


def test_a_first_rain_after_dry_steps_is_no_spike() -> None:
    assert rows(spikes(column(0, 0, 0, 0, 0, 8, 3), 5, 5)) == []


def test_rules_are_counted_each_on_what_the_one_before_left() -> None:
    panel = Panel.from_arrays(column(5, 0, 99, 5.5, 5, 5, 5, 30), np.arange("2024-01-01", "2024-01-09", dtype="M8[D]"))
    found = clean(panel, config(True, limits={"value": [None, 90]}, jump={"value": 9}, stuck=1))
    assert found.counts == {"zeros": 1, "limits": 1, "jump": 1, "stuck": 1}
    assert found.total == 4
    np.testing.assert_array_equal(found.panel.values[:, 0, 0], [5, NAN, NAN, 5.5, 5, 5, NAN, NAN])


def test_nothing_on_leaves_the_panel_itself() -> None:
    panel = daily_wave(50)
    assert clean(panel, PrepareConfig()).panel is panel


def test_places_left_out_keep_their_row_without_a_reading() -> None:
    panel = daily_wave(50)
    found = clean(panel, config(leave_out=["2"]))
    assert not found.panel.mask[:, 1].any()
    assert found.counts == {"left_out": 50}
    assert found.panel.mask[:, [0, 2]].all()


def test_what_is_known_ahead_keeps_its_repeats() -> None:
    panel = daily_wave(50)
    flat = replace(panel, values=np.full_like(panel.values, 3))
    ahead = {"value_0": panel.schema["value_0"].model_copy(update={"known_ahead": True})}
    assert clean(flat, config(stuck=2)).total == 3 * 47
    assert clean(replace(flat, schema=ahead), config(stuck=2)).total == 0


@pytest.mark.parametrize(
    "wrong", [{"limits": {"valu_0": [0, 1]}}, {"jump": {"speed": 1}}, {"leave_out": ["9"]}], ids=str
)
def test_names_that_are_not_there_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as refused:
        check_names([daily_wave(10)], config(**wrong))
    assert "Did you mean" in refused.value.hint or "Known" in refused.value.hint


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 59))
def test_what_comes_later_sets_nothing_aside_before(seed: int, origin: int) -> None:
    draw = np.random.default_rng(seed)
    panel = daily_wave(60, gaps=0.2, seed=seed)
    values = panel.values.copy()
    values[draw.random(values.shape) < 0.1] *= 5
    values[draw.random(values.shape) < 0.1] = 0
    values[20:30, 1] = 17
    other = values.copy()
    other[origin + 1 :] = draw.normal(0, 100, other[origin + 1 :].shape)
    rules = config(True, limits={"value_0": [-50, 80]}, jump={"value_0": 8}, spikes=4, spike_steps=7, stuck=3)
    first, second = (clean(replace(panel, values=each), rules).panel.values for each in (values, other))
    np.testing.assert_array_equal(first[: origin + 1], second[: origin + 1])
