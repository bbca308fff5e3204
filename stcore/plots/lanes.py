"""Swim lanes: one bar an event over the time axis of the curve above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from stcore.plots import figure as fig
from stcore.plots.theme import Theme, fade

LANE = 22
MOST_LANES = 8


@dataclass(frozen=True)
class Bar:
    """One event: its id, first and last time, kind and name."""

    event: str
    start: pd.Timestamp
    end: pd.Timestamp
    kind: str
    name: str


def lanes(
    bars: Sequence[Bar], start: pd.Timestamp, end: pd.Timestamp, theme: Theme, opened: str = "", now: object = None
) -> go.Figure:
    """Bars coloured by kind with their names beside them; the open one full and bold, the others at 62 %.

    Args:
        bars: at most 8 are drawn, the first ones.
        start, end: ends of the time axis.
        theme: colours.
        opened: id of the open event.
        now: the instant the map shows, a dotted line; None = none.

    Each bar's ``customdata`` is its event id, for clicks.
    """
    shown = list(bars)[:MOST_LANES][::-1]
    height = fig.MARGIN_TOP + fig.MARGIN_BOTTOM + LANE * max(len(shown), 1)
    figure = fig.blank(theme, height, (-0.5, max(len(shown), 1) - 0.5), right=14)
    first, last = fig.wall(start), fig.wall(end)
    spans = [_inside(bar, first, last) for bar in shown]
    colours = [theme.kind(bar.kind).mark for bar in shown]
    figure.add_trace(
        go.Bar(
            base=[left for left, _ in spans], x=[(right - left) / pd.Timedelta(milliseconds=1) for left, right in spans],
            y=list(range(len(shown))), orientation="h", width=0.64, customdata=[[bar.event] for bar in shown],
            marker={
                "color": [c if bar.event == opened else fade(c, 0.62) for c, bar in zip(colours, shown, strict=True)],
                "line": {"width": 0},
            },
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
            text=[fig.safe(bar.name) for bar in shown], textposition="none", hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    late, early = first + (last - first) * 0.55, first + (last - first) * 0.3
    for row, (bar, (left, right)) in enumerate(zip(shown, spans, strict=True)):
        _name(figure, row, bar, (left, right, late, early), theme, bar.event == opened)
    if now is not None:
        fig.vertical(figure, fig.wall(pd.Timestamp(now)), "", theme, dash="dot")
    figure.update_yaxes(showgrid=False, tickvals=[], ticktext=[])
    figure.update_layout(hovermode="closest", bargap=0)
    return fig.use_times(figure, start, end, most=9)


def _inside(bar: Bar, first: pd.Timestamp, last: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Ends of a bar inside the axis, at least wide enough to be seen and clicked."""
    least = (last - first) * 0.008
    left = min(max(fig.wall(bar.start), first), last - least)
    return left, max(min(fig.wall(bar.end), last), left + least)


def _name(
    figure: go.Figure,
    row: int,
    bar: Bar,
    place: tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp, pd.Timestamp],
    theme: Theme,
    opened: bool,
) -> None:
    """The name right of the bar, left of it where the bar ends late, on it where it also begins so early that a name would be cut."""
    left, right, late, early = place
    before = right > late and left >= early
    text = fig.safe(bar.name, 34)
    figure.add_annotation(
        x=left if right > late else right, y=row, text=f"<b>{text}</b>" if opened else text, showarrow=False,
        xanchor="right" if before else "left", yanchor="middle", xshift=-6 if before else 6,
        font={"size": 12.5, "color": theme.ink if opened else theme.muted},
        bgcolor=fade(theme.panel, 0.85) if right > late and not before else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Stretch:
    """An event at one place: number of the lane, event id, first and last time, kind, name of the event."""

    lane: int
    event: str
    start: pd.Timestamp
    end: pd.Timestamp
    kind: str
    name: str


def by_place(
    stretches: Sequence[Stretch], names: Sequence[str], start: pd.Timestamp, end: pd.Timestamp, theme: Theme,
    opened: str = "", now: object = None,
) -> go.Figure:  # fmt: skip
    """One lane a place, a bar for each event that was felt there; the open one full, the others at 62 %.

    Args:
        stretches: bars; their lane counts from the top.
        names: of the lanes, from the top.
        start, end: ends of the time axis.
        theme: colours.
        opened: id of the open event.
        now: the instant the map shows, a dotted line; None = none.
    """
    lanes_ = max(len(names), 1)
    height = fig.MARGIN_TOP + fig.MARGIN_BOTTOM + LANE * lanes_
    figure = fig.blank(theme, height, (-0.5, lanes_ - 0.5), right=14)
    first, last = fig.wall(start), fig.wall(end)
    spans = [_inside(Bar(one.event, one.start, one.end, one.kind, one.name), first, last) for one in stretches]
    colours = [theme.kind(one.kind).mark for one in stretches]
    figure.add_trace(
        go.Bar(
            base=[left for left, _ in spans], x=[(right - left) / pd.Timedelta(milliseconds=1) for left, right in spans],
            y=[lanes_ - 1 - one.lane for one in stretches], orientation="h", width=0.64,
            customdata=[[one.event] for one in stretches],
            marker={
                "color": [c if one.event == opened else fade(c, 0.62) for c, one in zip(colours, stretches, strict=True)],
                "line": {"width": 0},
            },
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
            text=[fig.safe(one.name) for one in stretches], textposition="none", hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    if now is not None:
        fig.vertical(figure, fig.wall(pd.Timestamp(now)), "", theme, dash="dot")
    figure.update_yaxes(
        showgrid=True, tickvals=list(range(lanes_)), ticktext=[fig.safe(name, 14) for name in names][::-1]
    )
    longest = max((len(fig.safe(name, 14)) for name in names), default=2)
    figure.update_layout(hovermode="closest", bargap=0, barmode="overlay", margin={"l": 14 + 8 * longest})
    return fig.use_times(figure, start, end, most=9)
