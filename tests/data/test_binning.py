"""Places gathered into a grid and back: means by hand, masks honoured, planes kept exactly, the date line crossed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stcore.data.binning import to_grid
from stcore.data.panel import Panel
from stcore.data.schema import FeatureSchema
from stcore.errors import ConfigError, DataError


def panel_at(lonlat: np.ndarray, values: np.ndarray) -> Panel:
    ids = [f"s{n}" for n in range(len(lonlat))]
    places = pd.DataFrame({"lon": lonlat[:, 0], "lat": lonlat[:, 1]}, index=ids)
    return Panel.from_arrays(values, pd.date_range("2024", periods=len(values), freq="h"), places)


FOUR = np.array([[0.0, 0.0], [0.2, 0.2], [2.0, 0.0], [2.0, 2.0]])


def test_a_cell_has_the_mean_of_the_members_that_are_there() -> None:
    values = np.array([[1.0, 3, 5, 7], [np.nan, 3, np.nan, 7]])
    gridded, binning = to_grid(panel_at(FOUR, values), cell=1.0)
    assert gridded.shape == (2, 3, 1)
    assert binning.grid.shape == (3, 3)
    np.testing.assert_array_equal(gridded.values[..., 0], [[2, 5, 7], [3, np.nan, 7]])
    assert list(gridded.locations.index) == ["0.5_0.5", "0.5_2.5", "2.5_2.5"]
    grid = gridded.space.grid
    assert grid is not None
    assert list(zip(grid.rows.tolist(), grid.columns.tolist(), strict=True)) == [(0, 0), (0, 2), (2, 2)]
    np.testing.assert_array_equal(binning.back(gridded.values[..., 0], "nearest"), [[2, 2, 5, 7], [3, 3, np.nan, 7]])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), slope=st.tuples(st.floats(-5, 5), st.floats(-5, 5)), rows=st.integers(2, 9))
def test_bilinear_interpolation_keeps_a_plane(seed: int, slope: tuple[float, float], rows: int) -> None:
    lonlat = np.random.default_rng(seed).uniform(0, 10, (400, 2))
    _, binning = to_grid(panel_at(lonlat, np.zeros((3, 400))), shape=(rows, rows))
    grid = binning.grid
    if len(binning.cells) < rows * rows:
        return
    plane = slope[0] * grid.longitudes[grid.columns] + slope[1] * grid.latitudes[grid.rows]
    inside = (lonlat[:, 0] > grid.longitudes[0]) & (lonlat[:, 0] < grid.longitudes[-1])
    inside &= (lonlat[:, 1] > grid.latitudes[0]) & (lonlat[:, 1] < grid.latitudes[-1])
    expected = lonlat[inside] @ np.array(slope)
    np.testing.assert_allclose(binning.back(plane)[inside], expected, atol=1e-6)
    np.testing.assert_allclose(binning.bilinear.sum(axis=1), 1)


def test_missing_cells_leave_their_weight_to_the_others() -> None:
    _, binning = to_grid(panel_at(FOUR, np.zeros((2, 4))), cell=1.0)
    back = binning.back(np.array([[4.0, np.nan, np.nan], [np.nan, np.nan, np.nan]]))
    assert back.shape == (2, 4)
    assert back[0, 0] == 4
    assert np.isnan(back[0, 3])
    assert np.isnan(back[1]).all()
    assert binning.back(np.ones((5, 2, 3))).shape == (5, 2, 4)


def test_cells_cross_the_date_line() -> None:
    lonlat = np.array([[179.0, 0], [-179.0, 0], [-177.5, 1.0], [179.5, 1.0]])
    gridded, binning = to_grid(panel_at(lonlat, np.arange(8.0).reshape(2, 4)), cell=2.0)
    assert binning.grid.shape == (1, 3)
    assert binning.grid.longitudes.tolist() == [179, 181, 183]
    assert gridded.locations.geometry.x.tolist() == [179, -179, -177]
    np.testing.assert_array_equal(gridded.values[..., 0], [[1.5, 1, 2], [5.5, 5, 6]])


def test_places_on_a_grid_get_a_cell_each() -> None:
    lat, lon = np.meshgrid(np.arange(-29, 30, 2.0), np.arange(124, 180, 2.0), indexing="ij")
    values = np.random.default_rng(0).normal(size=(2, lat.size))
    gridded, binning = to_grid(panel_at(np.column_stack([lon.ravel(), lat.ravel()]), values), cell=2.0)
    assert binning.grid.shape == lat.shape
    np.testing.assert_allclose(binning.back(gridded.values[..., 0], "nearest"), values, rtol=1e-6)


def test_directions_turn_and_counts_become_means() -> None:
    panel = panel_at(FOUR, np.array([[350.0, 10, 90, 90], [0, 180, 90, 90]]))
    angle = Panel(**{**panel.__dict__, "schema": {"value": FeatureSchema(kind="angle")}})
    gridded, _ = to_grid(angle, cell=1.0)
    assert gridded.values[0, 0, 0] % 360 == pytest.approx(0, abs=1e-4)
    assert gridded.values[0, 1, 0] == pytest.approx(90)
    counts = Panel(**{**panel.__dict__, "schema": {"value": FeatureSchema(kind="count")}})
    assert to_grid(counts, cell=1.0)[0].schema["value"].kind == "numeric"


def test_places_without_coordinates_are_left_out() -> None:
    lonlat = np.vstack([FOUR, [[np.nan, np.nan]]])
    gridded, binning = to_grid(panel_at(lonlat, np.ones((2, 5))), shape=(1, 1))
    assert gridded.values.tolist() == [[[1.0]], [[1.0]]]
    assert np.isnan(binning.back(np.ones((1, 1)))[0]).tolist() == [False] * 4 + [True]


def test_what_makes_no_grid_is_refused() -> None:
    panel = panel_at(FOUR, np.ones((2, 4)))
    for options in ({"cell": 1e-5}, {"cell": -1.0}, {"shape": (0, 3)}):
        with pytest.raises(ConfigError, match="not made"):
            to_grid(panel, **options)  # type: ignore[arg-type]
    _, binning = to_grid(panel)
    with pytest.raises(ConfigError, match="cubic"):
        binning.back(np.ones((1, len(binning.cells))), "cubic")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="values for"):
        binning.back(np.ones((1, 99)))
    with pytest.raises(DataError, match="no coordinates"):
        to_grid(Panel.from_arrays(np.ones((2, 3)), panel.time, gpd.GeoDataFrame(index=list("abc"))))
