"""Roles found from names and content, in English and Chinese; what is unsure becomes a choice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.data import ingest
from stcore.data.quality import InspectReport
from stcore.data.roles import ROW_NUMBER
from stcore.errors import ConfigError, DataError
from stcore.experiment import DataConfig
from tests.data.tables import long_frame, wide_text

Inspect = Callable[..., InspectReport]


@pytest.fixture
def inspect(write: Callable[..., Path]) -> Inspect:
    """inspect(frame or text, roles=None) -> report."""

    def of(table: pd.DataFrame | str, roles: object = None) -> InspectReport:
        return ingest.inspect(write(table if isinstance(table, str) else table.to_csv(index=False)), roles)

    return of


@pytest.mark.parametrize(
    ("time", "place", "lat", "lon"),
    [
        ("timestamp", "location_id", "lat", "lon"), ("Date", "Station", "Latitude", "Longitude"),
        ("ds", "unique_id", "lat_deg", "lon_deg"), ("datetime", "id", "LAT", "LNG"), ("时间", "站点名称", "纬度", "经度"),
        ("日期", "传感器编号", "北纬", "东经"), ("采集时间", "监测点", "lat", "long"), ("TIME_UTC", "sensor no", "lat", "lon"),
        ("when", "where", "latitude", "longitude"), ("time", "site", "Latitude (deg)", "Longitude [°]"),
    ],
)  # fmt: skip
def test_long_tables_in_many_words(time: str, place: str, lat: str, lon: str, inspect: Inspect) -> None:
    frame = long_frame().rename(columns={"time": time, "sensor": place, "lat": lat, "lon": lon})
    roles = inspect(frame).roles
    assert (roles.time, roles.location, roles.lat, roles.lon) == (time, place, lat, lon)
    assert (roles.values, roles.form) == (["speed"], "long")


@pytest.mark.parametrize(
    "ids", [("007", "008", "NA"), ("1", "2", "3"), ("773869", "767541", "717447"), ("1.5", "NA", "x")]
)
def test_ids_are_text_however_they_look(ids: tuple[str, ...], inspect: Inspect, write: Callable[..., Path]) -> None:
    frame = long_frame(places=ids)
    assert inspect(frame).roles.location == "sensor"
    panel = ingest.read(write(frame.to_csv(index=False)))
    assert tuple(panel.locations.index) == ids


def test_columns_may_stand_in_any_order_and_the_file_may_have_any_name(write: Callable[..., Path]) -> None:
    frame = long_frame()[["speed", "lon", "sensor", "time", "lat"]]
    for name in ("a.csv", "anomaly_label_wide.csv", "x.txt", "no_suffix"):
        roles = ingest.inspect(write(frame.to_csv(index=False), name)).roles
        assert (roles.time, roles.location, roles.values) == ("time", "sensor", ["speed"])


def test_wide_tables_are_told_from_several_quantities(inspect: Inspect) -> None:
    assert inspect(wide_text()).roles.form == "wide"
    assert inspect(wide_text(places=("773869", "767541", "717447"))).shape == (48, 3, 1)
    hours = pd.date_range("2024-01-01", periods=50, freq="1h")
    noise = np.random.default_rng(0).normal(size=(50, 3))
    weather = pd.DataFrame(
        {"date": hours, "temp_c": 10 + noise[:, 0], "humidity": 60 + noise[:, 1], "pressure_hpa": 1013 + noise[:, 2]}
    )
    report = inspect(weather)
    assert (report.roles.form, report.shape, report.choices) == ("single", (50, 1, 3), [])


def test_columns_that_may_be_either_become_a_choice_that_can_be_answered(inspect: Inspect) -> None:
    hours = pd.date_range("2024-01-01", periods=50, freq="1h")
    noise = np.random.default_rng(0).normal(size=(50, 3))
    towns = pd.DataFrame({"date": hours, "Rome": 10 + noise[:, 0], "Oslo": 4 + noise[:, 1], "Paris": 8 + noise[:, 2]})
    loads = pd.DataFrame(
        {"date": hours, "HUFL": 7 + noise[:, 0], "LULL": 0.5 + noise[:, 1] / 50, "OT": 30 + noise[:, 2]}
    )
    assert inspect(towns).roles.form == "wide"
    assert inspect(loads).roles.form == "single"
    choice = inspect(loads).choices[0]
    assert (choice.code, choice.chosen, choice.options) == ("form", "single", ["single", "wide"])
    assert inspect(loads, {choice.code: "wide"}).shape == (50, 3, 1)
    assert inspect(towns, {"form": "single"}).shape == (50, 1, 3)


def test_marks_are_labels_only_where_they_are_zero_or_one(inspect: Inspect) -> None:
    frame = long_frame()
    frame["anomaly"] = (np.arange(len(frame)) % 50 == 7).astype(int)
    frame["changepoint"] = 0.0
    frame["is_fault"] = np.where(np.arange(len(frame)) == 5, "True", "False")
    frame["sst_anomaly_c"] = np.linspace(-1, 1, len(frame))
    frame["异常"] = 0
    report = inspect(frame)
    assert report.roles.labels == ["anomaly", "changepoint", "is_fault", "异常"]
    assert report.roles.values == ["speed", "sst_anomaly_c"]


def test_row_numbers_calendar_parts_and_notes_are_no_values(inspect: Inspect) -> None:
    frame = long_frame().reset_index(names="Unnamed: 0")
    frame["hour"], frame["weekday"], frame["note"] = frame["time"].dt.hour, frame["time"].dt.day_of_week, "fine"
    assert inspect(frame).roles.values == ["speed"]


def test_a_value_column_that_begins_empty_is_still_a_value(inspect: Inspect) -> None:
    frame = long_frame(steps=800)
    frame["late"] = np.where(np.arange(len(frame)) < 2000, np.nan, 5.5)
    assert inspect(frame).roles.values == ["speed", "late"]


def test_coordinates_alone_name_the_places(inspect: Inspect, write: Callable[..., Path]) -> None:
    frame = long_frame().drop(columns="sensor")
    assert inspect(frame).roles.location is None
    panel = ingest.read(write(frame.to_csv(index=False)))
    assert panel.shape == (48, 3, 1)
    assert panel.locations.index[0] == "48.0,11.0"


def test_a_number_of_the_row_is_no_place(inspect: Inspect) -> None:
    frame = long_frame(places=("a",)).drop(columns=["sensor", "lat", "lon"])
    frame.insert(0, "id", np.arange(len(frame)) + 1)
    roles = inspect(frame).roles
    assert (roles.location, roles.form) == (None, "single")


@pytest.mark.parametrize("header", ["", "value\n", "flow\n"])
def test_one_number_a_line(header: str, inspect: Inspect) -> None:
    report = inspect(header + "".join(f"{n * 1.5}\n" for n in range(40)))
    assert (report.roles.time, report.shape, report.step) == (ROW_NUMBER, (40, 1, 1), "1D")
    assert report.span == ("2000-01-01 00:00:00", "2000-02-09 00:00:00")
    assert "counted_time" in {finding.code for finding in report.findings}


def test_a_counted_axis_is_no_time_and_no_value(inspect: Inspect) -> None:
    report = inspect("t,flow\n" + "".join(f"{n},{n * 1.5}\n" for n in range(40)))
    assert (report.roles.time, report.roles.values) == (ROW_NUMBER, ["flow"])


def test_without_a_time_the_report_asks_and_reading_refuses(inspect: Inspect, write: Callable[..., Path]) -> None:
    text = "place,flow,level\n" + "".join(f"p{n % 3},{n * 1.5},{n}\n" for n in range(30))
    report = inspect(text)
    assert report.shape is None
    assert (report.choices[0].code, report.choices[0].chosen) == ("time", None)
    with pytest.raises(DataError, match="reads as a time"):
        ingest.read(write(text))
    assert inspect(text, {"time": ROW_NUMBER, "values": ["flow"]}).shape is not None


def test_two_time_columns_become_a_choice(inspect: Inspect) -> None:
    frame = long_frame()
    frame.insert(0, "created_at", frame["time"] + pd.Timedelta("1h"))
    report = inspect(frame)
    assert report.roles.time == "time"
    assert inspect(frame, {"time": "created_at"}).span[0] == "2024-03-01 01:00:00"  # type: ignore[index]


def test_given_roles_stay_and_unknown_ones_are_refused(inspect: Inspect) -> None:
    frame = long_frame().assign(flow=1.5 + np.arange(144))
    assert inspect(frame, {"values": ["flow"]}).roles.values == ["flow"]
    assert inspect(frame, DataConfig(values=["flow"], known_ahead=["speed"])).roles.known_ahead == ["speed"]
    with pytest.raises(DataError, match="no column “nothing”") as refused:
        inspect(frame, {"time": "nothing"})
    assert refused.value.hint
    with pytest.raises(ConfigError, match="Unknown role"):
        inspect(frame, {"tme": "time"})


def test_roles_do_not_depend_on_the_order_of_rows(inspect: Inspect) -> None:
    frame = long_frame(steps=300)
    shuffled = frame.sample(frac=1, random_state=3)
    assert inspect(frame).roles == inspect(shuffled).roles
