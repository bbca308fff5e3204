"""Times written as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data import ingest
from stcore.data.time_numbers import numeric_times, surely_serials, surely_since_1970


def read(*texts: str) -> list[str]:
    """Times as ISO text."""
    return [stamp.isoformat() for stamp in numeric_times(pd.Series(texts, dtype="str"))[0]]


@pytest.mark.parametrize(
    ("texts", "last"),
    [
        (("44927", "44928"), "2023-01-02T00:00:00"),
        (("44927.5", "44928"), "2023-01-02T00:00:00"),
        (("44927", "44927.0416666667"), "2023-01-01T01:00:00"),
        (("44927", "44927.04167"), "2023-01-01T01:00:00"),
        (("44927", "44927.00347222"), "2023-01-01T00:05:00"),
        (("44927", "44927.000011574"), "2023-01-01T00:00:01"),
        (("1709251200", "1709251260.5"), "2024-03-01T00:01:00.500000"),
        (("1709251200.0", "1709251260.0"), "2024-03-01T00:01:00"),
        (("1.7092512E+12", "1.70925126E+12"), "2024-03-01T00:01:00"),
        (("1,7092512E+12", "1,70925126E+12"), "2024-03-01T00:01:00"),
        (("1709251200000000001", "1709251200000000002"), "2024-03-01T00:00:00.000000002"),
        (("20240301.0", "20240302.0"), "2024-03-02T00:00:00"),
        (("2024.0", "2025.0"), "2025-01-01T00:00:00"),
    ],
)
def test_numbers_as_times(texts: tuple[str, ...], last: str) -> None:
    assert read(*texts)[-1] == last


def test_day_numbers_count_from_1900_as_spreadsheets_do() -> None:
    assert read("43831.25")[0] == "2020-01-01T06:00:00"  # Excel: =DATE(2020,1,1)+TIME(6,0,0)


def test_what_only_looks_like_a_time_needs_a_name() -> None:
    hours = pd.Series([f"{44927 + n / 24:.10f}" for n in range(30)], dtype="str")
    prices = pd.Series([f"{44927 + n * 0.37:.4f}" for n in range(30)], dtype="str")
    assert surely_serials(hours)
    assert not surely_serials(prices)
    assert not surely_serials(pd.Series([str(44927 + n) for n in range(30)], dtype="str"))
    assert surely_since_1970(pd.Series(["1709251200", "1709251260"], dtype="str"))
    assert not surely_since_1970(pd.Series(["44927", "44928"], dtype="str"))


def test_day_numbers_are_a_time_by_name_or_by_content() -> None:
    values = np.arange(60) * 0.5
    hours = 44927 + np.arange(60) / 24
    by_name = ingest.inspect(pd.DataFrame({"date": 44927 + np.arange(60), "level": values}))
    by_content = ingest.inspect(pd.DataFrame({"level": values, "x": [f"{hour:.10f}" for hour in hours]}))
    assert (by_name.roles.time, by_name.step) == ("date", "1D")
    assert (by_content.roles.time, by_content.step, by_content.roles.values) == ("x", "1h", ["level"])
    counts = ingest.inspect(
        pd.DataFrame({"day": pd.date_range("2024-01-01", periods=60), "visits": 44927 + np.arange(60)})
    )
    assert (counts.roles.time, counts.roles.values) == ("day", ["visits"])
