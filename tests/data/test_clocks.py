"""Offsets behind times, zones by name."""

from __future__ import annotations

import pandas as pd
import pytest

from stcore.data.clocks import split_offsets, zone_of
from stcore.data.times import parse_times


@pytest.mark.parametrize(
    ("text", "wall", "minutes"),
    [
        ("2024-03-01 07:00+01:00", "2024-03-01 07:00", 60), ("2024-03-01T07:00:00Z", "2024-03-01T07:00:00", 0),
        ("2024-03-01 07:00:00+00", "2024-03-01 07:00:00", 0), ("2024-03-01 07:00 -0330", "2024-03-01 07:00", -210),
        ("01/03/2024 07:00 PM CET", "01/03/2024 07:00 PM", 60), ("2024-03-01 07:00 UTC+8", "2024-03-01 07:00", 480),
        ("2024-03-01 07:00 EDT", "2024-03-01 07:00", -240),
    ],
)  # fmt: skip
def test_offsets(text: str, wall: str, minutes: int) -> None:
    texts, found = split_offsets(pd.Series([text], dtype="str"))
    assert (texts[0], found[0]) == (wall, minutes)


@pytest.mark.parametrize("text", ["2024-03-01", "2024-03-01 07:00", "2024-03", "01-02-2024", "5 May 2024"])
def test_no_offset(text: str) -> None:
    texts, found = split_offsets(pd.Series([text], dtype="str"))
    assert texts[0] == text
    assert found.isna().all()


def test_one_whole_offset_names_the_zone() -> None:
    assert zone_of(pd.Series([480.0, 480.0])) == "Etc/GMT-8"
    assert zone_of(pd.Series([60.0, 120.0])) == "UTC"
    assert zone_of(pd.Series([-210.0])) == "UTC"


def test_offsets_are_read_behind_any_way_to_write_a_date() -> None:
    for text in (
        "13/02/2024 10:00 +01:00",
        "13 Feb 2024 10:00 CET",
        "2024-02-13T1000+0100",
        "Tue, 13 Feb 2024 09:00:00 GMT",
    ):
        assert parse_times([text]).stamps[0] == pd.Timestamp("2024-02-13 09:00")
