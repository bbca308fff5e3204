"""Figures of Explore: what is marked stands where it belongs, names are escaped, nothing measured is no error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data.explore import autocorrelation, calendars, components, cycles
from stcore.data.explore.autocorrelation import Period
from stcore.data.explore.distance import by_distance
from stcore.data.explore.distribution import distribution, place_levels
from stcore.data.explore.groups import Groups
from stcore.plots import alike, scale, seasons, spread
from stcore.plots.curves import Line
from stcore.plots.theme import DARK, LIGHT

NASTY = "<b>x</b>"
HOURS = pd.date_range("2026-03-02", periods=14 * 24, freq="1h")
WAVE = 50 + 10 * np.sin(2 * np.pi * np.arange(len(HOURS)) / 24)


def usual(name: str, time: pd.DatetimeIndex, values: np.ndarray, step: str) -> cycles.Course:
    return cycles.course(time, values, next(one for one in cycles.offered(time, step) if one.name == name))


def texts(figure: object) -> str:
    return figure.to_json()  # type: ignore[attr-defined]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_calendar_names_its_rows_and_keeps_gaps_empty(theme: object) -> None:
    values = WAVE.copy()
    values[30:35] = np.nan
    found = calendars.calendar(HOURS, values, "1h")
    assert found is not None
    figure = seasons.calendar(found, scale.sequential(found.values, theme), theme, "mph")  # type: ignore[arg-type]
    assert np.isnan(np.asarray(figure.data[0].z, dtype=float)).sum() == 5
    assert figure.layout.yaxis.ticktext[0] == "Mon 2 Mar"
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the first row on top


def test_many_rows_are_named_a_few() -> None:
    days = pd.date_range("2020-01-01", "2023-12-31", freq="D")
    found = calendars.calendar(days, days.day.to_numpy(float), "1D")
    assert found is not None
    figure = seasons.calendar(found, scale.sequential(found.values, LIGHT), LIGHT)
    assert list(figure.layout.yaxis.ticktext)[:2] == ["Jan 2020", "Jul 2020"]
    assert len(figure.layout.yaxis.ticktext) <= 15


def test_slots_are_told_by_their_time() -> None:
    day = usual("day", HOURS, WAVE, "1h")
    assert seasons.slot_name(day, 17) == "17:00"
    assert seasons.slot_name(usual("week", HOURS, WAVE, "1h"), 3 * 24 + 17) == "Thu 17:00"
    days = pd.date_range("2001-01-01", periods=1461, freq="D")
    assert seasons.slot_name(usual("year", days, np.ones(1461), "1D"), 26) == "week of 2\u00a0Jul"
    assert seasons.slot_name(usual("week", days, np.ones(1461), "1D"), 6) == "Sun"
    months = pd.date_range("2001-01-01", periods=60, freq="MS")
    assert seasons.slot_name(usual("year", months, np.ones(60), "1MS"), 6) == "Jul"


def test_a_course_closes_its_ring() -> None:
    figure = seasons.course(usual("day", HOURS, WAVE, "1h"), LIGHT, NASTY)
    line = figure.data[-1]
    assert len(line.y) == 25
    assert line.y[0] == line.y[-1]
    assert NASTY not in texts(figure)


def test_four_strips_share_one_time_axis() -> None:
    found = components.components(HOURS, WAVE, cycles.offered(HOURS, "1h")[0])
    figure = seasons.components(found, "Usual day", LIGHT, "mph")
    assert [trace.yaxis for trace in figure.data] == ["y", "y2", "y3", "y4"]
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis4.domain[1]
    assert [annotation.text for annotation in figure.layout.annotations] == [
        "As measured",
        "Trend",
        "Usual day",
        "Rest",
    ]


def test_periods_are_marked_at_their_lag() -> None:
    found = autocorrelation.autocorrelation(WAVE, 72)
    figure = seasons.resemblance(found, [(Period(24, 1.0), NASTY)], pd.Timedelta(hours=1), LIGHT)
    assert list(figure.data[-1].x) == [1.0]  # a day, on an axis of days
    assert NASTY not in texts(figure)
    assert "days" in figure.layout.xaxis.ticktext[-1]
    empty = seasons.resemblance(np.full(10, np.nan), [], pd.Timedelta(hours=1), LIGHT)
    assert empty.layout.yaxis.range[0] < 0


def test_a_histogram_adds_up_to_all_readings() -> None:
    values = np.random.default_rng(0).normal(50, 9, 4000)
    found = distribution(values)
    assert found is not None
    figure = spread.histogram(found, LIGHT, "mph", values[:400], NASTY)
    assert sum(figure.data[0].y) == pytest.approx(100)
    assert len(figure.layout.shapes) == 3  # one in twenty below, middle, one in twenty above
    assert NASTY not in texts(figure)
    assert spread.histogram(found, LIGHT, place=np.full(9, np.nan)).data


def test_places_stand_in_rows_and_the_chosen_one_in_ink() -> None:
    levels = place_levels(np.random.default_rng(0).normal([[1, 5, 9]], 1, (200, 3)))
    figure = spread.places(levels, ["a", NASTY, "c"], LIGHT, "mph", strong=2)
    assert [list(trace.y) for trace in figure.data if trace.mode == "markers"] == [[0], [1], [2]]
    assert figure.data[-3].line.color == LIGHT.ink
    assert NASTY not in texts(figure)
    assert spread.places(np.empty((0, 5)), [], LIGHT).layout.height > 0


def test_pairs_are_thinned_and_the_line_is_the_median() -> None:
    rng = np.random.default_rng(0)
    found = by_distance(rng.normal(size=(60, 80)), rng.uniform(0, 2, (80, 2)))
    assert found is not None
    figure = alike.against_distance(found, LIGHT)
    assert len(figure.data[0].x) == alike.MOST_DOTS
    np.testing.assert_array_equal(figure.data[-1].y, found.middle)
    assert figure.layout.xaxis.ticktext[-1].endswith(" km")


def test_hot_ends_are_rust_where_they_need_attention() -> None:
    high, low = alike.spot_colours(LIGHT, "high"), alike.spot_colours(LIGHT, "low")
    assert high[1] == low[-1] == LIGHT.diverging[-2]
    assert high[-1] == low[1]
    own = np.array([1.0, 2, 3, 4])
    figure = alike.neighbours(own, own / 2 + 1, [high[0], high[0], high[1], high[-1]], 0.5, LIGHT, "mph")
    assert list(figure.data[0].y) == [1.5, 3.0]  # the dashed line through the means
    assert list(figure.data[1].marker.color) == [high[0], high[0], high[1], high[-1]]


@pytest.mark.parametrize("shape", ["day", "series"])
def test_groups_have_their_colours_and_names(shape: str) -> None:
    slots = 24 if shape == "day" else 40
    time = pd.date_range("2020-01-01", periods=40, freq="W")[: 0 if shape == "day" else 40]
    found = Groups(np.array([0, 1]), np.random.default_rng(0).normal(size=(2, slots)), shape, time, 0.4, 99)  # type: ignore[arg-type]
    figure = alike.group_shapes(found, LIGHT, ["Group A", "Group B"])
    assert [trace.line.color for trace in figure.data] == list(LIGHT.categorical[:2])
    assert sorted(a.text for a in figure.layout.annotations) == ["<b>Group A</b>", "<b>Group B</b>"]


def test_at_most_seven_curves_the_chosen_one_in_ink() -> None:
    places = [f"p{i}" for i in range(9)]
    colours = alike.curve_colours(LIGHT, places)
    assert len(colours) == len(set(colours.values())) == 7
    assert colours["p0"] == LIGHT.ink
    lines = {place: Line(NASTY, HOURS, WAVE + row) for row, place in enumerate(colours)}
    figure = alike.curves(HOURS, lines, colours, LIGHT, "mph")
    assert len(figure.data) == 7
    assert figure.data[-1].line.color == LIGHT.ink  # drawn last, above the others
    assert NASTY not in texts(figure)


def test_long_curves_are_thinned_and_keep_their_peak() -> None:
    time = pd.date_range("2026-01-01", periods=50_000, freq="1min")
    values = np.zeros(len(time))
    values[31_234] = 9
    figure = alike.curves(time, {"a": Line("a", time, values)}, {"a": LIGHT.ink}, LIGHT)
    assert len(figure.data[0].y) < 2000
    assert max(figure.data[0].y) == 9
