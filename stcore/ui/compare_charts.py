"""The Compare page's pictures: error by steps ahead, curves of one place over each other, where the best is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.evaluation import evaluate
from stcore.operations.store import DatasetRow
from stcore.plots import bars, curves, instant, scale
from stcore.plots.curves import Line
from stcore.plots.figure import wall
from stcore.records import Prediction
from stcore.ui import cached, forecast_view, parts, pickers, results, state
from stcore.ui.compare_board import Board, Row
from stcore.ui.forecast_view import View

MOST_LINES = 7
_LENGTHS = {"day": ("Last day", 1), "three": ("Last 3 days", 3), "week": ("Last week", 7), "month": ("Last month", 31)}


def lead_words(shown: Board, word: str) -> tuple[str, list[str]]:
    """How leads are said: “minutes ahead”, and the words of the axis."""
    any_work = results.Work(None, None, (), {})  # type: ignore[arg-type]
    label, _, axis = forecast_view.lead_words(
        View(any_work, "", shown.sample.targets[0], word, shown.sample, shown.sample)
    )
    return label, axis


def by_lead(shown: Board, label: str, axis: list[str]) -> None:
    """Error against steps ahead; the best row in front, baselines dashed."""
    better = next((row for row in shown.rows if row.mean), None)  # of several means the best one
    known = {row.colour: row for row in shown.rows if not row.mean or row is better}
    lines = {name: _leads(row, shown.measure) for name, row in known.items()}
    lines = {
        name: line
        for name, line in list(lines.items())[:MOST_LINES]
        if len(line) == len(axis) and np.isfinite(line).any()
    }
    if not lines:
        parts.text("The errors of values in unlike units have no mean; choose one value.", small=True)
        return
    titles = {name: known[name].label for name in lines}
    figure = curves.error_by_lead(lines, titles, parts.theme(), axis, 300)
    figure.update_layout(margin_r=26 + 7 * min(28, max(len(text) for text in titles.values())))
    last = words.number(float(next(iter(lines.values()))[-1]))
    parts.chart(
        figure, "compare-leads", f"{shown.measured} by {label.lower()}: {shown.best.title} reaches {last} at {axis[-1]}"
    )


def _leads(row: Row, measure: str) -> np.ndarray:
    told = dict(row.numbers.get("by_lead") or {}).get(measure) or []
    return np.array([np.nan if value is None else value for value in told], dtype=float)


def overlaid(shown: Board, place: str, label: str, axis: list[str]) -> None:
    """Several models over what was measured at one place, a chosen number of steps ahead."""
    options = {row.key: row.label for row in shown.rows}
    single = [row.key for row in shown.rows if not row.baseline and not row.mean]
    chosen = pickers.pills(
        "Models", options, f"compare-lines-{len(options)}", list(dict.fromkeys([shown.best.key, *single[:2]]))[:2]
    )
    with parts.row():
        horizon = shown.sample.horizon
        lead = horizon
        if horizon > 1:
            lead = st.select_slider(
                label,
                range(1, horizon + 1),
                (horizon + 1) // 2,
                format_func=lambda n: axis[n - 1],
                key=f"compare-lead-{horizon}",
                width=300,
            )
        offered = _stretches(shown.sample)
        stretch = pickers.segmented("Stretch", {name: text for name, (text, _) in offered.items()}, "compare-stretch")
    times = shown.sample.times(lead)
    between = (times[max(0, len(times) - offered[stretch][1])], times[-1])
    at = shown.sample.locations.index.get_loc(place)
    rows = [row for row in shown.rows if row.key in chosen][:MOST_LINES]
    time, observed, _ = _curve(shown.sample, lead, at, shown.position, between)
    drawn = [_line(row, lead, at, shown.position, between) for row in rows]
    parts.chart(
        curves.overlaid(drawn, Line("Observed", list(wall(time)), observed), parts.theme(), shown.unit), "compare-curves",
        f"{shown.quantity} at {words.short(place)}, {words.span(*between)}: {words.listing([row.title for row in rows], 7)} over what was observed",
    )  # fmt: skip


def _line(row: Row, lead: int, at: int, target: int, between: tuple[pd.Timestamp, pd.Timestamp]) -> Line:
    time, _, values = _curve(row.prediction(), lead, at, target, between)
    colour = f"joined {row.title.split()[0].lower()}" if row.mean else row.colour  # ink is what was observed
    return Line(row.label, list(wall(time)), values, colour)


def _curve(
    part: Prediction, lead: int, at: int, target: int, between: tuple[pd.Timestamp, pd.Timestamp]
) -> tuple[pd.DatetimeIndex, np.ndarray, np.ndarray]:
    """Times, what was observed and what was forecast; chances of events in per cent."""
    time, observed, (values, _, _) = instant.tested_curve(part, lead, at, target, between)
    size = 100 if part.classes else 1
    return time, size * observed, size * values


def _stretches(sample: Prediction) -> dict[str, tuple[str, int]]:
    """Stretches at the end of the test part that are at least 12 steps long: words, and start times in them."""
    length, count = steps.typical(sample.step), len(sample.origins)
    rows = {name: (text, round(pd.Timedelta(days=days) / length)) for name, (text, days) in _LENGTHS.items()}
    fitting = {name: pair for name, pair in rows.items() if 12 <= pair[1] < count}
    return {**dict(list(fitting.items())[:3]), "all": ("All tested", count)}


@st.cache_data(max_entries=32, ttl="2h", show_spinner=False)
def _errors(key: str, by: tuple[str, ...], target: str, owner: str, _prediction: Prediction) -> pd.DataFrame:
    table = evaluate(_prediction, ("brier" if _prediction.classes else "mae",), (*by, "target"))
    return table[table["target"] == target].reset_index(drop=True)


def errors(row: Row, by: tuple[str, ...], target: str) -> pd.DataFrame:
    """Errors of one row, broken down; of chances of events Brier scores. The column is the board's ``measure``."""
    key = f"{row.key}{row.entrant.identity if row.entrant else row.joined and dict(row.joined.weights)}"
    return _errors(key, by, target, state.owner(), row.prediction())


