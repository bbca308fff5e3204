"""What a preparation does before anything runs, told in numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stcore.data.panel import Panel
from stcore.experiment import WindowsConfig
from stcore.preparation import PrepareConfig
from stcore.workflow.rehearsal import rehearse
from tests.panels import daily_wave


@pytest.fixture(scope="module")
def panel() -> Panel:
    made = daily_wave(600)
    values = made.values.copy()
    values[100:130, 1] = np.nan
    values[200, 1] = 500
    return replace(made, values=values)


SETTINGS = PrepareConfig.parse(
    {
        "clean": {"limits": {"value_0": [None, 100]}}, "fill": "seasonal", "difference": "first", "derived": {"lags": [24]},
        "events": {"rule": "quantile", "levels": [0.9]},
    }
)  # fmt: skip


def test_before_and_after_of_one_place(panel: Panel) -> None:
    found = rehearse(panel, SETTINGS, WindowsConfig(lookback=12, horizon=4))
    course = found.course("value_0", "2", slice(90, 210))
    assert np.flatnonzero(course.aside).tolist() == [110]
    assert np.flatnonzero(course.gaps).tolist() == [*range(10, 40), 110]
    np.testing.assert_array_equal(course.filled[:10], panel.values[90:100, 1, 0])
    scaler = found.recipe.target_scaler
    step = (course.filled[1:] - course.filled[:-1]) / scaler.spread[1, 0]
    np.testing.assert_allclose(course.scaled[1:], step, atol=1e-4)
    assert found.longest_gap("value_0", "2") == (100, 30)
    assert found.longest_gap("value_0", "1") is None
    lag = found.course("value_0_lag_24", "1", slice(50, 60))
    np.testing.assert_allclose(lag.filled, panel.values[26:36, 0, 0])


def test_windows_of_each_part_and_their_memory(panel: Panel) -> None:
    found = rehearse(panel, PrepareConfig(), WindowsConfig(lookback=12, horizon=4))
    assert found.windows == {"train": 405 * 3, "validation": (27 + 27) * 3, "test": 117 * 3}
    more = rehearse(panel, PrepareConfig(fill="linear"), WindowsConfig(lookback=12, horizon=4))
    assert more.memory_bytes > found.memory_bytes > panel.values.nbytes


def test_classes_of_events(panel: Panel) -> None:
    found = rehearse(panel, SETTINGS, WindowsConfig(lookback=12, horizon=4))
    assert found.labels is not None
    assert found.classes is not None
    assert found.labels.shares(found.classes[: found.each.train_rows])["none"] == pytest.approx(0.9, abs=0.01)
    assert rehearse(panel, PrepareConfig(), WindowsConfig()).classes is None


def test_the_same_cleaning_is_done_once(panel: Panel) -> None:
    first, second = (rehearse(panel, SETTINGS, WindowsConfig(lookback=rows, horizon=4)) for rows in (12, 24))
    assert first.cleaned is second.cleaned
