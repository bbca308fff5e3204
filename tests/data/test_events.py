"""Events counted on cells: nothing is counted twice, nothing is lost unsaid."""

from __future__ import annotations

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import box

from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.errors import ConfigError, DataError


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


def test_what_is_no_way_to_count_is_refused() -> None:
    saved = dataset.create(quakes(), "quakes")
    with pytest.raises(ConfigError, match="median"):
        saved.panel(how="median")
    with pytest.raises(ConfigError, match="hexes"):
        saved.panel(by="hexes")
    with pytest.raises(DataError, match="need the regions"):
        saved.panel(by="regions")
    with pytest.raises(ConfigError, match="out of bounds"):
        saved.panel(by="h3", cell=1000)


def test_hexagons_hold_every_event_once_and_know_their_neighbours() -> None:
    frame = quakes()
    panel = ingest.read(frame, by="h3")
    assert isinstance(panel, Panel)
    assert panel.values.sum() == len(frame)
    assert set(panel.locations.geom_type) == {"Polygon"}
    resolution = h3.get_resolution(panel.locations.index[0])
    expected = pd.Series(
        [h3.latlng_to_cell(lat, lon, resolution) for lat, lon in zip(frame["lat"], frame["lon"], strict=True)]
    )
    totals = pd.Series(panel.values.sum(axis=(0, 2)), index=panel.locations.index)
    assert totals.to_dict() == expected.value_counts().to_dict()
    assert list(panel.locations.index) == list(expected.drop_duplicates())
    edges = panel.space.edges["borders"]
    assert len(edges)
    assert all(h3.are_neighbor_cells(a, b) for a, b in zip(edges["from"], edges["to"], strict=True))


@pytest.mark.parametrize("size", [10.0, 1.0, 0.1])
def test_the_size_asked_for_chooses_the_resolution(size: float) -> None:
    panel = ingest.read(quakes(500), roles={"cell": size, "by": "h3"})
    assert isinstance(panel, Panel)
    cell = panel.locations.index[0]
    north, south = panel.locations.geometry.iloc[0].bounds[3], panel.locations.geometry.iloc[0].bounds[1]
    assert size / 2 < (north - south) < size * 2
    assert h3.is_valid_cell(cell)


def test_hexagons_on_the_date_line_are_cut_there() -> None:
    frame = quakes()
    frame["lon"] = (frame["lon"] + 120 + 180 + 180) % 360 - 180
    panel = ingest.read(frame, roles={"by": "h3", "cell": 2.0})
    assert isinstance(panel, Panel)
    assert panel.values.sum() == len(frame)
    bounds = panel.locations.geometry.bounds
    crossing = (bounds["minx"] == -180) & (bounds["maxx"] == 180)
    assert crossing.any()
    assert (shapely.area(panel.locations.geometry[crossing].to_numpy()) < 15).all()


def boxes() -> gpd.GeoDataFrame:
    """West and east of 120 degrees west, and one far away."""
    shapes = [box(-125, 30, -120, 42), box(-120, 30, -115, 42), box(10, 0, 11, 1)]
    return gpd.GeoDataFrame({"name": ["west", "east", "far"], "state": "ca"}, geometry=shapes, crs="EPSG:4326")


def test_regions_count_what_lies_inside_and_say_what_does_not() -> None:
    frame = quakes()
    inside = frame["lon"].between(-125, -115) & frame["lat"].between(30, 42)
    panel = ingest.read(frame, by="regions", geometry=boxes())
    assert isinstance(panel, Panel)
    assert set(panel.locations.index) == {"west", "east"}
    total = pd.Series(panel.values.sum(axis=(0, 2)), index=panel.locations.index)
    assert total["west"] == (inside & (frame["lon"] <= -120)).sum()
    assert total["east"] == (inside & (frame["lon"] > -120)).sum()
    assert len(panel.space.edges["borders"]) == 2
    assert list(panel.space.parent) == ["ca", "ca"]  # type: ignore[arg-type]
    found = {f.code: f.count for f in ingest.inspect(frame, {"geometry": boxes()}).findings}
    assert found["outside"] == (~inside).sum()
    with pytest.raises(DataError, match="None of the events"):
        ingest.read(frame, geometry=boxes().iloc[2:])


def test_a_dataset_counts_again_from_its_stored_events() -> None:
    frame = quakes()
    saved = dataset.open(
        dataset.create(frame, "quakes", geometry=boxes(), neighbours={"kind": "nearest", "count": 1}).id
    )
    for options in (
        {"by": "regions"},
        {"by": "h3"},
        {"by": "grid", "how": "max"},
        {"by": "h3", "step": "7D", "cell": 1.0},
    ):
        fresh = ingest.read(frame, roles={"neighbours": {"kind": "nearest", "count": 1}, **options}, geometry=boxes())
        again = saved.panel(**options)  # type: ignore[arg-type]
        assert isinstance(again, Panel)
        assert isinstance(fresh, Panel)
        assert again.digest == fresh.digest
        assert "nearest" in again.space.edges
    opened = saved.panel()
    assert isinstance(opened, Panel)
    assert set(opened.locations.index) == {"west", "east"}
    other = saved.panel(by="regions", geometry=boxes().iloc[:1])
    assert isinstance(other, Panel)
    assert list(other.locations.index) == ["west"]


def test_events_that_name_their_place_are_counted_there() -> None:
    frame = quakes(400).drop(columns=["lat", "lon", "magnitude"]).assign(id=["stop a", "stop b"] * 200)
    roles = {"form": "events", "location": "id", "step": "7D"}
    panel = ingest.read(frame, roles=roles)
    assert isinstance(panel, Panel)
    assert list(panel.locations.index) == ["stop a", "stop b"]
    assert panel.values.sum(axis=0).ravel().tolist() == [200, 200]
    weekly = dataset.create(frame, "trips", roles).panel(step="1D")
    assert isinstance(weekly, Panel)
    assert weekly.values.sum() == 400
    with pytest.raises(ConfigError, match="latitude"):
        ingest.read(frame, roles=roles, by="h3")
    with pytest.raises(ConfigError, match="no values"):
        ingest.read(frame, roles={**roles, "how": "sum"})


def test_rules_join_values_beside_the_count() -> None:
    frame = quakes()
    roles = {"rules": {"magnitude": "min"}, "step": "1D", "cell": 2.0}
    panel = ingest.read(frame, roles=roles)
    assert isinstance(panel, Panel)
    assert panel.features == ("events", "magnitude")
    np.testing.assert_array_equal(np.isnan(panel.values[..., 1]), panel.values[..., 0] == 0)
    assert np.nanmin(panel.values[..., 1]) == np.float32(frame["magnitude"].min())
