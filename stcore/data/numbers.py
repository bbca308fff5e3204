"""Text to numbers: decimal mark, thousands marks and units glued on are decided from the whole column, never from one cell.

A column of plain numbers is read by a plain cast. Where that fails, the column's shapes are counted in SQL; they are few,
and all is decided on them. What was decided is an SQL expression again.
"""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from stcore.data.dialect import MISSING
from stcore.data.shapes import ODD, PARTS, USUAL, Writing, read_shapes

#: The largest number that float32 rounds to one of its own (half a step above its largest).
FLOAT32_MAX = float(np.nextafter(2.0**128 - 2.0**103, 0))
#: Ask(select, rest, parameters) -> rows of SELECT {select} FROM the table {rest}.
Ask = Callable[..., list[tuple[Any, ...]]]
_MOST_SHAPES = 5000


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written, and the SQL that reads them.

    Attributes:
        writing: what was found.
        plain: a plain cast reads every cell that is a number.
        factors: hash of what may stand around a number -> factor; empty: nothing does.
        typed: the column holds numbers already, not text.
    """

    writing: Writing = field(default_factory=Writing)
    plain: bool = True
    factors: Mapping[int, float] = field(default_factory=dict)
    typed: bool = False

    @property
    def unit(self) -> str | None:
        """The unit of the whole column, if there is one only."""
        known = [unit for unit in self.writing.units if unit]
        return known[0] if len(known) == 1 else None

    def sql(self, column: str) -> str:
        """SQL of a cell as DOUBLE, null where it is no number."""
        if self.typed:
            return column
        if self.plain:
            return f"TRY_CAST(trim({column}) AS DOUBLE)"
        text = (
            f"trim(translate({column}, {_literal(ODD)}, {_literal(USUAL)}))" if self.writing.odd else f"trim({column})"
        )
        if not self.factors:
            return _cast(text, self.writing.decimal)
        before, digits, after = (f"regexp_extract({text}, {_literal(PARTS)}, {part})" for part in (1, 2, 3))
        number = _cast(f"rtrim({digits}, ' ''')", self.writing.decimal)
        sign = f"CASE WHEN regexp_matches({before}, '[-(]') THEN -1 ELSE 1 END"
        affix = f"regexp_replace({before}, '[-+( ]', '', 'g') || '#' || regexp_replace({after}, '[) ]', '', 'g')"
        factors = " ".join(f"WHEN {code} THEN {factor!r}" for code, factor in self.factors.items())
        return f"({number} * {sign} * CASE hash({affix}) {factors} END)"

    def value(self, column: str) -> str:
        """SQL of a value that float32 can hold, null otherwise."""
        number = self.sql(column)
        return f"CASE WHEN abs({number}) <= {FLOAT32_MAX!r} THEN {number} END"


PLAIN = NumberForm()
TYPED = NumberForm(typed=True)


def _cast(text: str, decimal: str) -> str:
    """SQL of digits with marks as DOUBLE; thousands must be marked rightly (1,234 or 12,34,567, never 1,23)."""
    other = "," if decimal == "." else "."
    whole = rf"\d+|\d{{1,3}}([{other} '']\d{{3}})+|\d{{1,2}}([{other}]\d{{2}})+[{other}]\d{{3}}"
    valid = rf"^[+-]?({whole})?([{decimal}]\d*)?([eE][+-]?\d+)?$"
    digits = f"replace(regexp_replace({text}, '[{other} '']', '', 'g'), ',', '.')"
    return f"TRY_CAST(CASE WHEN regexp_matches({text}, '{valid}') THEN {digits} END AS DOUBLE)"


def _literal(text: str) -> str:
    """A text of our own as SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def not_number(form: NumberForm, column: str, silent: Collection[int] = ()) -> str:
    """SQL condition: the cell says something that is no number.

    Args:
        silent: hashes of texts (lower case) that mean "no value" besides the usual words.
    """
    if form.typed:
        return "false"
    words = ", ".join(_literal(word) for word in MISSING)
    more = f" AND hash(lower(trim({column}))) NOT IN ({', '.join(map(str, silent))})" if silent else ""
    said = f"lower(trim({column})) NOT IN ({words}){more}"
    return f"CASE WHEN {form.sql(column)} IS NULL THEN {said} ELSE false END"  # words are compared only where need be


