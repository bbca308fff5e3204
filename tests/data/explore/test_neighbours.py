"""Neighbours, their likeness, hot spots and groups of similar places."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from stcore.data.explore import weights
from stcore.data.explore.groups import groups
from stcore.data.explore.hotspots import discoveries, hot_spots
from stcore.data.explore.likeness import _by_moments, likeness
from stcore.data.panel import Panel
from stcore.data.space import Grid, coordinates, recognise_grid


def board(rows: int, columns: int) -> weights.csr_array:  # type: ignore[name-defined]
    row, column = (axis.ravel() for axis in np.mgrid[:rows, :columns])
    grid = Grid(row, column, (rows, columns), np.arange(rows, dtype=float), np.arange(columns, dtype=float))
    return weights.grid_matrix(grid)


def placed(lonlat: np.ndarray, values: np.ndarray | None = None, **more: object) -> Panel:
    table = gpd.GeoDataFrame(
        index=[f"p{i}" for i in range(len(lonlat))], geometry=gpd.points_from_xy(*lonlat.T), crs="EPSG:4326"
    )
    values = np.zeros((2, len(lonlat))) if values is None else values
    return Panel.from_arrays(values, pd.date_range("2026-01-05", periods=len(values), freq="1h"), table, **more)  # type: ignore[arg-type]


CHECKERS = (np.indices((6, 6)).sum(axis=0) % 2).ravel().astype(float)


def test_cells_that_share_a_side_are_neighbours() -> None:
    matrix = board(3, 4)
    assert matrix.sum(axis=1).tolist() == [2, 3, 3, 2, 3, 4, 4, 3, 2, 3, 3, 2]
    assert (matrix != matrix.T).nnz == 0


def test_the_network_of_the_data_comes_before_distance() -> None:
    lonlat = np.random.default_rng(0).uniform(0, 1, (20, 2))
    edges = pd.DataFrame({"from": ["p0", "p1", "p1", "p3"], "to": ["p1", "p0", "p2", "p3"], "weight": [1, 1, 0.5, 1]})
    found = weights.neighbours(placed(lonlat, adjacency=edges))
    assert found is not None
    assert found.kind == "given"
    assert found.matrix.toarray()[:3, :3].tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert found.matrix.nnz == 4
    near = weights.neighbours(placed(lonlat))
    assert near is not None
    assert near.kind == "nearest"
    assert near.matrix.sum(axis=1).min() >= weights.NEAREST
    assert weights.neighbours(Panel.from_arrays(np.zeros((2, 9)), ["2026-01-01", "2026-01-02"])) is None


def test_a_grid_gives_its_cells() -> None:
    made = placed(np.stack([axis.ravel() for axis in np.meshgrid(np.arange(5.0), np.arange(4.0))], axis=1))
    made = replace(made, space=replace(made.space, grid=recognise_grid(coordinates(made.locations))))
    found = weights.neighbours(made)
    assert found is not None
    assert found.kind == "grid"
    assert found.matrix.nnz == 2 * (4 * 4 + 3 * 5)


def test_cells_that_touch_at_corners_only_have_their_nearest_as_neighbours() -> None:
    row, column = np.arange(12), np.arange(12) % 3
    made = placed(np.stack([column / 10, row / 10], axis=1))
    made = replace(made, space=replace(made.space, grid=recognise_grid(coordinates(made.locations))))
    assert made.space.grid is not None
    found = weights.neighbours(made)
    assert found is not None
    assert found.kind == "nearest"


def test_a_checkerboard_is_minus_one_and_a_gradient_positive() -> None:
    checkers = likeness(CHECKERS, board(6, 6))
    assert checkers is not None
    assert checkers.value == pytest.approx(-1)
    assert checkers.p == pytest.approx(0.001)
    assert checkers.expected == pytest.approx(-1 / 35)
    gradient = likeness(np.arange(36.0), board(6, 6))
    assert gradient is not None
    assert gradient.value > 0.7
    assert gradient.p == pytest.approx(0.001)
    noise = likeness(np.random.default_rng(3).normal(size=36), board(6, 6))
    assert noise is not None
    assert noise.p > 0.05


def test_likeness_equals_the_sums_by_hand() -> None:
    matrix = board(3, 3)
    values = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5])
    found = likeness(values, matrix)
    assert found is not None
    dense = matrix.toarray()
    dense = dense / dense.sum(axis=1, keepdims=True)
    z = values - values.mean()
    assert found.value == pytest.approx(9 / dense.sum() * (z @ dense @ z) / (z @ z))
    np.testing.assert_allclose(found.around, dense @ found.own, atol=1e-12)


def test_missing_places_and_islands_are_left_out() -> None:
    values = CHECKERS.copy()
    values[[1, 6]] = np.nan  # the corner 0 loses both neighbours
    found = likeness(values, board(6, 6))
    assert found is not None
    assert not {0, 1, 6} & set(found.places.tolist())
    assert len(found.places) == 33
    assert found.value < -0.9
    assert likeness(np.full(36, 2.0), board(6, 6)) is None
    assert likeness(np.where(np.arange(36) < 4, 1.0, np.nan), board(6, 6)) is None


def test_moments_agree_with_permutations() -> None:
    matrix = board(12, 12)
    values = np.random.default_rng(5).normal(size=144) + 0.02 * np.arange(144)
    dealt = likeness(values, matrix, permutations=1999)
    assert dealt is not None
    assert _by_moments(dealt.own, weights.row_standardised(matrix), dealt.value) == pytest.approx(dealt.p, abs=0.02)
    same = likeness(values, matrix, permutations=1999)
    assert same is not None
    assert same.p == dealt.p


def test_a_raised_block_is_a_hot_spot_and_noise_is_not() -> None:
    values = np.random.default_rng(0).normal(size=(15, 15))
    assert hot_spots(values.ravel(), board(15, 15)).count(1) == 0
    values[4:8, 4:8] += 5
    values[11:14, 11:14] -= 5
    found = hot_spots(values.ravel(), board(15, 15))
    kind = found.kind.reshape(15, 15)
    assert (kind[5:7, 5:7] == 1).all()
    assert (kind[12, 12]) == -1
    assert (kind[:3] == 0).all()


def test_hot_spot_scores_equal_the_formula_by_hand() -> None:
    values, matrix = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5]), board(3, 3)
    star = matrix.toarray() + np.eye(9)
    total, squares = star.sum(axis=1), (star**2).sum(axis=1)
    spread = np.sqrt((values**2).mean() - values.mean() ** 2)
    wanted = (star @ values - values.mean() * total) / (spread * np.sqrt((9 * squares - total**2) / 8))
    np.testing.assert_allclose(hot_spots(values, matrix).score, wanted)
    assert np.isnan(hot_spots(np.full(9, 1.0), matrix).score).all()


def test_discoveries_follow_the_step_up_rule() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.5, np.nan])
    assert discoveries(p, 0.05).tolist() == [True, False, False, False, False]  # 0.03 > 0.05 * 2 / 4
    assert discoveries(p, 0.06).tolist() == [True, True, True, False, False]  # 0.04 <= 0.06 * 3 / 4
    assert not discoveries(np.full(3, np.nan), 0.05).any()


def test_places_with_like_days_are_grouped() -> None:
    hours = np.arange(24 * 10)
    shapes = [np.sin(2 * np.pi * hours / 24), np.cos(2 * np.pi * hours / 24), -np.sin(2 * np.pi * hours / 24)]
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [20, 12, 8])
    values = np.stack([shapes[k] * rng.uniform(1, 9) + rng.uniform(0, 50) for k in truth], axis=1)
    values += rng.normal(0, 0.05, values.shape)
    values[:, 3] = np.nan
    found = groups(placed(rng.uniform(0, 1, (40, 2)), values), "value")
    assert found is not None
    assert found.label[3] == -1
    assert (np.delete(found.label, 3) == np.delete(truth, 3)).all()  # the largest is the first
    assert found.sizes.tolist() == [19, 12, 8]
    assert found.silhouette > 0.8
    assert (found.shape, found.centre.shape) == ("day", (3, 24))
    np.testing.assert_allclose(found.centre[0], np.sqrt(2) * shapes[0][:24], atol=0.05)


def test_days_are_grouped_by_their_whole_series() -> None:
    rng = np.random.default_rng(0)
    drivers = rng.normal(size=(300, 2)).cumsum(axis=0)
    truth = np.repeat([0, 1], [12, 8])
    values = drivers[:, truth] * rng.uniform(1, 4, 20) + rng.normal(0, 0.1, (300, 20))
    made = Panel.from_arrays(values, pd.date_range("2020-01-01", periods=300, freq="D"))
    found = groups(made, "value")
    assert found is not None
    assert found.label.tolist() == truth.tolist()
    assert found.shape == "series"
    assert len(found.time) == found.centre.shape[1] == 240
    assert found.time[0] == made.time[0]


def test_few_or_flat_places_have_no_groups() -> None:
    time = pd.date_range("2026-01-01", periods=96, freq="1h")
    assert groups(Panel.from_arrays(np.random.default_rng(0).normal(size=(96, 7)), time), "value") is None
    assert groups(Panel.from_arrays(np.ones((96, 30)), time), "value") is None
