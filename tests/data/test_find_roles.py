"""Tables in the forms people keep them: the same panel, whatever the form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data import ingest
from stcore.data.quality import InspectReport
from stcore.data.roles import ROW_NUMBER
from stcore.experiment import Experiment
from stcore.findings import Fix
from tests.data.tables import long_frame

STEPS = 60
MATRIX = np.round(50 + np.random.default_rng(7).normal(0, 5, (STEPS, 4)), 2)
HOURS = pd.date_range("2024-03-01", periods=STEPS, freq="1h")


def inspect(table: pd.DataFrame | str, roles: object = None, **options: object) -> InspectReport:
    """Report on a table written as CSV."""
    text = table if isinstance(table, str) else table.to_csv(**({"index": False} | options))  # type: ignore[arg-type]
    return ingest.inspect(text.encode(), roles)


@pytest.mark.parametrize(
    ("index", "header", "time"),
    [
        (None, False, ROW_NUMBER), (range(STEPS), False, ROW_NUMBER), (None, True, ROW_NUMBER), (range(STEPS), True, ROW_NUMBER),
        (HOURS, False, "column_1"), (HOURS, True, "column_1"), (1709251200 + 3600 * np.arange(STEPS), False, "column_1"),
        ((45352 + np.arange(STEPS) / 24).round(10), False, "column_1"),
    ],
)  # fmt: skip
def test_a_matrix_is_one_place_a_column(index: object, header: bool, time: str) -> None:
    table = pd.DataFrame(MATRIX, index=index)  # type: ignore[call-overload]
    report = inspect(table, index=index is not None, header=header)
    assert (report.roles.time, report.roles.form, report.shape) == (time, "wide", (STEPS, 4, 1))
    assert report.step == ("1D" if time == ROW_NUMBER else "1h")
    assert all(choice.code == "form" and choice.chosen == "wide" for choice in report.choices)


def test_ids_as_names_of_columns_are_a_header() -> None:
    report = inspect(pd.DataFrame(MATRIX, columns=["773869", "767541", "767542", "717447"]))
    assert report.roles.values == ["773869", "767541", "767542", "717447"]
    assert (report.roles.form, report.shape) == ("wide", (STEPS, 4, 1))


def test_unlike_columns_without_names_are_asked_about() -> None:
    unlike = pd.DataFrame(MATRIX * [1, 100, 0.01, 1e4], index=HOURS)
    report = inspect(unlike, index=True, header=False)
    choice = next(choice for choice in report.choices if choice.code == "form")
    assert (choice.chosen, report.shape) == ("single", (STEPS, 1, 4))


def test_numbers_in_a_column_without_a_telling_name_may_be_places() -> None:
    frame = long_frame().assign(sensor=lambda table: table["sensor"].map({"a1": 11, "b2": 22, "c3": 33}))
    frame = frame[["time", "sensor", "speed"]]
    assert inspect(frame, header=False).shape == (48, 3, 1)
    assert inspect(frame.rename(columns={"sensor": "which"})).roles.location == "which"
    counts = frame.assign(which=np.random.default_rng(1).integers(0, 400, len(frame)))
    assert inspect(counts).roles.values == ["speed", "which"]


def test_one_place_in_a_file_needs_no_column_of_places() -> None:
    frame = long_frame(places=("a",)).assign(flow_count=lambda table: table["speed"] * 7)
    report = inspect(frame[["time", "speed", "flow_count"]])
    assert (report.roles.location, report.roles.form, report.shape) == (None, "single", (48, 1, 2))


@pytest.mark.parametrize(
    ("time", "place", "value"),
    [
        ("Datum", "Messstelle", "Wert"),
        ("fecha", "estación", "valor"),
        ("horodatage", "ville", "valeur"),
        ("日期时间", "站点编号", "流量"),
    ],
)
def test_names_in_other_languages(time: str, place: str, value: str) -> None:
    frame = long_frame().rename(columns={"time": time, "sensor": place, "speed": value})
    roles = inspect(frame).roles
    assert (roles.time, roles.location, roles.values) == (time, place, [value])


def test_names_of_places_that_end_in_letters_are_no_units() -> None:
    for ids in (("1A", "2A", "3A"), ("1号", "2号", "3号"), ("5th", "6th", "7th")):
        frame = long_frame(places=ids).rename(columns={"sensor": "where"})
        assert inspect(frame).roles.location == "where"


def test_times_as_names_of_columns_are_told() -> None:
    turned = pd.DataFrame(MATRIX.T, columns=HOURS.strftime("%m/%d/%Y %H:%M")).assign(place=["a", "b", "c", "d"])
    report = inspect(turned)
    assert report.shape is None
    assert "60 of the 61 columns are named by a time" in report.findings[0].message


# numbers -----------------------------------------------------------------------------------------------------------


def test_units_on_numbers_become_the_unit_of_the_value() -> None:
    frame = long_frame()
    panel, plain = ingest.read(frame.assign(speed=frame["speed"].map("{} mph".format))), ingest.read(frame)
    assert panel.schema["speed"].unit == "mph"  # type: ignore[union-attr]
    np.testing.assert_array_equal(panel.values, plain.values)  # type: ignore[union-attr]


def test_units_of_a_wide_table_are_those_of_its_one_value() -> None:
    wide = pd.DataFrame(MATRIX, columns=["s1", "s2", "s3", "s4"]).map("{}°C".format)
    wide.insert(0, "time", HOURS)
    assert ingest.read(wide).schema["value"].unit == "°C"  # type: ignore[union-attr]


def test_units_that_change_are_said_and_no_number_is_lost() -> None:
    frame = long_frame()
    unit = np.where(np.arange(len(frame)) % 4 == 0, " km/h", " mph")
    report = inspect(frame.assign(speed=frame["speed"].astype(str) + unit))
    finding = next(finding for finding in report.findings if finding.code == "mixed_units")
    assert (finding.count, finding.where, report.missing, report.roles.units) == (36, "speed", 0, {})


def test_unsure_marks_are_said_and_can_be_put_right() -> None:
    frame = long_frame().assign(speed=[f"{number // 9 + 1},{100 + number}" for number in range(144)])
    report = inspect(frame)
    finding = next(finding for finding in report.findings if finding.code == "number_marks")
    assert ingest.read(frame).values[0, 0, 0] == 1100  # type: ignore[union-attr]
    assert finding.fix == Fix(words="Read “,” as the decimal mark", setting="data.decimal", value=",")
    mended = Experiment().mended([finding.fix])
    assert ingest.read(frame.to_csv(index=False).encode(), mended.data).values[0, 0, 0] == np.float32(1.1)  # type: ignore[union-attr]


def test_sure_sentinels_are_missing_and_can_be_kept() -> None:
    frame = long_frame()
    frame.loc[[3, 40, 77], "speed"] = -999
    report = inspect(frame)
    finding = next(finding for finding in report.findings if finding.code == "sentinel")
    assert (finding.count, finding.lines, report.missing, report.roles.missing) == (3, [5, 42, 79], 3, [-999])
    assert finding.fix is not None
    kept = Experiment().mended([finding.fix])
    assert inspect(frame, kept.data).missing == 0
    assert inspect(frame, report.roles).missing == 3


def test_suspected_sentinels_stay_until_somebody_says_so() -> None:
    frame = long_frame()
    frame.loc[[3, 40], "speed"] = 999
    finding = next(finding for finding in inspect(frame).findings if finding.code == "sentinel")
    assert (finding.count, inspect(frame).missing) == (2, 0)
    assert finding.fix is not None
    assert inspect(frame, Experiment().mended([finding.fix]).data).missing == 2


def test_words_that_mean_missing_can_be_told() -> None:
    frame = long_frame().assign(speed=lambda table: table["speed"].astype(str))
    frame.loc[[3, 40], "speed"] = "Kaputt"
    codes = {finding.code for finding in inspect(frame).findings}
    told = inspect(frame, {"missing": ["kaputt"]})
    assert "bad_values" in codes
    assert "bad_values" not in {finding.code for finding in told.findings}
    assert told.missing == 2


def test_every_row_is_used_or_reported_whatever_is_wrong() -> None:
    frame = long_frame().assign(speed=lambda table: table["speed"].map("{:.2f} mph".format)).astype(str)
    frame.loc[5, "time"], frame.loc[9, "sensor"], frame.loc[11, "speed"] = "soon", "", "-999 mph"
    frame.loc[13, "speed"], frame.loc[14, "speed"], frame.loc[15] = "broken", "NA", frame.loc[16]
    report = inspect(frame)
    counts = {finding.code: finding.count for finding in report.findings}
    assert (counts["sentinel"], counts["bad_values"]) == (1, 1)
    rows = sum(finding.count for finding in report.findings if finding.code in ("bad_rows", "duplicates"))
    assert rows == 3  # a time, a place, a row that stands twice
    steps, places, _ = report.shape or (0, 0, 0)
    silent = 1 + counts["sentinel"] + counts["bad_values"]  # NA, -999, broken
    assert report.rows - rows == steps * places - (report.missing or 0) + silent
