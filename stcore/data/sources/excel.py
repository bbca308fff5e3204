"""Excel workbooks (xlsx, xlsm): one sheet, read row by row; which one is asked where several hold a table."""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from stcore.data.packed import Space
from stcore.data.roles import Choice
from stcore.data.sources import text
from stcore.data.sources.asked import Asked
from stcore.data.table import Table
from stcore.errors import ConfigError, DataError, nearest
from stcore.settings import settings

#: Rows looked at to tell how much a sheet holds and where its table begins.
_LOOK = 200
_DAMAGED = (KeyError, ValueError, TypeError, AttributeError, ParseError, zipfile.BadZipFile, EOFError, IndexError)


def read(path: Path, folder: Path, asked: Asked) -> Table:
    """The table of one sheet of a workbook, formulas as their last results.

    Raises:
        DataError: damaged, no sheet with rows, or larger than ``settings().max_table_mb`` once unpacked.
        ConfigError: no sheet of that name.
    """
    _check_size(path)
    from openpyxl import load_workbook  # takes a moment to import
    from openpyxl.utils.exceptions import InvalidFileException

    with path.open("rb") as file:  # by its name a workbook would be known by its ending only
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except (*_DAMAGED, InvalidFileException) as error:
            raise DataError("The Excel workbook is damaged or has a password.", "Save it again without one.") from error
        return _table(book, folder, asked)


def _table(book: Any, folder: Path, asked: Asked) -> Table:
    try:
        names = [sheet.title for sheet in book.worksheets]
        chosen, filled = _choose(book, asked.sheet, names)
        target = folder / "sheet.csv"
        _write(book[chosen], target)
    except _DAMAGED as error:
        raise DataError("The Excel workbook is damaged.", "Open it in Excel and save it again.") from error
    finally:
        book.close()
    table = text.read(target, folder, Asked(delimiter=",", decimal=asked.decimal or ".", header=asked.header))
    table.told["sheet"] = chosen
    if len(filled) > 1:
        said = {name: name[:60] for name in filled}
        question = "Which sheet holds the table?"
        table.choices.append(Choice(code="sheet", question=question, options=[*filled], chosen=chosen, words=said))
    return table


def _check_size(path: Path) -> None:
    limit = settings().max_table_mb
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > limit * 10**6:
        raise DataError(
            f"The workbook unpacks to {size / 1e6:,.0f} MB; at most {limit:,} MB are read.",
            "Save the sheet as CSV, or raise FIELDCAST_MAX_TABLE_MB.",
        )


def _choose(book: Any, asked: str | None, names: list[str]) -> tuple[str, list[str]]:
    """The sheet that is read, and all that hold a table; by itself the one with most cells among the first rows."""
    if asked is not None and asked not in names:
        raise ConfigError(f"There is no sheet “{asked[:60]}”.", nearest(asked, names))
    cells = {name: sum(len(row) for row in _rows(book[name], _LOOK)) for name in names}
    filled = [name for name, count in cells.items() if count >= 4]
    if asked is not None:
        return asked, filled
    if not filled:
        raise DataError("No sheet of the workbook holds a table.", "Put the names of the columns in the first row.")
    return max(filled, key=lambda name: cells[name]), filled


def _rows(sheet: Any, most: int | None = None) -> Iterator[list[str]]:
    """Rows as text without empty cells at their ends; rows without any cell are left out."""
    for row in sheet.iter_rows(max_row=most, values_only=True):
        cells = [_told(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield cells


def _write(sheet: Any, target: Path) -> None:
    """The sheet as CSV; titles above the table are left aside with those of any text."""
    sheet.reset_dimensions()  # what other programs write there is often wrong
    with Space(target), target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(_rows(sheet))


def _told(cell: Any) -> str:
    """A cell as text: times in ISO form, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ") if cell.time() != dt.time() else cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).replace("\r", " ").replace("\n", " ").strip()
