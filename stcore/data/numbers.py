"""What counts as a number in a cell, told twice the same: as SQL for whole tables, and for samples in pandas.

Besides plain numbers: the minus sign of typesetters (U+2212), thousands in groups of three (``1,234.5``, ``1 234,5``,
``1.234,5``), and points in a table with decimal commas where they cannot be thousands (``48.1``).
"""

from __future__ import annotations

import re

import pandas as pd

_MINUS = "\u2212"
_GROUPED = r"[+-]?\d{1,3}([ ,'’\u00a0\u202f]\d{3})+(\.\d+)?"
_POINTS_ARE_THOUSANDS = r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?"
_MARKS = r"[ ,'’\u00a0\u202f]"


def number_sql(column: str, decimal: str) -> str:
    """SQL of a text column as DOUBLE, null where a cell is no number; ``nan`` and ``inf`` are numbers."""
    text = f"replace(trim({column}), '{_MINUS}', '-')"
    if decimal == ",":
        whole = f"CASE WHEN regexp_full_match({text}, '{_POINTS_ARE_THOUSANDS}') THEN replace({text}, '.', '') ELSE {text} END"
        text = f"replace({whole}, ',', '.')"
    grouped, marks = (_sql_pattern(pattern) for pattern in (_GROUPED, _MARKS))
    bare = f"CASE WHEN regexp_full_match({text}, {grouped}) THEN regexp_replace({text}, {marks}, '', 'g') END"
    return f"coalesce(TRY_CAST({text} AS DOUBLE), TRY_CAST({bare} AS DOUBLE))"


def to_numbers(cells: pd.Series, decimal: str) -> pd.Series:
    """Cells as numbers, NaN where they are none."""
    cells = cells.str.replace(_MINUS, "-", regex=False)
    if decimal == ",":
        thousands = cells.str.fullmatch(_POINTS_ARE_THOUSANDS).fillna(False).astype(bool)
        cells = cells.where(~thousands, cells.str.replace(".", "", regex=False)).str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(cells, errors="coerce")
    grouped = numbers.isna() & cells.str.fullmatch(_GROUPED).fillna(False).astype(bool)
    return numbers.where(~grouped, pd.to_numeric(cells.where(grouped).str.replace(_MARKS, "", regex=True)))


def _sql_pattern(pattern: str) -> str:
    """A pattern as SQL literal; characters beyond ASCII stand for themselves."""
    plain = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), pattern)
    return "'" + plain.replace("'", "''") + "'"
