"""Scattered places gathered into the cells of a regular grid, and back again, so that models of grids serve them too.

Both ways are sparse matrices: from places to cells the mean of what was observed, from cells to places by interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data.panel import Panel
from stcore.data.space import Grid, Space, continuous, coordinates
from stcore.errors import ConfigError, DataError

_BLOCK = 4_000_000
_MOST_CELLS = 1_000_000


@dataclass(frozen=True, eq=False)
class Binning:
    """How places and the cells of a grid belong together.

    Attributes:
        grid: rows and columns of the occupied cells, and the axes of the whole grid.
        cells: ids of the occupied cells, ``lat_lon`` of their centres.
        into: sparse [cell, location], 1 where a location lies in a cell.
        bilinear, nearest: sparse [location, cell], the weights of the way back; rows add up to 1.
    """

    grid: Grid
    cells: pd.Index
    into: Any
    bilinear: Any
    nearest: Any

    def gather(self, values: np.ndarray, turns: bool = False) -> np.ndarray:
        """[time, location] -> [time, cell], the mean over the members that are there; NaN where none is.

        Args:
            turns: degrees of a circle, whose mean is that of their directions.
        """
        if turns:
            east, north = (self.gather(part(np.radians(values))) for part in (np.sin, np.cos))
            return np.asarray(np.degrees(np.arctan2(east, north)) % 360)
        return _weighted(self.into, values)

    def back(self, values: np.ndarray, how: Literal["bilinear", "nearest"] = "bilinear") -> np.ndarray:
        """Values of cells at the places they came from.

        Cells without a value are left out and the weights of the others raised; where none of the four cells around a place
        has one, neither has the place. Its own cell is always among them.

        Args:
            values: [..., cell], NaN where missing.
            how: bilinear: between the centres of the four cells around; nearest: of the cell a place lies in.

        Returns:
            float64 [..., location].

        Raises:
            ConfigError: another word.   DataError: another number of cells.
        """
        weights = {"bilinear": self.bilinear, "nearest": self.nearest}.get(how)
        if weights is None:
            raise ConfigError(f"“{str(how)[:40]}” is no way back from a grid.", "Choose bilinear or nearest.")
        values = np.asarray(values)
        if values.shape[-1] != len(self.cells):
            raise DataError(
                f"There are {values.shape[-1]:,} values for {len(self.cells):,} cells.",
                "Give one value a cell on the last axis.",
            )
        flat = _weighted(weights, values.reshape(-1, values.shape[-1]))
        return flat.reshape(*values.shape[:-1], -1)


def to_grid(
    panel: Panel, cell: float | tuple[float, float] | None = None, shape: tuple[int, int] | None = None
) -> tuple[Panel, Binning]:
    """The panel on a regular grid of latitude and longitude; places without coordinates are left out.

    Args:
        panel: with coordinates. Its values may be missing: a cell's value is the mean over observed members only.
        cell: size of a cell in degrees, or (north-south, east-west); None: about as many cells as places.
        shape: (rows, columns) instead of a size: the extent of the places is cut into so many.

    Returns:
        A panel whose locations are the occupied cells (``space.grid`` tells their rows and columns; absent cells are those
        it does not hold), and the way back.

    Raises:
        DataError: no coordinates.   ConfigError: sizes that are not positive, or more cells than a million.
    """
    lonlat = coordinates(panel.locations)
    if lonlat is None:
        raise DataError("The places have no coordinates, so they lie on no grid.", "Give latitude and longitude.")
    there = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    east, north = continuous(lonlat[:, 0])[there], lonlat[there, 1]
    binning = _binning(there, np.column_stack([east, north]), len(lonlat), cell, shape)
    values = np.empty((len(panel.time), len(binning.cells), len(panel.features)), np.float32)
    rows = max(1, _BLOCK // max(len(lonlat), 1))
    for start in range(0, len(values), rows):
        block = slice(start, start + rows)
        observed = np.where(panel.mask[block], panel.values[block], np.nan)
        for number, name in enumerate(panel.features):
            values[block, :, number] = binning.gather(observed[..., number], panel.schema[name].kind == "angle")
    centre = _wrapped(binning.grid.longitudes)[binning.grid.columns], binning.grid.latitudes[binning.grid.rows]
    points = gpd.GeoSeries(gpd.points_from_xy(*centre), index=binning.cells, crs="EPSG:4326")
    space = Space(geometry=points, grid=binning.grid)
    schema = {name: _mean_of(panel, name) for name in panel.features}
    gridded = replace(
        panel, values=values, locations=gpd.GeoDataFrame(geometry=points), space=space, schema=schema, observed=None,
        labels=panel.labels[panel.labels["location"].isna()],
    )  # fmt: skip
    return gridded, binning


def _mean_of(panel: Panel, name: str) -> Any:
    """A mean of counts is no count any more."""
    schema = panel.schema[name]
    return schema.model_copy(update={"kind": "numeric"}) if schema.kind in ("count", "binary", "category") else schema


def _weighted(weights: Any, values: np.ndarray) -> np.ndarray:
    """[row, to] weighted means of [row, from] over what is there; NaN where nothing is."""
    there = np.isfinite(values)
    total = (weights @ np.where(there, values, 0).astype(np.float64).T).T
    weight = (weights @ there.astype(np.float64).T).T
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(weight > 1e-9, total / weight, np.nan))


def _binning(
    there: np.ndarray,
    lonlat: np.ndarray,
    places: int,
    cell: float | tuple[float, float] | None,
    shape: tuple[int, int] | None,
) -> Binning:
    from scipy import sparse

    low, size, cells = _extent(lonlat, cell, shape)
    index = np.clip(np.floor((lonlat[:, ::-1] - low) / size + 1e-9).astype(np.int64), 0, np.array(cells) - 1)
    codes, member = np.unique(index[:, 0] * cells[1] + index[:, 1], return_inverse=True)
    rows, columns = codes // cells[1], codes % cells[1]
    latitudes, longitudes = (np.round(low[a] + size[a] * (np.arange(cells[a]) + 0.5), 9) for a in (0, 1))
    east = _wrapped(longitudes)
    names = [f"{latitudes[row]:.6g}_{east[column]:.6g}" for row, column in zip(rows, columns, strict=True)]
    ones, count = np.ones(len(there)), len(codes)
    into = sparse.csr_array((ones, (member, there)), shape=(count, places))
    nearest = sparse.csr_array((ones, (there, member)), shape=(places, count))
    position = np.full(cells[0] * cells[1], -1)
    position[codes] = np.arange(count)
    at = (lonlat[:, ::-1] - np.array([latitudes[0], longitudes[0]])) / size
    bilinear = _bilinear(at, there, position.reshape(cells), (places, count))
    return Binning(
        Grid(rows, columns, cells, latitudes, longitudes),
        pd.Index(names, dtype=object, name="location"),
        into,
        bilinear,
        nearest,
    )


def _extent(
    lonlat: np.ndarray, cell: float | tuple[float, float] | None, shape: tuple[int, int] | None
) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """South-west corner and size of a cell, each (north, east) in degrees, and rows and columns of the grid.

    Sizes that are given begin at their own multiples, so that places on a grid of the same step get a cell each.
    """
    low, reach = lonlat.min(axis=0)[::-1], np.maximum(np.ptp(lonlat, axis=0)[::-1], 1e-6)
    if shape is not None:
        size = reach / np.maximum(shape, 1)
        count = np.asarray(shape)
    else:
        size = np.broadcast_to(_usual_size(lonlat, reach) if cell is None else np.asarray(cell, dtype=float), (2,))
        low = np.floor(low / np.maximum(size, 1e-9) + 1e-9) * size
        count = np.floor((lonlat.max(axis=0)[::-1] - low) / np.maximum(size, 1e-9) + 1e-9) + 1
    if count.min() < 1 or not (size > 0).all() or count.prod(dtype=float) > _MOST_CELLS:
        raise ConfigError(
            f"A grid of {count[0]:,.0f} x {count[1]:,.0f} cells is not made.",
            f"Choose between 1 and {_MOST_CELLS:,} cells.",
        )
    return low, size, (int(count[0]), int(count[1]))


def _usual_size(lonlat: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Cells about as wide as high on the ground, and as many as places."""
    squeeze = max(float(np.cos(np.radians(lonlat[:, 1].mean()))), 0.1)
    north = float(np.sqrt(reach[0] * reach[1] * squeeze / len(lonlat)))
    return np.array([north, north / squeeze])


