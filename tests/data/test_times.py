"""Texts to times: formats, orders, epochs, zones and the hours that summer time takes and gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data.times import parse_times
from stcore.errors import DataError


def read(*texts: str | None, **options: object) -> list[str]:
    """Stamps as ISO text."""
    return [stamp.isoformat() if stamp is not pd.NaT else "" for stamp in parse_times(texts, **options).stamps]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (("2024-03-01", "2024-03-02"), "2024-03-01T00:00:00"),
        (("2024-3-1 4:05", "2024-12-2 14:05"), "2024-03-01T04:05:00"),
        (("2024/3/1", "2024/12/2"), "2024-03-01T00:00:00"),
        (("2024.03.01 12:00", "2024.03.02 12:00"), "2024-03-01T12:00:00"),
        (("2024-03-01T04:05:06.250",), "2024-03-01T04:05:06.250000"),
        (("2024-03-01 04:05:06,25",), "2024-03-01T04:05:06.250000"),
        (("2024-03-01 07",), "2024-03-01T07:00:00"),
        (("2024-02-29 24:00",), "2024-03-01T00:00:00"),
        (("20240301", "20240302"), "2024-03-01T00:00:00"),
        (("2024030107", "2024030123"), "2024-03-01T07:00:00"),
        (("202403010705", "202403012359"), "2024-03-01T07:05:00"),
        (("202403", "202404"), "2024-03-01T00:00:00"),
        (("2024-03", "2024-04"), "2024-03-01T00:00:00"),
        (("2024", "2025"), "2024-01-01T00:00:00"),
        (("1709251200", "1709251260"), "2024-03-01T00:00:00"),
        (("1709251200000", "1709251260000"), "2024-03-01T00:00:00"),
        (("1709251200000000", "1709251260000000"), "2024-03-01T00:00:00"),
        (("1709251200000000000", "1709251260000000000"), "2024-03-01T00:00:00"),
        (("13/02/2024", "01/03/2024"), "2024-02-13T00:00:00"),
        (("02/13/2024", "03/01/2024"), "2024-02-13T00:00:00"),
        (("2/13/2024 5:30 PM", "3/1/2024 12:30 AM"), "2024-02-13T17:30:00"),
        (("1.2.2024 08:00", "3.2.2024 09:00"), "2024-02-01T08:00:00"),
        (("13/02/24", "01/03/24"), "2024-02-13T00:00:00"),
        (("1 Mar 2024", "2 Mar 2024"), "2024-03-01T00:00:00"),
        (("March 1, 2024", "March 2, 2024"), "2024-03-01T00:00:00"),
        (("Mar 2024", "Apr 2024"), "2024-03-01T00:00:00"),
        (("2024年3月1日", "2024年3月2日"), "2024-03-01T00:00:00"),
        (("2024年3月1日 7时05分", "2024年3月1日 8时05分"), "2024-03-01T07:05:00"),
        (("2024年3月1日 7时", "2024年3月1日 8时"), "2024-03-01T07:00:00"),
    ],
)
def test_formats(texts: tuple[str, ...], first: str) -> None:
    assert read(*texts)[0] == first
    assert "" not in read(*texts)


def test_the_order_of_day_and_month_is_decided_by_the_whole_column() -> None:
    assert read("01/02/2024", "25/02/2024") == ["2024-02-01T00:00:00", "2024-02-25T00:00:00"]
    assert read("01/02/2024", "02/25/2024") == ["2024-01-02T00:00:00", "2024-02-25T00:00:00"]
    both = parse_times(["01/02/2024", "02/02/2024", "03/02/2024"])
    assert both.ambiguous_order
    assert both.day_first
    assert read("01/02/2024", "02/02/2024", day_first=False)[0] == "2024-01-02T00:00:00"


def test_unreadable_cells_are_left_out_and_years_out_of_range_are_told_apart() -> None:
    found = parse_times(["2024-01-01", "soon", None, "", "2024-13-01", "0001-01-01", "9999-12-31"])
    assert found.stamps.notna().tolist() == [True] + [False] * 6
    assert found.outside.tolist() == [False] * 5 + [True, True]


def test_two_formats_are_both_read_and_counted_by_rows() -> None:
    found = parse_times(["2024-01-01", "02.01.2024"], np.array([90, 10]))
    assert found.formats == {"ISO": 90, "day before month": 10}
    assert found.stamps.notna().all()


def test_a_stray_number_among_dates_is_no_year() -> None:
    assert read("2024-01-01", "2024-01-02", "1999", "20240103") == [
        "2024-01-01T00:00:00",
        "2024-01-02T00:00:00",
        "",
        "",
    ]


def test_offsets_are_converted_and_give_the_clock() -> None:
    mixed = parse_times(["2024-01-01T12:00:00+01:00", "2024-07-01T12:00:00+02:00", "2024-07-01T12:00:00Z"])
    assert mixed.clock == "UTC"
    assert [stamp.hour for stamp in mixed.stamps] == [11, 10, 12]
    assert parse_times(["2024-01-01T12:00:00+08:00"]).clock == "Etc/GMT-8"
    berlin = parse_times(["2024-01-01T12:00:00+00:00", "2024-07-01T12:00:00+00:00"], clock="Europe/Berlin")
    assert berlin.clock == "Europe/Berlin"
    assert berlin.stamps[0].hour == 12


def test_summer_time_takes_an_hour_and_gives_one_twice() -> None:
    found = parse_times(["2024-03-31 02:30", "2024-10-27 02:30", "2024-07-01 12:00"], clock="Europe/Berlin")
    assert found.skipped.tolist() == [True, False, False]
    assert found.stamps[1] == pd.Timestamp("2024-10-27 00:30")
    assert found.later[1] == pd.Timestamp("2024-10-27 01:30")
    assert found.stamps[2] == pd.Timestamp("2024-07-01 10:00")


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(DataError, match="no time zone"):
        parse_times(["2024-01-01"], clock="Mars/Olympus")
