"""Tables to files that people open elsewhere: CSV that a spreadsheet shows and never runs, or Parquet by name."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import pandas as pd

from stcore.errors import StoreError

_DANGEROUS = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


def guarded(text: object) -> object:
    """``'=cmd()`` for ``=cmd()``: text that a spreadsheet would run gets a leading quote; numbers stay as they are."""
    if isinstance(text, str) and _DANGEROUS.match(text) and not _NUMBER.match(text):
        return f"'{text}"
    return text


def guarded_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with every text cell and column name guarded; lists become text with ``; `` between the parts."""
    columns = {name: _guarded_column(frame[name]) for name in frame.columns}
    return pd.DataFrame({guarded(name): column for name, column in columns.items()}, index=frame.index)


def _guarded_column(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object).map({value: guarded(value) for value in column.cat.categories})
    if pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column):
        return column.map(lambda cell: guarded("; ".join(map(str, cell)) if isinstance(cell, list | tuple) else cell))
    return column


def to_csv(frame: pd.DataFrame) -> bytes:
    """The guarded table as UTF-8 CSV with a header, for a download."""
    return guarded_frame(frame).to_csv(index=False).encode()


def write_table(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write the table whole or not at all: ``.parquet`` as it is, anything else as guarded CSV (``.gz`` compressed).

    Raises:
        StoreError: the folder is missing or cannot be written to, or the disk is full.
    """
    path = Path(path)
    aside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        if path.suffix == ".parquet":
            frame.to_parquet(aside, index=False)
        else:
            guarded_frame(frame).to_csv(aside, index=False)
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):  # a disk that is read-only refuses this, too
            aside.unlink(missing_ok=True)
        raise StoreError(
            f"{path} cannot be written ({error.strerror or error}).",
            "Name a file in a folder that exists, that you may write to, on a disk with space left.",
        ) from error
    return path
