"""Swim lanes: one bar an event over the time axis of the curve above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from stcore.plots import figure as fig
from stcore.plots.theme import Theme, fade

LANE = 22
MOST_LANES = 14


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
        bars: at most 14 are drawn, the first ones.
        start, end: ends of the time axis.
        theme: colours.
        opened: id of the open event.
        now: the instant the map shows, a dotted line; None = none.

    Each bar's ``customdata`` is its event id, for clicks.
    """
    shown = list(bars)[:MOST_LANES]
    height = fig.MARGIN_TOP + fig.MARGIN_BOTTOM + LANE * max(len(shown), 1)
    figure = fig.blank(theme, height, (-0.5, max(len(shown), 1) - 0.5), right=14)
    first, last = fig.wall(start), fig.wall(end)
    least = (last - first) * 0.006
    for row, bar in enumerate(reversed(shown)):
        left, right = max(fig.wall(bar.start), first), min(fig.wall(bar.end), last)
        _bar(figure, row, bar, (left, max(right, left + least)), theme, bar.event == opened)
        _name(
            figure,
            row,
            bar,
            (left, max(right, left + least), first + (last - first) * 0.62),
            theme,
            bar.event == opened,
        )
    if now is not None:
        fig.vertical(figure, fig.wall(pd.Timestamp(now)), "", theme, dash="dot")
    figure.update_yaxes(showgrid=False, tickvals=[], ticktext=[])
    figure.update_layout(hovermode="closest", bargap=0)
    return fig.use_times(figure, start, end, most=9)


def _bar(
    figure: go.Figure, row: int, bar: Bar, span: tuple[pd.Timestamp, pd.Timestamp], theme: Theme, opened: bool
) -> None:
    left, right = span
    colour = theme.kind(bar.kind).mark
    figure.add_trace(
        go.Scatter(
            x=[left, right, right, left, left], y=[row - 0.32, row - 0.32, row + 0.32, row + 0.32, row - 0.32],
            mode="lines", fill="toself", fillcolor=colour if opened else fade(colour, 0.62), line={"width": 0},
            hoveron="fills", name=fig.safe(bar.name), text=fig.safe(bar.name), hoverinfo="text", customdata=[bar.event] * 5,
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=[left + (right - left) / 2], y=[row], mode="markers", customdata=[bar.event], hoverinfo="skip",
            marker={"size": 16, "color": colour, "opacity": 0.001},
        )
    )  # fmt: skip


def _name(
    figure: go.Figure,
    row: int,
    bar: Bar,
    place: tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp],
    theme: Theme,
    opened: bool,
) -> None:
    """The name right of the bar, or left of it where the bar ends late."""
    left, right, late = place
    before = right > late
    text = fig.safe(bar.name, 34)
    figure.add_annotation(
        x=left if before else right, y=row, text=f"<b>{text}</b>" if opened else text, showarrow=False,
        xanchor="right" if before else "left", yanchor="middle", xshift=-6 if before else 6,
        font={"size": 12.5, "color": theme.ink if opened else theme.muted},
    )  # fmt: skip
