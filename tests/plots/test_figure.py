"""The figure factory: ticks, labels pushed apart, gaps, escaping, thinning."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from stcore.plots import curves
from stcore.plots import figure as fig
from stcore.plots.curves import Epochs, Future, Line, Span
from stcore.plots.figure import Label
from stcore.plots.theme import DARK, LIGHT

TIME = pd.date_range("2026-03-12", periods=48, freq="30min")


def test_labels_are_pushed_apart_and_stay_inside() -> None:
    places = fig.push_apart([10, 11, 12, 190, 400], 15, 4, 200)
    assert all(later - earlier >= 15 - 1e-9 for earlier, later in itertools.pairwise(sorted(places)))
    assert min(places) >= 4
    assert max(places) <= 200 + 1e-9
    assert fig.push_apart([30, 90], 15, 4, 200) == [30, 90]
    assert fig.push_apart([], 15, 4, 200) == []


@pytest.mark.parametrize(("low", "high"), [(21, 68), (0, 0.0031), (-4, 4), (1e6, 1.2e6), (5, 5)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = fig.nice_ticks(low, high)
    assert 1 <= len(ticks) <= 5
    assert ((ticks >= low - 1e-9) & (ticks <= high + 1e-9)).all()


@pytest.mark.parametrize(
    ("start", "end", "first"),
    [
        ("2026-03-12 13:40", "2026-03-12 17:40", "14:00"), ("2026-03-09", "2026-03-13", "Mon 9"),
        ("2026-01-05", "2026-02-20", "5 Jan"), ("2026-02-01", "2026-06-20", "Feb"), ("2000-01-01", "2024-01-01", "2000"),
    ],
)  # fmt: skip
def test_time_ticks_speak_of_their_own_scale(start: str, end: str, first: str) -> None:
    ticks, texts = fig.time_ticks(pd.Timestamp(start), pd.Timestamp(end))
    assert texts[0] == first
    assert 2 <= len(ticks) <= 8


def test_a_chart_without_values_is_still_a_chart() -> None:
    assert curves.series(TIME, np.full(48, np.nan), LIGHT).data


def test_gaps_stay_gaps_and_a_band_has_one_polygon_a_stretch() -> None:
    figure = fig.blank(LIGHT, 200, (0, 10))
    values = np.arange(10.0)
    values[4:6] = np.nan
    fig.band(figure, list(range(10)), values - 1, values + 1, LIGHT.forecast, 0.17)
    fig.line(figure, list(range(10)), values, LIGHT.ink)
    assert len([trace for trace in figure.data if trace.fill == "toself"]) == 2
    assert figure.data[-1].connectgaps is False
    assert figure.data[-1].mode == "lines"


def test_names_cannot_bring_markup_into_a_chart() -> None:
    nasty = "<b>x</b><a href='http://e.x'>y</a>"
    figure = fig.blank(LIGHT, 200, (0, 10))
    fig.line(figure, [1, 2], np.array([1.0, 2.0]), LIGHT.ink, name=nasty, unit=nasty)
    fig.end_labels(figure, [Label(2.0, nasty, LIGHT.ink)])
    text = figure.to_json()
    assert "\\u003cb\\u003ex" not in text
    assert "<b>x" not in text
    assert len(fig.safe("n" * 10_000)) <= 40


def test_thinning_keeps_extremes_and_the_edges_of_gaps() -> None:
    values = np.sin(np.arange(50_000) / 500)
    values[20_000:20_100] = np.nan
    values[777] = 9.0
    rows = fig.thinned(values, 500)
    assert len(rows) < 1200
    assert 777 in rows
    assert {19_999, 20_000, 20_099, 20_100} <= set(rows)


def test_the_forecast_starts_at_the_last_value_and_names_its_lines() -> None:
    ahead = pd.date_range(TIME[-1], periods=4, freq="30min")[1:]
    future = Future(ahead, np.array([3.0, 4, 5]), np.array([2.0, 2, 2]), np.array([4.0, 6, 8]), last=2.5, lead=2)
    figure = curves.forecast(TIME, np.ones(48), future, LIGHT, "mph")
    words = {annotation.text.replace("<b>", "").replace("</b>", "") for annotation in figure.layout.annotations}
    assert {"now", "Forecast", "90 % band", "Last value", "Observed"} <= words
    line = next(trace for trace in figure.data if trace.name == "Forecast")
    assert list(line.y) == [2.5, 3, 4, 5]
    assert not figure.layout.showlegend


def test_the_tested_past_also_shows_what_came() -> None:
    ahead = pd.date_range(TIME[-1], periods=4, freq="30min")[1:]
    future = Future(ahead, np.ones(3), np.zeros(3), np.full(3, 2.0), 1.0, truth=np.array([1.0, 2, np.nan]))
    words = [annotation.text for annotation in curves.forecast(TIME, np.ones(48), future, DARK).layout.annotations]
    assert "What came" in words
    assert "start" in words
    assert "now" not in words


def test_errors_grow_from_zero_and_the_model_stands_out() -> None:
    lines = {"persistence": np.array([2.0, 3.0]), "stid": np.array([1.5, 2.0])}
    figure = curves.error_by_lead(lines, {"persistence": "Last value", "stid": "STID"}, LIGHT, ["5", "10 min"])
    assert figure.layout.yaxis.range[0] == 0
    assert [trace.line.dash for trace in figure.data] == ["4px,4px", None]
    assert list(figure.layout.xaxis.ticktext) == ["5", "10 min"]


def test_a_training_curve_reaches_to_its_planned_end() -> None:
    figure = curves.training(Epochs(np.array([3.0, 2.5]), np.array([3.2, 2.9]), 40, 3.31), LIGHT)
    start, end = figure.layout.xaxis.range
    assert start == 1
    assert 40 <= end < 41
    assert any("best so far, 2.9" in annotation.text for annotation in figure.layout.annotations)


def test_one_unusual_step_is_seen() -> None:
    spans = [Span(TIME[10], TIME[10], "fault", "stuck", open=True)]
    figure = curves.watched(TIME, np.ones(48), [np.ones(48), np.zeros(48), np.full(48, 2.0)], spans, LIGHT)
    assert any(trace.mode == "markers" for trace in figure.data)
    assert any("stuck" in annotation.text for annotation in figure.layout.annotations)


def test_models_lie_over_what_was_measured_at_most_seven() -> None:
    lines = [Line(f"m{i}", list(TIME), np.ones(48) * i, "stid") for i in range(9)]
    figure = curves.overlaid(lines, Line("Observed", list(TIME), np.ones(48)), LIGHT)
    assert len(figure.data) == 8


@pytest.mark.parametrize(("first", "anchor"), [(1, "beside"), (16, "edge"), (44, "before")])
def test_words_of_a_span_have_room_on_a_narrow_screen(first: int, anchor: str) -> None:
    span = curves.Span(TIME[first], TIME[first + 3], "local", "33 % below the forecast, 1 h 25 min", True)
    figure = curves.watched(TIME, np.ones(48), [np.ones(48), np.zeros(48), np.full(48, 2.0)], [span], LIGHT)
    (words,) = [note for note in figure.layout.annotations if "below the forecast" in note.text]
    assert {"beside": ("x", "left"), "edge": ("paper", "left"), "before": ("x", "right")}[anchor] == (
        words.xref or "x", words.xanchor,
    )  # fmt: skip


@pytest.mark.parametrize(("low", "anchor"), [(0.0, "bottom"), (0.6, "top")])
def test_words_of_the_band_do_not_lie_on_the_axis(low: float, anchor: str) -> None:
    figure = curves.watched(TIME, np.linspace(0, 2, 48), [np.ones(48), np.full(48, low), np.full(48, 2.0)], [], LIGHT)
    assert [note.yanchor for note in figure.layout.annotations if note.text == "90 % band"] == [anchor]


def test_what_remains_of_rounding_is_no_course() -> None:
    low, high = fig.axis_range([50 + np.array([0, 1e-13, -2e-13])])
    assert low < 48
    assert high > 52
    assert fig.axis_range([np.array([-1e-15, 1e-15])])[1] > 0.1
