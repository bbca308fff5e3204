"""Decimal marks, thousands and units, decided from the shapes of a whole column."""

from __future__ import annotations

import pytest

from stcore.data.shapes import read_shapes


@pytest.mark.parametrize(
    ("shapes", "table", "decimal", "marks", "unsure"),
    [
        ({"99.99": 5}, ".", ".", False, False),
        ({"99,99": 5}, ".", ",", False, False),
        ({"9.999,99": 5, "999,99": 2}, ".", ",", True, False),
        ({"9,999.99": 5, "999.99": 2}, ",", ".", True, False),
        ({"9,999,999": 1, "9,999": 9}, ".", ".", True, False),
        ({"9.999.999": 1, "9.999": 9}, ".", ",", True, False),
        ({"9,999": 9}, ".", ".", True, True),
        ({"9,999": 9}, ",", ",", False, True),
        ({"9,999": 9, "999": 3}, ",", ".", True, False),  # below a thousand there is no mark: it parts thousands
        ({"9,999": 9, "9999": 3}, ".", ",", False, False),  # 1234 without a mark: it does not
        ({"0,999": 9, "9,999": 3}, ".", ",", False, False),
        ({"9 999,9": 9}, ".", ",", True, False),
        ({"9 999": 9, "99": 9}, ",", ",", True, False),
        ({"9'999.9": 9}, ".", ".", True, False),
        ({"99,99,999": 2, "9,999": 3}, ".", ".", True, False),
        ({"999999": 4}, ",", ".", False, False),
        ({"9,99e-99": 4}, ".", ",", False, False),
        ({"99,99": 9, "9.9": 1}, ".", ",", False, False),
    ],
)
def test_marks(shapes: dict[str, int], table: str, decimal: str, marks: bool, unsure: bool) -> None:
    found = read_shapes(shapes, table)
    assert (found.decimal, found.marks, found.unsure) == (decimal, marks, unsure)


def test_marks_of_coordinates_never_part_thousands() -> None:
    assert read_shapes({"99,999": 9}, ".", small=True).decimal == ","
    assert read_shapes({"99.999": 9}, ",", small=True).decimal == "."


def test_units_are_counted_and_words_are_none_where_only_known_units_count() -> None:
    assert read_shapes({"99 mph": 3, "99.9mph": 2, "99": 1}).units == {"mph": 5, "": 1}
    assert read_shapes({"99 widgets": 9}).units == {"widgets": 9}
    assert read_shapes({"99 widgets": 9}, known_units=True).units == {}
    assert read_shapes({"99 mph": 3, "9 km/h": 2}).units == {"mph": 3, "km/h": 2}


@pytest.mark.parametrize("shape", ["9A", "9F", "99号", "9_Bou999_T", "A9", "99:99", "9999-99-99", "9rd"])
def test_names_with_digits_are_no_numbers(shape: str) -> None:
    assert not read_shapes({shape: 9}, known_units=True).affixes


def test_letters_of_the_compass_give_the_sign_of_degrees() -> None:
    assert read_shapes({"99.9°N": 3, "9.9 S": 1}, small=True).affixes == {"#°N": 1.0, "#S": -1.0}


def test_characters_that_only_look_like_digits_are_noticed() -> None:
    assert read_shapes({"−99.9": 3}).odd
    assert read_shapes({"9\u202f999,9": 3}).odd
    assert not read_shapes({"-99.9": 3}).odd
