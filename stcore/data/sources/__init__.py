"""Every kind of source as one kind of table: files of all formats, several files, cubes, addresses and databases.

One small file a kind; what a file is, is told from its bytes (``stcore.data.magic``), never from its name.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stcore.data.magic import Kind, is_zarr, kind_of
from stcore.data.packed import Space, on_disk, unpacked
from stcore.data.sources import cube, database, excel, joined, json_records, text, typed
from stcore.data.sources.asked import Asked
from stcore.data.sources.database import Database
from stcore.data.sources.parts import Part, parts_of, unzipped
from stcore.data.sources.remote import Remote
from stcore.data.table import Table

__all__ = ["Asked", "keep", "open_table"]

_READERS: dict[Kind, Callable[[Path, Path, Asked], Table]] = {
    "text": text.read, "json": json_records.read, "parquet": typed.read, "excel": excel.read, "netcdf3": cube.read,
    "netcdf4": cube.read, "zarr": cube.read,
}  # fmt: skip


def open_table(source: Any, folder: Path, asked: Asked | None = None) -> Table:
    """A table from anything that holds one; scratch files go into ``folder``.

    Args:
        source: path, bytes or file object of any format; a folder, a pattern (``data/*.csv``) or a list of paths; an http(s)
            address; the address of a database; a DataFrame; or what ``allowed.admit`` let in.
        asked: how it is to be read, as far as somebody says it.

    Raises:
        DataError: nothing that can be read as a table.   ConfigError: a sheet, query or address that is none.
    """
    asked = asked or Asked()
    if isinstance(source, pd.DataFrame):
        return typed.from_frame(source, folder, asked)
    if (asking := _database(source)) is not None:
        return database.read(asking, folder, asked)
    if (parts := parts_of(source)) is not None:
        return joined.read(parts, folder, asked, _open_file)
    if isinstance(source, (str, Path)) and is_zarr(Path(source)):
        return cube.read(Path(source), folder, asked)
    return _open_file(_one_file(source, folder), folder, asked)


def keep(source: Any, folder: Path, asked: Asked | None = None) -> tuple[Path, str]:
    """The source as one file ``original`` in ``folder``, as it came, and its SHA-256.

    A DataFrame is kept as CSV, the answer of a database as Parquet, several files (and a Zarr store) as a zip archive that
    is the same for the same files.

    Raises:
        DataError: not there.   StoreError: no space.
    """
    target = folder / "original"
    if isinstance(source, pd.DataFrame):
        source.to_csv(target, index=source.index.name is not None)
    elif (asking := _database(source)) is not None:
        database.keep(asking, target, folder, asked or Asked())
    elif (parts := parts_of(source) or _zarr_parts(source)) is not None:
        _zip(parts, target)
    else:
        given = _one_file(source, folder)
        if given.parent == folder:
            given.rename(target)
        else:
            shutil.copyfile(given, target)
    with target.open("rb") as file:
        return target, hashlib.file_digest(file, "sha256").hexdigest()


def _open_file(path: Path, folder: Path, asked: Asked) -> Table:
    """The table of one file, whatever it is packed in."""
    path = unpacked(path, folder)
    kind = kind_of(path)
    if kind == "several":
        return joined.read(unzipped(path, folder / "unzipped"), folder, asked, _open_file)
    if kind == "sqlite":
        return database.read(Database("sqlite", "", path, "sqlite://"), folder, asked)
    return _READERS[kind](path, folder, asked)


def _database(source: Any) -> Database | None:
    if isinstance(source, Database):
        return source
    return database.parse(source) if database.is_database(source) else None


def _zarr_parts(source: Any) -> list[Part] | None:
    """The files of a Zarr store, hidden ones too: they describe it."""
    if not isinstance(source, (str, Path)) or not is_zarr(Path(source)):
        return None
    folder = Path(source)
    return [Part(path, path.relative_to(folder).as_posix()) for path in sorted(folder.rglob("*")) if path.is_file()]


def _one_file(source: Any, folder: Path) -> Path:
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        source = Remote(source)
    return source.fetch(folder / "fetched") if isinstance(source, Remote) else on_disk(source, folder)


def _zip(parts: Sequence[Part], target: Path) -> None:
    """Files under their names, without times, so that the same files give the same archive."""
    doubled = len({part.name for part in parts}) < len(parts)
    with Space(target), zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, part in enumerate(parts):
            name = f"{number:05d}/{part.name}" if doubled else part.name
            with part.path.open("rb") as file, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as out:
                shutil.copyfileobj(file, out, 1 << 20)
