"""Files as they lie on disk: what was handed over is streamed there, and what is packed is unpacked, with a limit.

A name is never looked at and nothing from inside an archive becomes part of a path.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from stcore.data.magic import HEAD, PACKED, Kind, kind_of, kind_of_head, members
from stcore.errors import DataError, StoreError
from stcore.settings import settings

CHUNK = 1 << 20
_LAYERS = 3
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError)


def on_disk(source: Any, folder: Path) -> Path:
    """The source as a file: a path stays where it is, bytes and file objects are streamed into ``folder``.

    Raises:
        DataError: no such file, a folder, or something that is neither path nor file.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if path.is_dir():
            raise DataError(f"“{path.name}” is a folder.", "Give one file.")
        if not path.is_file():
            raise DataError(f"There is no file “{path}”.", "Check the name and the folder.")
        return path
    if isinstance(source, (bytes, bytearray, memoryview)):
        source = io.BytesIO(source)
    if not hasattr(source, "read"):
        raise DataError(f"A {type(source).__name__} is no table.", "Give a path, a file object or a DataFrame.")
    if hasattr(source, "seek") and getattr(source, "seekable", lambda: True)():
        source.seek(0)
    target = folder / "given"
    with Space(target), target.open("wb") as out:
        while block := source.read(CHUNK):
            out.write(block.encode() if isinstance(block, str) else block)
    return target


def unpacked(path: Path, folder: Path) -> Path:
    """The file without gz, bz2, xz, zst or a zip archive of one file around it, up to three of them.

    Raises:
        DataError: the archive is damaged, has a password, or unpacks to more than ``settings().max_table_mb``.
    """
    for layer in range(_LAYERS):
        kind = kind_of(path)
        if kind not in PACKED:
            return path
        target = folder / f"unpacked{layer or ''}"
        if kind == "zip":
            with zipfile.ZipFile(path) as archive:
                (only,) = members(archive)
                unpack_member(archive, only, target)
        else:
            _write(_opened(path, kind), target)
        path = target
    if kind_of(path) in PACKED:
        raise DataError(f"The file is packed more than {_LAYERS} times.", "Unpack it and choose the table itself.")
    return path


def unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, room: int | None = None) -> int:
    """One file of a zip archive written to ``target``; the bytes written.

    Args:
        room: bytes that may be written; None: ``settings().max_table_mb``.

    Raises:
        DataError: damaged, has a password, or larger than ``room``.
    """
    try:
        opened = archive.open(member)
    except (RuntimeError, NotImplementedError) as error:  # a password; an unknown way of packing
        raise DataError("The zip archive cannot be opened without a password.", "Save it without one.") from error
    except _BROKEN as error:
        raise _damaged(0) from error
    return _write(cast(AbstractContextManager[BinaryIO], opened), target, room)


def _opened(path: Path, kind: Kind) -> AbstractContextManager[BinaryIO]:
    openers: dict[Kind, Callable[[Path], Any]] = {
        "gz": gzip.open, "bz2": bz2.open, "xz": lzma.open,
        "zst": lambda packed: pa.input_stream(str(packed), compression="zstd"),
    }  # fmt: skip
    return cast(AbstractContextManager[BinaryIO], openers[kind](path))


def _write(opened: AbstractContextManager[BinaryIO], target: Path, room: int | None = None) -> int:
    """Stream to ``target`` under the limit; a text with one endless line is refused before it fills the disk."""
    limit = settings().max_table_mb * 10**6 if room is None else room
    written, open_line, lines, text = 0, 0, 0, False
    with Space(target), opened as packed, target.open("wb") as out:
        for chunk in _blocks(packed):
            if not written:
                text = kind_of_head(chunk[:HEAD]) == "text"
            written += len(chunk)
            if text:
                open_line = check_line(chunk, open_line, settings().max_line_bytes, lines)
                lines += chunk.count(b"\n")
            if written > limit:
                raise DataError(
                    f"The file unpacks to more than {settings().max_table_mb:,} MB.",
                    "Split it, or raise FIELDCAST_MAX_TABLE_MB.",
                )
            out.write(chunk)
    return written


def _blocks(packed: BinaryIO) -> Iterator[bytes]:
    read = 0
    while True:
        try:
            block = packed.read(CHUNK)
        except _BROKEN as error:
            raise _damaged(read) from error
        if not block:
            return
        read += len(block)
        yield block


def _damaged(written: int) -> DataError:
    return DataError(
        f"The compressed file is damaged or cut off after {written:,} bytes.", "Copy or download it again."
    )


class Space:
    """Turns a full disk into words, and leaves no half-written copy."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        with suppress(OSError):
            self.target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StoreError(
                f"The file cannot be copied ({error.strerror or error}).", "Free space on the disk and try again."
            ) from error


def check_line(chunk: bytes, open_line: int, limit: int, lines: int) -> int:
    """Length of the line left open at the end of the chunk; refuses when a line grows past the limit."""
    end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    if end >= 0 and limit >= len(chunk):
        first = chunk.find(b"\n") if b"\n" in chunk else chunk.find(b"\r")
        longest, rest = open_line + first, len(chunk) - end - 1
    else:
        parts = re.split(rb"[\r\n]", chunk)
        longest = max(open_line + len(parts[0]), *(len(part) for part in parts))
        rest = len(parts[-1]) + (open_line if len(parts) == 1 else 0)
    if max(longest, rest) > limit:
        raise DataError(
            f"Line {lines + 1:,} is longer than {limit:,} bytes; this is not a table of rows.",
            "Save the table with one row a line. FIELDCAST_MAX_LINE_BYTES raises the limit.",
        )
    return rest
