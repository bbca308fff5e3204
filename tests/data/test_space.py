"""Regular grids recognised from coordinates: across the date line, with rounding, jitter, holes, and in metres."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.data.space import Grid, Space, continuous, recognise_grid
from stcore.errors import ConfigError
from stcore.plots.ground import ground


def lattice(longitudes: list[float] | np.ndarray, latitudes: list[float] | np.ndarray) -> np.ndarray:
    """[cell, 2] row by row, from the south west."""
    lat, lon = np.meshgrid(latitudes, longitudes, indexing="ij")
    return np.column_stack([lon.ravel(), lat.ravel()]).astype(float)


def found(points: np.ndarray, **options: bool) -> Grid:
    grid = recognise_grid(points, **options)
    assert grid is not None
    return grid


def test_three_by_three_cells_across_the_date_line() -> None:
    grid = found(lattice([178, 180, -178], [-2, 0, 2]))
    assert grid.shape == (3, 3)
    assert grid.columns.tolist() == [0, 1, 2] * 3
    assert grid.rows.tolist() == [0] * 3 + [1] * 3 + [2] * 3
    assert grid.longitudes.tolist() == [178, 180, 182]
    assert continuous(np.array([179.0, -179.0, np.nan]))[:2].tolist() == [179, 181]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(3, 12), columns=st.integers(3, 12), step=st.sampled_from([0.01, 0.25, 1.0, 2.5, 3.75]), seed=st.integers(0, 10**6),
    jitter=st.floats(0, 0.06), kept=st.floats(0.7, 1.0),
)  # fmt: skip
def test_jitter_and_absent_cells_do_not_hide_a_grid(
    rows: int, columns: int, step: float, seed: int, jitter: float, kept: float
) -> None:
    rng = np.random.default_rng(seed)
    points = lattice(-20 + step * np.arange(columns), 10 + step * np.arange(rows))
    number = np.flatnonzero(rng.random(len(points)) < kept)
    row, column = number // columns, number % columns
    if len(number) < 9 or len(set(row)) < rows or len(set(column)) < columns:
        return
    grid = found(points[number] + rng.uniform(-jitter, jitter, (len(number), 2)) * step)
    assert grid.shape == (rows, columns)
    np.testing.assert_array_equal(grid.rows, row)
    np.testing.assert_array_equal(grid.columns, column)


def test_an_absent_row_leaves_a_row_free() -> None:
    grid = found(lattice([0, 1, 2, 3], [0, 1, 3]))
    assert grid.shape == (4, 4)
    assert set(grid.rows.tolist()) == {0, 1, 3}


@pytest.mark.parametrize(("step", "digits"), [(0.25, 1), (2.5, 0), (1 / 3, 2)])
def test_rounded_coordinates_are_still_a_grid(step: float, digits: int) -> None:
    points = lattice(5 + step * np.arange(30), 40 + step * np.arange(20))
    assert found(np.round(points, digits)).shape == (20, 30)


def test_the_whole_globe_is_no_crossing() -> None:
    assert found(lattice(np.arange(0, 360, 5.0), np.arange(-90, 91, 5.0))).shape == (37, 72)


def test_scattered_places_are_no_grid() -> None:
    rng = np.random.default_rng(0)
    for count in (9, 50, 2000):
        assert recognise_grid(rng.uniform(0, 10, (count, 2))) is None
    assert recognise_grid(np.column_stack([np.arange(20.0), np.zeros(20)])) is None
    assert recognise_grid(np.full((9, 2), np.nan)) is None


def table(points: np.ndarray) -> pd.DataFrame:
    """Six hours at every cell."""
    times = pd.date_range("2024-01-01", periods=6, freq="h")
    cells = pd.DataFrame({"cell": [f"c{n}" for n in range(len(points))], "lon": points[:, 0], "lat": points[:, 1]})
    return cells.merge(pd.DataFrame({"time": times}), how="cross").assign(rain=lambda rows: np.arange(len(rows)) * 1.5)


METRES = lattice(500_000 + 1000.0 * np.arange(5), 5_300_000 + 1000.0 * np.arange(4))


def test_metres_without_a_system_are_a_grid_without_a_map() -> None:
    roles = {"lat": "lat", "lon": "lon"}
    panel = ingest.read(table(METRES), roles=roles)
    assert isinstance(panel, Panel)
    assert panel.space.parts == {"grid"}
    assert panel.space.grid is not None
    assert panel.space.grid.shape == (4, 5)
    assert ground(panel.locations, panel.space).empty
    finding = next(f for f in ingest.inspect(table(METRES), roles).findings if f.code == "coordinates")
    assert "crs" in finding.suggestion
    saved = dataset.open(dataset.create(table(METRES), "x", roles).id).panel()
    assert isinstance(saved, Panel)
    assert saved.space.grid is not None


def test_metres_with_their_system_lie_on_the_map() -> None:
    panel = ingest.read(table(METRES), roles={"crs": "EPSG:32632"})
    assert isinstance(panel, Panel)
    assert panel.space.grid is not None
    assert panel.space.grid.shape == (4, 5)
    point = panel.locations.geometry["c0"]
    assert (point.x, point.y) == (pytest.approx(9.0, abs=1e-6), pytest.approx(47.854, abs=1e-3))
    assert ground(panel.locations, panel.space).corners is not None
    with pytest.raises(ConfigError, match="EPSG:0"):
        ingest.read(table(METRES), roles={"crs": "EPSG:0"})


def test_a_grid_turned_against_the_meridians_is_drawn_as_points() -> None:
    far = lattice(900_000 + 5000.0 * np.arange(60), 7_500_000 + 5000.0 * np.arange(60))
    panel = ingest.read(table(far), roles={"crs": "EPSG:32632"})
    assert isinstance(panel, Panel)
    assert panel.space.grid is not None
    drawn = ground(panel.locations, panel.space)
    assert drawn.corners is None
    assert not drawn.empty


def test_a_part_of_the_locations_keeps_what_belongs_to_them() -> None:
    ids = pd.Index(["a", "b", "c"])
    table = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0]), index=ids, crs="EPSG:4326")
    edges = pd.DataFrame({"from": ["a", "b"], "to": ["b", "c"], "weight": 1.0, "length_km": np.nan})
    grid = Grid(np.array([0, 0, 0]), np.array([0, 1, 2]), (1, 3), np.array([0.0]), np.array([0.0, 1.0, 2.0]))
    whole = Space(table.geometry, {"given": edges}, grid, pd.Series(["x", "x", "y"], index=ids))
    part = whole.at(np.array([2, 1]), table.iloc[[2, 1]])
    assert part.geometry is not None
    assert part.grid is not None
    assert part.parent is not None
    assert list(part.geometry.index) == ["c", "b"]
    assert part.edges["given"][["from", "to"]].to_numpy().tolist() == [["b", "c"]]
    assert part.grid.columns.tolist() == [2, 1]
    assert part.parent.to_dict() == {"c": "y", "b": "x"}
