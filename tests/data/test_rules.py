"""How several readings become one, and totals read as their growth: answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.errors import ConfigError
from stcore.experiment import DataConfig

RULES = ("mean", "sum", "last", "max", "min", "count")


def read(source: object, **options: object) -> Panel:
    panel = ingest.read(source, **options)  # type: ignore[arg-type]
    assert isinstance(panel, Panel)
    return panel


def readings(**columns: list[float]) -> pd.DataFrame:
    """Two places, a reading every 15 minutes; the values of both."""
    count = len(next(iter(columns.values())))
    times = pd.date_range("2024-03-01", periods=count, freq="15min")
    one = pd.DataFrame({"time": times, **columns})
    return pd.concat([one.assign(sensor="a"), one.assign(sensor="b")], ignore_index=True)


def test_every_rule_joins_an_hour_its_own_way() -> None:
    frame = readings(x=[1.0, 4.0, np.nan, 2.0, 8.0, 8.0, 8.0, 8.0, 0.0])
    expected = {"mean": 7 / 3, "sum": 7, "last": 2, "max": 4, "min": 1, "count": 3}
    for rule in RULES:
        panel = read(frame, roles={"rules": {"x": rule}, "values": ["x"]}, step="1h")
        assert panel.values[0, 0, 0] == pytest.approx(expected[rule])
        assert panel.schema["x"].aggregation == ("sum" if rule == "count" else rule)
    assert read(frame, roles={"values": ["x"]}, step="1h").values[0, 0, 0] == pytest.approx(7 / 3)


def test_counts_add_up_and_angles_turn_by_themselves() -> None:
    frame = readings(visits=[1, 2, 3, 4, 5, 5, 5, 5, 5], wind_direction=[350, 10, 350, 10, 90, 90, 90, 90, 90])
    panel = read(frame, step="1h")
    assert list(panel.values[:2, 1, 0]) == [10, 20]
    np.testing.assert_allclose(panel.values[:2, 1, 1] % 360, [0, 90], atol=1e-4)
    assert panel.schema["wind_direction"].aggregation == "angle"


def test_opposite_directions_have_no_mean_and_negative_ones_stay_negative() -> None:
    frame = readings(wind_direction=[0, 180, 0, 180, -170, 170, -170, 160, 0])
    panel = read(frame, step="1h")
    assert np.isnan(panel.values[0, 0, 0])
    assert panel.values[1, 0, 0] == pytest.approx(177.5, abs=0.1)
    assert panel.schema["wind_direction"].range == (-180, 180)


def test_what_is_no_angle_by_its_content_is_averaged_as_a_number() -> None:
    panel = read(readings(wind_direction=[0, 400, 0, 400, 1, 1, 1, 1, 1]), step="1h")
    assert panel.values[0, 0, 0] == 200
    assert panel.schema["wind_direction"].kind == "numeric"


def test_a_rule_counts_every_reading_also_those_of_one_time() -> None:
    frame = readings(x=[5.0, 6.0, 7.0, 8.0])
    twice = pd.concat([frame, frame[frame["time"] == frame["time"][1]]])
    counts = read(twice, roles={"rules": {"x": "count"}})
    assert counts.values[:, 0, 0].tolist() == [1, 2, 1, 1]
    assert counts.schema["x"].kind == "count"
    sums = read(twice, roles={"rules": {"x": "sum"}})
    assert sums.values[:, 0, 0].tolist() == [5, 12, 7, 8]
    assert read(twice).values[:, 0, 0].tolist() == [5, 6, 7, 8]


def test_where_nothing_was_read_nothing_was_counted() -> None:
    frame = readings(x=[1.0] * 9).drop(index=[1, 2])
    panel = read(frame, roles={"rules": {"x": "count"}, "values": ["x"]})
    assert panel.values[:4, 0, 0].tolist() == [1, 0, 0, 1]


def test_totals_become_differences_before_float32_can_blur_them() -> None:
    start = 2.0**40
    frame = readings(total=[start, start + 1, start + 3, start + 3, start + 7])
    panel = read(frame, roles={"differences": ["total"]})
    np.testing.assert_array_equal(panel.values[:, 0, 0], [np.nan, 1, 2, 0, 4])
    assert panel.schema["total"].aggregation == "sum"
    assert panel.schema["total"].range[0] == 0


def test_a_total_that_falls_is_missing_and_said() -> None:
    frame = readings(total=[10, 12, 3, 5, np.nan, 9])
    roles = {"differences": ["total"]}
    panel = read(frame, roles=roles)
    np.testing.assert_array_equal(panel.values[:, 1, 0], [np.nan, 2, np.nan, 2, np.nan, 4])
    finding = next(f for f in ingest.inspect(frame, roles).findings if f.code == "differences")
    assert (finding.count, finding.severity, finding.lines) == (2, "look", [4, 10])


def test_rows_of_one_time_do_not_make_a_reset() -> None:
    frame = readings(total=[10, 12, 20])
    twice = pd.concat([frame, frame[frame["time"] == frame["time"][1]].assign(total=14)])
    panel = read(twice, roles={"differences": ["total"]})
    np.testing.assert_array_equal(panel.values[:, 0, 0], [np.nan, 3, 7])  # 13, the mean, between 10 and 20


def test_differences_of_a_coarser_step_add_up_to_the_growth() -> None:
    frame = readings(total=[float(n * n) for n in range(9)])
    panel = read(frame, roles={"differences": ["total"]}, step="1h")
    assert panel.values[:, 0, 0].tolist() == [9, 40, 15]


def test_a_dataset_lays_its_rows_anew_by_the_same_rules() -> None:
    frame = readings(total=[float(n * n) for n in range(9)], x=[1.0, 5.0, 2.0] * 3)
    saved = dataset.create(frame, "x", roles={"differences": ["total"], "rules": {"x": "max"}})
    hourly = dataset.open(saved.id).panel(step="1h")
    assert isinstance(hourly, Panel)
    np.testing.assert_array_equal(hourly.values[:, 0], [[9, 5], [40, 5], [15, 2]])
    pd.testing.assert_frame_equal(
        pd.read_parquet(saved.observations)[["v0"]].iloc[:9], pd.DataFrame({"v0": frame["total"].iloc[:9]})
    )


def test_unknown_values_and_rules_are_refused() -> None:
    frame = readings(x=[1.0, 2.0, 3.0])
    for roles in ({"rules": {"y": "mean"}}, {"rules": {"x": "median"}}, {"differences": ["y"]}):
        with pytest.raises(ConfigError) as refused:
            read(frame, roles=roles)
        assert refused.value.hint
    assert DataConfig(rules={"x": "min"}, join="name").join.on == "name"  # type: ignore[arg-type, union-attr]
