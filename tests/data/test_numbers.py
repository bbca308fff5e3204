"""Columns of text as numbers, read by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stcore.data.numbers import NumberColumn, find_numbers


def read(cells: Sequence[str | None], decimal: str = ".", **options: Any) -> tuple[NumberColumn, list[float | None]]:
    """How a column is written, and its numbers."""
    with duckdb.connect() as connection:
        connection.register("cells", pa.table({"c0": pa.array(cells, pa.string())}))

        def ask(select: str, rest: str = "", parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
            return connection.execute(f"SELECT {select} FROM cells {rest}", list(parameters)).fetchall()  # noqa: S608

        found = find_numbers(ask, {"v": "c0"}, decimal, **options)["v"]
        return found, [row[0] for row in ask(found.form.sql("c0"))]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("1.5", " 2 ", "-3e2", ""), (1.5, 2, -300, None)),
        (("1,5", "2", "-3,25"), (1.5, 2, -3.25)),
        (("1.234,5", "1,5", "12.345.678"), (1234.5, 1.5, 12345678)),
        (("1,234.5", "12,345,678", "7"), (1234.5, 12345678, 7)),
        (("1 234,5", "12\u00a0345,5", "1\u202f234,0"), (1234.5, 12345.5, 1234)),
        (("1'234.5", "12’345", "999"), (1234.5, 12345, 999)),
        (("12 mph", "12.5mph", "-3 mph"), (12, 12.5, -3)),
        (("5 %", "7%"), (5, 7)),
        (("$3.50", "-$1,234.50", "$-2", "($4)"), (3.5, -1234.5, -2, -4)),
        (("€ 4", "4,5 €"), (4, 4.5)),
        (("(12)", "13", "14-"), (-12, 13, -14)),
        (("−1.5", "–2", "２．５"), (-1.5, -2, 2.5)),
        (("1.2万", "3万"), (12000, 30000)),
        (("830K", "1.2M", "17"), (830_000, 1_200_000, 17)),
        (("1,234", "1,23"), (None, 1.23)),
        (("5", "oops", "6"), (5, None, 6)),
    ],
)
def test_columns_of_numbers(cells: tuple[str, ...], numbers: tuple[float | None, ...]) -> None:
    found = read(cells)[1]
    if cells == ("1,234", "1,23"):  # a decimal comma, so 1,234 is 1.234
        assert found == [1.234, 1.23]
    else:
        assert found == pytest.approx(list(numbers))


def test_plain_columns_are_read_by_a_plain_cast() -> None:
    for cells in (("1", "2.5", "NA", "--", None), ("1", "oops", "-7"), ("1.234", "2.345")):
        assert read(cells)[0].form.sql("c0") == "TRY_CAST(trim(c0) AS DOUBLE)"


def test_the_mark_of_the_table_decides_where_the_column_does_not() -> None:
    assert read(("1,234", "5,678"))[1] == [1234, 5678]
    assert read(("1,234", "5,678"), decimal=",")[1] == [1.234, 5.678]
    assert read(("1.234", "5.678"), decimal=",")[1] == [1234, 5678]
    assert read(("48.123", "48.5"), decimal=",")[1] == [48.123, 48.5]
    assert read(("48.123", "47.124"), decimal=",", small=["v"])[1] == [48.123, 47.124]


def test_cells_that_are_no_numbers_are_counted_exactly() -> None:
    found = read(("1,5", "2,75", "x", "NA", "1e39", "2.5", None, "n/k", "inf"))[0]
    assert (found.texts, found.large) == (4, 1)  # x, 2.5 beside a decimal comma, n/k, inf; 1e39 is too large


def test_the_unit_of_a_column_is_told_only_where_there_is_one() -> None:
    assert read(("12 mph", "13", "14 mph"))[0].form.unit == "mph"
    assert read(("12 mph", "20 km/h"))[0].form.unit is None
    assert read(("12", "13"))[0].form.unit is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=2, max_size=8, unique=True),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u00a0", ","), ("", ","), ("", ".")]),
    st.sampled_from(["{}", "{} mph", "$ {}", "{}%"]),
)
def test_writing_a_number_otherwise_does_not_change_it(numbers: list[Any], marks: tuple[str, str], around: str) -> None:
    written = [f"{n:,.2f}".translate(str.maketrans({",": marks[0], ".": marks[1]})) for n in numbers]
    assert read([around.format(text) for text in written])[1] == [float(n) for n in numbers]
