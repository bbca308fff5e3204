"""What a statistic looks at: all of it, or a sample that is spread, seeded, stated and read in part only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.data.explore import sample
from stcore.data.panel import Panel


def panel(steps: int, places: int, features: int = 1) -> Panel:
    values = np.arange(steps * places * features, dtype=np.float32).reshape(steps, places, features)
    names = [f"f{number}" for number in range(features)]
    return Panel.from_arrays(values, pd.date_range("2026-01-01", periods=steps, freq="1h"), features=names)


def test_a_small_panel_is_taken_whole() -> None:
    made = panel(40, 5, 2)
    found = sample.draw(made, "f1", 100, 100)
    np.testing.assert_array_equal(found.values, made.values[:, :, 1])
    assert found.whole
    assert found.said("sensors") == "All 40 steps of 5 sensors."


def test_an_overview_is_all_of_little_and_some_of_much(monkeypatch: pytest.MonkeyPatch) -> None:
    made = panel(300, 20)
    assert sample.overview(made, "f0").whole
    monkeypatch.setattr(sample, "MOST_CELLS", 3000)
    found = sample.overview(made, "f0")
    assert found.said() == "A sample: 10 of 20 places, all 300 steps."
    assert sample.draw(panel(300, 1), "f0", 100, 1).said() == "A sample: 100 of 300 steps."
    assert sample.draw(panel(300, 1), "f0", 300, 1).said() == "All 300 steps."


def test_a_sample_says_what_it_is_and_is_the_same_again() -> None:
    made = panel(400, 60)
    found = sample.draw(made, "f0", 50, 10, seed=3)
    assert found.values.shape == (50, 10)
    assert found.said() == "A sample: 10 of 60 places, 50 of 400 steps."
    assert found.time.is_monotonic_increasing
    np.testing.assert_array_equal(found.values, sample.draw(made, "f0", 50, 10, seed=3).values)
    rows = made.time.get_indexer(found.time)
    np.testing.assert_array_equal(found.values, made.values[rows][:, found.columns, 0])


def test_the_latest_steps_lie_side_by_side() -> None:
    found = sample.draw(panel(400, 4), "f0", 24, 4, latest=True)
    assert found.time[-1] == pd.Timestamp("2026-01-01") + pd.Timedelta(hours=399)
    assert len(found.time) == 24
    assert found.time[-1] - found.time[0] == pd.Timedelta(hours=23)


def test_a_filled_value_is_not_an_observed_one() -> None:
    made = panel(10, 3)
    seen = np.ones(made.values.shape, bool)
    seen[2, 1] = False
    made = replace(made, observed=seen)
    assert np.isnan(sample.draw(made, "f0", 10, 3).values[2, 1])
    assert np.isnan(sample.series(made, "f0", "2")[2])
    assert sample.mean_series(made, "f0")[0][2] == pytest.approx((6 + 8) / 2)


def test_means_leave_gaps_out() -> None:
    made = panel(4, 2)
    made.values[:, 0, 0] = [1, np.nan, 3, 5]
    made.values[:, 1, 0] = np.nan
    means, steps = sample.place_means(made, "f0", first=1)
    assert means[0] == 4
    assert np.isnan(means[1])
    assert steps == 3
    series, places = sample.mean_series(made, "f0")
    np.testing.assert_array_equal(series, [1, np.nan, 3, 5])
    assert places == 2


def test_a_wide_file_is_read_in_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "MOST_TOUCHED", 100 * 4096 * 3)
    values = np.lib.format.open_memmap(tmp_path / "v.npy", "w+", np.float32, (100, 20_000, 1))
    values[:, :, 0] = np.arange(20_000)
    made = replace(panel(100, 1), values=values, locations=Panel.from_arrays(np.zeros((1, 20_000)), ["2026"]).locations)
    found = sample.draw(made, "f0", 100, 500)
    runs = np.split(found.columns, np.flatnonzero(np.diff(found.columns) != 1) + 1)
    assert len(runs) == 3
    assert all(len(run) == 32 for run in runs)
    np.testing.assert_array_equal(found.values[0], found.columns)
    assert found.columns[-1] == 19_999


def test_long_stretches_are_read_where_the_curves_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    made = panel(5000, 40, 2)
    rows, columns = np.arange(0, 5000, 3), np.array([3, 17])
    wanted = sample.read(made, "f1", rows, columns)
    made.__dict__["curves"] = np.ascontiguousarray(made.values.transpose(1, 2, 0))
    np.testing.assert_array_equal(sample.read(made, "f1", rows, columns), wanted)
    made.__dict__["curves"][3, 1, 0] = -1
    assert sample.read(made, "f1", rows, columns)[0, 0] == -1  # it was read there
    monkeypatch.setattr(sample, "MOST_TOUCHED", 10 * 5000 * 4)
    assert len(sample.draw(made, "f1", 5000, 10).columns) == 10
