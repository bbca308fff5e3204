"""Districts from every kind of file, told from the bytes; what is damaged, too large or no district is refused in words."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point, Polygon, box

from stcore.data import outlines
from stcore.data.outlines import read_districts
from stcore.errors import DataError


def squares(crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    shapes = [box(0, 0, 1, 1), box(1, 0, 2, 1)]
    return gpd.GeoDataFrame({"name": ["Ä", "B"], "code": [1, 2]}, geometry=shapes, crs="EPSG:4326").to_crs(crs)


def shapefile(folder: Path, crs: str = "EPSG:4326") -> bytes:
    """A zipped shapefile inside a folder of the archive."""
    squares(crs).to_file(folder / "districts.shp")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("districts.*")):
            archive.write(path, f"some/folder/Kreise{path.suffix.upper()}")
    return packed.getvalue()


@pytest.mark.parametrize("kind", ["geojson", "gz", "gpkg", "shp", "zipped geojson", "zipped gpkg", "utm"])
def test_every_kind_of_file_gives_the_same_districts(kind: str, tmp_path: Path) -> None:
    text = squares().to_json().encode()
    if kind in ("shp", "utm"):
        content = shapefile(tmp_path, "EPSG:32631" if kind == "utm" else "EPSG:4326")
    elif "gpkg" in kind:
        squares().to_file(tmp_path / "x.gpkg")
        content = (tmp_path / "x.gpkg").read_bytes()
    else:
        content = gzip.compress(text) if kind == "gz" else text
    if kind.startswith("zipped"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("readme.txt", "x")
            archive.writestr(f"a.{kind.split()[1]}", content)
        content = packed.getvalue()
    path = tmp_path / "anything.csv"
    path.write_bytes(content)
    found = read_districts(path, tmp_path)
    assert list(found["name"]) == ["Ä", "B"]
    assert found.crs == "EPSG:4326"
    assert found.geometry.iloc[1].equals_exact(box(1, 0, 2, 1), 1e-3) or found.geometry.iloc[1].area == pytest.approx(
        1, rel=1e-3
    )


def test_the_id_of_a_feature_is_a_property(tmp_path: Path) -> None:
    content = json.loads(squares().to_json())
    for feature, name in zip(content["features"], ["AL", "AK"], strict=True):
        feature["id"] = name
    assert list(read_districts(json.dumps(content).encode(), tmp_path)["id"]) == ["AL", "AK"]


def test_outlines_that_cross_themselves_are_mended(tmp_path: Path) -> None:
    bow = gpd.GeoDataFrame({"name": ["x"]}, geometry=[Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], crs=4326)
    assert read_districts(bow, tmp_path).geometry.is_valid.all()


def bomb(size: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", b"0" * size)
    return packed.getvalue()


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlines, "MOST_BYTES", 1_000_000)
    for content in (bomb(3_000_000), gzip.compress(b"0" * 3_000_000), b" " * 1_000_001):
        with pytest.raises(DataError, match="more than 1 MB"):
            read_districts(content, tmp_path)


def renamed(content: bytes, name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for ending in (".shp", ".shx", ".dbf") if name == "shp" else (f".{name}",):
            archive.writestr(f"../../evil{ending}", content)
    return packed.getvalue()


VRT = b"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00\x01", VRT, renamed(VRT, "shp"), renamed(VRT, "gpkg"), renamed(VRT, "geojson"), renamed(b"x", "txt"), b"PK\x03\x04broken",
        b"SQLite format 3\x00" + b"\x00" * 200, b"\x1f\x8bxx", b"[" * 100_000, b'{"features": []}', b'{"features": [{}]}', b"[1]", b"null",
        b'{"type": "Topology", "objects": {}}',
    ],
)  # fmt: skip
def test_what_is_no_district_is_refused_with_a_hint(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        read_districts(content, tmp_path)
    assert refused.value.hint
    assert not (tmp_path.parent / "evil.shp").exists()


def test_metres_without_a_system_are_refused_with_their_numbers(tmp_path: Path) -> None:
    metres = squares("EPSG:3857").set_crs(None, allow_override=True)
    with pytest.raises(DataError, match="no degrees"):
        read_districts(metres, tmp_path)
    with pytest.raises(DataError, match="no outlines"):
        read_districts(gpd.GeoDataFrame({"a": [1]}, geometry=[None], crs=4326), tmp_path)
    assert len(read_districts(gpd.GeoDataFrame({"a": [1, 2]}, geometry=[None, Point(1, 1)], crs=4326), tmp_path)) == 1
