"""What people said, drawn on a curve or in swim lanes: hatched in ink where something was labelled, only outlined where rejected.

Kinds have the colours; what people said has a pattern, so that both can be read where they lie over each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from stcore.plots import figure as fig
from stcore.plots.lanes import LANE
from stcore.plots.theme import Theme, fade

FOOT = 0.045
"""Height of the strip at the foot of a curve, as a share of its axis."""


@dataclass(frozen=True)
class Said:
    """A labelled span: first and last time, whether somebody rejected it, and its lane from the top (where places have lanes)."""

    start: pd.Timestamp
    end: pd.Timestamp
    rejected: bool = False
    lane: int = 0


def at_the_foot(figure: go.Figure, said: Sequence[Said], theme: Theme) -> go.Figure:
    """A strip along the time axis of a curve, with the words beside it."""
    low, high = figure.layout.yaxis.range
    top = low + FOOT * (high - low)
    for one in said:
        _mark(figure, one, (low, top), theme)
    _words(figure, said, top, theme, "bottom")
    return figure


def in_own_lane(figure: go.Figure, said: Sequence[Said], theme: Theme) -> go.Figure:
    """One more lane under those of the events, with the words beside its last span."""
    if not said:
        return figure
    low, high = figure.layout.yaxis.range
    figure.update_layout(height=figure.layout.height + LANE, yaxis_range=[low - 1, high])
    for one in said:
        _mark(figure, one, (low - 0.82, low - 0.18), theme)
    _words(figure, said, low - 0.5, theme, "middle")
    return figure


def over_lanes(figure: go.Figure, said: Sequence[Said], lanes: int, theme: Theme) -> go.Figure:
    """Around the bars of the places that were labelled."""
    for one in said:
        middle = lanes - 1 - one.lane
        _mark(figure, one, (middle - 0.44, middle + 0.44), theme)
    return figure


def _ends(figure: go.Figure, one: Said) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Ends of a span inside the axis, at least wide enough to be seen."""
    first, last = (pd.Timestamp(each) for each in figure.layout.xaxis.range)
    least = (last - first) * 0.012
    left = min(max(fig.wall(one.start), first), last - least)
    return left, max(min(fig.wall(one.end), last), left + least)


def _mark(figure: go.Figure, one: Said, between: tuple[float, float], theme: Theme) -> None:
    """A hatched or outlined box over one span."""
    (left, right), (low, high) = _ends(figure, one), between
    look = {"fillcolor": "rgba(0,0,0,0)"}
    if not one.rejected:
        look = {"fillpattern": {"shape": "/", "fgcolor": theme.ink, "bgcolor": fade(theme.panel, 0.6), "size": 5, "solidity": 0.35}}  # type: ignore[dict-item]  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=[left, right, right, left, left], y=[low, low, high, high, low], mode="lines", fill="toself", hoverinfo="skip",
            line={"width": 1, "color": theme.ink, "dash": "dot" if one.rejected else None}, **look,
        )
    )  # fmt: skip


def _words(figure: go.Figure, said: Sequence[Said], y: float, theme: Theme, anchor: str) -> None:
    """“Labelled” beside the last labelled span, “rejected” beside the last rejected one where it is another."""
    first, last = (pd.Timestamp(each) for each in figure.layout.xaxis.range)
    newest = {one.rejected: one for one in sorted(said, key=lambda each: each.end)}
    if len(newest) == 2 and abs(newest[True].end - newest[False].end) < (last - first) * 0.35:
        newest.pop(True)  # no room for both words
    for rejected, one in newest.items():
        left, right = _ends(figure, one)
        late, early = right > first + (last - first) * 0.6, left < first + (last - first) * 0.3
        before = late and not early  # where neither side has room the words stand on the span itself
        figure.add_annotation(
            x=left if late else right, y=y, text="Rejected" if rejected else "Labelled", showarrow=False,
            xanchor="right" if before else "left", xshift=-5 if before else 5, yanchor=anchor,
            font={"size": 12.5, "color": theme.muted}, bgcolor=theme.panel if late and early else fade(theme.panel, 0.8),
        )  # fmt: skip
