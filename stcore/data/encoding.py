"""Any text file as plain UTF-8 on disk, in constant memory: what DuckDB reads fast and in parallel.

Bytes are looked at once from beginning to end: what is packed is unpacked, the encoding told from the bytes themselves, and
what is no table (binary files, one endless line) is refused before anything is stored.
"""

from __future__ import annotations

import codecs
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from stcore.data.magic import HEAD, kind_of
from stcore.data.packed import CHUNK, Space, check_line, on_disk, unpacked
from stcore.errors import DataError
from stcore.settings import settings

__all__ = ["TextFile", "as_text", "on_disk"]

_SAMPLE = 1 << 18
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13}) + b"\x7f"
_KINDS = {
    "parquet": "a Parquet file", "excel": "an Excel workbook", "netcdf3": "a NetCDF cube", "netcdf4": "a NetCDF cube",
    "sqlite": "an SQLite database", "zarr": "a Zarr cube", "several": "a zip archive of several files",
}  # fmt: skip
_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "gb18030": "GB18030", "cp1252": "Windows-1252", "latin-1": "Latin-1"}


@dataclass(frozen=True)
class TextFile:
    """A text as it lies on disk for reading.

    Attributes:
        path: UTF-8 without byte-order mark.
        encoding: what it was, as shown to people ("GB18030").
        lines: number of lines (a last line without an end counts).
        quotes: a double quote occurs somewhere.
        damaged: characters that could not be read and were replaced.
    """

    path: Path
    encoding: str
    lines: int
    quotes: bool
    damaged: int = 0


@dataclass
class _Scan:
    """What one pass over the bytes has seen."""

    utf8: bool = True
    lines: int = 0
    bytes: int = 0
    nul: bool = False
    quotes: bool = False
    newline_at_end: bool = True
    high: bytearray = field(default_factory=bytearray)


def as_text(source: Any, folder: Path, long_lines: bool = False) -> TextFile:
    """A file as UTF-8 text: the file itself where it already is that, else a copy inside ``folder``.

    Args:
        source: path, bytes, or binary (or text) file object; also packed, told from its first bytes.
        folder: scratch folder for copies.
        long_lines: lines may be of any length (JSON is often written in one).

    Raises:
        DataError: empty, binary, or a line longer than the limit.
        StoreError: no space for the copy.
    """
    raw = unpacked(on_disk(source, folder), folder)
    if (kind := kind_of(raw)) not in ("text", "json"):
        raise DataError(f"A text was expected, and this is {_KINDS[kind]}.", "Save it as CSV (UTF-8).")
    with raw.open("rb") as file:
        head = file.read(HEAD)
    encoding = _from_head(head)
    with raw.open("rb") as file:
        scan = _scan(_chunks(file), sys.maxsize if long_lines else settings().max_line_bytes)
    if scan.bytes == 0 or not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise DataError("The file is empty.", "Choose a file with a header line and at least two rows.")
    if encoding is None:
        encoding = "utf-8" if scan.utf8 else _legacy(bytes(scan.high))
    carriage = b"\r" in head and b"\n" not in head
    if encoding == "utf-8" and scan.utf8 and not scan.nul and not carriage:
        return TextFile(raw, "UTF-8", scan.lines, scan.quotes)
    return _recode(raw, encoding, folder)


def looks_plain(raw: Path) -> bool:
    """Whether the beginning of a file is UTF-8 text without marks, quotes and zero bytes, in lines."""
    if kind_of(raw) != "text":
        return False
    with raw.open("rb") as file:
        head = file.read(_SAMPLE)
    if (
        any(head.startswith(bom) for bom, _ in _BOMS)
        or b'"' in head
        or b"\0" in head
        or b"\n" not in head
        or not head.strip()
    ):
        return False
    return (
        _decodes(codecs.getincrementaldecoder("utf-8")(), head) and len(head) - len(head.translate(None, _CONTROL)) == 0
    )


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(CHUNK):
        yield block


def _from_head(head: bytes) -> str | None:
    """Encoding that the first bytes prove, or None: it takes the whole file.

    Raises:
        DataError: binary.
    """
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    zeros = head.count(0)
    if zeros > len(head) / 4:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if min(even, odd) <= max(even, odd) / 20:
            return "utf-16-be" if even > odd else "utf-16-le"
    strange = len(head) - len(head.translate(None, _CONTROL))
    if strange > max(1, len(head) / 100):
        raise DataError(
            f"This is not a text file: {strange:,} of its first {len(head):,} bytes are no characters.",
            "Save the table as CSV (UTF-8) and choose that file.",
        )
    return None


def _scan(chunks: Iterator[bytes], limit: int) -> _Scan:
    """One pass: valid UTF-8? how many lines? any too long? plus a sample of the lines with other than ASCII letters.

    Raises:
        DataError: a line longer than ``limit`` bytes, found without reading on.
    """
    scan, open_line = _Scan(), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks:
        open_line = check_line(chunk, open_line, limit, scan.lines)
        scan.lines += chunk.count(b"\n") or chunk.count(b"\r")
        scan.bytes += len(chunk)
        scan.nul = scan.nul or b"\0" in chunk
        scan.quotes = scan.quotes or b'"' in chunk
        scan.newline_at_end = chunk[-1] in b"\r\n"
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        if len(scan.high) < _SAMPLE:
            scan.high += b"\n".join(line for line in chunk.splitlines() if not line.isascii())[:_SAMPLE]
        scan.utf8 = scan.utf8 and _decodes(decoder, chunk)
    scan.utf8 = scan.utf8 and _decodes(decoder, b"", final=True)
    scan.lines += not scan.newline_at_end
    return scan


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _legacy(sample: bytes) -> str:
    """Encoding of bytes that are not all UTF-8, from the lines with other than ASCII letters.

    Chinese in GB18030 comes in pairs of high bytes, accents of Latin alphabets stand alone among letters. Text that
    is UTF-8 but for some damaged lines stays UTF-8.
    """
    lines = sample.splitlines() or [b""]
    if sum(_is(line, "utf-8") for line in lines) > len(lines) / 2:
        return "utf-8"
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", sample)]
    paired = sum(length for length in runs if length % 2 == 0)
    readable = sum(_is(line, "gb18030") for line in lines)
    if readable >= 0.9 * len(lines) and paired > 0.6 * sum(runs):
        return "gb18030"
    return "cp1252" if _is(sample, "cp1252") else "latin-1"


def _is(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _recode(raw: Path, encoding: str, folder: Path) -> TextFile:
    """A UTF-8 copy with line feeds, without zero bytes; unreadable characters become U+FFFD and are counted."""
    target = folder / "utf8"
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    lines, damaged, quotes, last = 0, 0, False, ""
    with Space(target), raw.open("rb") as file, target.open("wb") as out:
        for chunk in _chunks(file):
            text = decoder.decode(chunk)
            lines, damaged, last = lines + text.count("\n"), damaged + text.count("\ufffd"), text[-1:] or last
            quotes = quotes or '"' in text
            out.write(text.replace("\0", "").encode("utf-8", "replace"))
        out.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
    name = _NAMES.get(encoding, "UTF-16")
    return TextFile(target, name, lines + (last != "\n"), quotes, damaged)
