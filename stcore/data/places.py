"""The places of a panel: ids, coordinates that were checked, and a given network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data.encoding import as_text, on_disk
from stcore.data.panel import edge_table
from stcore.data.space import Grid, Space, continuous, great_circle_km, matrix_edges, recognise_grid
from stcore.errors import ConfigError, DataError
from stcore.findings import Finding, Fix

_EDGE_HEADS = ({"from", "to"}, {"source", "target"})


@dataclass
class Places:
    """Everything about where.

    Attributes:
        table: GeoDataFrame indexed by id, in order of first appearance.
        space: geometry, grid, edges, parent.
        findings: what was odd.
    """

    table: gpd.GeoDataFrame
    space: Space
    findings: list[Finding] = field(default_factory=list)


def make_places(
    ids: list[str], points: pd.DataFrame | None, names: tuple[str, str] = ("lat", "lon"), crs: str | None = None
) -> Places:
    """Places from ids and the coordinates that stand in the file.

    Args:
        ids: in order of first appearance.
        points: rows of place (position in ids), lat, lon, rows; or None.
        names: columns of latitude and longitude, for messages.
        crs: system of coordinates in metres (north under ``lat``, east under ``lon``), such as EPSG:25832; None: degrees.

    Raises:
        ConfigError: ``crs`` is no system of coordinates.
    """
    index = pd.Index(ids, dtype=object, name="location")
    findings: list[Finding] = []
    lonlat, plane = np.full((len(ids), 2), np.nan), None
    if points is not None and len(points):
        points, plane, findings = _from_plane(ids, points, names, crs)
        lonlat, judged = _judged(ids, points, names) if len(points) else (lonlat, [])
        findings += judged
    there = np.isfinite(lonlat).all(axis=1)
    geometry = gpd.GeoSeries(gpd.points_from_xy(lonlat[:, 0], lonlat[:, 1]), index=index, crs="EPSG:4326").where(there)
    table = gpd.GeoDataFrame(geometry=geometry, index=index, crs="EPSG:4326")
    grid = recognise_grid(lonlat) if plane is None else plane_grid(plane, lonlat)
    return Places(table, Space(geometry=table.geometry if there.any() else None, grid=grid), findings)


def _from_plane(
    ids: list[str], points: pd.DataFrame, names: tuple[str, str], crs: str | None
) -> tuple[pd.DataFrame, np.ndarray | None, list[Finding]]:
    """Coordinates in metres turned to degrees; without their system there are none, but a grid is still a grid.

    Returns:
        Points in degrees, the coordinates in metres [place, 2] as east and north or None, and findings.
    """
    metres = max(points["lat"].abs().median(), points["lon"].abs().median()) > 360
    if crs is None and not metres:
        return points, None, []
    plane = np.full((len(ids), 2), np.nan)
    usual = points.sort_values("rows", ascending=False, kind="stable").drop_duplicates("place")
    plane[usual["place"]] = usual[["lon", "lat"]]
    if crs is None:
        finding = Finding(
            code="coordinates", severity="look", where=f"{names[0]}, {names[1]}"[:80], count=len(ids),
            message=f"Coordinates such as {points['lat'].iloc[0]:g}, {points['lon'].iloc[0]:g} are no degrees; the places are not on the map.",
            suggestion="If they are metres, say in which system: data.crs, such as EPSG:25832.",
        )  # fmt: skip
        return points.iloc[:0], plane, [finding]
    east, north = _transformer(crs).transform(points["lon"].to_numpy(), points["lat"].to_numpy())
    return (
        points.assign(lon=np.where(np.isfinite(east), east, np.nan), lat=np.where(np.isfinite(north), north, np.nan)),
        plane,
        [],
    )


def _transformer(crs: str) -> Any:
    import pyproj
    from pyproj.exceptions import CRSError

    try:
        return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except CRSError as error:
        raise ConfigError(
            f"“{crs[:60]}” is no system of coordinates.", "Write for example EPSG:25832 or EPSG:3857."
        ) from error


def plane_grid(plane: np.ndarray, lonlat: np.ndarray) -> Grid | None:
    """The grid that coordinates in metres lie on; its axes are the means of its rows and columns in degrees, NaN where unknown.

    Args:
        plane: [location, 2] metres east and north.
        lonlat: [location, 2] the same in degrees, or NaN.
    """
    grid = recognise_grid(plane, planar=True)
    if grid is None:
        return None
    east = continuous(lonlat[:, 0])
    rows = pd.Series(lonlat[:, 1]).groupby(grid.rows).mean().reindex(range(grid.shape[0])).interpolate()
    columns = pd.Series(east).groupby(grid.columns).mean().reindex(range(grid.shape[1])).interpolate()
    return replace(grid, latitudes=rows.to_numpy(), longitudes=columns.to_numpy())


def _judged(ids: list[str], points: pd.DataFrame, names: tuple[str, str]) -> tuple[np.ndarray, list[Finding]]:
    """The usual valid coordinate of each place [place, 2] as longitude, latitude; NaN where there is none."""
    points, findings = points.copy(), []
    if _goes_to_360(points["lon"]):
        points["lon"] = points["lon"].where(points["lon"] <= 180, points["lon"] - 360)
        findings.append(
            Finding(
                code="coordinates", message="Longitudes ran from 0 to 360 degrees east; they were turned to -180 to 180.",
                where=names[1], count=len(ids),
            )
        )  # fmt: skip
    bad = points[(points["lat"].abs() > 90) | (points["lon"].abs() > 180)]
    good = points[(points["lat"].abs() <= 90) & (points["lon"].abs() <= 180)]
    if len(bad):
        places = [ids[number] for number in bad["place"].unique()]
        first = bad.iloc[0]
        swapped = _are_swapped(points)
        findings.append(
            Finding(
                code="swapped" if swapped else "coordinates", severity="look", where=_listed(places), count=int(bad["rows"].sum()),
                message=f"{len(places)} {'place has' if len(places) == 1 else 'places have'} coordinates that do not exist "
                f"(for example {names[0]} {first['lat']:g}, {names[1]} {first['lon']:g}); they were dropped, the rows were kept.",
                suggestion="The two columns seem to be swapped." if swapped else "Correct the coordinates in the file.",
                fix=Fix(words="Swap the coordinates", setting="data", value={"lat": names[1], "lon": names[0]}) if swapped else None,
            )
        )  # fmt: skip
    usual = good.sort_values("rows", ascending=False, kind="stable").drop_duplicates("place")
    lonlat = np.full((len(ids), 2), np.nan)
    lonlat[usual["place"]] = usual[["lon", "lat"]]
    findings += _moving(ids, good) + _without(ids, lonlat)
    return lonlat, findings


def _are_swapped(points: pd.DataFrame) -> bool:
    """Most latitudes do not exist, and all coordinates do when read the other way round."""
    known = points[["lat", "lon"]].dropna()
    exist = (known["lon"].abs() <= 90) & (known["lat"].abs() <= 180)
    return bool(len(known) and exist.all() and (known["lat"].abs() > 90).mean() > 0.5)


def _goes_to_360(longitudes: pd.Series) -> bool:
    """Degrees east counted from 0 to 360: none negative, and more than one place in twenty past 180."""
    valid = longitudes.dropna()
    return bool(
        len(valid)
        and valid.min() >= 0
        and valid.max() <= 360
        and (valid > 180).mean() > 0.05
        and (valid > 180).sum() > 1
    )


def _moving(ids: list[str], good: pd.DataFrame) -> list[Finding]:
    """Places whose coordinates differ between rows by more than a rounding; a look from a kilometre on."""
    by_place = good.groupby("place")[["lon", "lat"]]
    low, high = by_place.min(), by_place.max()
    moving = (high - low).max(axis=1) > 1e-3
    if not moving.any():
        return []
    far = great_circle_km(low[moving].to_numpy(), high[moving].to_numpy())
    names = [ids[n] for n in low.index[moving]]
    return [
        Finding(
            code="moving", where=_listed(names), count=len(names), severity="look" if far.max() > 1 else "note",
            message=f"{len(names)} {'place has' if len(names) == 1 else 'places have'} more than one position, up to {far.max():.3g} km apart "
            f"({names[int(far.argmax())][:40]}); the most frequent one was taken.",
            suggestion="A sensor that was moved, or one id for two places." if far.max() > 1 else "",
        )
    ]  # fmt: skip


def _without(ids: list[str], lonlat: np.ndarray) -> list[Finding]:
    lost = np.flatnonzero(~np.isfinite(lonlat).all(axis=1))
    if not len(lost) or len(lost) == len(ids):
        return []
    return [
        Finding(
            code="coordinates", where=_listed([ids[n] for n in lost]), count=len(lost),
            message=f"{len(lost)} of {len(ids)} places have no usable coordinates and are not on the map.",
        )
    ]  # fmt: skip


def _listed(names: list[str]) -> str:
    """Up to five names, shortened."""
    return ", ".join(name[:40] for name in names[:5]) + (", ..." if len(names) > 5 else "")


# network -----------------------------------------------------------------------------------------------------------


def read_network(adjacency: Any, folder: Path) -> np.ndarray | pd.DataFrame:
    """A network from an array, a table, or a file: square matrix without header or as ``.npy``, or edge list with from and to.

    Raises:
        DataError: neither of the two.
    """
    if isinstance(adjacency, (np.ndarray, pd.DataFrame)):
        return adjacency
    if isinstance(adjacency, (list, tuple)):
        return np.asarray(adjacency, dtype=float)
    place = folder / "network"
    place.mkdir(exist_ok=True)
    path = on_disk(adjacency, place)
    try:
        if _is_array(path):
            return np.asarray(np.load(path, allow_pickle=False), dtype=float)
        text = as_text(path, place)
        with text.path.open(encoding="utf-8") as file:
            head = {cell.strip().lower() for cell in file.readline().replace(";", ",").replace("\t", ",").split(",")}
        if any(pair <= head for pair in _EDGE_HEADS):
            table = pd.read_csv(text.path, sep=None, engine="python", dtype=str, keep_default_na=False)
            return _edges(table.rename(columns=lambda name: name.strip().lower()))
        return pd.read_csv(text.path, sep=None, engine="python", header=None).to_numpy(dtype=float)
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(
            "The network file is neither a square matrix of numbers nor an edge list.",
            "Give a matrix without header, or columns from,to and optional weight, length_km.",
        ) from error


def _is_array(path: Path) -> bool:
    """Whether a file is an array as NumPy saves it."""
    with path.open("rb") as file:
        return file.read(6) == b"\x93NUMPY"


def _edges(table: pd.DataFrame) -> pd.DataFrame:
    table = table.rename(columns={"source": "from", "target": "to"})
    for name in ("weight", "length_km"):
        if name in table:
            table[name] = pd.to_numeric(table[name].replace("", np.nan))
    return table


def with_network(places: Places, network: np.ndarray | pd.DataFrame, everyone: list[str], codes: np.ndarray) -> Places:
    """The places joined by a given network.

    Args:
        everyone: all ids of the file in order of first appearance: the order of a matrix.
        codes: positions in ``everyone`` of the places that are here.

    Raises:
        DataError: the matrix has another size, or an edge names an unknown place.
    """
    if isinstance(network, pd.DataFrame):
        edges = edge_table(network, pd.Index(everyone))
        here = set(places.table.index)
        edges = edges[edges["from"].isin(here) & edges["to"].isin(here)].reset_index(drop=True)
    else:
        full = np.asarray(network, dtype=float)
        if full.shape != (len(everyone),) * 2:
            matrix_edges(full, pd.Index(everyone))  # refuses with the numbers
        edges = matrix_edges(full[np.ix_(codes, codes)], places.table.index)
    return Places(places.table, places.space.with_edges("given", edges), places.findings)
