"""CSV, TSV and TXT: any delimiter, encoding and decimal mark, in constant memory."""

from __future__ import annotations

from pathlib import Path

from stcore.data.dialect import find_dialect
from stcore.data.encoding import as_text
from stcore.data.sources.asked import Asked
from stcore.data.table import VERY_WIDE, Table


def read(path: Path, folder: Path, asked: Asked) -> Table:
    """The table of a text file.

    Raises:
        DataError: empty, binary, or no rows.
    """
    text = as_text(path, folder)
    dialect = find_dialect(text.path, asked.delimiter, asked.decimal, asked.header)
    table = Table(folder, dialect, text.encoding, text.damaged, text.path)
    return table.load_melted(text) if len(dialect.names) > VERY_WIDE else table.load_text(text)
