"""Where a map looks and what lies under its points: the first view, the network's lines, a graticule, place names."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data.districts import simplified
from stcore.data.space import Grid, Space, coordinates

CITIES = Path(__file__).parents[1] / "ui" / "static" / "map" / "cities.csv"
MOST_EDGES = 6000
NEIGHBOURS = 2


@dataclass(frozen=True)
class View:
    """A camera: centre in degrees, zoom as deck.gl counts it (0 = the world in 512 px)."""

    longitude: float
    latitude: float
    zoom: float

    @property
    def metres_per_pixel(self) -> float:
        """Ground metres a pixel in the middle of the view."""
        return 40_075_016.7 * math.cos(math.radians(self.latitude)) / (512 * 2**self.zoom)


@dataclass(frozen=True, eq=False)
class Ground:
    """Everything about a map that does not change with the values.

    Attributes:
        ids: location ids, in the order of the panel.
        lonlat: [location, 2] degrees, continuous across the date line; NaN where unknown.
        view: first view, fits all places.
        edges: [edge, 4] longitude and latitude of both ends of the network's lines; may be empty.
        corners: [location, 4, 2] corners of grid cells, or None.
        shapes: polygons a location (GeoSeries), or None.
    """

    ids: tuple[str, ...]
    lonlat: np.ndarray
    view: View
    edges: np.ndarray
    corners: np.ndarray | None = None
    shapes: gpd.GeoSeries | None = None

    @property
    def empty(self) -> bool:
        """No location has a place: there is no map to draw."""
        return not np.isfinite(self.lonlat).all(axis=1).any()


def ground(locations: gpd.GeoDataFrame, space: Space | None = None, height: int = 440, width: int = 620) -> Ground:
    """The ground of a panel's or a prediction's places.

    Args:
        locations: GeoDataFrame indexed by id, any geometry or none.
        space: edges and grid, where there are any; without edges up to 400 points close together get none drawn.
        height, width: pixels the first view is fitted to (the width is a guess: the server does not know it).
    """
    places = coordinates(locations)
    lonlat = np.full((len(locations), 2), np.nan) if places is None else unwrapped(places)
    grid = space.grid if space and _fits(space.grid, lonlat) else None
    shapes = (
        simplified(locations.geometry)
        if places is not None and locations.geom_type.isin(["Polygon", "MultiPolygon"]).any()
        else None
    )
    reach = lonlat
    corners = None
    if grid is not None:
        corners = unwrapped(_corners(grid).reshape(-1, 2)).reshape(-1, 4, 2)
        reach = corners.reshape(-1, 2)
    elif shapes is not None:
        bounds = shapes.bounds.to_numpy()
        reach = np.concatenate([bounds[:, :2], bounds[:, 2:]])
    edges = _edges(locations.index, lonlat, space) if grid is None and shapes is None else np.empty((0, 4))
    return Ground(tuple(locations.index), lonlat, fit(reach, height, width), edges, corners, shapes)


def _fits(grid: Grid | None, lonlat: np.ndarray) -> bool:
    """Whether cells drawn along the axes of a grid lie where its places are; one of metres may be turned against degrees."""
    if grid is None:
        return False
    centre = unwrapped(np.column_stack([grid.longitudes[grid.columns], grid.latitudes[grid.rows]]))
    size = np.abs([np.diff(grid.longitudes).mean(), np.diff(grid.latitudes).mean()])
    return bool((np.abs(centre - lonlat) <= 0.5 * size + 1e-6).all())  # NaN, a grid without a place, does not fit


def unwrapped(lonlat: np.ndarray) -> np.ndarray:
    """Longitudes made continuous where places lie on both sides of the date line, their middle inside [-180, 180].

    Args:
        lonlat: [place, 2] degrees; longitudes may already go on past 180.
    """
    known = np.unique(lonlat[np.isfinite(lonlat[:, 0]), 0])
    if not len(known):
        return lonlat
    moved = lonlat.copy()
    gaps = np.diff(known)
    if len(gaps) and gaps.max() > 180:
        moved[moved[:, 0] <= known[int(np.argmax(gaps))], 0] += 360
    middle = (np.nanmin(moved[:, 0]) + np.nanmax(moved[:, 0])) / 2
    moved[:, 0] -= 360 * np.round(middle / 360)
    return moved


def fit(lonlat: np.ndarray, height: int, width: int, margin: float = 0.08) -> View:
    """The view that holds all places with a margin; a single place is seen at the scale of a town."""
    known = lonlat[np.isfinite(lonlat).all(axis=1)]
    if not len(known):
        return View(10.0, 25.0, 0.6)
    west, east = float(known[:, 0].min()), float(known[:, 0].max())
    low, high = (_mercator(float(known[:, 1].min())), _mercator(float(known[:, 1].max())))
    inner = 1 - 2 * margin
    zooms = [10.5]
    if east > west:
        zooms.append(math.log2(width * inner / (512 * (east - west) / 360)))
    if high > low:
        zooms.append(math.log2(height * inner / (512 * (high - low) / (2 * math.pi))))
    latitude = math.degrees(2 * math.atan(math.exp((low + high) / 2)) - math.pi / 2)
    zoom = min(zooms[1:] or zooms[:1])
    return View((west + east) / 2, latitude, max(0.2, min(zoom, 13.5)))


def _mercator(latitude: float) -> float:
    clipped = math.radians(max(-85.0, min(85.0, latitude)))
    return math.log(math.tan(math.pi / 4 + clipped / 2))


def _corners(grid: Grid) -> np.ndarray:
    """[location, 4, 2] corners of each cell, with a hair of ground between neighbours left to the outline."""
    half_lat = abs(float(np.diff(grid.latitudes).mean())) / 2 if len(grid.latitudes) > 1 else 0.5
    half_lon = abs(float(np.diff(grid.longitudes).mean())) / 2 if len(grid.longitudes) > 1 else 0.5
    lat, lon = grid.latitudes[grid.rows], grid.longitudes[grid.columns]
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    centre = np.stack([lon, lat], axis=1)[:, None, :]
    corners = np.asarray(centre + signs[None] * np.array([half_lon, half_lat]))
    corners[..., 1] = corners[..., 1].clip(-85, 85)
    return corners


def _edges(ids: pd.Index, lonlat: np.ndarray, space: Space | None) -> np.ndarray:
    """Each edge once, the nearest two of every place where a table holds many: a picture of a network, not a hair ball."""
    if not space or not space.edges:
        return np.empty((0, 4))
    table = next(iter(space.edges.values()))
    table = table[table["from"] != table["to"]]
    table = table.sort_values("weight", ascending=False, kind="stable")
    if len(table) > 3 * len(ids):
        table = table.groupby("from", sort=False).head(NEIGHBOURS)
    row = pd.Series(np.arange(len(ids)), index=ids)
    start, end = row.reindex(table["from"]).to_numpy(), row.reindex(table["to"]).to_numpy()
    known = np.isfinite(start) & np.isfinite(end)
    pair = np.sort(np.stack([start[known], end[known]], axis=1).astype(np.int64), axis=1)
    pair = np.unique(pair, axis=0)[:MOST_EDGES] if len(pair) else pair
    lines = np.concatenate([lonlat[pair[:, 0]], lonlat[pair[:, 1]]], axis=1) if len(pair) else np.empty((0, 4))
    return np.asarray(lines[np.isfinite(lines).all(axis=1)])


def graticule(view: View) -> tuple[list[list[list[float]]], float]:
    """Lines of round degrees around a close view, and their distance in degrees; none where the world map has its own."""
    if view.zoom < 5:
        return [], 0.0
    across = 360 / 2**view.zoom * 1.2
    step = next((s for s in (2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01) if across / s >= 5), 0.01)
    count = 24
    west = (math.floor(view.longitude / step) - count // 2) * step
    south = (math.floor(view.latitude / step) - count // 2) * step
    north, east = south + count * step, west + count * step
    meridians = [[[west + i * step, south], [west + i * step, north]] for i in range(count + 1)]
    parallels = [[[west, south + i * step], [east, south + i * step]] for i in range(count + 1)]
    return meridians + parallels, step


@lru_cache(maxsize=1)
def _cities() -> tuple[tuple[str, float, float], ...]:
    with CITIES.open(encoding="utf-8") as lines:
        return tuple((row["name"], float(row["lon"]), float(row["lat"])) for row in csv.DictReader(lines))


def cities(ground: Ground, height: int = 440, width: int = 620, most: int = 10) -> list[tuple[str, float, float]]:
    """Names of cities inside the first view that keep clear of the points and of each other: name, longitude, latitude."""
    view = ground.view
    if view.zoom < 1.5 or view.zoom > 9:
        return []
    taken = _screen(ground.lonlat[np.isfinite(ground.lonlat).all(axis=1)], view)
    chosen: list[tuple[str, float, float]] = []
    for name, longitude, latitude in _cities():
        longitude += 360 * round((view.longitude - longitude) / 360)
        x, y = _screen(np.array([[longitude, latitude]]), view)[0]
        if abs(x) > width * 0.46 or abs(y) > height * 0.46:
            continue
        near = taken[(np.abs(taken[:, 0] - x) < 44) & (np.abs(taken[:, 1] - y) < 16)]
        if len(near) == 0 and len(chosen) < most:
            chosen.append((name, longitude, latitude))
            taken = np.concatenate([taken, [[x, y]], [[x - 30, y]], [[x + 30, y]]])
    return chosen


def _screen(lonlat: np.ndarray, view: View) -> np.ndarray:
    """[place, 2] pixels right of and below the middle of the view."""
    scale = 512 * 2**view.zoom
    x = (lonlat[:, 0] - view.longitude) / 360 * scale
    y = np.array([_mercator(view.latitude) - _mercator(float(lat)) for lat in lonlat[:, 1]]) / (2 * math.pi) * scale
    return np.stack([x, y], axis=1) if len(lonlat) else np.empty((0, 2))