def _bilinear(at: np.ndarray, there: np.ndarray, position: np.ndarray, shape: tuple[int, int]) -> Any:
    """Sparse [location, cell] weights of the four cell centres around each place; absent cells give theirs to the others."""
    from scipy import sparse

    base = np.floor(at).astype(np.int64)
    part = at - base
    rows, columns, weights = [], [], []
    for up in (0, 1):
        for right in (0, 1):
            row, column = base[:, 0] + up, base[:, 1] + right
            inside = (row >= 0) & (row < position.shape[0]) & (column >= 0) & (column < position.shape[1])
            cell = np.where(
                inside, position[row.clip(0, position.shape[0] - 1), column.clip(0, position.shape[1] - 1)], -1
            )
            weight = np.abs(1 - up - part[:, 0]) * np.abs(1 - right - part[:, 1])
            held = (cell >= 0) & (weight > 0)
            rows.append(there[held])
            columns.append(cell[held])
            weights.append(weight[held])
    matrix = sparse.csr_array((np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
    total = np.asarray(matrix.sum(axis=1)).ravel()
    return sparse.csr_array(sparse.diags_array(1 / np.where(total > 0, total, 1)) @ matrix)


def _wrapped(longitudes: np.ndarray) -> np.ndarray:
    """Longitudes within [-180, 180]."""
    return np.where(longitudes > 180, np.round(longitudes - 360, 9), longitudes)
