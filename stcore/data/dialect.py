"""How a text table is written: what separates its columns, the decimal mark, whether a header stands at the top."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from stcore.errors import DataError
from stcore.settings import settings

MISSING = (
    "", "na", "n/a", "nan", "null", "none", "nil", "-", "--", "---", "?", "#n/a", "nat", "n.a.", "n.a", "<na>", "#na", "#value!", "#div/0!",
    "#ref!", "#num!", "missing", "no data", "nodata", "\\n", "–", "—", ".", "..", "...", "k.a.", "无", "缺失", "缺测", "空", "无数据", "暂无",
)  # fmt: skip
_SEPARATORS = ("\t", ";", "|", ",", " ")
_HEAD_LINES = 300
_MOST_ABOVE = 50
_SEP_LINE = re.compile(r"\"?sep=.\"?", re.I)
_NUMBER = re.compile(r"[+\u2212-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.I)
_DECIMAL_COMMA = re.compile(r"[+\u2212-]?\d+([. \u00a0\u202f]\d{3})*,\d+([eE][+-]?\d+)?")
_DIGIT = re.compile(r"\d")
_POINT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)\.\d+")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_TIME = re.compile(r"\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4}日?)?([T ].*)?|\d{1,2}:\d{2}.*|\d{8}|\d{10,19}")


@dataclass(frozen=True)
class Dialect:
    """How the text is to be read.

    Attributes:
        delimiter: one character.
        decimal: "." or ",".
        header: the first line holds names.
        names: column names as they stand in the header, or column_1, ...
        rows: the first data rows as text, for guesses and previews (cells may be missing).
        above: lines above the table: remarks, a title, ``sep=;``.
    """

    delimiter: str
    decimal: str
    header: bool
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    above: int = 0


def is_missing(cell: str) -> bool:
    """Whether a cell means "no value"."""
    return cell.strip().lower() in MISSING


def find_dialect(
    path: Path, delimiter: str | None = None, decimal: str | None = None, header: bool | None = None
) -> Dialect:
    """The dialect of a UTF-8 text, from its first lines; what is given is not guessed.

    Raises:
        DataError: header only, too many columns, or not a table.
    """
    lines = _head(path)
    above = lines_above(lines, delimiter)
    lines = lines[above:]
    delimiter = delimiter or separator(lines)
    table = _parse(lines, delimiter)
    if delimiter == "," and decimal is None and _is_decimal_column(table):
        delimiter, decimal = ";", ","
        table = _parse(lines, delimiter)
    width = _width(table)
    _check_width(width)
    header = _has_header(table) if header is None else header
    body = table[1:] if header else table
    if not body:
        raise DataError(
            "The file has a header but no rows below it." if header else "The file has no rows.",
            "Choose a file with at least two rows of values.",
        )
    if header and len(table[0]) > 1:
        table[0][0] = table[0][0].removeprefix("#")  # a remark that holds the names
    names = tuple(cell.strip() for cell in table[0]) if header else tuple(f"column_{n}" for n in range(1, width + 1))
    if header and len(names) == width - 1 and all(len(row) == width and row[-1].strip() for row in body):
        names = ("", *names)  # row names without a header of their own, as R writes them
    names += tuple(f"column_{n}" for n in range(len(names) + 1, width + 1))
    rows = tuple(tuple(row) for row in body)
    return Dialect(delimiter, decimal or _decimal(body, delimiter), header, names, rows, above)


def _head(path: Path) -> list[str]:
    """The first lines, as many as are complete within the limit of one line."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        text = file.read(1 << 20)
        if "\n" not in text and "\r" not in text:
            text += file.read(settings().max_line_bytes)
        elif len(text) == 1 << 20:
            text = (
                text[: max(text.rfind("\n"), text.rfind("\r")) + 1] if text.count("\n") > 2 else text + file.readline()
            )
    return text.splitlines()[:_HEAD_LINES]


