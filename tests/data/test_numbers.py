"""Numbers as people write them; the SQL of tables and the pandas of samples agree on every one."""

from __future__ import annotations

import math

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stcore.data.numbers import number_sql, to_numbers

POINT = {
    "3.5": 3.5, "-2": -2.0, " 7 ": 7.0, "1e3": 1000.0, "\u22124.5": -4.5, "1,234": 1234.0, "-1,234.5": -1234.5, "12,345,678": 12345678.0,
    "1 234.5": 1234.5, "1\u202f234.5": 1234.5, "1'234.5": 1234.5, "12,34": None, "1,23.4": None, "12 mph": None, "": None, "-": None,
}  # fmt: skip
COMMA = {
    "3,5": 3.5, "\u22122,25": -2.25, "1.234,5": 1234.5, "1.234": 1234.0, "48.1": 48.1, "1.234.567,8": 1234567.8, "1 234,5": 1234.5,
    "1\u00a0234,5": 1234.5, "12 mph": None, "1.23,4": None,
}  # fmt: skip


def by_sql(cell: str, decimal: str) -> float | None:
    """One cell through DuckDB."""
    select = f"SELECT {number_sql('c0', decimal)} FROM (SELECT ? AS c0)"  # noqa: S608 - no text of users
    found = duckdb.execute(select, [cell]).fetchone()
    assert found is not None
    return None if found[0] is None else float(found[0])


def by_pandas(cell: str, decimal: str) -> float | None:
    """One cell through pandas, trimmed as samples are."""
    number = float(to_numbers(pd.Series([cell.strip()], dtype="str"), decimal).iloc[0])
    return None if math.isnan(number) else number


@pytest.mark.parametrize(("decimal", "cells"), [(".", POINT), (",", COMMA)])
def test_numbers_as_people_write_them(decimal: str, cells: dict[str, float | None]) -> None:
    assert {cell: by_sql(cell, decimal) for cell in cells} == cells
    assert {cell: by_pandas(cell, decimal) for cell in cells} == cells


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3))
def test_thousands_do_not_change_a_number(number: object) -> None:
    text = f"{number:,}"
    assert by_pandas(text, ".") == float(text.replace(",", ""))
    german = text.translate(str.maketrans(",.", ".,"))
    assert by_pandas(german, ",") == float(text.replace(",", ""))
