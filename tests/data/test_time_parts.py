"""Times that stand in several columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.data import ingest
from stcore.data.panel import Panel
from stcore.data.time_parts import SEPARATOR, find_parts, join_parts
from tests.data.tables import long_frame


def joined(columns: list[str], *rows: tuple[str, ...], **options: object) -> list[str]:
    """Times as ISO text, "" where there is none."""
    texts = pd.Series([SEPARATOR.join(row) for row in rows], dtype="str")
    times = join_parts(texts, columns, np.ones(len(rows), int), **options)  # type: ignore[arg-type]
    return ["" if stamp is pd.NaT else stamp.isoformat() for stamp in times.stamps]


@pytest.mark.parametrize(
    ("columns", "cells", "time"),
    [
        (["date", "hour"], ("2024-03-01", "5"), "2024-03-01T05:00:00"),
        (["date", "hour"], ("2024-03-01", "24"), "2024-03-02T00:00:00"),
        (["date", "time"], ("25/02/2024", "7:05:30 PM"), "2024-02-25T19:05:30"),
        (["Datum", "Uhrzeit"], ("1.2.2024", "07:05"), "2024-02-01T07:05:00"),
        (["date", "hhmm"], ("20240301", "705"), "2024-03-01T07:05:00"),
        (["year", "month", "day", "hour"], ("2024", "2", "29", "5.0"), "2024-02-29T05:00:00"),
        (["year", "month"], ("2024", "12"), "2024-12-01T00:00:00"),
        (["年", "月", "日"], ("2024", "12", "3"), "2024-12-03T00:00:00"),
        (["year", "week"], ("2020", "53"), "2020-12-28T00:00:00"),
        (["year", "quarter"], ("2020", "3"), "2020-07-01T00:00:00"),
        (["year", "doy", "hour"], ("2024", "366", "3"), "2024-12-31T03:00:00"),
    ],
)
def test_parts_become_one_time(columns: list[str], cells: tuple[str, ...], time: str) -> None:
    assert joined(columns, cells) == [time]


def test_parts_that_do_not_fit_give_no_time() -> None:
    columns = ["date", "hour"]
    rows = [("2024-03-01", "5"), ("2024-03-01", ""), ("", "5"), ("2024-03-01", "25"), ("2024-03-02", "0")]
    assert joined(columns, *rows) == ["2024-03-01T05:00:00", "", "", "", "2024-03-02T00:00:00"]
    assert joined(["year", "month", "day"], ("2024", "2", "30"), ("2024", "", "1")) == ["", ""]


def test_parts_are_wall_clock_of_the_zone() -> None:
    assert joined(["date", "hour"], ("2024-07-01", "2"), clock="Europe/Berlin") == ["2024-07-01T00:00:00"]


def in_parts(**columns: str) -> pd.DataFrame:
    """The long table with its time in columns written as strftime says."""
    frame = long_frame()
    return pd.concat(
        [frame["time"].dt.strftime(how).rename(name) for name, how in columns.items()] + [frame.drop(columns="time")],
        axis=1,
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"date": "%Y-%m-%d", "hour": "%H"}, {"Datum": "%d.%m.%Y", "Uhrzeit": "%H:%M"}, {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H"},
        {"日期": "%Y/%m/%d", "小时": "%H"}, {"DATE": "%Y%m%d", "HHMM": "%H%M"}, {"fecha": "%d/%m/%Y", "hora": "%H:%M:%S"},
        {"year": "%Y", "doy": "%j", "hr": "%H"},
    ],
)  # fmt: skip
def test_time_in_several_columns_gives_the_same_panel(columns: dict[str, str], write: Callable[..., Path]) -> None:
    path = write(in_parts(**columns).to_csv(index=False))
    roles = ingest.inspect(path).roles
    assert roles.time_parts == list(columns)
    assert (roles.time, roles.location, roles.values) == (next(iter(columns)), "sensor", ["speed"])
    panel, plain = ingest.read(path), ingest.read(long_frame())
    assert isinstance(panel, Panel)
    assert isinstance(plain, Panel)
    assert panel.digest == plain.digest
    assert ingest.read(path, roles=roles).digest == plain.digest  # type: ignore[union-attr]


def test_a_whole_time_beside_its_parts_is_taken_alone() -> None:
    frame = long_frame()
    frame["hour"], frame["year"], frame["month"] = (
        frame["time"].dt.hour,
        frame["time"].dt.year,
        frame["time"].dt.month,
    )
    report = ingest.inspect(frame)
    assert (report.roles.time, report.roles.time_parts, report.roles.values) == ("time", [], ["speed"])


def test_an_hour_that_tells_nothing_new_is_left_out() -> None:
    sample = pd.DataFrame({"date": ["2024-01-01", "2024-01-02"], "hour": ["7", "7"]}, dtype="str")
    assert find_parts(sample, ["date", "hour"], "date") == []


def test_none_is_an_answer_too(write: Callable[..., Path]) -> None:
    path = write(in_parts(date="%Y-%m-%d", hour="%H").to_csv(index=False))
    assert ingest.inspect(path, {"time_parts": []}).step == "1D"
    assert ingest.inspect(path, {"time": "date"}).step == "1h"


def test_rows_whose_parts_cannot_be_read_are_reported(write: Callable[..., Path]) -> None:
    rows = in_parts(date="%Y-%m-%d", hour="%H").to_csv(index=False).splitlines()
    rows[3] = rows[3].replace("2024-03-01,00", "2024-03-01,99")
    report = ingest.inspect(write("\n".join(rows)))
    finding = next(finding for finding in report.findings if finding.code == "bad_rows")
    assert (finding.count, finding.lines) == (1, [4])
    assert "2024-03-01 99" in finding.message
    assert report.rows == 144
