"""CSV, TSV and TXT: any delimiter, encoding and decimal mark, in constant memory."""

from __future__ import annotations

from pathlib import Path

from stcore.data.dialect import find_dialect
from stcore.data.encoding import as_text, looks_plain
from stcore.data.packed import on_disk, unpacked
from stcore.data.sources.asked import Asked
from stcore.data.table import VERY_WIDE, Table

#: From so many bytes on a plain text is read in one pass.
LARGE = 8_000_000


def read(path: Path, folder: Path, asked: Asked) -> Table:
    """The table of a text file.

    Raises:
        DataError: empty, binary, or no rows.
    """
    raw = unpacked(on_disk(path, folder), folder)
    if raw.stat().st_size >= LARGE and (found := _plain(raw, folder, asked)) is not None:
        return found
    text = as_text(raw, folder)
    dialect = find_dialect(text.path, asked.delimiter, asked.decimal, asked.header)
    table = Table(folder, dialect, text.encoding, text.damaged, text.path)
    return table.load_melted(text) if len(dialect.names) > VERY_WIDE else table.load_text(text)


def _plain(raw: Path, folder: Path, asked: Asked) -> Table | None:
    """The table of a text that is plain from beginning to end, or None."""
    if not looks_plain(raw):
        return None
    dialect = find_dialect(raw, asked.delimiter, asked.decimal, asked.header)
    if not 2 <= len(dialect.names) <= VERY_WIDE:
        return None
    table = Table(folder, dialect, "UTF-8", 0, raw)
    if table.load_coded(raw):
        return table
    table.close()
    return None
