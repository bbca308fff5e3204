"""Some rows of a table as text and as numbers: what roles are found on."""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stcore.data import names as named
from stcore.data.dialect import MISSING
from stcore.data.numbers import find_numbers
from stcore.data.table import Table

_ROWS = 1500


class Sample:
    """About 1,500 rows: the first ones and others spread over the table; fewer of wide tables.

    Attributes:
        cells: text, stripped; None where nothing is said.
        numbers: the same as float64, NaN where a cell is no number; decimal marks, thousands and known units are read.
        numeric: column -> share of numbers among the cells that say something; 1 for an empty column, which
            contradicts nothing.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        wide = max(1, len(table.names) // 200)
        head = max(50, _ROWS // (2 * wide))
        every = max(1, table.rows // head)
        first = table.first_line
        lines = {*range(first, first + head), *range(first, first + table.rows, every)}
        rows = table.arrow(
            ", ".join([*(table.column(name) for name in table.names), "line"]),
            f"WHERE line IN ({', '.join(map(str, sorted(lines)))}) ORDER BY line LIMIT {3 * head}",
        )
        frame = rows.to_pandas().drop(columns="line").astype("str")
        frame.columns = pd.Index(table.names)
        frame = frame.apply(lambda column: column.str.strip())
        self.cells = frame.where(frame != "", None)
        columns = {name: table.column(name) for name in table.names}
        with table.asking("sample", rows) as ask:
            found = find_numbers(ask, columns, table.dialect.decimal, self._degrees(), known_units=True)
            read = ", ".join(f"{found[name].form.sql(column)} AS {column}" for name, column in columns.items())
            numbers = table.connection.sql(f"SELECT {read} FROM sample").to_arrow_table()
        self.numbers = numbers.to_pandas().astype("float64").set_axis(pd.Index(table.names), axis=1)
        self.numeric = {name: self._share(name) for name in table.names}

    def _degrees(self) -> list[str]:
        return [name for name in self.table.names if named.is_lat(name) or named.is_lon(name)]

    def says(self, name: str) -> pd.Series:
        """Which cells of a column say something."""
        return self.cells[name].notna() & ~self.cells[name].str.lower().isin(MISSING)

    def _share(self, name: str) -> float:
        says = self.says(name)
        return float(self.numbers.loc[says, name].notna().mean()) if says.any() else 1.0

    def whole(self, name: str) -> bool:
        """Whether a column holds whole numbers only."""
        present = self.cells[name].dropna()
        return bool(len(present)) and bool(present.str.fullmatch(r"-?\d+").all())

    def counts_rows(self, name: str) -> bool:
        """1, 2, 3, ... in the order of the rows."""
        numbers = self.numbers[name].to_numpy()
        return len(numbers) > 1 and self.whole(name) and bool((np.diff(numbers) >= 1).all())

    def binary(self, name: str) -> bool:
        """Only 0 and 1 (or false and true) in the whole column."""
        allowed = ("0", "1", "0.0", "1.0", "true", "false", "")
        if not self.cells[name].dropna().str.lower().isin(allowed).all():
            return False
        marks = ", ".join("?" for _ in allowed)
        column = self.table.column(name)
        return self.table.ask("count(*)", f"WHERE lower(trim({column})) NOT IN ({marks})", allowed)[0][0] == 0

    def near(self, names: Sequence[str]) -> bool:
        """Whether columns of numbers have much the same size and spread, as one quantity at several places has."""
        numbers = self.numbers[list(names)]
        size = numbers.abs().median().replace(0, np.nan).dropna()
        spread = numbers.std().replace(0, np.nan).dropna()
        return len(size) > 1 and bool(size.max() / size.min() < 8 and spread.max() / spread.min() < 8)


def columns_are_places(values: Sequence[str], sample: Sample, told: bool) -> tuple[bool, bool]:
    """Whether number columns beside a time are places, and whether that is sure: by their names, then by their scales.

    Args:
        told: the names stand in the file (no column_1, column_2 of our own).
    """
    if told and named.alike(values):
        return True, True
    if told and sum(named.is_quantity(name) for name in values) >= 0.3 * len(values):
        return False, True
    near, many = sample.near(values), len(values) > 40
    return near or many, many and (near or not told)


def is_constant_each(sample: Sample, name: str, location: str) -> bool:
    """Whether every place has one content of a column, and not all the same: in the sample, then in the whole table."""
    cells = sample.cells
    if cells[name].nunique() < 2 or cells.groupby(location)[name].nunique().max() > 1:
        return False
    column, place = sample.table.column(name), sample.table.column(location)
    most = sample.table.ask(f"count(DISTINCT {column}) AS contents", f"GROUP BY {place} ORDER BY 1 DESC LIMIT 1")
    return bool(most and most[0][0] == 1)