def lines_above(lines: Sequence[str], delimiter: str | None = None) -> int:
    """How many lines stand above the table: ``sep=;``, remarks (#), and a title that fills at most half of the columns.

    A remark that names the columns of the data below is the header and stays.
    """
    remarks = 0
    for position, line in enumerate(lines):
        if line.startswith("#") or _SEP_LINE.fullmatch(line.strip()):
            remarks = position + 1
        elif line.strip():
            break
    if remarks == len(lines):  # ids may begin with the sign, too
        return 0
    if remarks and _names_below(lines[remarks - 1 :], delimiter):
        return remarks - 1
    return remarks + _title(lines[remarks:], delimiter)


def _names_below(lines: Sequence[str], delimiter: str | None) -> bool:
    """Whether the first line, a remark, holds one name for each cell of data in the next."""
    table = _parse(lines, delimiter or separator(lines))
    if len(table) < 2 or not lines[0].startswith("#") or len(table[0]) != len(table[1]) or len(table[1]) < 2:
        return False
    return not any(map(looks_like_data, table[0])) and any(map(looks_like_data, table[1]))


def _title(lines: Sequence[str], delimiter: str | None) -> int:
    """Lines above the first full row of words, when all of them are at most half filled and data follow that row."""
    delimiter = delimiter or separator(lines)
    rows = [next(csv.reader([line], delimiter=delimiter), []) for line in lines[:_MOST_ABOVE]]
    width = _width(_parse(lines, delimiter)[1:])
    filled = [[cell for cell in row if cell.strip()] for row in rows]
    for position, cells in enumerate(filled):
        if 2 * len(cells) <= width:
            continue
        below = next((row for row in filled[position + 1 :] if row), [])
        header = len(cells) >= max(2, width - 1) and not any(map(looks_like_data, cells))
        return position if position and header and any(map(looks_like_data, below)) else 0
    return 0


def unquoted(row: Sequence[str]) -> list[str]:
    """Cells that were read with their quotes as plain characters, without the quotes around them or before them."""
    return [cell[1:].removesuffix('"') if cell.startswith('"') else cell for cell in row]


def _parse(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    csv.field_size_limit(settings().max_line_bytes)
    rows = list(csv.reader([line + "\n" for line in lines], delimiter=delimiter))
    if len(rows) < sum(bool(line) for line in lines) / 2:  # a quote that is never closed swallows lines
        rows = [unquoted(row) for row in csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)]
    return [row for row in rows if any(cell.strip() for cell in row)]


def separator(lines: Sequence[str]) -> str:
    """The separator that gives every line the same number of columns, at least two; a comma where none does."""
    best, best_score = ",", 0.0
    for candidate in _SEPARATORS:
        widths = Counter(len(row) for row in _parse(lines, candidate))
        width, agreeing = max(widths.items(), key=lambda item: (item[1], item[0])) if widths else (1, 0)
        if width < 2:
            continue
        score = agreeing / sum(widths.values()) - (0.3 if candidate == " " else 0)
        if score > best_score + (0.15 if best_score else 0):
            best, best_score = candidate, score
    return best


def _width(table: list[list[str]]) -> int:
    """Columns of the header or of most rows, whichever is more."""
    if not table:
        return 0
    return max(len(table[0]), Counter(len(row) for row in table[1:] or table).most_common(1)[0][0])


def _check_width(width: int) -> None:
    limit = settings().max_columns
    if width > limit:
        raise DataError(
            f"The table has {width:,} columns; at most {limit:,} are read.",
            "Write it in long form (one row a time and place), or raise FIELDCAST_MAX_COLUMNS.",
        )


def _is_decimal_column(table: list[list[str]]) -> bool:
    """One number a line with a decimal comma: two columns of digits under one name, or without a name where the first
    does not count upwards."""
    named = bool(table) and not any(_NUMBER.fullmatch(cell.strip()) for cell in table[0])
    rows = table[1:] if named else table
    if len(rows) < 2 or any(len(row) != 2 or not _DECIMAL_COMMA.fullmatch(",".join(row).strip()) for row in rows):
        return False
    if named:
        return len(table[0]) == 1
    whole = [int(row[0]) for row in rows]
    return any(later <= earlier for earlier, later in pairwise(whole))


