"""Chances of events in per cent, and what was the case before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.data.schema import FeatureSchema
from stcore.plots.chances import before, chance_scale, event_name, in_percent
from stcore.plots.theme import LIGHT
from stcore.records import Prediction

CAME = np.array([0, 1, 1, 0, 0, 1, 0, 1], np.float32)  # at the times 0, 1, ...
PLACES = pd.DataFrame(index=["a", "b"])


def forecasts(classes: tuple[str, ...] = ("none", "speed at most 20 mph")) -> Prediction:
    """One step ahead from times 0 to 6 at two places: chances 0.0, 0.1, ... of what came one step later."""
    origins = pd.date_range("2026-01-01", periods=7, freq="h")
    last, truth = (np.repeat(part[:, None, None, None], 2, axis=2) for part in (CAME[:-1], CAME[1:]))
    said = np.repeat(0.1 * np.arange(7, dtype=np.float32)[:, None, None, None], 2, axis=2)
    return Prediction(
        values=said, truth=truth, origins=origins, step="1h", locations=PLACES, targets=("event",),  # type: ignore[arg-type]
        schema={"event": FeatureSchema(kind="binary", range=(0.0, 1.0))}, baselines={"persistence": last},
        classes=classes, probabilities=np.concatenate([1 - said, said], axis=-1), labels=truth[..., 0].astype(np.int8),
    )  # fmt: skip


def test_chances_and_what_came_are_in_per_cent() -> None:
    part = forecasts()
    shown = in_percent(part)
    np.testing.assert_allclose(shown.values[:, 0, 0, 0], 10 * np.arange(7), atol=1e-5)
    assert set(np.unique(shown.truth)) == {0, 100}
    assert set(np.unique(shown.baselines["persistence"])) == {0, 100}
    assert shown.schema["event"].unit == "%"
    assert np.isnan(shown.interval(90)[0]).all()
    assert part.values.max() < 1  # the stored one is as it was


def test_what_was_the_case_is_told_up_to_the_start_of_a_forecast() -> None:
    part = forecasts()
    one = in_percent(part.select(origins=slice(4, 5)))
    times, values = before(part, one, "b", 100)
    assert list(times) == list(pd.date_range("2026-01-01 01:00", periods=4, freq="h"))
    np.testing.assert_array_equal(values, 100 * CAME[1:5])
    times, values = before(part, one, "b", 2)
    assert times[-1] == one.origins[0]
    np.testing.assert_array_equal(values, 100 * CAME[3:5])


def test_at_the_first_start_only_the_last_state_is_known() -> None:
    part = forecasts()
    times, values = before(part, in_percent(part.select(origins=slice(0, 1))), "a", 10)
    assert (list(times), list(values)) == ([part.origins[0]], [0])


@pytest.mark.parametrize(("factor", "high"), [(1.0, 60.0), (0.01, 10.0), (1.6, 96.0)])
def test_colours_begin_at_no_chance_and_end_at_the_largest_that_was_said(factor: float, high: float) -> None:
    part = forecasts()
    scale = chance_scale(replace(part, values=part.values * np.float32(factor)), LIGHT)
    assert scale.low == 0
    assert scale.high == pytest.approx(high, abs=3)
    assert scale.high <= 100


def test_an_event_is_called_by_its_mildest_class() -> None:
    assert event_name(forecasts()) == "speed at most 20 mph"
    assert event_name(forecasts(("0", "1", "2"))) == "an event"
