"""The weather: real measurements kept as they came, gaps included."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.sample_data.conftest import SAMPLES


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(SAMPLES / "airport_weather" / "airport_weather.csv.gz", parse_dates=["time"])


def test_a_year_of_three_airports_in_utc(table: pd.DataFrame) -> None:
    assert sorted(table["airport"].unique()) == ["EWR", "JFK", "LGA"]
    assert str(table["time"].dt.tz) == "UTC"
    assert table["time"].min() == pd.Timestamp("2013-01-01T06:00Z")
    assert table["time"].max().year == 2013
    assert not table.duplicated(["time", "airport"]).any()


def test_gaps_are_kept_as_gaps(table: pd.DataFrame) -> None:
    hours = (table["time"].max() - table["time"].min()) / pd.Timedelta("1h") + 1
    missing = hours - table.groupby("airport").size()
    assert missing.between(20, 30).all()
    assert table["pressure_hpa"].isna().sum() == 2729


def test_positions_are_those_of_new_york(table: pd.DataFrame) -> None:
    assert table["lat"].between(40.6, 40.8).all()
    assert table["lon"].between(-74.2, -73.7).all()
    assert table.groupby("airport")[["lat", "lon"]].nunique().eq(1).all().all()