def where_wrong(data: DatasetRow, shown: Board, word: str, selected: str) -> str | None:
    """The best row's error by hour and weekday, and by place; the place that was clicked."""
    row, target = shown.best, shown.sample.targets[shown.position]
    theme, measure = parts.theme(), shown.measure
    left, right = st.columns([1.18, 1], gap="small")
    with left:
        if steps.typical(shown.sample.step) <= pd.Timedelta(hours=6):
            _by_hour(shown, errors(row, ("weekday", "hour"), target))
        else:
            _by_day(shown, errors(row, ("day",), target))
    table = errors(row, ("location",), target).set_index("location")[measure].reindex(shown.sample.locations.index)
    values = table.to_numpy(dtype=float)
    colours = scale.tidy(scale.sequential(values, theme))
    with right, parts.panel(f"By {word}", shown.measured, parts.legend(colours, shown.error_unit), key="compare-map"):
        ground = cached.place_ground(data.id, data.digest, state.owner(), 330)
        return parts.place_map(
            ground, values, colours, selected, shown.error_unit, "compare-places", f"{shown.measured} of {row.title} by {word}", 330
        )  # fmt: skip


def _by_hour(shown: Board, table: pd.DataFrame) -> None:
    week, measure = np.full((7, 24), np.nan), shown.measure
    week[table["weekday"].astype(int), table["hour"].astype(int)] = table[measure]
    theme = parts.theme()
    colours = scale.tidy(scale.sequential(week, theme))
    told = "no tested hour"
    if table[measure].notna().any():
        worst = table.loc[table[measure].idxmax()]
        told = f"largest on {bars.WEEKDAYS[int(worst['weekday'])]} at {int(worst['hour']):02d}:00"
    with parts.panel(
        "By hour and weekday", shown.measured, parts.legend(colours, shown.error_unit), key="compare-week"
    ):
        drawn = bars.week(week, colours, theme, shown.error_unit, 330)
        parts.chart(drawn, "compare-hours", f"{shown.measured} of {shown.best.title} by hour and weekday: {told}")


def _by_day(shown: Board, table: pd.DataFrame) -> None:
    with parts.panel("Over the test part", shown.measured, key="compare-week"):
        values = table[shown.measure].to_numpy(dtype=float)
        drawn = curves.series(pd.DatetimeIndex(table["day"]), values, parts.theme(), shown.error_unit, 330)
        parts.chart(drawn, "compare-days", f"{shown.measured} of {shown.best.title} over the test part")


def hardest_place(shown: Board) -> str:
    """Where the best row is wrong most: worth a first look."""
    table = errors(shown.best, ("location",), shown.sample.targets[shown.position]).set_index("location")
    table = table[shown.measure]
    return str(table.idxmax()) if table.notna().any() else str(shown.sample.locations.index[0])