def _decimal(body: list[list[str]], delimiter: str) -> str:
    """ "," where cells look like 3,5 and hardly any like 3.5. A cell like 1,234 tells nothing; where all are so, the
    semicolon does, which programs write where the comma is the decimal mark."""
    if delimiter == ",":
        cells = [cell.strip() for row in body for cell in row if "," in cell]
        points = sum("." in cell for row in body for cell in row)
        return "," if cells and not points and all(_DECIMAL_COMMA.fullmatch(cell) for cell in cells) else "."
    cells = [cell.strip() for row in body for cell in row]
    either = sum(bool(_EITHER.fullmatch(cell)) for cell in cells)
    commas = sum(bool(_DECIMAL_COMMA.fullmatch(cell)) for cell in cells) - either
    points = sum(bool(_POINT.fullmatch(cell)) for cell in cells)
    return "," if commas > points or (either and delimiter == ";" and commas == points) else "."


def looks_like_data(cell: str) -> bool:
    """Whether a cell is a number or a time rather than a name."""
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell) or _TIME.fullmatch(cell))


def _has_header(table: list[list[str]]) -> bool:
    """The first row holds names: some column has a word there and numbers or times below, or nothing is a number."""
    if not table:
        return False
    first, below = table[0], table[1:51]
    if not below:
        return not any(looks_like_data(cell) for cell in first)
    if _are_numbered(first, below) or _are_times(first, below):
        return True
    verdicts = []
    for position, cell in enumerate(first):
        cells = [row[position] for row in below if position < len(row) and not is_missing(row[position])]
        if not cells or is_missing(cell):
            continue
        if sum(looks_like_data(other) for other in cells) > 0.5 * len(cells):
            verdicts.append(not looks_like_data(cell))
        elif not _DIGIT.search(cell) and sum(bool(_DIGIT.search(other)) for other in cells) > 0.9 * len(cells):
            verdicts.append(True)  # a word over "12 mph" or "5 May 2024"
    return any(verdicts) if verdicts else not any(looks_like_data(cell) for cell in first)


def _are_numbered(first: list[str], below: list[list[str]]) -> bool:
    """Whole numbers as names: 0, 1, 2, ... as programs number columns, or ids that are no readings like those below."""
    names = [cell.strip() for cell in first]
    while names and not names[0]:
        names = names[1:]
    if len(names) < 3 or not all(name.isascii() and name.isdigit() for name in names):
        return False
    numbers = [int(name) for name in names]
    counted = [later - earlier for earlier, later in pairwise(numbers)] == [1] * (len(numbers) - 1)
    cells = [cell for row in below for cell in row[len(first) - len(names) :] if not is_missing(cell)]
    if counted and numbers[0] in (0, 1):
        return any(cell.strip() not in names for cell in cells)
    readings = [float(cell) for cell in cells if _POINT.fullmatch(cell.strip())]
    return (
        len(set(numbers)) == len(numbers)
        and len(readings) > 0.5 * len(cells)
        and min(numbers) > 10 * max(map(abs, readings))
    )


def _are_times(first: list[str], below: list[list[str]]) -> bool:
    """Times as names over readings: the table lies on its side."""
    places = [position for position, cell in enumerate(first) if _is_written_time(cell)]
    cells = [row[position] for row in below for position in places if position < len(row)]
    return 2 * len(places) > max(len(first), 3) and sum(map(_is_written_time, cells)) < 0.1 * len(cells)


def _is_written_time(cell: str) -> bool:
    """A time by its signs: no number, as 2024.5 is."""
    return bool(_TIME.fullmatch(cell.strip())) and not _NUMBER.fullmatch(cell.strip())
