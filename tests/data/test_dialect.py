"""Separators, decimal marks and headers, told from the first lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stcore.data.dialect import find_dialect
from stcore.errors import DataError


@pytest.mark.parametrize(
    ("text", "delimiter", "decimal", "header", "names"),
    [
        ("time,a,b\n2024-01-01,1.5,2\n2024-01-02,1.5,2\n", ",", ".", True, ("time", "a", "b")),
        ("time;a;b\n2024-01-01;1,5;2,0\n2024-01-02;1,5;2\n", ";", ",", True, ("time", "a", "b")),
        ("time\ta\n2024-01-01 10:00\t1,5\n2024-01-01 11:00\t2,5\n", "\t", ",", True, ("time", "a")),
        ("time|a\n2024-01-01|1.5\n2024-01-02|2\n", "|", ".", True, ("time", "a")),
        ("1.5\n2.5\n3\n", ",", ".", False, ("column_1",)),
        ("value\n1.5\n2.5\n3\n", ",", ".", True, ("value",)),
        ("3,5\n4,25\n2,75\n", ";", ",", False, ("column_1",)),
        ("2020,5\n2021,7\n2022,9\n", ",", ".", False, ("column_1", "column_2")),
        ("2024-01-01,1\n2024-01-02,2\n", ",", ".", False, ("column_1", "column_2")),
        ("time,773869,767541\n2024-01-01,1,2\n2024-01-02,3,4\n", ",", ".", True, ("time", "773869", "767541")),
        ('time,"a, b",c\n2024-01-01,1,2\n2024-01-02,1,2\n', ",", ".", True, ("time", "a, b", "c")),
        ("a b\n1 2\n3 4\n5 6\n", " ", ".", True, ("a", "b")),
        ("time,place\n2024-01-01 10:00,New York\n2024-01-01 11:00,New York\n", ",", ".", True, ("time", "place")),
        ("time,v\n1,2024-01-01,5\n2,2024-01-02,6\n", ",", ".", True, ("", "time", "v")),
        ("time,v\n2024-01-01,5,\n2024-01-02,6,\n", ",", ".", True, ("time", "v", "column_3")),
    ],
)
def test_dialects(
    text: str, delimiter: str, decimal: str, header: bool, names: tuple[str, ...], write: Callable[..., Path]
) -> None:
    found = find_dialect(write(text))
    assert (found.delimiter, found.decimal, found.header) == (delimiter, decimal, header)
    assert found.names[: len(names)] == names


def test_what_is_given_is_not_guessed(write: Callable[..., Path]) -> None:
    path = write("3,5\n4,25\n2,75\n")
    found = find_dialect(path, delimiter=",", decimal=".", header=True)
    assert (found.delimiter, found.header, found.names) == (",", True, ("3", "5"))


def test_a_header_without_rows_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="no rows"):
        find_dialect(write("time,place,value\n"))


@pytest.mark.parametrize(
    ("text", "names", "decimal"),
    [
        ("value\n1,5\n2,5\n3,7\n", ("value",), ","),
        ("a,b\n0,0\n1,2\n1,4\n", ("a", "b"), "."),
        ("1,5\n2,5\n2,7\n", ("column_1",), ","),
        ("1,5\n2,5\n3,7\n", ("column_1", "column_2"), "."),
    ],
)
def test_comma_of_a_number_or_of_columns(text: str, names: tuple[str, ...], decimal: str, tmp_path: Path) -> None:
    """One name over two groups of digits: a decimal comma; two names: two columns."""
    path = tmp_path / "t.csv"
    path.write_text(text)
    found = find_dialect(path)
    assert (found.names, found.decimal) == (names, decimal)


@pytest.mark.parametrize(
    ("text", "above", "names"),
    [
        ("sep=;\ntime;v\n2024-01-01;1\n2024-01-02;2\n", 1, ("time", "v")),
        ("# logger 7, v2\n#\ntime,v\n2024-01-01,1\n2024-01-02,2\n", 2, ("time", "v")),
        ("# logger\n# time,v\n2024-01-01,1\n2024-01-02,2\n", 1, ("time", "v")),
        ("#,time,v\n1,2024-01-01,1\n2,2024-01-02,2\n", 0, ("", "time", "v")),
        ("# flow in m3/s\n1.5\n2.5\n", 1, ("column_1",)),
        ("Station 5\nUnit: mm\n\ntime,v\n2024-01-01,1\n2024-01-02,2\n", 3, ("time", "v")),
        ("Report,,\n,,\ntime,place,v\n2024-01-01,a,1\n2024-01-02,b,2\n", 2, ("time", "place", "v")),
        ("time,v\n,mm\n2024-01-01,1\n2024-01-02,2\n", 0, ("time", "v")),
        ("v\n1,5\n2,7\n", 0, ("v",)),
        ("#0,2024-01-01,1\n#1,2024-01-01,2\n", 0, ("column_1", "column_2", "column_3")),
        ("apple\npear\nplum\n", 0, ("apple",)),
        ("2024-01-01,,\n2024-01-02,1,2\n2024-01-03,1,2\n", 0, ("column_1", "column_2", "column_3")),
    ],
)
def test_lines_above_the_table_are_no_part_of_it(
    text: str, above: int, names: tuple[str, ...], write: Callable[..., Path]
) -> None:
    found = find_dialect(write(text))
    assert (found.above, found.names) == (above, names)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("773869,767541,717447\n64.4,67.6,71.2\n62.7,68.1,70.9\n", True),
        ("0,1,2\n0.31,0.5,0.7\n0.11,0.2,0.9\n", True),
        (",0,1,2\n0,5,5,7\n1,4,8,9\n", True),
        ("5,7,2\n4,8,1\n", False),
        ("1,2,3\n1,2,3\n", False),
        ("place,1/22/20,1/23/20,1/24/20\na,1.5,2,3\nb,4,5.25,6\n", True),
        ("2024-01-01,2024-01-02,2024-01-03\n2024-01-04,2024-01-05,2024-01-06\n", False),
        ("when,12,7\n5 May 2024,1.5,2\n6 May 2024,1.7,3\n", True),
        ("speed\n12 mph\n14 mph\n", True),
    ],
)
def test_numbers_and_times_as_names_are_told_from_readings(text: str, header: bool, write: Callable[..., Path]) -> None:
    assert find_dialect(write(text)).header == header


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("time\tv\n2024-01-01\t1,234\n2024-01-02\t5,678\n", "."),
        ("time;v\n2024-01-01;1,234\n2024-01-02;5,678\n", ","),
        ("time\tv\tw\n2024-01-01\t1,234\t0,5\n2024-01-02\t5,678\t1,5\n", ","),
        ("time;v;w\n2024-01-01;1,234;0.5\n2024-01-02;5,678;1.5\n", "."),
    ],
)
def test_marks_before_three_digits_do_not_decide(text: str, decimal: str, write: Callable[..., Path]) -> None:
    assert find_dialect(write(text)).decimal == decimal
