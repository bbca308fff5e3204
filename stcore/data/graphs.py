"""Networks between places: nearest, within a radius, with a common border, or moving alike. Never all pairs of many places.

Every edge table has the columns from, to (location ids), weight (higher = closer, in (0, 1]) and length_km (great circle).
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stcore.data.panel import Panel
from stcore.data.space import EARTH_RADIUS_KM, EDGE_COLUMNS, Space, coordinates, great_circle_km
from stcore.errors import DataError
from stcore.spatial import NeighboursConfig

#: More edges than this are refused before they are made (some 1.5 GB).
MOST_EDGES = 20_000_000
#: Weight of the distance kernel at its radius.
LEAST_WEIGHT = 0.1
#: Numbers of the train part that correlations are taken from: rows are thinned evenly beyond it.
_MOST_NUMBERS = 40_000_000
_BLOCK_CELLS = 20_000_000


def edges_between(panel: Panel, config: NeighboursConfig, train_end: int | None = None) -> pd.DataFrame:
    """Edge table of a panel's places.

    Args:
        config: which places are neighbours.
        train_end: steps of the train part; needed for correlation, which looks at no later row.

    Raises:
        DataError: no coordinates, no polygons, or no train part where the kind needs them; or far too many edges.
    """
    ids = panel.locations.index
    if config.kind == "correlation":
        if train_end is None:
            raise DataError(
                "Places that move alike are found in the train part, and its end is not known here.",
                "Build them with stcore.data.graphs.edges_between(panel, neighbours, train_end).",
            )
        table = correlation_edges(panel.values[:train_end, :, 0], ids, config.count)
        return with_lengths(table, panel.locations)
    if config.kind == "borders":
        return border_edges(panel.locations.geometry)
    lonlat = coordinates(panel.locations)
    if lonlat is None:
        raise DataError(
            f"None of the {len(ids):,} places has coordinates, so none is near another.",
            "Give latitude and longitude, or take neighbours by correlation.",
        )
    if config.kind == "distance":
        return distance_edges(lonlat, ids, config.radius_km)
    return nearest_edges(lonlat, ids, config.count)


def with_neighbours(panel: Panel, config: NeighboursConfig | None, train_end: int | None = None) -> Panel:
    """The panel with the edges of ``config`` under the name of their kind; correlation waits until there is a train part."""
    if config is None or (config.kind == "correlation" and train_end is None):
        return panel
    return replace(panel, space=panel.space.with_edges(config.kind, edges_between(panel, config, train_end)))


def no_edges() -> pd.DataFrame:
    """An edge table without a row."""
    numbers = {"weight": np.empty(0), "length_km": np.empty(0)}
    return pd.DataFrame({"from": np.empty(0, object), "to": np.empty(0, object), **numbers})


def _table(ids: pd.Index, start: np.ndarray, end: np.ndarray, weight: np.ndarray, length: np.ndarray) -> pd.DataFrame:
    names = ids.to_numpy()
    columns = dict(zip(EDGE_COLUMNS, (names[start], names[end], weight, length), strict=True))
    return pd.DataFrame(columns) if len(start) else no_edges()


def nearest_edges(lonlat: np.ndarray, ids: pd.Index, neighbours: int = 8) -> pd.DataFrame:
    """Edges from every location to its nearest ones by a ball tree on the sphere; never all pairs.

    Args:
        lonlat: [location, 2] degrees; NaN rows get no edges.
        ids: location ids in the same order.
        neighbours: edges a location.

    Returns:
        Edge table; weight = exp(-(d / s)^2) with s the median distance.
    """
    from sklearn.neighbors import BallTree

    there = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    if len(there) < 2:
        return no_edges()
    count = min(neighbours, len(there) - 1)
    radians = np.radians(lonlat[there][:, ::-1])
    distance, index = BallTree(radians, metric="haversine").query(radians, k=count + 1)
    # A location's first neighbour is itself, or a twin at the same spot: drop itself wherever it stands.
    own = index == np.arange(len(there))[:, None]
    own[~own.any(axis=1), -1] = True
    distance, index = (part[~own].reshape(len(there), count) for part in (distance, index))
    length_km = distance.ravel() * EARTH_RADIUS_KM
    scale = max(float(np.median(length_km)), 1e-6)
    weight = np.exp(-((length_km / scale) ** 2))
    return _table(ids, np.repeat(there, count), there[index.ravel()], weight, length_km)


def distance_edges(
    lonlat: np.ndarray, ids: pd.Index, radius_km: float | None = None, least: float = LEAST_WEIGHT
) -> pd.DataFrame:
    """Edges between all locations within a radius, weighted by a Gaussian kernel of the great-circle distance.

    weight = exp(-(d / s)^2), with s such that the weight falls to ``least`` at the radius. Source: D. Shuman et al., "The
    Emerging Field of Signal Processing on Graphs", IEEE Signal Processing Magazine 30 (3), 2013, equation 1.

    Args:
        lonlat: [location, 2] degrees; NaN rows get no edges.
        radius_km: None: the median distance of the eighth neighbour.
        least: weight at the radius, between 0 and 1.

    Raises:
        DataError: more edges than may be made.
    """
    from sklearn.neighbors import BallTree

    there = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    if len(there) < 2:
        return no_edges()
    radians = np.radians(lonlat[there][:, ::-1])
    tree = BallTree(radians, metric="haversine")
    if radius_km is None:
        radius_km = float(np.median(tree.query(radians, k=min(9, len(there)))[0][:, -1])) * EARTH_RADIUS_KM
    angle = radius_km / EARTH_RADIUS_KM + 1e-12
    count = int(tree.query_radius(radians, angle, count_only=True).sum()) - len(there)
    if count > MOST_EDGES:
        raise DataError(
            f"Within {radius_km:,.4g} km the {len(there):,} places have {count:,} neighbours; at most {MOST_EDGES:,} are made.",
            "Choose a smaller radius, or a number of nearest neighbours.",
        )
    found, distance = tree.query_radius(radians, angle, return_distance=True)
    start = np.repeat(np.arange(len(there)), [len(each) for each in found])
    end, length_km = np.concatenate(found), np.concatenate(distance) * EARTH_RADIUS_KM
    start, end, length_km = (part[start != end] for part in (start, end, length_km))
    spread = max(radius_km, 1e-9) / np.sqrt(-np.log(least))
    return _table(ids, there[start], there[end], np.exp(-((length_km / spread) ** 2)), length_km)


def border_edges(shapes: gpd.GeoSeries) -> pd.DataFrame:
    """Edges between districts that share a border of more than a point, both ways, also across the date line.

    Small overlaps of outlines that were drawn apart count as a border; a gap does not.

    Args:
        shapes: polygons indexed by location id (EPSG:4326); others get no edges.

    Returns:
        Edge table; weight 1, length_km between inner points.

    Raises:
        DataError: no polygon at all.
    """
    polygons = np.flatnonzero(shapes.geom_type.isin(["Polygon", "MultiPolygon"]) & ~shapes.is_empty)
    if not len(polygons):
        raise DataError(
            "None of the places has an outline, so none shares a border.",
            "Give the districts (geometry), or take nearest.",
        )
    outlines = shapes.to_numpy()[polygons]
    outlines = np.where(shapely.is_valid(outlines), outlines, shapely.make_valid(outlines))
    far_east = np.flatnonzero(shapely.bounds(outlines)[:, 0] <= -180 + 1e-6)  # they go on beyond 180 degrees east
    everyone = np.concatenate(
        [outlines, shapely.transform(outlines[far_east], lambda lonlat: lonlat + np.array([360, 0]))]
    )
    number = np.concatenate([np.arange(len(outlines)), far_east])
    start, end = shapely.STRtree(everyone).query(everyone, predicate="intersects")
    once = number[start] < number[end]
    start, end = start[once], end[once]
    shared = shapely.length(shapely.intersection(everyone[start], everyone[end])) > 0
    pair = np.unique(np.stack([number[start[shared]], number[end[shared]]]), axis=1)
    both = np.concatenate([pair, pair[::-1]], axis=1)
    order = np.lexsort((both[1], both[0]))
    start, end = polygons[both[0][order]], polygons[both[1][order]]
    return adjacent(shapes, start, end)


def adjacent(shapes: gpd.GeoSeries, start: np.ndarray, end: np.ndarray) -> pd.DataFrame:
    """Edge table of pairs of positions in ``shapes``: weight 1, length_km between inner points."""
    table = _table(shapes.index, start, end, np.ones(len(start)), np.full(len(start), np.nan))
    return with_lengths(table, gpd.GeoDataFrame(geometry=shapes))


def correlation_edges(values: np.ndarray, ids: pd.Index, count: int = 8) -> pd.DataFrame:
    """Edges from every location to those whose series is most correlated with its own, block by block.

    Correlations are Pearson's over the steps both have, each series about its own mean; only positive ones are edges.

    Args:
        values: [time, location] of the train part alone, NaN where missing.
        count: edges a location.

    Returns:
        Edge table; weight = correlation, length_km NaN.
    """
    places = values.shape[1]
    every = max(1, int(np.ceil(values.size / _MOST_NUMBERS)))
    series = np.asarray(values[::every], dtype=np.float32)
    there = np.isfinite(series)
    series, seen = _centred(series, there), None if there.all() else there.astype(np.float32)
    starts, ends, weights = [], [], []
    width = max(1, _BLOCK_CELLS // max(places, 1))
    keep = min(count, places - 1)
    for first in range(0, places if keep > 0 else 0, width):
        block = slice(first, min(first + width, places))
        alike = _correlations(series, seen, block)
        rows = np.arange(alike.shape[0])
        alike[rows, rows + first] = -1  # not with itself
        best = np.argpartition(-alike, keep - 1, axis=1)[:, :keep]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(alike, best, 1), axis=1, kind="stable"), 1)
        start, weight = np.repeat(rows + first, keep), np.take_along_axis(alike, best, 1).ravel()
        kept = weight > 0
        starts.append(start[kept])
        ends.append(best.ravel()[kept])
        weights.append(weight[kept])
    if not starts:
        return no_edges()
    start, end, weight = np.concatenate(starts), np.concatenate(ends), np.concatenate(weights)
    return _table(ids, start, end, weight.astype(np.float64), np.full(len(start), np.nan))


def _centred(series: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Series about their own means, 0 where missing; a series that does not move is 0 throughout."""
    known, count = np.where(there, series, 0), np.maximum(there.sum(axis=0), 1)
    mean = known.sum(axis=0, dtype=np.float64) / count
    moved = np.where(there, known - mean, 0).astype(np.float32)
    reach = np.abs(moved).max(axis=0, initial=0)
    moved[:, reach <= 1e-6 * np.abs(mean)] = 0  # rounding is no movement
    return np.asarray(moved / np.where(reach > 0, reach, 1), np.float32)  # squares of very small numbers would be none


