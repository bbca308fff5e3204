"""A panel on a longer step: joined as its schema says, the same from a memory map and in blocks of any size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.data import coarsen as room
from stcore.data.coarsen import coarsen
from stcore.data.panel import Panel
from stcore.data.schema import FeatureSchema
from stcore.errors import DataError

NAN = np.nan


def panel(values: list[float], step: str = "15min", **schema: object) -> Panel:
    made = Panel.from_arrays(values, pd.date_range("2026-03-01", periods=len(values), freq=step), ["a"], ["x"])
    return replace(made, schema={"x": FeatureSchema.parse(schema)})


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("mean", [2, 6, NAN]),
        ("sum", [4, 18, NAN]),
        ("last", [3, 7, NAN]),
        ("max", [3, 7, NAN]),
        ("min", [1, 5, NAN]),
        ("count", [2, 3, 0]),
    ],
)
def test_values_of_an_hour_are_joined(aggregation: str, expected: list[float]) -> None:
    hours = coarsen(panel([1, NAN, 3, NAN, NAN, 5, 6, 7, NAN, NAN, NAN, NAN], aggregation=aggregation), "1h")
    np.testing.assert_array_equal(hours.values[:, 0, 0], np.array(expected, np.float32))
    assert list(hours.time) == list(pd.date_range("2026-03-01", periods=3, freq="h"))
    assert hours.step == "1h"


def test_north_is_between_350_and_10_degrees() -> None:
    hour = coarsen(panel([350, 10, NAN, 0, 90, 90, 90, 90], kind="angle"), "1h")
    assert hour.values[1, 0, 0] == pytest.approx(90)
    assert min(hour.values[0, 0, 0], 360 - hour.values[0, 0, 0]) == pytest.approx(0, abs=1e-3)


def test_opposite_directions_point_nowhere_and_negative_ones_stay_so() -> None:
    hours = coarsen(panel([0, 180, 0, 180, -90, -90, NAN, -90], kind="angle", range=(-180, 180)), "1h")
    np.testing.assert_allclose(hours.values[:, 0, 0], [NAN, -90], atol=1e-4)


def test_days_of_a_clock_with_summer_time_have_23_and_25_hours() -> None:
    time = pd.date_range("2026-03-28", "2026-03-30 23:00", freq="h", tz="Europe/Berlin")
    made = Panel.from_arrays(np.ones(len(time)), time, ["a"], ["x"], clock="Europe/Berlin")
    days = coarsen(replace(made, schema={"x": FeatureSchema(aggregation="sum")}), "1D")
    assert days.values[:, 0, 0].tolist() == [24, 23, 24]


def test_filled_values_are_no_observations() -> None:
    made = panel([1, 3, 5, 7])
    filled = replace(made, observed=np.array([True, False, True, False]).reshape(4, 1, 1))
    assert coarsen(filled, "30min").values[:, 0, 0].tolist() == [1, 5]


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(1000, 7)).astype(np.float32)
    values[::5] = NAN
    made = Panel.from_arrays(values, pd.date_range("2026-03-01 00:10", periods=1000, freq="10min"))
    whole = coarsen(made, "3h")
    monkeypatch.setattr(room, "_BLOCK", 7 * 4 * 25)
    np.testing.assert_array_equal(coarsen(made, "3h").values, whole.values)
    by_pandas = pd.DataFrame(values, made.time).resample("3h").mean().to_numpy()
    np.testing.assert_allclose(whole.values[..., 0], by_pandas, rtol=1e-5)


@pytest.mark.parametrize("step", ["15min", "5min"])
def test_a_step_that_is_no_longer_is_refused(step: str) -> None:
    with pytest.raises(DataError, match="not longer") as refused:
        coarsen(panel([1, 2, 3]), step)
    assert refused.value.hint
