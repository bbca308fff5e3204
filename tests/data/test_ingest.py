"""From file to panel: the grid, the clock, what is aggregated, and that nothing depends on how the table was written."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stcore.data import ingest
from stcore.data.lay import ApartError
from stcore.data.panel import Panel
from stcore.errors import DataError
from tests.data.tables import SENSORS, long_frame, long_text, wide_text

Write = Callable[..., Path]


def read(source: object, **options: object) -> Panel:
    """One panel."""
    panel = ingest.read(source, **options)  # type: ignore[arg-type]
    assert isinstance(panel, Panel)
    return panel


def codes(source: object, roles: object = None) -> dict[str, int]:
    """Codes of findings -> count."""
    return {finding.code: finding.count for finding in ingest.inspect(source, roles).findings}


def test_a_long_table_becomes_a_panel(write: Write) -> None:
    panel = read(write(long_text()))
    assert panel.shape == (48, 3, 1)
    assert (panel.step, panel.clock, panel.features) == ("1h", None, ("speed",))
    assert list(panel.locations.index) == list(SENSORS)
    assert panel.time[0] == pd.Timestamp("2024-03-01")
    np.testing.assert_array_equal(panel.values[:, 1, 0], 50.25 + np.arange(48, dtype=np.float32))
    assert panel.values.dtype == np.float32
    np.testing.assert_allclose(panel.locations.geometry.y, [48.0, 48.1, 48.2])
    assert panel.space.parts == {"geometry"}


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text.replace(",", ";"), lambda text: "\ufeff" + text, lambda text: text.encode("utf-16"),
        lambda text: gzip.compress(text.encode()), lambda text: text.replace("\n", "\r\n"), lambda text: text.replace("2024-03-", "2024/03/"),
        lambda text: text.replace("\n", " \n").replace(",", " , "),
    ],
)  # fmt: skip
def test_the_same_table_written_otherwise_gives_the_same_panel(
    rewrite: Callable[[str], str | bytes], write: Write
) -> None:
    assert read(write(rewrite(long_text()))).digest == read(write(long_text(), "plain.csv")).digest


def test_path_text_bytes_file_object_and_dataframe_give_the_same_panel(write: Write) -> None:
    text, frame = long_text(), long_frame()
    sources = [
        write(text),
        str(write(text)),
        text.encode(),
        io.BytesIO(text.encode()),
        io.StringIO(text),
        frame,
        frame.set_index("time"),
    ]
    assert len({read(source).digest for source in sources}) == 1


def test_parquet_is_read_too(tmp_path: Path) -> None:
    long_frame().to_parquet(tmp_path / "t.bin")
    assert read(tmp_path / "t.bin").digest == read(long_frame()).digest


def test_wide_and_long_tables_of_the_same_numbers_agree(write: Write) -> None:
    wide = read(write(wide_text()))
    melted = pd.read_csv(io.StringIO(wide_text())).melt("time", var_name="sensor", value_name="value")
    assert wide.digest == read(melted).digest
    assert (wide.shape, wide.features) == ((48, 3, 1), ("value",))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), drop=st.integers(0, 40))
def test_the_order_of_rows_changes_nothing(seed: int, drop: int) -> None:
    frame = long_frame().assign(flow=lambda table: table["speed"] * 2)
    frame = frame.drop(index=np.random.default_rng(seed).choice(len(frame), drop, replace=False))
    shuffled = frame.sample(frac=1, random_state=seed)
    first, second = read(frame), read(shuffled)
    order = [second.locations.index.get_loc(name) for name in first.locations.index]
    np.testing.assert_array_equal(first.values, second.values[:, order])
    assert first.time.equals(second.time)


def test_a_round_trip_through_csv_is_exact() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(scale=10.0 ** rng.integers(-20, 20, size=(60, 4, 2))).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    values[0], values[-1] = 1.0, 2.0
    first = Panel.from_arrays(
        values, pd.date_range("2024-01-01", periods=60, freq="15min"), ["007", "NA", "a,b", 'q"t'], ["u", "v"]
    )
    step, place = np.meshgrid(range(60), range(4), indexing="ij")
    table = pd.DataFrame({"time": first.time[step.ravel()], "place": first.locations.index[place.ravel()]})
    table["u"], table["v"] = values[..., 0].ravel(), values[..., 1].ravel()
    second = read(io.StringIO(table.to_csv(index=False)))
    np.testing.assert_array_equal(first.values, second.values)
    assert list(second.locations.index) == list(first.locations.index)


def test_holes_stay_holes_and_are_counted(write: Write) -> None:
    frame = long_frame().drop(index=[30, 31, 32, 70])
    panel = read(frame)
    assert panel.shape == (48, 3, 1)
    assert int(np.isnan(panel.values).sum()) == 4
    assert codes(frame)["gaps"] == 4


def test_times_beside_the_grid_are_moved_to_it_and_said() -> None:
    frame = long_frame()
    frame.loc[[3, 40, 77], "time"] += pd.Timedelta("90s")
    assert read(frame).digest == read(long_frame()).digest
    assert codes(frame)["off_grid"] == 3


def test_duplicates_are_averaged_and_both_kinds_counted() -> None:
    frame = long_frame()
    again = pd.concat([frame, frame.iloc[[0, 1]], frame.iloc[[2]].assign(speed=100.0)])
    panel = read(again)
    assert panel.values[0, 2, 0] == np.float32((frame.loc[2, "speed"] + 100) / 2)
    finding = next(finding for finding in ingest.inspect(again).findings if finding.code == "duplicates")
    assert finding.count == 3
    assert "2 with the same" in finding.message
    assert "1 with others" in finding.message


def test_a_longer_step_joins_values_as_their_kind_says() -> None:
    frame = long_frame().rename(columns={"speed": "speed_mph"}).assign(trips_count=2)
    panel = read(frame, step="1D")
    assert panel.shape == (2, 3, 2)
    assert panel.values[0, 0, 0] == np.float32(50 + np.arange(24).mean())
    assert panel.values[0, 0, 1] == 48
    assert "duplicates" not in codes(frame)


@pytest.mark.parametrize(
    ("freq", "step", "periods"),
    [("5min", "5min", 30), ("1D", "1D", 30), ("MS", "1MS", 30), ("W-SUN", "1W-SUN", 30), ("YS-JUN", "1YS-JUN", 30), ("QS", "3MS", 30), ("10s", "10s", 30)],
)  # fmt: skip
def test_steps_are_found(freq: str, step: str, periods: int) -> None:
    panel = read(long_frame(steps=periods, freq=freq))
    assert panel.step == step
    assert panel.shape == (periods, 3, 1)
    assert not np.isnan(panel.values).any()


def test_one_value_a_month_on_any_day_is_monthly() -> None:
    frame = long_frame(steps=24, freq="MS").assign(time=lambda table: table["time"] + pd.Timedelta("14D"))
    panel = read(frame)
    assert (panel.step, panel.shape) == ("1MS", (24, 3, 1))
    assert not np.isnan(panel.values).any()


# the clock ---------------------------------------------------------------------------------------------------------


def berlin(start: str, end: str) -> pd.DatetimeIndex:
    """Hours of a clock with summer time."""
    return pd.date_range(start, end, freq="1h", tz="Europe/Berlin", inclusive="left")


def test_naive_times_stay_wall_clock_without_a_clock() -> None:
    panel = read(long_frame())
    assert panel.clock is None
    assert panel.time.tz is None


@pytest.mark.parametrize(
    ("start", "end", "hours"), [("2024-03-30", "2024-04-02", 71), ("2024-10-26", "2024-10-29", 73)]
)
def test_the_days_of_summer_time_have_23_and_25_hours(start: str, end: str, hours: int) -> None:
    times = berlin(start, end)
    frame = pd.DataFrame({"time": times.tz_localize(None), "load": np.arange(len(times)) + 0.5})
    panel = read(frame, clock="Europe/Berlin")
    assert panel.shape == (hours, 1, 1)
    assert panel.clock == "Europe/Berlin"
    assert panel.time.equals(times._with_freq(None).as_unit("ns"))
    np.testing.assert_array_equal(panel.values[:, 0, 0], np.arange(hours) + 0.5)


def test_daily_values_keep_their_midnight_across_summer_time() -> None:
    days = pd.date_range("2024-03-25", "2024-04-05", freq="1D")
    panel = read(pd.DataFrame({"time": days, "load": np.arange(12.0) + 0.5}), clock="Europe/Berlin")
    assert panel.shape == (12, 1, 1)
    assert set(panel.time.hour) == {0}
    assert not np.isnan(panel.values).any()


def test_an_hour_the_clock_never_shows_is_set_aside_and_said(write: Write) -> None:
    times = pd.date_range("2024-03-30", "2024-04-02", freq="1h", inclusive="left")
    source = write(pd.DataFrame({"time": times, "load": np.arange(72.0)}).to_csv(index=False))
    assert read(source, clock="Europe/Berlin").shape == (71, 1, 1)
    report = ingest.inspect(source, {"clock": "Europe/Berlin"})
    finding = next(finding for finding in report.findings if finding.code == "bad_rows")
    assert (finding.count, finding.lines) == (1, [28])


def test_times_with_offsets_are_converted() -> None:
    times = berlin("2024-10-26", "2024-10-29")
    frame = pd.DataFrame({"time": [time.isoformat() for time in times], "load": np.arange(73.0)})
    assert read(frame).clock == "UTC"
    panel = read(frame, clock="Europe/Berlin")
    assert panel.time.equals(times._with_freq(None).as_unit("ns"))
    assert read(frame).time.equals(panel.time.tz_convert("UTC"))


# runs, networks, districts -----------------------------------------------------------------------------------------


def runs() -> pd.DataFrame:
    """Three machines with spans and steps of their own, years apart."""
    parts = [("m1", "2020-01-01", "1s", 300), ("m2", "2021-06-01", "1s", 200), ("m3", "2023-01-01", "1min", 250)]
    frames = [
        pd.DataFrame(
            {
                "time": pd.date_range(start, periods=count, freq=freq),
                "machine": name,
                "vibration": np.arange(count) * 0.5,
            }
        )
        for name, start, freq, count in parts
    ]
    return pd.concat(frames)


def test_unlike_runs_are_not_laid_on_one_grid_but_apart() -> None:
    with pytest.raises(ApartError, match="unlike spans") as refused:
        ingest.read(runs())
    assert "by = “machine”" in refused.value.hint
    report = ingest.inspect(runs())
    assert (report.choices[0].code, report.choices[0].chosen) == ("by", "machine")
    panels = ingest.read(runs(), by="machine")
    assert isinstance(panels, dict)
    assert {name: (panel.step, panel.shape) for name, panel in panels.items()} == {
        "m1": ("1s", (300, 1, 1)), "m2": ("1s", (200, 1, 1)), "m3": ("1min", (250, 1, 1))
    }  # fmt: skip
    assert panels["m2"].name == "m2"


def test_runs_may_be_forced_together_when_they_fit() -> None:
    frame = pd.concat([long_frame(places=("a",)), long_frame(places=("b",), start="2028-03-01")])
    with pytest.raises(ApartError):
        read(frame)
    assert read(frame, by="together").shape[1:] == (2, 1)


def test_a_run_without_numbers_is_left_out_and_said() -> None:
    frame = runs()
    frame.loc[frame["machine"] == "m2", "vibration"] = np.nan
    assert list(ingest.read(frame, by="machine")) == ["m1", "m3"]
    assert codes(frame, {"by": "machine"})["run"] == 0


def test_a_matrix_follows_the_order_of_first_appearance(write: Write) -> None:
    frame = long_frame(places=("z", "a", "m"))
    matrix = np.array([[1, 0.5, 0], [0, 1, 0], [0.25, 0, 1]])
    edges = [("z", "a", 0.5), ("m", "z", 0.25)]
    path = write("\n".join(",".join(map(str, row)) for row in matrix), "adjacency.csv")
    for given_as in (matrix, path, str(path)):
        table = read(frame, adjacency=given_as).space.edges["given"]
        assert list(table[["from", "to", "weight"]].itertuples(index=False, name=None)) == edges
    with pytest.raises(DataError, match="2 x 2"):
        read(frame, adjacency=np.eye(2))


@pytest.mark.parametrize(
    "head", ["from,to,weight,length_km", "source,target,weight,length_km", "From,To,Weight,length_km"]
)
def test_an_edge_list_names_its_ends(head: str, write: Write) -> None:
    path = write(f"{head}\n007,NA,0.5,1.5\nNA,007,,2\n", "edges.csv")
    table = read(long_frame(places=("007", "NA")), adjacency=path).space.edges["given"]
    assert list(table["from"]) == ["007", "NA"]
    assert list(table["length_km"]) == [1.5, 2.0]
    with pytest.raises(DataError, match="not in the data: 9"):
        read(long_frame(places=("007",)), adjacency=write("from,to\n007,9\n", "edges.csv"))


def squares(names: list[str]) -> dict[str, object]:
    """Districts in a row, with a parent each."""
    features = [
        {
            "type": "Feature", "properties": {"code": f"D{n}", "name": name, "parent": "north" if n % 2 else "south"},
            "geometry": {"type": "Polygon", "coordinates": [[[n, 0], [n + 1, 0], [n + 1, 1], [n, 1], [n, 0]]]},
        }
        for n, name in enumerate(names)
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def test_districts_are_joined_by_name_or_code(write: Write) -> None:
    path = write(json.dumps(squares(["Mitte", "KÖLN ", "Ost"])), "districts.geojson")
    panel = read(long_frame(places=("Ost", "Koln", "Mitte")).drop(columns=["lat", "lon"]), geometry=path)
    assert panel.space.parts == {"geometry", "edges", "parent"}
    assert list(panel.locations.geometry.geom_type) == ["Polygon"] * 3
    assert list(panel.locations.geometry.bounds["minx"]) == [2, 1, 0]
    assert list(panel.space.parent) == ["south", "north", "south"]  # type: ignore[arg-type]
    by_code = read(long_frame(places=("D1", "D0", "D2")), geometry=path, join="code")
    assert list(by_code.locations.geometry.bounds["minx"]) == [1, 0, 2]
    with pytest.raises(DataError, match="no property “nothing”"):
        read(long_frame(places=("D1",)), geometry=path, join="nothing")
    with pytest.raises(DataError, match="None of the 3 places"):
        read(long_frame(), geometry=path)


# coordinates, labels, covariates -----------------------------------------------------------------------------------


def test_a_grid_is_recognised_also_across_the_date_line() -> None:
    rows = [(f"{lat}_{lon}", lat, lon) for lat in (-2, 0, 2) for lon in (176, 178, 180, -178, -176)]
    times = pd.date_range("2020-01-01", periods=24, freq="MS")
    frame = pd.DataFrame(
        [(time, *row, time.month + 0.5) for time in times for row in rows],
        columns=["time", "cell", "lat", "lon", "sst"],
    )
    panel = read(frame)
    assert panel.step == "1MS"
    assert panel.space.grid is not None
    assert panel.space.grid.shape == (3, 5)


def test_degrees_east_from_0_to_360_are_turned_but_one_odd_longitude_is_dropped() -> None:
    frame = long_frame(places=tuple("abcdef"))
    number = frame["sensor"].map("abcdef".index)
    turned = read(frame.assign(lon=170 + number * 10))
    assert list(turned.locations.geometry.x) == [170, 180, -170, -160, -150, -140]
    odd = read(frame.assign(lon=np.where(number == 2, 200, 11.0)))
    assert odd.locations.geometry.isna().tolist() == [False, False, True, False, False, False]
    assert not np.isnan(odd.values).any()


def test_marks_become_spans_of_their_place() -> None:
    frame = long_frame().assign(anomaly=0)
    frame.loc[(frame["sensor"] == "b2") & frame["time"].between("2024-03-01 05:00", "2024-03-01 07:00"), "anomaly"] = 1
    frame.loc[(frame["sensor"] == "b2") & (frame["time"] == "2024-03-01 10:00"), "anomaly"] = 1
    panel = read(frame)
    assert panel.features == ("speed",)
    assert panel.labels[["location", "kind", "by"]].to_numpy().tolist() == [["b2", "anomaly", "file"]] * 2
    assert panel.labels["start"].tolist() == [pd.Timestamp("2024-03-01 05:00"), pd.Timestamp("2024-03-01 10:00")]
    assert panel.labels["end"].tolist() == [pd.Timestamp("2024-03-01 07:00"), pd.Timestamp("2024-03-01 10:00")]


def test_a_hole_in_the_rows_does_not_tear_a_marked_span() -> None:
    frame = (
        long_frame(places=("a",))
        .assign(anomaly=lambda table: (table.index // 10 == 2).astype(int))
        .drop(index=[23, 24])
    )
    labels = read(frame).labels
    assert labels["start"].tolist() == [pd.Timestamp("2024-03-01 20:00")]
    assert labels["end"].tolist() == [pd.Timestamp("2024-03-02 05:00")]


def test_what_is_known_ahead_outlasts_the_target() -> None:
    hours = pd.date_range("2024-01-01", periods=60, freq="1h")
    frame = pd.DataFrame({"time": hours, "load_mw": np.arange(60.0), "temp_c": np.arange(60.0) / 7})
    frame.loc[48:, "load_mw"] = np.nan
    panel = read(frame, roles={"known_ahead": ["temp_c"]})
    assert panel.shape == (60, 1, 2)
    assert panel.schema["temp_c"].known_ahead is True
    assert panel.schema["load_mw"].known_ahead is False
    assert np.isnan(panel.values[48:, 0, 0]).all()
    assert np.isfinite(panel.values[:, 0, 1]).all()


def test_the_report_has_the_shape_of_the_contract(write: Write) -> None:
    told = ingest.inspect(write(long_text())).to_json()
    assert {"roles", "step", "shape", "missing", "findings", "choices"} <= set(told)
    assert {"time", "location", "lat", "lon", "values", "labels"} <= set(told["roles"])
    assert (told["step"], told["shape"], told["missing"]) == ("1h", [48, 3, 1], 0)
    assert told["sentence"] == "3 sensors, hourly, 2 days, no gaps."
    finding = ingest.inspect(long_frame().drop(index=5)).to_json()["findings"][0]
    assert {"code", "severity", "where", "count", "suggestion"} <= set(finding)


def test_columns_with_one_content_a_place_describe_the_places(write: Write) -> None:
    frame = long_frame().assign(lanes=lambda table: table["sensor"].map({"a1": 2, "b2": 3, "c3": 4}))
    frame = frame.assign(road=frame["sensor"].map({"a1": "A8", "b2": "A9", "c3": None}), region="Bavaria")
    source = write(frame.to_csv(index=False))
    assert ingest.inspect(source).roles.static == ["lanes", "road"]
    panel = read(source)
    assert panel.features == ("speed",)
    assert panel.locations["lanes"].tolist() == [2, 3, 4]
    assert panel.locations["road"].tolist()[:2] == ["A8", "A9"]
    only = read(frame[["time", "sensor", "lanes"]])
    assert only.features == ("lanes",)
    assert read(source, roles={"values": ["lanes", "speed"]}).features == ("lanes", "speed")