def _correlations(series: np.ndarray, seen: np.ndarray | None, block: slice) -> np.ndarray:
    """[block, location] correlations; 0 where two series hardly meet or one of them does not move."""
    product, square = series[:, block].T @ series, np.square(series)
    if seen is None:  # nothing is missing
        total = square.sum(axis=0)
        size, steps = np.sqrt(np.outer(total[block], total)), np.float32(len(series))
    else:
        size = np.sqrt((square[:, block].T @ seen) * (seen[:, block].T @ square))
        steps = seen[:, block].T @ seen
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.where((size > 0) & (steps >= min(10, len(series))), product / size, 0)
    return np.asarray(np.clip(alike, -1, 1), dtype=np.float32)


def with_lengths(table: pd.DataFrame, locations: gpd.GeoDataFrame) -> pd.DataFrame:
    """The edge table with great-circle lengths in km between the places' (inner) points; NaN where unknown."""
    lonlat = coordinates(locations)
    if lonlat is None or table.empty:
        return table
    row = pd.Series(np.arange(len(locations)), index=locations.index)
    ends = (lonlat[row.reindex(table[name]).to_numpy()] for name in ("from", "to"))
    return table.assign(length_km=great_circle_km(*ends))


def matrix(space: Space, ids: pd.Index, name: str | None = None) -> object:
    """Sparse weights [location, location] (scipy CSR) of a named edge table, or of the first one.

    Raises:
        DataError: there is no such network.
    """
    from scipy import sparse

    table = space.edges.get(name) if name else next(iter(space.edges.values()), None)
    if table is None:
        raise DataError(
            f"There is no network{f' “{name[:40]}”' if name else ''} between the places.",
            f"Known: {', '.join(space.edges) or 'none'}; set data.neighbours to build one.",
        )
    row = pd.Series(np.arange(len(ids)), index=ids)
    where = row.reindex(table["from"]).to_numpy(), row.reindex(table["to"]).to_numpy()
    return sparse.csr_array((table["weight"].to_numpy(), where), shape=(len(ids), len(ids)))
