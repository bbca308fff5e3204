"""Which files belong together: those of a folder, a pattern, a list or a zip archive."""

from __future__ import annotations

import glob
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stcore.data.magic import is_zarr, members
from stcore.data.packed import unpack_member
from stcore.errors import DataError
from stcore.settings import settings

#: More files than this are not opened one by one.
MOST_FILES = 20_000
_ENDINGS = {
    "gz", "bz2", "xz", "zst", "zip", "csv", "tsv", "txt", "dat", "json", "jsonl", "ndjson", "geojson", "parquet", "xlsx",
    "xlsm", "nc", "nc4", "cdf", "zarr",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One of several files: where it lies and what it is called (with its folders, "/" between them)."""

    path: Path
    name: str

    @property
    def stem(self) -> str:
        """The name without folders and known endings: "Aotizhongxin" of "data/Aotizhongxin.csv.gz"."""
        last = self.name.rsplit("/", 1)[-1]
        while "." in last and last.rsplit(".", 1)[1].lower() in _ENDINGS:
            last = last.rsplit(".", 1)[0]
        return last


def parts_of(source: Any) -> list[Part] | None:
    """The files of a folder, a pattern such as ``data/*.csv`` or a list of paths, in the order of their names.

    Returns:
        None where the source is none of these (a Zarr store is one source, though a folder).

    Raises:
        DataError: no file in it, or more than 20,000.
    """
    if isinstance(source, (list, tuple)):
        given = [each if isinstance(each, Part) else Part(Path(each), Path(each).name) for each in source]
        return _checked(given, "The list")
    if not isinstance(source, (str, os.PathLike)):
        return None
    path = Path(source)
    if path.is_dir() and not is_zarr(path):
        return _checked(list(_inside(path)), f"The folder “{path.name}”")
    if not path.exists() and glob.has_magic(str(source)):
        found = sorted(Path(each) for each in glob.glob(str(source), recursive=True))
        shared = Path(os.path.commonpath([each.parent for each in found])) if found else path
        return _checked([Part(p, p.relative_to(shared).as_posix()) for p in found if p.is_file()], f"“{path.name}”")
    return None


def _inside(folder: Path) -> Iterator[Part]:
    """Files of a folder and the folders in it; hidden ones are left aside, links to folders not followed."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                path = Path(here, name)
                yield Part(path, path.relative_to(folder).as_posix())


def _checked(parts: list[Part], what: str) -> list[Part]:
    if not parts:
        raise DataError(f"{what} holds no files.", "Give a folder or a pattern with at least one table.")
    if len(parts) > MOST_FILES:
        raise DataError(
            f"{what} holds {len(parts):,} files; at most {MOST_FILES:,} are read.", "Join some of them first."
        )
    for part in parts:
        if not part.path.is_file():
            raise DataError(f"There is no file “{part.path}”.", "Check the name and the folder.")
    return parts


def unzipped(path: Path, folder: Path) -> list[Part]:
    """The files of a zip archive, unpacked under numbers into ``folder``; together under ``settings().max_table_mb``."""
    room = settings().max_table_mb * 10**6
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    with zipfile.ZipFile(path) as archive:
        inside = members(archive)
        if len(inside) > MOST_FILES:
            raise DataError(
                f"The archive holds {len(inside):,} files; at most {MOST_FILES:,} are read.", "Join some of them."
            )
        for number, member in enumerate(inside):
            target = folder / str(number)
            room -= unpack_member(archive, member, target, room)
            parts.append(Part(target, member.filename))
    return parts
