"""Small panels with a known rhythm, for tests of models and training."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data.panel import Panel
from stcore.data.space import Grid


def daily_wave(
    steps: int = 480, places: int = 3, features: int = 1, noise: float = 0.3, gaps: float = 0.0, seed: int = 0,
    placed: bool = False,
) -> Panel:  # fmt: skip
    """Hourly values that repeat every day with noise; ``gaps`` is the share of missing cells; ``placed``: with coordinates."""
    draw = np.random.default_rng(seed)
    hours = np.arange(steps)[:, None, None]
    shift = np.arange(places)[None, :, None] + 2 * np.arange(features)[None, None, :]
    values = 20 + 5 * np.sin(2 * np.pi * (hours + shift) / 24) + draw.normal(0, noise, (steps, places, features))
    values = values.astype(np.float32)
    values[draw.random(values.shape) < gaps] = np.nan
    names = [f"value_{number}" for number in range(features)]
    if placed:
        points = gpd.points_from_xy(8 + 0.1 * (np.arange(places) % 2), 47 + 0.1 * (np.arange(places) // 2))
        table = gpd.GeoDataFrame(geometry=points, index=[f"p{n}" for n in range(places)], crs="EPSG:4326")
        return Panel.from_arrays(values, pd.date_range("2024-01-01", periods=steps, freq="h"), table, names)
    return Panel.from_arrays(values, pd.date_range("2024-01-01", periods=steps, freq="h"), features=names)


def on_grid(fields: np.ndarray) -> Panel:
    """Hourly fields [time, row, column] of one value on a regular grid, every cell a place; row 0 is the southernmost."""
    steps, rows, columns = fields.shape
    latitudes, longitudes = 47 + 0.1 * np.arange(rows), 8 + 0.1 * np.arange(columns)
    row, column = (number.ravel() for number in np.indices((rows, columns)))
    points = gpd.points_from_xy(longitudes[column], latitudes[row])
    table = gpd.GeoDataFrame(geometry=points, index=[f"c{n}" for n in range(len(points))], crs="EPSG:4326")
    times = pd.date_range("2024-01-01", periods=steps, freq="h")
    panel = Panel.from_arrays(fields.reshape(steps, -1, 1).astype(np.float32), times, table)
    grid = Grid(row, column, (rows, columns), latitudes, longitudes)
    return replace(panel, space=replace(panel.space, grid=grid))
