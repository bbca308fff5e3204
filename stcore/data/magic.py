"""Which kind of file this is, told from its bytes and never from its name."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal

from stcore.errors import DataError

Kind = Literal[
    "text",
    "json",
    "parquet",
    "excel",
    "netcdf3",
    "netcdf4",
    "sqlite",
    "zarr",
    "several",
    "zip",
    "gz",
    "bz2",
    "xz",
    "zst",
]
PACKED: tuple[Kind, ...] = ("gz", "bz2", "xz", "zst", "zip")
HEAD = 1 << 16
_KNOWN: tuple[tuple[bytes, Kind], ...] = (
    (b"\x1f\x8b", "gz"), (b"BZh", "bz2"), (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zst"), (b"PAR1", "parquet"),
    (b"\x89HDF\r\n\x1a\n", "netcdf4"), (b"CDF\x01", "netcdf3"), (b"CDF\x02", "netcdf3"), (b"CDF\x05", "netcdf4"),
    (b"SQLite format 3\0", "sqlite"),
)  # fmt: skip
_REFUSED = (  # first bytes of files that hold no table that is read, and their names
    (b"7z\xbc\xaf", "a 7z archive"), (b"Rar!", "a rar archive"), (b"%PDF", "a PDF document"), (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel (xls) or Word file"), (b"ARROW1", "an Arrow file"),
)  # fmt: skip
_INSIDE = (  # a file that tells what a zip archive is; what that is; what to do
    ("word/document.xml", "a Word document"), ("ppt/presentation.xml", "a presentation"), ("xl/workbook.bin", "an Excel file (xlsb)"),
    ("content.xml", "an OpenDocument file"), ("doc.kml", "a KMZ map"),
)  # fmt: skip
_ZARR = ("zarr.json", ".zgroup", ".zmetadata")
_MARKUP = re.compile(r"\s*<(!doctype|html|\?xml)", re.I)
_JSON = re.compile(r"\s*(\[\s*[\[{\]]|\{\s*[\"}])")


def kind_of(path: Path) -> Kind:
    """The kind of a file.

    Returns:
        "text" also where nothing else fits; whether it is one is found on decoding.

    Raises:
        DataError: a kind that holds no table, or a damaged archive.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    kind = kind_of_head(head)
    return _kind_of_zip(path) if kind == "zip" else kind


def kind_of_head(head: bytes) -> Kind:
    """The kind as far as the first bytes tell it: every zip archive is "zip".

    Raises:
        DataError: a kind that holds no table.
    """
    for magic, kind in _KNOWN:
        if head.startswith(magic):
            return kind
    for magic, name in _REFUSED:
        if head.startswith(magic):
            raise _refused(name)
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head[257:262] == b"ustar":
        raise DataError("This is a tar archive.", "Pack the files as zip, or unpack it and give the folder.")
    beginning = _beginning(head)
    if _MARKUP.match(beginning):
        raise DataError(
            "This is a web page or an XML file, not a table of text.",
            "If it was downloaded, open it to see what it says; then save or export the table as CSV.",
        )
    return "json" if _JSON.match(beginning) else "text"


def members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files inside a zip archive, without folders, hidden ones and what macOS adds, in the order of their names."""
    kept = [
        each for each in archive.infolist()
        if not each.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in each.filename.split("/"))
    ]  # fmt: skip
    return sorted(kept, key=lambda each: each.filename)


def is_zarr(folder: Path) -> bool:
    """Whether a folder is a Zarr store."""
    return any((folder / name).is_file() for name in _ZARR)


def _kind_of_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names, inside = set(archive.namelist()), members(archive)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise DataError("The zip archive is damaged or cut off.", "Copy or download it again.") from error
    if "xl/workbook.xml" in names:
        return "excel"
    if names & set(_ZARR):
        return "zarr"
    for name, what in _INSIDE:
        if name in names:
            raise _refused(what)
    if any(name.lower().endswith(".shp") for name in names):
        raise DataError(
            "This is a map of districts (shapefile), not a table of measurements.",
            "Give it as geometry, beside a table.",
        )
    if not inside:
        raise _refused("an empty zip archive")
    return "zip" if len(inside) == 1 else "several"


def _refused(name: str) -> DataError:
    return DataError(f"This is {name}, not a table.", "Export the table as CSV (UTF-8) and choose that file.")


def _beginning(head: bytes) -> str:
    """The first characters, whatever Unicode they are in."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return head[:4096].decode("utf-16" if wide else "utf-8-sig", "ignore")
