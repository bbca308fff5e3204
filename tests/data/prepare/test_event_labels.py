"""Classes of events: each rule against numbers worked out by hand, levels from the train part, nothing from later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stcore.data.panel import Panel
from stcore.data.prepare.event_labels import EventLabels
from stcore.errors import ConfigError, DataError
from stcore.experiment import Experiment
from stcore.preparation import EventsConfig
from tests.panels import daily_wave

NAN = np.nan


def panel_of(*values: float) -> Panel:
    return Panel.from_arrays(np.array(values), pd.date_range("2024", periods=len(values), freq="h"))


def labels(panel: Panel, train_rows: int | None = None, **rule: Any) -> list[int]:
    found = EventLabels.fit(panel, train_rows or len(panel.time), EventsConfig(**rule))
    return [int(label) for label in found.label(panel)[:, 0]]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"rule": "threshold", "levels": [5, 8]}, [0, 1, 2, -1, 1, 2, 2, 0]),
        ({"rule": "threshold", "levels": [5, 2], "side": "below"}, [2, 1, 0, -1, 0, 0, 0, 1]),
        ({"rule": "duration", "levels": [5], "steps": 2}, [0, 0, 1, -1, 0, 1, 1, 0]),
        ({"rule": "rise", "levels": [3, 7], "steps": 1}, [0, 1, 1, -1, 0, 1, 0, 0]),
        ({"rule": "rise", "levels": [3, 7], "steps": 2}, [0, 1, 2, -1, 0, 1, 1, 0]),
        ({"rule": "rise", "levels": [5], "steps": 1, "side": "below"}, [0, 0, 0, -1, 0, 0, 0, 1]),
        ({"rule": "quantile", "levels": [0.5]}, [0, 0, 1, -1, 1, 1, 1, 0]),
    ],
    ids=str,
)  # fmt: skip
def test_known_answers(rule: dict[str, Any], expected: list[int]) -> None:
    """2 5 9 – 6 9 9 4: the median of what is known is 6."""
    assert labels(panel_of(2, 5, 9, NAN, 6, 9, 9, 4), **rule) == expected


def test_quantiles_are_those_of_the_train_part_and_of_each_place() -> None:
    values = np.stack([np.arange(100.0), 1000 + np.arange(100.0)], axis=1)
    values[80:] = 1e6
    panel = Panel.from_arrays(values, pd.date_range("2024", periods=100, freq="h"))
    own = EventLabels.fit(panel, 80, EventsConfig(rule="quantile", levels=[0.9]))
    np.testing.assert_allclose(own.levels.ravel(), [71.1, 1071.1])
    both = EventLabels.fit(panel, 80, EventsConfig(rule="quantile", levels=[0.9], levels_over="all"))
    assert len(np.unique(both.levels)) == 1
    assert own.shares(own.label(panel)[:80]) == {"none": 0.9, "value at least its 90\u00a0% mark": 0.1}


def test_labels_of_their_own_are_spans_of_a_kind() -> None:
    panel = daily_wave(10, places=2)
    spans = pd.DataFrame(
        {"start": panel.time[[2, 6]], "end": panel.time[[3, 6]], "location": ["2", None], "kind": ["flood", "flood"], "by": ""}
    )  # fmt: skip
    found = EventLabels.fit(replace(panel, labels=spans), 10, EventsConfig(rule="column", column="flood"))
    assert found.classes == ("none", "flood")
    marked = found.label(replace(panel, labels=spans))
    assert np.argwhere(marked == 1).tolist() == [[2, 1], [3, 1], [6, 0], [6, 1]]


def test_whole_numbers_of_a_value_are_classes() -> None:
    panel = panel_of(0, 2, 1, NAN, 2, 7)
    found = EventLabels.fit(panel, 5, EventsConfig(rule="column", column="value"))
    assert found.classes == ("0", "1", "2")
    assert found.label(panel)[:, 0].tolist() == [0, 2, 1, -1, 2, -1]
    with pytest.raises(DataError, match="no classes"):
        EventLabels.fit(daily_wave(50), 40, EventsConfig(rule="column", column="value_0"))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(30, 98), st.sampled_from(["threshold", "quantile", "duration", "rise"]))
def test_a_label_does_not_change_with_what_comes_after(seed: int, origin: int, rule: Any) -> None:
    panel = daily_wave(100, gaps=0.1, seed=seed)
    other = panel.values.copy()
    other[origin + 1 :] = 50 - other[origin + 1 :]
    config = EventsConfig(rule=rule, levels=[0.8] if rule == "quantile" else [3.0 if rule == "rise" else 21.0])
    first, second = (EventLabels.fit(replace(panel, values=each), 30, config) for each in (panel.values, other))
    np.testing.assert_array_equal(first.levels, second.levels)
    marked = [first.label(replace(panel, values=each))[: origin + 1] for each in (panel.values, other)]
    np.testing.assert_array_equal(*marked)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "threshold"}, {"rule": "quantile", "levels": [95]}, {"rule": "threshold", "levels": [3, 2]},
        {"rule": "threshold", "levels": [2, 3], "side": "below"}, {"rule": "column"}, {"rule": "rise", "levels": [-1]},
        {"rule": "treshold"}, {"levels": list(range(30)), "rule": "threshold"},
    ],
    ids=str,
)  # fmt: skip
def test_rules_that_say_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as refused:
        Experiment.parse({"prepare": {"events": wrong}})
    assert "prepare.events" in refused.value.message


def test_names_that_are_not_there_are_refused() -> None:
    for rule in ({"rule": "threshold", "levels": [1], "value": "valu"}, {"rule": "column", "column": "flod"}):
        with pytest.raises(ConfigError, match=r"valu|flod"):
            EventLabels.fit(panel_of(1, 2, 3), 3, EventsConfig(**rule))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="No event"):
        EventLabels.fit(panel_of(1, 2, 3), 3, EventsConfig())


def test_it_comes_back_from_its_arrays() -> None:
    panel = daily_wave(100)
    first = EventLabels.fit(panel, 70, EventsConfig(rule="quantile", levels=[0.8, 0.95]))
    second = EventLabels.of(first.about(), first.arrays())
    np.testing.assert_array_equal(first.label(panel), second.label(panel))
    assert first.classes == second.classes
