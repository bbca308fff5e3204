"""Seasons of a series: a calendar of means, the usual course, trend and season taken apart, resemblance to itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from stcore import words
from stcore.data.explore.autocorrelation import Period
from stcore.data.explore.calendars import Calendar
from stcore.data.explore.components import Components
from stcore.data.explore.cycles import Course
from stcore.plots import figure as fig
from stcore.plots.bars import WEEKDAYS
from stcore.plots.figure import Label
from stcore.plots.scale import Scale
from stcore.plots.theme import Theme

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def calendar(found: Calendar, scale: Scale, theme: Theme, unit: str = "", height: int = 320) -> go.Figure:
    """Heat map of a calendar: the first row on top, cells without a reading stay empty; at most ``height`` px."""
    rows, columns = found.values.shape
    names = [_row_name(found.kind, row) for row in found.rows]
    height = min(height, 52 + 36 * rows)
    figure = fig.blank(theme, height, (-0.5, rows - 0.5), right=8, left=64)
    across = {
        "hours": [f"{hour:02d}:00" for hour in range(24)],
        "days": [str(day) for day in range(1, 32)],
        "months": _MONTHS,
    }
    texts = list(across[found.kind])
    colours = [(i / (len(scale.colours) - 1), colour) for i, colour in enumerate(scale.colours)]
    figure.add_trace(
        go.Heatmap(
            z=found.values, x=np.arange(columns), y=np.arange(rows), colorscale=colours, zmin=scale.low, zmax=scale.high,
            showscale=False, xgap=2 if columns < 32 else 1, ygap=2 if rows <= 30 else 1 if rows <= 48 else 0,
            customdata=[[f"{name}, {text}" if found.kind == "hours" else f"{text} {name}" for text in texts] for name in names],
            hovertemplate=f"%{{customdata}}: %{{z:.3~g}} {fig.safe(unit)}<extra></extra>", hoverongaps=False,
        )
    )  # fmt: skip
    shown = _row_ticks(found, max(1, int(height / 22)))
    figure.update_yaxes(
        range=[rows - 0.5, -0.5], showgrid=False, tickvals=shown, ticktext=[names[row] for row in shown]
    )
    stride = {"hours": 6, "days": 5, "months": 1}[found.kind]
    ticks = list(range(0, columns, stride)) if found.kind != "days" else [0, *range(4, columns, 5)]
    figure.update_xaxes(
        range=[-0.5, columns - 0.5], tickvals=ticks, ticktext=[texts[tick] for tick in ticks], ticks="", linewidth=0
    )
    figure.update_layout(
        hovermode="closest", margin={"l": 78 if found.kind == "hours" else 66 if found.kind == "days" else 46}
    )
    return figure


def _row_name(kind: str, row: pd.Timestamp) -> str:
    return words.day(row) if kind == "hours" else f"{row:%b} {row.year}" if kind == "days" else str(row.year)


def _row_ticks(found: Calendar, most: int) -> list[int]:
    """Rows that are named: Mondays, Januaries or evenly spaced ones where not all fit."""
    rows = len(found.rows)
    if rows <= most:
        return list(range(rows))
    if found.kind == "hours":
        return [row for row in range(rows) if found.rows[row].day_of_week == 0]
    if found.kind == "days":
        every = next(step for step in (2, 3, 6, 12) if rows / step <= most or step == 12)
        return [row for row in range(rows) if (found.rows[row].month - 1) % every == 0]
    return list(range(0, rows, -(-rows // most)))


def course(found: Course, theme: Theme, unit: str = "", height: int = 320) -> go.Figure:
    """The usual course: the middle value in ink over the middle half; closed to a ring at the right end."""
    along = np.arange(len(found.middle) + 1)
    low, middle, high = (np.append(part, part[0]) for part in (found.low, found.middle, found.high))
    figure = fig.blank(theme, height, fig.axis_range([low, high]), right=92)
    fig.band(figure, along, low, high, theme.ink, 0.12)
    fig.line(figure, along, middle, theme.observed, 2.0, name="Middle value", unit=unit)
    figure.data[-1].customdata = [slot_name(found, int(slot) % len(found.middle)) for slot in along]
    figure.data[-1].hovertemplate = f"%{{customdata}}: %{{y:.3~g}} {fig.safe(unit)}<extra></extra>"
    ticks, texts = _course_ticks(found)
    figure.update_xaxes(range=[0, len(found.middle)], tickvals=ticks, ticktext=texts)
    figure.update_layout(hovermode="closest")
    return fig.end_labels(
        figure,
        [
            Label(float(high[-1]), "Middle half", theme.muted),
            Label(float(middle[-1]), "Middle value", theme.ink, bold=True),
        ],
    )


def _course_ticks(found: Course) -> tuple[list[float], list[str]]:
    slots = len(found.middle)
    if found.cycle.name == "day":
        return [slots * part / 4 for part in range(5)], ["00:00", "06:00", "12:00", "18:00", "24:00"]
    if found.cycle.name == "week":
        return [slots * (day + 0.5) / 7 if slots > 7 else float(day) for day in range(7)], list(WEEKDAYS)
    starts = [slots * month / 12 for month in range(0, 12, 2 if slots > 4 else 3)]
    return starts, list(_MONTHS[:: 2 if slots > 4 else 3])


def slot_name(found: Course, slot: int) -> str:
    """When a slot is: “17:15”, “Thu 17:00”, “Jul”, “week of 2 Jul”."""
    slots = len(found.middle)
    if found.cycle.name == "year":
        if slots == 52:
            first = pd.Timestamp("2001-01-01") + pd.Timedelta(days=7 * slot)
            return f"week of {first.day}{words.NBSP}{first:%b}"
        return _MONTHS[slot * 12 // slots]
    seconds = slot * (86400 if found.cycle.name == "day" else 604800) // slots
    clock = f"{seconds % 86400 // 3600:02d}:{seconds % 3600 // 60:02d}"
    if found.cycle.name == "day":
        return clock
    day = WEEKDAYS[seconds // 86400]
    return day if slots == 7 else f"{day} {clock}"


def components(found: Components, season: str, theme: Theme, unit: str = "", height: int = 430) -> go.Figure:
    """Four strips over one time axis: as measured, trend, season, rest; each with its own unit scale, gaps stay gaps."""
    strips = [("As measured", found.observed), ("Trend", found.trend), (season, found.season), ("Rest", found.rest)]
    figure = fig.blank(theme, height, (0, 1), right=14)
    x, share, gap = fig.wall(found.time), 0.25, 0.055
    widest = 1
    for number, (name, values) in enumerate(strips):
        axis = "y" if number == 0 else f"y{number + 1}"
        low, high = fig.axis_range([values], pad=0.04)
        ticks = fig.nice_ticks(low, high, 3)
        texts = fig.tick_texts(ticks)
        widest = max(widest, *map(len, texts))
        top = 1 - number * share - gap
        figure.update_layout({
            f"yaxis{'' if number == 0 else number + 1}": {
                **figure.layout.yaxis.to_plotly_json(), "domain": [1 - (number + 1) * share, top], "range": [low, high],
                "tickvals": list(ticks), "ticktext": texts, "anchor": "x" if number == len(strips) - 1 else "free",
            }
        })  # fmt: skip
        rows = fig.thinned(values, 1200)
        fig.line(figure, x[rows], values[rows], theme.ink if number != 3 else theme.baseline, 1.4, name=name, unit=unit)
        figure.data[-1].yaxis = axis
        figure.add_annotation(
            x=0, xref="paper", xanchor="left", y=top, yref="paper", yanchor="bottom", text=fig.safe(name), showarrow=False,
            font={"size": 12.5, "color": theme.muted},
        )  # fmt: skip
    figure.update_layout(margin={"l": 12 + 8 * widest, "t": 4})
    figure.update_xaxes(anchor=f"y{len(strips)}")
    return fig.use_times(figure, found.time[0], found.time[-1], most=8)


def resemblance(
    found: np.ndarray, periods: Sequence[tuple[Period, str]], step: pd.Timedelta, theme: Theme, height: int = 240
) -> go.Figure:
    """Correlation of a series with itself against the time between, with the periods it suggests marked.

    Args:
        found: [lag] from ``autocorrelation``.
        periods: those to mark, each with its words (“1 day”).
        step: length of one step.
        theme: colours.
        height: pixels.
    """
    low = min(-0.2, float(np.nanmin(found)) if np.isfinite(found).any() else 0.0)
    figure = fig.blank(theme, height, (low - 0.05, 1.12), right=32)
    rows = fig.thinned(found, 1500)
    unit, length = _lag_unit(step * (len(found) - 1))
    along = np.arange(len(found)) * (step / length)
    figure.add_shape(type="line", x0=0, x1=1, xref="paper", y0=0, y1=0, line={"color": theme.line, "width": 1})
    fig.line(figure, along[rows], found[rows], theme.observed, 1.6, name="Resemblance")
    figure.data[-1].hovertemplate = f"%{{x:.3~g}} {unit} later: %{{y:.2f}}<extra></extra>"
    for period, name in periods:
        at = along[period.lag : period.lag + 1]
        fig.dot(figure, at, found[period.lag : period.lag + 1], theme.forecast, theme.panel, 10)
        figure.add_annotation(
            x=float(at[0]), y=float(found[period.lag]), text=f"<b>{fig.safe(name)}, {found[period.lag]:.2f}</b>", showarrow=False,
            yanchor="bottom", yshift=6, xanchor="left" if period.lag < 0.1 * len(found) else "center" if period.lag < 0.85 * len(found) else "right",
            font={"size": 12.5, "color": theme.forecast},
        )  # fmt: skip
    fig.use_values(figure, 0, float(along[-1]) * 1.01, unit, 8)
    figure.update_layout(hovermode="closest")
    return figure


def _lag_unit(reach: pd.Timedelta) -> tuple[str, pd.Timedelta]:
    """The unit in which a reach of time is told, and its length."""
    day = pd.Timedelta(days=1)
    for name, length, least in (
        ("years", 365.2425 * day, 6), ("months", 30.437 * day, 14), ("days", day, 3), ("h", pd.Timedelta(hours=1), 3),
        ("min", pd.Timedelta(minutes=1), 3),
    ):  # fmt: skip
        if reach >= least * length:
            return name, length
    return "s", pd.Timedelta(seconds=1)