def too_large(form: NumberForm, column: str) -> str:
    """SQL condition: a number that float32 cannot hold (NaN counts as missing)."""
    number = form.sql(column)
    return f"(abs({number}) > {FLOAT32_MAX!r} AND NOT isnan({number}))"


@dataclass(frozen=True)
class NumberColumn:
    """How the numbers of a column are written, and how many cells say something that is no number, or too large a one."""

    form: NumberForm
    texts: int
    large: int


def find_numbers(
    ask: Ask, columns: Mapping[str, str], decimal: str = ".", small: Collection[str] = (), known_units: bool = False,
    silent: Collection[int] = (), typed: Collection[str] = (),
) -> dict[str, NumberColumn]:  # fmt: skip
    """How the numbers of each column are written.

    Args:
        ask: asks the table.
        columns: name -> SQL name.
        decimal: of the table, for columns that do not tell.
        small: names of columns whose numbers are below 1,000 (coordinates).
        known_units: only units that are known make numbers, not a word that all cells end in.
        silent: as in ``not_number``.
        typed: names of columns that hold numbers already.
    """
    found = _counted(ask, columns, {name: TYPED if name in typed else PLAIN for name in columns}, silent)
    forms = {}
    for name, column in columns.items():
        if name not in typed and (found[name].texts or decimal == ","):
            form = _form(ask, read_shapes(count_shapes(ask, column), decimal, name in small, known_units))
            if form is not PLAIN:
                forms[name] = form
    return found | _counted(ask, {name: columns[name] for name in forms}, forms, silent)


def _counted(
    ask: Ask, columns: Mapping[str, str], forms: Mapping[str, NumberForm], silent: Collection[int]
) -> dict[str, NumberColumn]:
    """Cells that are no numbers, or too large, under a form; many columns are asked at once."""
    found: dict[str, NumberColumn] = {}
    names = list(columns)
    for start in range(0, len(names), 200):
        some = names[start : start + 200]
        conditions = [
            condition
            for name in some
            for condition in (not_number(forms[name], columns[name], silent), too_large(forms[name], columns[name]))
        ]
        counts = ask(", ".join(f"count(*) FILTER ({condition})" for condition in conditions))[0]
        found |= {name: NumberColumn(forms[name], *counts[2 * n : 2 * n + 2]) for n, name in enumerate(some)}
    return found


def count_shapes(ask: Ask, column: str) -> Counter[str]:
    """Shapes of the cells that hold a digit, with their number; the commonest 5,000."""
    shape = f"translate(trim({column}), '012345678', '999999999') AS shape, regexp_matches({column}, '^\\D*0') AS zero"
    digit = f"WHERE regexp_matches({column}, '[0-9０-９]')"
    rows = ask(f"{shape}, count(*)", f"{digit} GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT {_MOST_SHAPES}")
    found: Counter[str] = Counter()
    for text, zero, count in rows:
        found[text.replace("9", "0", 1) if zero else text] += count
    return found


def _form(ask: Ask, writing: Writing) -> NumberForm:
    if writing.decimal == "." and not (writing.marks or writing.odd or writing.affixes):
        return PLAIN
    factors = {ask("hash(?)", "LIMIT 1", [affix])[0][0]: factor for affix, factor in writing.affixes.items()}
    return NumberForm(writing, False, factors)


def to_numbers(cells: pd.Series, decimal: str = ".") -> pd.Series:
    """The cells of a column of a small table as numbers, NaN where they are none; read as ``find_numbers`` says."""
    texts = pa.array(cells.astype("str"), pa.string())
    with duckdb.connect(":memory:") as connection:
        connection.register("small", pa.table({"cell": texts, "at": range(len(cells))}))

        def ask(select: str, rest: str = "", parameters: Collection[Any] = ()) -> list[tuple[Any, ...]]:
            return connection.execute(f"SELECT {select} FROM small {rest}", list(parameters)).fetchall()

        form = find_numbers(ask, {"cell": "cell"}, decimal)["cell"].form
        found = [number for (number,) in ask(form.sql("cell"), "ORDER BY at")]
    return pd.Series(np.array(found, dtype=float), index=cells.index)
