"""Networks between places: lengths known by hand, borders of squares, and nothing learnt from after the train part."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from stcore.data import dataset, graphs, ingest
from stcore.data.panel import Panel
from stcore.data.space import EARTH_RADIUS_KM, great_circle_km
from stcore.errors import DataError
from stcore.spatial import NeighboursConfig
from tests.data.tables import long_frame

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180  # of the equator: 111.195 km
IDS = pd.Index(["a", "b", "c", "d"], name="location")


def pairs(table: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(table["from"], table["to"], strict=True))


def test_distances_on_the_equator_and_over_the_pole() -> None:
    assert great_circle_km(np.array([0.0, 0.0]), np.array([1.0, 0.0])) == pytest.approx(111.195, abs=0.001)
    assert great_circle_km(np.array([179.5, 0.0]), np.array([-179.5, 0.0])) == pytest.approx(DEGREE_KM)
    assert great_circle_km(np.array([0.0, 89.0]), np.array([180.0, 89.0])) == pytest.approx(2 * DEGREE_KM)


def test_nearest_neighbours_across_the_date_line() -> None:
    lonlat = np.array([[179.0, 0.0], [-179.0, 0.0], [170.0, 0.0], [np.nan, np.nan]])
    table = graphs.nearest_edges(lonlat, IDS, 1)
    assert pairs(table) == {("a", "b"), ("b", "a"), ("c", "a")}
    np.testing.assert_allclose(table["length_km"], np.array([2, 2, 9]) * DEGREE_KM)
    np.testing.assert_allclose(table["weight"], np.exp(-np.array([1, 1, 20.25])))


def test_the_kernel_falls_to_its_least_weight_at_the_radius() -> None:
    lonlat = np.column_stack([[0.0, 1.0, 3.0, 7.0], np.zeros(4)])
    table = graphs.distance_edges(lonlat, IDS, radius_km=2 * DEGREE_KM)
    assert pairs(table) == {("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")}
    weight = table.set_index(["from", "to"])["weight"]
    assert weight["b", "c"] == pytest.approx(0.1)
    assert weight["a", "b"] == pytest.approx(0.1 ** (1 / 4))
    assert graphs.distance_edges(lonlat, IDS, radius_km=1.0).empty


def test_far_too_many_neighbours_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "MOST_EDGES", 11)
    with pytest.raises(DataError, match="12 neighbours"):
        graphs.distance_edges(np.zeros((4, 2)), IDS, radius_km=1.0)


def test_squares_that_share_a_border_are_neighbours_and_those_that_share_a_corner_are_not() -> None:
    shapes = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1), box(1, 1, 2, 2), box(5, 5, 6, 6)], index=IDS, crs=4326)
    table = graphs.border_edges(shapes)
    assert pairs(table) == {("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")}
    assert set(table["weight"]) == {1.0}
    at = shapes.representative_point()
    expected = great_circle_km(np.array([at["a"].x, at["a"].y]), np.array([at["b"].x, at["b"].y]))
    assert table["length_km"].iloc[0] == pytest.approx(float(expected))


def test_borders_across_the_date_line_and_of_slightly_overlapping_outlines() -> None:
    shapes = [box(179, 0, 180, 1), box(-180, 0, -179, 1), box(-179.0001, 0, -178, 1), shapely.Point(0, 0)]
    table = graphs.border_edges(gpd.GeoSeries(shapes, index=IDS, crs=4326))
    assert pairs(table) == {("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")}
    with pytest.raises(DataError, match="outline"):
        graphs.border_edges(gpd.GeoSeries(shapes[3:], index=IDS[3:], crs=4326))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), holes=st.floats(0, 0.3))
def test_correlation_edges_are_the_largest_pairwise_correlations(seed: int, holes: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(60, 4)).astype(np.float32)
    values[:, 1] += 2 * values[:, 0]
    values[rng.random(values.shape) < holes] = np.nan
    table = graphs.correlation_edges(values, IDS, 1)
    best = table.set_index("from")
    assert best.loc["a", "to"] == "b"
    both = np.isfinite(values[:, :2]).all(axis=1)
    centred = values[:, :2] - np.nanmean(values[:, :2], axis=0)
    first, second = centred[both].T
    assert best.loc["a", "weight"] == pytest.approx(
        first @ second / np.sqrt((first**2).sum() * (second**2).sum()), abs=1e-4
    )


def test_blocks_give_the_same_correlations_as_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).normal(size=(50, 30)).cumsum(axis=0).astype(np.float32)
    values[:, 7] = 5.1
    ids = pd.Index([f"s{n}" for n in range(30)])
    whole = graphs.correlation_edges(values, ids, 3)
    monkeypatch.setattr(graphs, "_BLOCK_CELLS", 200)
    pd.testing.assert_frame_equal(graphs.correlation_edges(values, ids, 3), whole)
    assert "s7" not in set(whole["from"]) | set(whole["to"])


def test_correlation_never_looks_past_the_train_part() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(100, 4))
    values[:70, 1] = values[:70, 0]
    values[70:, 2] = values[70:, 0]
    panel = Panel.from_arrays(values, pd.date_range("2024", periods=100, freq="h"), list(IDS))
    config = NeighboursConfig(kind="correlation", count=1)
    table = graphs.edges_between(panel, config, train_end=70)
    assert ("a", "b") in pairs(table)
    other = Panel.from_arrays(np.vstack([values[:70], rng.normal(size=(30, 4))]), panel.time, list(IDS))
    pd.testing.assert_frame_equal(graphs.edges_between(other, config, 70), table)
    with pytest.raises(DataError, match="train part"):
        graphs.edges_between(panel, config)
    assert graphs.with_neighbours(panel, config) is panel


def test_a_network_asked_for_stands_in_the_panel_and_in_the_saved_dataset() -> None:
    roles = {"neighbours": {"kind": "nearest", "count": 1}}
    panel = ingest.read(long_frame(steps=5), roles=roles)
    assert isinstance(panel, Panel)
    assert pairs(panel.space.edges["nearest"]) >= {("a1", "b2"), ("c3", "b2")}
    saved = dataset.open(dataset.create(long_frame(steps=5), "x", roles).id)
    for again in (saved.panel(), saved.panel(step="2h")):
        assert isinstance(again, Panel)
        pd.testing.assert_frame_equal(again.space.edges["nearest"], panel.space.edges["nearest"])
    weights = graphs.matrix(panel.space, panel.locations.index, "nearest")
    assert weights.shape == (3, 3)  # type: ignore[attr-defined]
    assert weights.nnz == 3  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="no network “borders”"):
        graphs.matrix(panel.space, panel.locations.index, "borders")


def test_places_without_coordinates_have_no_near_ones() -> None:
    with pytest.raises(DataError, match="coordinates"):
        ingest.read(long_frame(steps=5).drop(columns=["lat", "lon"]), roles={"neighbours": {"kind": "distance"}})
