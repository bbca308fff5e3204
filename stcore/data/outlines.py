"""Outlines of districts from a file: GeoJSON, GeoPackage, GeoParquet or a zipped shapefile, told from the bytes, not the name.

Only what these formats need is unpacked, under names of our own and up to a limit, and nothing else is ever handed to the
reader of geographic files, which knows formats that point to other files and addresses.
"""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import geopandas as gpd
import pandas as pd
import shapely
from pyproj.exceptions import CRSError

from stcore.data.encoding import on_disk
from stcore.errors import DataError

MOST_BYTES = 512 * 10**6
MOST_DISTRICTS = 200_000
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_MAGIC = {".shp": b"\x00\x00\x27\x0a", ".gpkg": b"SQLite format 3\x00"}
_HINT = "Give a GeoJSON, a GeoPackage, or a zip file with a shapefile; its properties must hold an id or a name."


def read_districts(geometry: Any, folder: Path) -> gpd.GeoDataFrame:
    """Districts with their properties as columns, valid and in degrees (EPSG:4326).

    Args:
        geometry: GeoDataFrame, or GeoJSON, GeoPackage, GeoParquet or zipped shapefile as path, bytes or file object.
        folder: for scratch.

    Raises:
        DataError: none of these, damaged, too large, or in coordinates that cannot be turned into degrees.
    """
    if isinstance(geometry, gpd.GeoDataFrame):
        return _in_degrees(geometry)
    place = folder / "districts"
    place.mkdir(exist_ok=True)
    path = on_disk(geometry, place)
    if path.stat().st_size > MOST_BYTES:
        raise _too_large()
    return _in_degrees(_read(path, place))


def _read(path: Path, place: Path) -> gpd.GeoDataFrame:
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"\x1f\x8b"):
        target = place / "unpacked.json"
        try:
            with gzip.open(path) as packed, target.open("wb") as out:
                _copy(packed, out, MOST_BYTES)  # type: ignore[arg-type]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError("The compressed file of districts is damaged.", "Copy or download it again.") from error
        return _geojson(target)
    if head.startswith(b"PAR1"):
        return _geoparquet(path)
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path, place)
    if head.startswith(_MAGIC[".gpkg"]):
        target = place / "districts.gpkg"  # its reader goes by the ending
        shutil.copyfile(path, target)
        return _opened(target)
    return _geojson(path)


def _geoparquet(path: Path) -> gpd.GeoDataFrame:
    try:
        return gpd.read_parquet(path)
    except (ValueError, OSError, CRSError) as error:
        raise DataError("The Parquet file holds no districts that can be read.", _HINT) from error


def _copy(source: BinaryIO, target: BinaryIO, left: int) -> int:
    """Copy a stream of at most ``left`` bytes; what is left of them."""
    while block := source.read(1 << 20):
        left -= len(block)
        if left < 0:
            raise _too_large()
        target.write(block)
    return left


def _too_large() -> DataError:
    return DataError(
        f"The districts are more than {MOST_BYTES / 1e6:,.0f} MB.",
        "Simplify the outlines, or leave out what is not needed.",
    )


def _zipped(path: Path, place: Path) -> gpd.GeoDataFrame:
    """A shapefile, a GeoJSON or a GeoPackage inside a zip file."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if not each.is_dir() and "__MACOSX" not in each.filename]
            chosen = _chosen(members)
            left = MOST_BYTES
            for ending, member in chosen.items():
                with archive.open(member) as packed, (place / f"districts{ending}").open("wb") as out:
                    left = _copy(packed, out, left)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise DataError(
            f"The zip file of districts cannot be unpacked ({str(error)[:80]}).", "Pack it again, without a password."
        ) from error
    ending = next(iter(chosen))
    target = place / f"districts{ending}"
    return _opened(target) if ending in _MAGIC else _geojson(target)


def _chosen(members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files to unpack by ending: the first shapefile with its parts, else the first GeoPackage or GeoJSON."""
    named = [(PurePosixPath(each.filename.replace("\\", "/")), each) for each in members]
    for stem in (str(name.with_suffix("")) for name, _ in named if name.suffix.lower() == ".shp"):
        parts = {name.suffix.lower(): each for name, each in named if str(name.with_suffix("")) == stem}
        if {".shp", ".shx", ".dbf"} <= set(parts):
            return {ending: parts[ending] for ending in _SHAPEFILE if ending in parts}
        raise DataError(
            "The shapefile is not whole: .shp, .shx and .dbf belong together.", "Put all its files into the zip file."
        )
    for ending in (".gpkg", ".geojson", ".json"):
        for name, each in named:
            if name.suffix.lower() == ending:
                return {ending: each}
    raise DataError("There are no districts in the zip file.", _HINT)


def _opened(path: Path) -> gpd.GeoDataFrame:
    """A shapefile or GeoPackage by its first layer with outlines."""
    import pyogrio

    with path.open("rb") as file:
        if not file.read(16).startswith(_MAGIC[path.suffix]):
            raise DataError("The file of districts is not what its name says.", _HINT)
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind]
        table = pyogrio.read_dataframe(path, layer=layers[0], max_features=MOST_DISTRICTS + 1) if layers else None
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise DataError(f"The districts cannot be read ({str(error)[:120]}).", _HINT) from error
    if table is None or not isinstance(table, gpd.GeoDataFrame):
        raise DataError("The file of districts holds no outlines.", _HINT)
    return table


def _geojson(path: Path) -> gpd.GeoDataFrame:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        features = content["features"]
        table = gpd.GeoDataFrame.from_features(features)
        if "id" not in table and any("id" in feature for feature in features):
            table["id"] = [feature.get("id") for feature in features]
        named = ((content.get("crs") or {}).get("properties") or {}).get("name")
        return table.set_crs(named) if named else table
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, CRSError) as error:
        raise DataError("The districts are no GeoJSON with features.", _HINT) from error


def _in_degrees(shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Valid flat outlines in degrees; features without one are left out."""
    if len(shapes) > MOST_DISTRICTS:
        raise DataError(f"There are more than {MOST_DISTRICTS:,} districts.", "Leave out what is not needed.")
    shapes = shapes[shapes.geometry.notna() & ~shapes.geometry.is_empty].reset_index(drop=True)
    if shapes.empty:
        raise DataError("The districts have no outlines.", _HINT)
    try:
        shapes = shapes.to_crs("EPSG:4326") if shapes.crs else shapes.set_crs("EPSG:4326")
    except CRSError as error:
        raise DataError(
            "The districts' system of coordinates is not known.", "Convert them to EPSG:4326 (degrees)."
        ) from error
    west, south, east, north = shapes.total_bounds
    if not (-181 <= west <= east <= 361 and -91 <= south <= north <= 91):
        raise DataError(
            f"The districts reach from {west:,.6g}, {south:,.6g} to {east:,.6g}, {north:,.6g}: these are no degrees.",
            "Convert them to EPSG:4326 (degrees), or add the .prj file that names their system.",
        )
    outlines = shapely.force_2d(shapes.geometry.to_numpy())
    valid = shapely.is_valid(outlines)
    if not valid.all():
        outlines[~valid] = shapely.make_valid(outlines[~valid])
    properties = pd.DataFrame(shapes.drop(columns=shapes.geometry.name))
    properties.columns = pd.Index([str(name) for name in properties.columns])
    return gpd.GeoDataFrame(properties, geometry=gpd.GeoSeries(outlines, index=shapes.index, crs="EPSG:4326"))
