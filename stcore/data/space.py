"""Where the locations are: geometry, edges, grid and parents, each optional, all of them possible at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.errors import DataError

EARTH_RADIUS_KM = 6371.0088
EDGE_COLUMNS = ("from", "to", "weight", "length_km")


@dataclass(frozen=True, eq=False)
class Grid:
    """Place of each location on a regular grid.

    Attributes:
        rows, columns: int [location], row 0 is the southernmost, column 0 the westernmost.
        shape: (R, K) of the whole grid, absent cells included.
        latitudes [R], longitudes [K]: cell centres in degrees; longitudes go on past 180 across the date line. Means of the
            row or column where the grid is one of metres; NaN where its place on the globe is not known.
    """

    rows: np.ndarray
    columns: np.ndarray
    shape: tuple[int, int]
    latitudes: np.ndarray
    longitudes: np.ndarray


@dataclass(frozen=True, eq=False)
class Space:
    """Parts of space a model or a map may use; a model's ``SPEC.needs`` names the parts it cannot do without.

    Attributes:
        geometry: GeoSeries (EPSG:4326) in the order of the locations, or None.
        edges: name -> table with columns from, to (location ids), weight (higher = closer), length_km; directed.
        grid: regular grid, or None.
        parent: Series location id -> parent id, or None.
    """

    geometry: gpd.GeoSeries | None = None
    edges: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    grid: Grid | None = None
    parent: pd.Series | None = None

    @property
    def parts(self) -> frozenset[str]:
        """Names of the parts that are there: geometry, edges, grid, parent."""
        present = {
            "geometry": self.geometry is not None and not self.geometry.is_empty.all(),
            "edges": bool(self.edges), "grid": self.grid is not None, "parent": self.parent is not None,
        }  # fmt: skip
        return frozenset(name for name, there in present.items() if there)

    def with_edges(self, name: str, table: pd.DataFrame) -> Space:
        """The same space with one more edge table."""
        return replace(self, edges={**self.edges, name: table})

    def at(self, where: np.ndarray, table: gpd.GeoDataFrame) -> Space:
        """The same for some of the locations, or all in another order.

        Args:
            where: int [n], positions of the locations that stay.
            table: the locations that stay, indexed by id.
        """
        grid, ids = self.grid, table.index
        edges = {
            name: edges[edges["from"].isin(ids) & edges["to"].isin(ids)].reset_index(drop=True)
            for name, edges in self.edges.items()
        }
        return Space(
            geometry=None if self.geometry is None else table.geometry, edges=edges,
            grid=None if grid is None else replace(grid, rows=grid.rows[where], columns=grid.columns[where]),
            parent=None if self.parent is None else self.parent.reindex(ids),
        )  # fmt: skip


def coordinates(locations: gpd.GeoDataFrame) -> np.ndarray | None:
    """[location, 2] longitude, latitude of points or of polygons' inner points; None without any geometry.

    Locations without a place are NaN.
    """
    if "geometry" not in locations or locations.geometry.is_empty.all() or locations.geometry.isna().all():
        return None
    points, other = locations.geometry, ~locations.geom_type.isin(["Point"]) & locations.geometry.notna()
    if other.any():
        points = points.where(~other, points[other].representative_point().reindex(points.index))
    return np.column_stack([points.x.to_numpy(), points.y.to_numpy()])


def great_circle_km(from_lonlat: np.ndarray, to_lonlat: np.ndarray) -> np.ndarray:
    """Great-circle distance in km between degrees [..., 2] (longitude, latitude), haversine formula.

    Source: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (2), 1984.
    """
    lon1, lat1 = np.radians(from_lonlat[..., 0]), np.radians(from_lonlat[..., 1])
    lon2, lat2 = np.radians(to_lonlat[..., 0]), np.radians(to_lonlat[..., 1])
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def matrix_edges(matrix: np.ndarray, ids: pd.Index) -> pd.DataFrame:
    """Edge table of a square matrix [location, location] of weights (row -> column); zeros and the diagonal are no edges.

    Raises:
        DataError: the matrix is not square or does not have one row a location.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] != len(ids):
        raise DataError(
            f"The network has {' x '.join(map(str, matrix.shape))} numbers; {len(ids)} locations need "
            f"{len(ids)} x {len(ids)}.",
            "Give one row and one column a location, in the order of first appearance in the data.",
        )
    start, end = np.nonzero((matrix != 0) & ~np.eye(len(ids), dtype=bool))
    return pd.DataFrame({"from": ids[start], "to": ids[end], "weight": matrix[start, end], "length_km": np.nan})


