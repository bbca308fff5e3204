"""The rain: mostly dry, the same for the same seed, and it moves so that movement can be learnt."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from stcore.data.space import recognise_grid
from tests.sample_data.conftest import SAMPLES


@pytest.fixture(scope="module")
def made(rain: ModuleType) -> pd.DataFrame:
    return rain.generate(1, 1.0)


@pytest.fixture(scope="module")
def cube(made: pd.DataFrame) -> np.ndarray:
    """[hour, row, column] in mm/h."""
    return made["rain_mmh"].to_numpy().reshape(-1, 24, 24)


def test_sixty_days_on_a_grid_that_is_recognised(made: pd.DataFrame) -> None:
    assert len(made) == 1440 * 576
    grid = recognise_grid(made[["lon", "lat"]].iloc[:576].to_numpy())
    assert grid is not None
    assert grid.shape == (24, 24)


def test_zeros_dominate_and_rain_is_plausible(cube: np.ndarray) -> None:
    assert 0.7 < (cube == 0).mean() < 0.95
    assert 5 < cube.max() < 80
    assert cube.min() == 0
    assert min((part > 0).mean() for part in np.array_split(cube, 5)) > 0.03


def test_the_same_seed_gives_the_same_rain_and_the_committed_file(rain: ModuleType, made: pd.DataFrame) -> None:
    assert rain.generate(1, 1.0).equals(made)
    stored = pd.read_csv(SAMPLES / "rain_cells" / "rain_cells.csv.gz", usecols=["rain_mmh"])["rain_mmh"]
    np.testing.assert_allclose(stored, made["rain_mmh"], atol=0.21)


def test_another_seed_gives_other_rain(rain: ModuleType, made: pd.DataFrame) -> None:
    assert not rain.generate(2, 1.0)["rain_mmh"].equals(made["rain_mmh"])
    with pytest.raises(ValueError, match="difficulty"):
        rain.generate(1, -1)


def test_moving_the_last_picture_on_beats_repeating_it(cube: np.ndarray) -> None:
    inner = (slice(3, -3), slice(3, -3))
    shifts = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1, 2)]
    moved, stayed = [], []
    for hour in range(1, 600):
        before, now, after = cube[hour - 1], cube[hour], cube[hour + 1]
        best = min(shifts, key=lambda shift: np.abs(np.roll(before, shift, (0, 1)) - now)[inner].mean())
        moved.append(np.abs(np.roll(now, best, (0, 1)) - after)[inner].mean())
        stayed.append(np.abs(now - after)[inner].mean())
    assert np.mean(moved) < 0.85 * np.mean(stayed)
