"""Where events are counted: squares of equal degrees, hexagons, districts, or the places they name."""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from stcore.data.districts import districts_of, join_config, one_each, parent_of, parents, property_of
from stcore.data.graphs import adjacent, border_edges
from stcore.data.observations import Observations
from stcore.data.space import Grid, Space
from stcore.errors import ConfigError, DataError

#: SQL condition: an event has a place on the globe.
VALID = "coalesce(abs(lat) <= 90 AND abs(lon) <= 180, false)"
_SIZES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_BUSY, _MANY = 100, 1500
_FINEST = 9


@dataclass(frozen=True)
class Cells:
    """Occupied cells.

    Attributes:
        locations: one row a cell, in order of first appearance.
        space: their geometry, grid or edges.
        relation: SQL of the events inside them: stamp, line, cell (position in ``locations``), v0...
        words: what they are, for people: “77 cells of 2 degrees”.
    """

    locations: gpd.GeoDataFrame
    space: Space
    relation: str
    words: str


def _register(seen: Observations, name: str, **columns: np.ndarray) -> None:
    seen.connection.register(name, pa.table(columns))


# squares -----------------------------------------------------------------------------------------------------------


def squares(seen: Observations, size: float | None = None) -> Cells:
    """Squares of equal degrees with an event.

    Args:
        size: degrees; None: the smallest round size at which some 100 squares hold nine tenths of the events.

    Raises:
        ConfigError: a size out of bounds.
    """
    size = size or _suggest_size(seen)
    if not 0.0001 <= size <= 90:
        raise ConfigError(f"A cell of {size:g} degrees is out of bounds.", "Choose between 0.0001 and 90 degrees.")
    events = f"(SELECT *, {_row_column(size)} FROM {seen.source()} WHERE {VALID}) AS e"
    found = seen.connection.sql(f"SELECT row_, column_ FROM {events} GROUP BY 1, 2 ORDER BY min(line)").to_arrow_table()
    rows, columns = found["row_"].to_numpy(), found["column_"].to_numpy()
    _register(seen, "cells", row_=rows, column_=columns, cell=np.arange(len(rows)))
    relation = f"(SELECT e.*, cells.cell FROM {events} JOIN cells ON e.row_ = cells.row_ AND e.column_ = cells.column_)"
    locations, space = _grid(rows, columns, float(size))
    return Cells(locations, space, relation, f"{len(rows):,} cells of {size:g} degrees")


def _row_column(size: float) -> str:
    """SQL of the square an event lies in; the north pole and 180 degrees east belong to the last ones."""
    rows, columns = int(np.ceil(180 / size)), int(np.ceil(360 / size))
    return (
        f"least({rows - 1}, CAST(floor((lat + 90) / {size!r}) AS BIGINT)) AS row_, "
        f"least({columns - 1}, CAST(floor((lon + 180) / {size!r}) AS BIGINT)) AS column_"
    )


def _suits(counts: np.ndarray) -> bool:
    """Few cells hold nine tenths of the events, and not too many hold any."""
    falling = np.sort(counts)[::-1]
    busy = int(np.searchsorted(falling.cumsum(), 0.9 * falling.sum())) + 1
    return busy <= _BUSY and len(counts) <= _MANY


def _suggest_size(seen: Observations) -> float:
    for size in _SIZES:
        counts = seen.connection.sql(
            f"SELECT count(*) AS n FROM (SELECT {_row_column(size)} FROM {seen.source()} WHERE {VALID}) AS e GROUP BY row_, column_"
        ).to_arrow_table()["n"].to_numpy()  # fmt: skip
        if _suits(counts):
            return size
    return _SIZES[-1]


