"""Dates with words and signs in them."""

from __future__ import annotations

import pandas as pd
import pytest

from stcore.data.times import parse_times


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2020Q2", "2020-04-01"), ("2020-Q4", "2020-10-01"), ("Q3 2021", "2021-07-01"), ("1Q2020", "2020-01-01"), ("2020年第2季度", "2020-04-01"),
        ("2020-W05", "2020-01-27"), ("2020W53", "2020-12-28"), ("2020-W05-3", "2020-01-29"), ("KW 05/2020", "2020-01-27"),
        ("2020M03", "2020-03-01"), ("3/2020", "2020-03-01"), ("2020-H2", "2020-07-01"), ("2020年3月", "2020-03-01"), ("2020年", "2020-01-01"),
        ("1. März 2024", "2024-03-01"), ("15. Dez. 2024 14:30", "2024-12-15 14:30"), ("2 août 2024", "2024-08-02"), ("1er mars 2024", "2024-03-01"),
        ("2 de septiembre de 2024", "2024-09-02"), ("Sept. 5, 2024 5:30pm", "2024-09-05 17:30"), ("Jan-20", "2020-01-01"),
        ("01MAR2024:05:30:00", "2024-03-01 05:30"), ("Fri Mar  1 05:30:00 2024", "2024-03-01 05:30"), ("2024-Mar-05", "2024-03-05"),
        ("Mo, 13.02.2024 05:00", "2024-02-13 05:00"), ("13.02.2024 14:30 Uhr", "2024-02-13 14:30"), ("2024年3月1日 下午7时05分", "2024-03-01 19:05"),
        ("2024-03-01 05:30 PM", "2024-03-01 17:30"), ("2024-03-01 12:15 a.m.", "2024-03-01 00:15"), ("3/13/2024 5 PM", "2024-03-13 17:00"),
        ("20240301T0705", "2024-03-01 07:05"), ("05:30 13/02/2024", "2024-02-13 05:30"), ("２０２４－０３－０１", "2024-03-01"),
        ("31.12.2024 24:00", "2025-01-01"),
    ],
)  # fmt: skip
def test_dates(text: str, time: str) -> None:
    assert parse_times([text]).stamps[0] == pd.Timestamp(time)


@pytest.mark.parametrize(
    "text",
    ["2021-W53", "2020-Q5", "Site 2020-01", "A1 2020", "1_Bou292_T", "12:30", "2024-02-30", "Maybe 5 2024", "Q00001"],
)
def test_no_dates(text: str) -> None:
    assert parse_times([text]).stamps.isna().all()


def test_the_order_is_asked_for_behind_a_weekday_too() -> None:
    found = parse_times(["Mon 01/02/2024", "Tue 02/02/2024"])
    assert found.ambiguous_order
    assert parse_times(["Mon 01/02/2024"], day_first=False).stamps[0] == pd.Timestamp("2024-01-02")
