"""The city: the same seed gives the same weeks, the events are there and are what they say."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from tests.sample_data.conftest import SAMPLES

SENSORS = 120


@pytest.fixture(scope="module")
def made(traffic: ModuleType) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return traffic.generate(1, 1.0)


def speeds(readings: pd.DataFrame) -> pd.DataFrame:
    """[time, sensor] table of speeds."""
    table = readings["speed_mph"].to_numpy().reshape(-1, SENSORS)
    return pd.DataFrame(table, index=readings["time"].iloc[::SENSORS], columns=list(readings["sensor"].iloc[:SENSORS]))


def test_four_weeks_of_120_sensors(made: tuple[pd.DataFrame, ...]) -> None:
    readings = made[0]
    assert len(readings) == 8064 * SENSORS
    assert not readings.duplicated(["time", "sensor"]).any()
    assert readings["time"].iloc[0] == pd.Timestamp("2026-02-12 17:00")
    assert (readings["time"].iloc[-1] - readings["time"].iloc[0]) == pd.Timedelta(days=28) - pd.Timedelta("5min")


def test_the_same_seed_gives_the_same_bytes(traffic: ModuleType, made: tuple[pd.DataFrame, ...]) -> None:
    again = traffic.generate(1, 1.0)
    assert all(first.equals(second) for first, second in zip(made, again, strict=True))
    part = made[0].iloc[: 10 * SENSORS]
    assert traffic._csv(part) == traffic._csv(again[0].iloc[: 10 * SENSORS])


def test_another_seed_gives_other_days(traffic: ModuleType, made: tuple[pd.DataFrame, ...]) -> None:
    readings, events, edges = traffic.generate(2, 1.0)
    assert not np.array_equal(readings["speed_mph"], made[0]["speed_mph"], equal_nan=True)
    assert not events.equals(made[1])
    pd.testing.assert_frame_equal(edges, made[2])


def test_the_committed_files_are_what_the_generator_makes(made: tuple[pd.DataFrame, ...]) -> None:
    folder = SAMPLES / "city_traffic"
    stored = pd.read_csv(folder / "city_speeds.csv.gz", usecols=["speed_mph"])["speed_mph"]
    np.testing.assert_allclose(stored, made[0]["speed_mph"], atol=0.11)
    events = pd.read_csv(folder / "events.csv", parse_dates=["start", "end"])
    assert events["sensors"].tolist() == made[1]["sensors"].tolist()
    assert pd.read_csv(folder / "edges.csv")["length_km"].tolist() == made[2]["length_km"].tolist()


def test_at_least_twenty_events_a_kind_inside_the_data(made: tuple[pd.DataFrame, ...]) -> None:
    readings, events, _ = made
    assert (events.groupby("kind").size() >= 20).all()
    assert events["kind"].nunique() == 3
    assert set(events.loc[events["kind"] == "fault", "subtype"]) == {"stuck", "dropout", "offset"}
    assert set(events.loc[events["kind"] == "network", "subtype"]) == {"storm", "holiday"}
    assert (events["start"] < events["end"]).all()
    assert events["start"].min() >= readings["time"].iloc[0]
    assert events["end"].max() <= readings["time"].iloc[-1]
    named = {sensor for text in events["sensors"] if text != "all" for sensor in text.split(";")}
    assert named <= set(readings["sensor"].iloc[:SENSORS])


def test_incidents_slow_their_sensors_and_lie_on_connected_roads(made: tuple[pd.DataFrame, ...]) -> None:
    readings, events, edges = made
    table = speeds(readings)
    usual = table.groupby([table.index.day_of_week >= 5, table.index.time]).transform("median")
    drops = []
    for event in events[events["kind"] == "incident"].itertuples():
        chain = event.sensors.split(";")
        assert len(chain) >= 2
        for place, sensor in enumerate(chain[1:], start=1):
            onward = set(edges.loc[edges["from"] == sensor, "to"])
            assert onward & set(chain[:place])
        part = slice(event.start + pd.Timedelta("10min"), event.start + pd.Timedelta("30min"))
        drops.append((table.loc[part, chain[0]].mean() / usual.loc[part, chain[0]].mean()) - (1 - event.size))
    assert abs(np.median(drops)) < 0.1
    assert events.loc[events["kind"] == "incident", "size"].between(0.15, 0.60).all()


def test_faults_do_what_they_are_called(made: tuple[pd.DataFrame, ...]) -> None:
    table, events = speeds(made[0]), made[1]
    for event in events[events["kind"] == "fault"].itertuples():
        part = table.loc[event.start : event.end, event.sensors].dropna()
        if event.subtype == "stuck":
            assert part.nunique() == 1
        if event.subtype == "dropout":
            assert 0.3 < (part == 0).mean() < 0.95
    assert (table == 0).sum().sum() < 1000


def test_difficulty_shrinks_every_event(traffic: ModuleType, made: tuple[pd.DataFrame, ...]) -> None:
    harder = traffic.generate(1, 2.0)[1]
    for kind in ("incident", "network"):
        easy, hard = (table.loc[table["kind"] == kind, "size"].abs() for table in (made[1], harder))
        assert hard.mean() == pytest.approx(easy.mean() / 2, abs=0.01)
    with pytest.raises(ValueError, match="difficulty"):
        traffic.generate(1, 0)


def test_noise_has_the_size_of_real_speeds(made: tuple[pd.DataFrame, ...]) -> None:
    table = speeds(made[0])
    usual = table.groupby([table.index.day_of_week >= 5, table.index.time]).transform("mean")
    spread = (table - usual).std()
    assert 3 < spread.median() < 6
    assert spread.quantile(0.1) > 2.5
    assert spread.quantile(0.9) < 7
    assert (table - usual).apply(lambda column: column.autocorr(3)).median() > 0.5


def test_naive_forecasts_can_be_beaten_but_not_easily(made: tuple[pd.DataFrame, ...]) -> None:
    table = speeds(made[0])
    test = slice(int(0.8 * len(table)), None)
    hour = (table - table.shift(12)).iloc[test].abs().stack().mean()
    week = (table - table.shift(2016)).iloc[test].abs().stack().mean()
    assert 2.5 < hour < 5
    assert 3 < week < 6


def test_holidays_are_working_days_with_the_traffic_of_a_free_day(made: tuple[pd.DataFrame, ...]) -> None:
    table, events = speeds(made[0]).mean(axis=1), made[1]
    rush = table[table.index.hour == 8]
    working = rush[rush.index.day_of_week < 5].groupby(rush[rush.index.day_of_week < 5].index.date).mean()
    holidays = events.loc[events["subtype"] == "holiday", "start"].dt.date
    assert len(holidays) == 3
    assert working[holidays].min() > working.drop(holidays).quantile(0.9)