def _grid(rows: np.ndarray, columns: np.ndarray, size: float) -> tuple[gpd.GeoDataFrame, Space]:
    """Centres as points, and the grid they lie on (crossing the date line where that makes it narrower)."""
    latitudes, longitudes = np.round((rows + 0.5) * size - 90, 6), np.round((columns + 0.5) * size - 180, 6)
    ids = [f"{lat:g}_{lon:g}" for lat, lon in zip(latitudes, longitudes, strict=True)]
    index = pd.Index(ids, dtype=object, name="location")
    points = gpd.GeoSeries(gpd.points_from_xy(longitudes, latitudes), index=index, crs="EPSG:4326")
    around = int(np.ceil(360 / size))
    turned = np.where(columns < around // 2, columns + around, columns)
    columns = turned if np.ptp(turned) < np.ptp(columns) else columns
    rows, columns = rows - rows.min(), columns - columns.min()
    shape = int(rows.max()) + 1, int(columns.max()) + 1
    west = float(longitudes[int(np.argmin(columns))])
    grid = Grid(
        rows, columns, shape, float(latitudes.min()) + size * np.arange(shape[0]), west + size * np.arange(shape[1])
    )
    return gpd.GeoDataFrame(geometry=points, index=index, crs="EPSG:4326"), Space(geometry=points, grid=grid)


# hexagons and districts: the cell of every distinct spot is looked up once -----------------------------------------------


def hexagons(seen: Observations, size: float | None = None) -> Cells:
    """Hexagons of the H3 grid with an event; neighbours that have one, too, are joined by edges (``borders``).

    Args:
        size: distance between centres in degrees of latitude, rounded to a resolution; None: the finest resolution at
            which some 100 hexagons hold nine tenths of the events.

    Source: Uber Technologies, "H3: Uber's Hexagonal Hierarchical Spatial Index", 2018.
    """
    import h3.api.numpy_int as h3

    spots = _spots(seen)
    lat, lon = spots["lat"].to_numpy(), spots["lon"].to_numpy()
    resolution = _resolution(size) if size is not None else _suggest_resolution(spots)
    cells, cell = _first_seen(_hexagon_of(lat, lon, resolution), spots["line"].to_numpy())
    names = [f"{int(code):x}" for code in cells]
    index = pd.Index(names, dtype=object, name="location")
    outlines = [_hexagon(h3.cell_to_boundary(int(code))) for code in cells]
    geometry = gpd.GeoSeries(outlines, index=index, crs="EPSG:4326")
    near = [h3.grid_disk(int(code), 1) for code in cells]
    space = Space(geometry=geometry).with_edges("borders", _ring(cells, near, geometry))
    relation = _looked_up(seen, lat, lon, cell)
    across = f"{h3.average_hexagon_edge_length(resolution, unit='km') * np.sqrt(3):,.3g} km across"
    words = f"{len(cells):,} hexagons {across} (H3 resolution {resolution})"
    return Cells(gpd.GeoDataFrame(geometry=geometry), space, relation, words)


def districts(seen: Observations, shapes: gpd.GeoDataFrame | None, join: object = None) -> Cells:
    """Districts with an event inside; a common border makes an edge (``borders``).

    Args:
        shapes: the districts (EPSG:4326).
        join: property that names them, as in ``districts.with_districts``; None: the first one that is different in each.

    Raises:
        DataError: no districts, or no event inside one.
    """
    if shapes is None:
        raise DataError(
            "Events by regions need the regions.", "Give their outlines: geometry = a GeoJSON, GeoPackage or shapefile."
        )
    config = join_config(join)
    on = property_of(shapes, config)
    shapes, _ = one_each(shapes, on, None)
    spots = _spots(seen)
    lat, lon, line = (spots[name].to_numpy() for name in ("lat", "lon", "line"))
    where = districts_of({"lon": lon, "lat": lat}, shapes)
    inside = where >= 0
    if not inside.any():
        raise DataError(
            f"None of the events lies in one of the {len(shapes):,} districts.",
            "Check latitude and longitude, and that the outlines are of the same part of the world.",
        )
    found, cell = _first_seen(where[inside], line[inside])
    index = pd.Index([str(name) for name in shapes[on].iloc[found]], dtype=object, name="location")
    geometry = gpd.GeoSeries(shapes.geometry.to_numpy()[found], index=index, crs="EPSG:4326")
    space = Space(geometry=geometry).with_edges("borders", border_edges(geometry))
    locations, column = gpd.GeoDataFrame(geometry=geometry), parent_of(shapes, config, on)
    if column is not None:
        locations["parent"] = parents(shapes[column].iloc[found], index)
        space = replace(space, parent=locations["parent"])
    relation = _looked_up(seen, lat[inside], lon[inside], cell)
    return Cells(locations, space, relation, f"{len(found):,} of {len(shapes):,} districts")


def places(seen: Observations) -> Cells:
    """The places that events name, at the mean of their coordinates where they have some."""
    lat, lon = ("avg(lat)", "avg(lon)") if seen.roles.lat else ("NULL", "NULL")
    found = seen.connection.sql(
        f"SELECT place, {lat} AS lat, {lon} AS lon FROM {seen.source()} GROUP BY 1 ORDER BY min(line)"
    ).to_arrow_table()
    codes = found["place"].to_numpy()
    _register(seen, "cells", place=codes, cell=np.arange(len(codes)))
    relation = f"(SELECT e.*, cells.cell FROM {seen.source()} AS e JOIN cells ON e.place = cells.place)"
    index = pd.Index([seen.places[code] for code in codes], dtype=object, name="location")
    lonlat = np.column_stack([found[name].to_numpy(zero_copy_only=False).astype(float) for name in ("lon", "lat")])
    points = gpd.GeoSeries(gpd.points_from_xy(*lonlat.T), index=index, crs="EPSG:4326").where(
        np.isfinite(lonlat).all(axis=1)
    )
    space = Space(geometry=points) if np.isfinite(lonlat).all(axis=1).any() else Space()
    return Cells(gpd.GeoDataFrame(geometry=points), space, relation, f"{len(codes):,} places")


def _spots(seen: Observations) -> pa.Table:
    """Distinct coordinates of the events, with their first line and their number."""
    return seen.connection.sql(
        f"SELECT lat, lon, min(line) AS line, count(*) AS rows FROM {seen.source()} WHERE {VALID} GROUP BY 1, 2 ORDER BY line, 1, 2"
    ).to_arrow_table()


def _first_seen(codes: np.ndarray, line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct codes in order of first appearance, and the position of every code among them."""
    distinct, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(line[first], kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[inverse]


def _looked_up(seen: Observations, lat: np.ndarray, lon: np.ndarray, cell: np.ndarray) -> str:
    _register(seen, "spots", lat=lat, lon=lon, cell=cell)
    return f"(SELECT e.*, spots.cell FROM {seen.source()} AS e JOIN spots ON e.lat = spots.lat AND e.lon = spots.lon)"


def _resolution(size: float) -> int:
    """The H3 resolution whose hexagons are about ``size`` degrees of latitude from centre to centre.

    Raises:
        ConfigError: finer than the finest or coarser than the coarsest.
    """
    import h3

    across = np.array([h3.average_hexagon_edge_length(r, unit="km") for r in range(16)]) * np.sqrt(3) / 111.195
    if not across[-1] / 2 <= size <= across[0] * 2:
        raise ConfigError(f"A hexagon of {size:g} degrees is out of bounds.", "Choose between 0.00001 and 30 degrees.")
    return int(np.argmin(np.abs(np.log(across / size))))


def _hexagon_of(lat: np.ndarray, lon: np.ndarray, resolution: int) -> np.ndarray:
    """H3 cell of every spot; the library takes them one at a time."""
    import h3.api.numpy_int as h3

    cells = (h3.latlng_to_cell(north, east, resolution) for north, east in zip(lat.tolist(), lon.tolist(), strict=True))
    return np.fromiter(cells, np.uint64, len(lat))


def _suggest_resolution(spots: pa.Table) -> int:
    """The finest resolution that suits; parents hold their children only nearly, which is enough for a suggestion."""
    every = max(1, len(spots) // 50_000)
    lat, lon, rows = (spots[name].to_numpy()[::every] for name in ("lat", "lon", "rows"))
    finest = _hexagon_of(lat, lon, _FINEST)
    for resolution in range(_FINEST, 0, -1):
        _, inverse = np.unique(_parents(finest, resolution), return_inverse=True)
        if _suits(np.bincount(inverse, weights=rows)):
            return resolution
    return 1


def _parents(cells: np.ndarray, resolution: int) -> np.ndarray:
    """H3 cells of a coarser resolution, all at once: digits below it become 7, the resolution stands in bits 52 to 55."""
    finest = int(cells[0] >> np.uint64(52)) & 0xF
    below = np.uint64((1 << 3 * (15 - resolution)) - (1 << 3 * (15 - finest)))
    cleared = cells & ~np.uint64(0xF << 52) | np.uint64(resolution << 52)
    return np.asarray(cleared | below)


def _hexagon(boundary: tuple[tuple[float, float], ...]) -> shapely.Geometry:
    """Outline of a cell; one that crosses the date line is cut in two."""
    lonlat = np.array(boundary)[:, ::-1].copy()
    if np.ptp(lonlat[:, 0]) < 180:
        return shapely.Polygon(lonlat)
    lonlat[lonlat[:, 0] < 0, 0] += 360
    whole = shapely.Polygon(lonlat)
    west = shapely.intersection(whole, shapely.box(0, -90, 180, 90))
    east = shapely.transform(
        shapely.intersection(whole, shapely.box(180, -90, 540, 90)), lambda xy: xy - np.array([360, 0])
    )
    return shapely.MultiPolygon([part for part in (west, east) if not part.is_empty])


def _ring(cells: np.ndarray, near: list[np.ndarray], geometry: gpd.GeoSeries) -> pd.DataFrame:
    """Edges between cells that are next to each other."""
    start = np.repeat(np.arange(len(cells)), [len(each) for each in near])
    end = pd.Index(cells).get_indexer(np.concatenate(near))
    there = (end >= 0) & (start != end)
    return adjacent(geometry, start[there], end[there])
