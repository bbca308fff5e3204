"""Events counted on cells: nothing is counted twice, nothing is lost unsaid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.errors import ConfigError, NotYet


def quakes(count: int = 3000, seed: int = 1) -> pd.DataFrame:
    """Events at random times and places, each with an id of its own."""
    rng = np.random.default_rng(seed)
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.sort(rng.random(count)) * 300 * 86400, unit="s")
    lat, lon = rng.normal(36, 2, count), rng.normal(-120, 2, count)
    return pd.DataFrame(
        {
            "time": times.astype("datetime64[ms]"), "id": [f"q{n}" for n in range(count)], "lat": lat.round(4), "lon": lon.round(4),
            "magnitude": rng.exponential(1, count) + 1,
        }
    )  # fmt: skip


def test_events_are_recognised_and_counted_on_cells() -> None:
    frame = quakes()
    report = ingest.inspect(frame)
    assert report.roles.form == "events"
    assert "events" in {finding.code for finding in report.findings}
    panel = ingest.read(frame)
    assert isinstance(panel, Panel)
    assert panel.features == ("events",)
    assert panel.values.sum() == len(frame)
    assert not np.isnan(panel.values).any()
    assert panel.schema["events"].kind == "count"
    assert panel.space.grid is not None


def test_counts_agree_with_counting_by_hand() -> None:
    frame = quakes()
    panel = ingest.read(frame, roles={"cell": 2.0}, step="1D")
    assert isinstance(panel, Panel)
    day = frame["time"].dt.normalize()
    cell = (
        (np.floor((frame["lat"] + 90) / 2) * 2 - 89).map("{:g}".format)
        + "_"
        + (np.floor((frame["lon"] + 180) / 2) * 2 - 179).map("{:g}".format)
    )
    expected = frame.groupby([day, cell]).size()
    for (when, where), count in expected.items():
        assert panel.values[panel.time.get_loc(when), panel.locations.index.get_loc(where), 0] == count
    assert (panel.values > 0).sum() == len(expected)
    grid = panel.space.grid
    assert grid is not None
    np.testing.assert_allclose(grid.latitudes[grid.rows], panel.locations.geometry.y)
    np.testing.assert_allclose(grid.longitudes[grid.columns], panel.locations.geometry.x)


def test_a_mean_of_no_event_is_missing() -> None:
    frame = quakes()
    saved = dataset.create(frame, "quakes")
    counts, largest = saved.panel(step="1D", cell=2.0), saved.panel(step="1D", cell=2.0, how="max", by="grid")
    assert isinstance(counts, Panel)
    assert isinstance(largest, Panel)
    assert largest.features == ("magnitude",)
    np.testing.assert_array_equal(np.isnan(largest.values[..., 0]), counts.values[..., 0] == 0)
    assert np.nanmax(largest.values) == np.float32(frame["magnitude"].max())


def test_cells_on_both_sides_of_the_date_line_are_neighbours() -> None:
    frame = quakes()
    frame["lon"] = (frame["lon"] + 120 + 180 + 180) % 360 - 180
    panel = ingest.read(frame, roles={"cell": 2.0})
    assert isinstance(panel, Panel)
    assert panel.space.grid is not None
    assert panel.space.grid.shape[1] < 15
    assert panel.values.sum() == len(frame)


def test_events_without_a_place_are_set_aside_and_said() -> None:
    frame = quakes()
    frame.loc[:9, "lat"], frame.loc[10:12, "lon"] = 95.0, np.nan
    report = ingest.inspect(frame)
    assert {finding.code: finding.count for finding in report.findings}["coordinates"] == 13
    panel = ingest.read(frame)
    assert isinstance(panel, Panel)
    assert panel.values.sum() == len(frame) - 13


def test_other_regions_come_later_and_other_words_are_refused() -> None:
    saved = dataset.create(quakes(), "quakes")
    for by in ("h3", "regions"):
        with pytest.raises(NotYet):
            saved.panel(by=by)
    with pytest.raises(ConfigError, match="median"):
        saved.panel(how="median")
