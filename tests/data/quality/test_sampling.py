"""Totals, places with a step of their own, stamps that scatter or drift, series of unlike span."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data import ingest
from stcore.data.quality import value_findings
from stcore.data.roles import Roles
from stcore.data.stamps import wander
from tests.data.quality import made
from tests.data.quality.made import found, looks, panel


def test_totals_are_offered_as_differences() -> None:
    total = np.cumsum(np.random.default_rng(0).poisson(3, (1000, 3)), axis=0).astype(float)
    told = found(panel(total, "meter_kwh"))["totals"]
    assert told.fix is not None
    assert (told.fix.setting, told.fix.value) == ("data.differences", ["meter_kwh"])
    total[500:, 1] -= total[500, 1]
    assert looks(panel(total, "meter_kwh")) == {"totals"}, "a counter may begin anew"


@pytest.mark.parametrize(
    "values",
    [np.arange(500.0), np.linspace(3, 4, 500), 10 + np.sin(np.arange(500) / 400), np.cumsum(np.random.default_rng(1).normal(0.2, 1, 500))],
    ids=["row numbers", "a ramp", "half a wave", "a walk with a trend"],
)  # fmt: skip
def test_what_rises_is_not_a_total(values: np.ndarray) -> None:
    rounded = np.round(values, 2)[:, None]
    assert "totals" not in found(panel(rounded + np.zeros((1, 3)), "value"))


def test_a_place_that_reports_every_third_hour() -> None:
    values = made.temperature(np.random.default_rng(2))
    values[np.arange(len(values)) % 3 != 0, 3] = np.nan
    told = found(panel(values, "temperature_c"))["unlike_steps"]
    assert (told.where, told.count) == ("p3", 1)
    assert told.fix is not None
    assert (told.fix.setting, told.fix.value) == ("data.step", "3h")


def test_series_whose_spans_hardly_overlap_may_be_kept_apart() -> None:
    values = made.temperature(np.random.default_rng(2), 3000)
    for place in range(6):
        values[: 500 * place, place] = values[500 * (place + 1) :, place] = np.nan
    judged = panel(values, "temperature_c")
    told = {finding.code: finding for finding in value_findings(judged, roles=Roles(location="machine"))}[
        "unlike_spans"
    ]
    assert told.fix is not None
    assert (told.fix.setting, told.fix.value) == ("data.by", "machine")
    assert "17\u00a0%" in told.message
    assert "unlike_spans" not in found(judged), "without a column there is nothing to keep them apart by"


MARKS = np.arange(200, dtype=np.int64) * 300_000_000_000


def test_stamps_on_their_marks_do_not_wander() -> None:
    assert wander(MARKS, MARKS, 300).share == 0


def test_a_clock_that_runs_slow_drifts() -> None:
    stamps = (MARKS * (1 + 1 / 300)).astype(np.int64)  # a second more each step: 199 s after 199 steps
    near = np.rint(stamps / 300e9).astype(np.int64) * 300_000_000_000
    seen = wander(stamps, near, 300)
    assert seen.drift_s == pytest.approx(199, abs=2)
    assert seen.largest_s == pytest.approx(150, abs=2), "beyond half a step the next mark is nearer"


def test_jitter_is_no_drift() -> None:
    off = np.random.default_rng(0).integers(-40, 41, 200)
    seen = wander(MARKS + off * 1_000_000_000, MARKS, 300)
    assert (seen.drift_s, seen.largest_s) == (0, 40)
    assert seen.share == pytest.approx(np.mean(off != 0))


def test_a_file_whose_times_drift_says_so() -> None:
    time = pd.Timestamp("2024-03-01") + pd.to_timedelta(np.arange(400) * 300.4 // 1, unit="s")
    frame = pd.DataFrame({"time": time, "load": np.sin(np.arange(400) / 9) + 4})
    told = {finding.code: finding for finding in ingest.inspect(frame).findings}
    assert told["off_grid"].severity == "look"
    assert "The times drift" in told["off_grid"].message
