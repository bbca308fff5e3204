"""Any text file as plain UTF-8 on disk, in constant memory: what DuckDB reads fast and in parallel.

Bytes are looked at once from beginning to end: gz is unpacked, the encoding told from the bytes themselves, and what
is no table (archives, binary files, one endless line) is refused before anything is stored.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from stcore.errors import DataError, NotYet, StoreError
from stcore.settings import settings

CHUNK = 1 << 20
_HEAD = 1 << 16
_SAMPLE = 1 << 18
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ELSE = (  # first bytes of files that are no text, and their names
    (b"PK\x03\x04", "a zip archive"), (b"PK\x05\x06", "an empty zip archive"), (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"), (b"7z\xbc\xaf", "a 7z archive"), (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"Rar!", "a rar archive"), (b"%PDF", "a PDF document"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"), (b"SQLite format 3", "an SQLite database"),
)  # fmt: skip
_LATER = (  # formats that are planned
    (b"\x89HDF", "NetCDF or HDF5"), (b"CDF\x01", "NetCDF"), (b"CDF\x02", "NetCDF"), (b"\xd0\xcf\x11\xe0", "Excel (xls)"),
)  # fmt: skip
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13}) + b"\x7f"
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


def as_text(source: Any, folder: Path) -> TextFile:
    """A file as UTF-8 text: the file itself where it already is that, else a copy inside ``folder``.

    Args:
        source: path, bytes, or binary (or text) file object; also .gz, told from its first bytes.
        folder: scratch folder for copies.

    Raises:
        DataError: empty, binary, an archive, or a line longer than the limit.
        NotYet: a format that this version does not read.
        StoreError: no space for the copy.
    """
    raw = unpacked(on_disk(source, folder), folder)
    with raw.open("rb") as file:
        head = file.read(_HEAD)
    encoding = _from_head(head)
    with raw.open("rb") as file:
        scan = _scan(_chunks(file))
    if scan.bytes == 0 or not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise DataError("The file is empty.", "Choose a file with a header line and at least two rows.")
    if encoding is None:
        encoding = "utf-8" if scan.utf8 else _legacy(bytes(scan.high))
    carriage = b"\r" in head and b"\n" not in head
    if encoding == "utf-8" and scan.utf8 and not scan.nul and not carriage:
        return TextFile(raw, "UTF-8", scan.lines, scan.quotes)
    return _recode(raw, encoding, folder)


def on_disk(source: Any, folder: Path) -> Path:
    """The source as a file: a path stays where it is, bytes and file objects are streamed into ``folder``.

    Raises:
        DataError: no such file, a folder, or something that is neither path nor file.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if path.is_dir():
            raise DataError(f"“{path.name}” is a folder.", "Give one file; several files come with a later version.")
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
    with _space(target), target.open("wb") as out:
        while block := source.read(CHUNK):
            out.write(block.encode() if isinstance(block, str) else block)
    return target


def unpacked(path: Path, folder: Path) -> Path:
    """The file without gzip around it; the name is not looked at.

    Raises:
        DataError: the archive is damaged, or unpacks to more than the limit.
    """
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return path
    target, limit, written = folder / "unpacked", settings().max_table_mb * 10**6, 0
    open_line, lines = 0, 0
    try:
        with _space(target), gzip.open(path) as packed, target.open("wb") as out:
            for chunk in _chunks(packed):  # type: ignore[arg-type]
                written += len(chunk)
                open_line = _check_line(chunk, open_line, settings().max_line_bytes, lines)
                lines += chunk.count(b"\n")
                if written > limit:
                    raise DataError(
                        f"The file unpacks to more than {limit / 1e6:,.0f} MB.",
                        "Split it, or raise FIELDCAST_MAX_TABLE_MB.",
                    )
                out.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"The compressed file is damaged or cut off after {written:,} bytes.", "Copy or download it again."
        ) from error
    return target


class _space:
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
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
            raise StoreError(
                f"The file cannot be copied ({error.strerror or error}).", "Free space on the disk and try again."
            ) from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(CHUNK):
        yield block


def _from_head(head: bytes) -> str | None:
    """Encoding that the first bytes prove, or None: it takes the whole file.

    Raises:
        DataError: binary.
        NotYet: a planned format.
    """
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    _refuse_known(head)
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


def _refuse_known(head: bytes) -> None:
    """Refuse what the first bytes say is another kind of file."""
    if head.startswith(b"PK") and (b"[Content_Types].xml" in head or b"xl/" in head):
        raise NotYet("Excel files are not read yet.", "In Excel, save the sheet as “CSV UTF-8” and choose that file.")
    for magic, name in _LATER:
        if head.startswith(magic):
            raise NotYet(f"{name} files are not read yet.", "Convert the file to CSV: one row a time and place.")
    for magic, name in _ELSE:
        if head.startswith(magic):
            raise DataError(
                f"This is {name}, not a table of text.", "Unpack or export it and choose the CSV file itself."
            )
    if re.match(rb"\s*<(!doctype|html|\?xml)", head, re.I):
        raise DataError(
            "This is a web page or an XML file, not a table of text.",
            "If it was downloaded, open it to see what it says; then save or export the table as CSV.",
        )
    if re.match(rb"\s*[\[{]\s*[\"{\[]", head):
        raise NotYet("JSON files are not read yet.", "Convert the file to CSV: one row a time and place.")


def _scan(chunks: Iterator[bytes]) -> _Scan:
    """One pass: valid UTF-8? how many lines? any too long? plus a sample of the lines with other than ASCII letters.

    Raises:
        DataError: a line longer than ``settings().max_line_bytes``, found without reading on.
    """
    scan, limit, open_line = _Scan(), settings().max_line_bytes, 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks:
        open_line = _check_line(chunk, open_line, limit, scan.lines)
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


def _check_line(chunk: bytes, open_line: int, limit: int, lines: int) -> int:
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
    with _space(target), raw.open("rb") as file, target.open("wb") as out:
        for chunk in _chunks(file):
            text = decoder.decode(chunk)
            lines, damaged, last = lines + text.count("\n"), damaged + text.count("\ufffd"), text[-1:] or last
            quotes = quotes or '"' in text
            out.write(text.replace("\0", "").encode("utf-8", "replace"))
        out.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
    name = _NAMES.get(encoding, "UTF-16")
    return TextFile(target, name, lines + (last != "\n"), quotes, damaged)
