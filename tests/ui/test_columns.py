"""From the select boxes to roles, without a page."""

from __future__ import annotations

import pytest

from stcore.data.roles import Roles
from stcore.ui import columns

FOUND = Roles(time="t", location="p", lat="y", lon="x", values=["v", "w"], labels=["mark"])
SHOWN = {
    "t": "time",
    "p": "location",
    "y": "lat",
    "x": "lon",
    "v": "values",
    "w": "values",
    "mark": "labels",
    "note": "",
}


def test_the_meaning_of_each_column() -> None:
    assert {column: columns.meaning(FOUND, column) for column in SHOWN} == SHOWN


def test_what_was_found_comes_back() -> None:
    assert columns.roles_from(SHOWN, FOUND) == {
        "time": "t", "location": "p", "lat": "y", "lon": "x", "values": ["v", "w"], "labels": ["mark"],
    }  # fmt: skip


def test_columns_that_were_not_shown_keep_their_meaning() -> None:
    shown = {"t": "time", "v": ""}
    assert columns.roles_from(shown, FOUND) == {"time": "t", "values": ["w"], "labels": ["mark"]}


def test_a_value_known_ahead_is_a_value_too() -> None:
    roles = columns.roles_from({**SHOWN, "w": "known_ahead"}, FOUND)
    assert (roles["values"], roles["known_ahead"]) == (["v", "w"], ["w"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"note": "time"}, "Two columns are the time"),
        ({"y": ""}, "go together"),
        ({"y": "", "x": ""}, ""),
        ({"v": "", "w": ""}, "No column is a value"),
    ],
)
def test_what_does_not_fit_is_told(change: dict[str, str], words: str) -> None:
    told = columns.conflict({**SHOWN, **change}, FOUND)
    assert words in told
    assert bool(words) == bool(told)