def recognise_grid(lonlat: np.ndarray, least: int = 9, planar: bool = False) -> Grid | None:
    """The regular grid the points lie on, or None.

    Rows and columns must be evenly spaced, give or take what rounding and jitter do (no point further than 0.4 of a step from
    its place, and 0.12 in the mean), at least 3 x 3, with at least a third of the cells present and
    no cell taken twice. A gap of more than half the globe in longitude means that the grid crosses the date line.

    Args:
        lonlat: [location, 2] degrees, or metres east and north.
        least: fewest locations that may be called a grid.
        planar: metres; the axes of the grid are in metres, too.
    """
    if len(lonlat) < least or not np.isfinite(lonlat).all():
        return None
    east = lonlat[:, 0] if planar else continuous(lonlat[:, 0])
    columns, rows = _even_axis(east), _even_axis(lonlat[:, 1])
    if columns is None or rows is None:
        return None
    (column, centres_lon), (row, centres_lat) = columns, rows
    shape = (len(centres_lat), len(centres_lon))
    cells = row * shape[1] + column
    if min(shape) < 3 or len(np.unique(cells)) < len(cells) or len(cells) < shape[0] * shape[1] / 3:
        return None
    return Grid(row, column, shape, centres_lat, centres_lon)


def continuous(longitudes: np.ndarray) -> np.ndarray:
    """Longitudes that go on past 180 degrees east where places lie on both sides of the date line; NaN stays."""
    distinct = np.unique(np.round(longitudes[np.isfinite(longitudes)], 6))
    gaps = np.diff(distinct)
    if not len(gaps) or gaps.max() <= 180:
        return np.asarray(longitudes)
    edge = distinct[int(np.argmax(gaps))]
    return np.where(longitudes <= edge + 1e-6, longitudes + 360, longitudes)


def _even_axis(values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Index of each value on an evenly spaced axis and the axis itself; None where it is not even.

    Values are gathered into levels first: the gaps between levels are far wider than those inside one.
    """
    order = np.argsort(values, kind="stable")
    gaps = np.diff(values[order])
    wide = gaps > _widest_inside(gaps)
    level = np.concatenate([[0], np.cumsum(wide)])
    if level[-1] < 1:
        return None
    middles = np.bincount(level, weights=values[order]) / np.bincount(level)
    between = np.diff(middles)
    shortest = float(between[between <= 1.6 * between.min()].mean())  # 2.5 rounded to whole numbers is 2 or 3
    number = np.concatenate(
        [[0], np.cumsum(np.maximum(np.rint(between / shortest), 1))]
    )  # each gap for itself: no drift
    if number[-1] + 1 > 4 * len(middles):
        return None
    index = np.empty(len(values), np.int64)
    index[order] = number[level].astype(np.int64)
    weight = index - index.mean()
    step = float(weight @ values / (weight @ weight))
    start = float(values.mean() - step * index.mean())
    beside = np.abs(values - start - step * index)
    if beside.max() > 0.4 * step or beside.mean() > 0.12 * step:
        return None
    return index, np.round(start + step * np.arange(int(index.max()) + 1), 9) + 0.0


def _widest_inside(gaps: np.ndarray) -> float:
    """The widest gap that still lies inside a level: below the widest jump in the sorted gaps, where there is a clear one."""
    ordered = np.sort(gaps)
    floor = max(float(ordered[-1]) * 0.02, 1e-9)  # whatever is finer is no step
    raised = np.maximum(ordered, floor)
    jumps = raised[1:] / raised[:-1]
    if not len(jumps) or jumps.max() < 3:
        return floor
    return float(raised[int(np.argmax(jumps))])
