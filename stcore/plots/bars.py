"""Heat strips by weekday and hour, and horizontal bars with names; the leaderboard's skill bars are HTML (ui.markup)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from stcore import words
from stcore.plots import figure as fig
from stcore.plots.scale import Scale
from stcore.plots.theme import Theme

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def week(values: np.ndarray, scale: Scale, theme: Theme, unit: str = "", height: int = 220) -> go.Figure:
    """Heat strip [7 weekdays, hours] with 2 px gaps; NaN cells stay empty."""
    days, hours = values.shape
    figure = fig.blank(theme, height, (-0.5, days - 0.5), right=8, left=44)
    steps = [(i / (len(scale.colours) - 1), colour) for i, colour in enumerate(scale.colours)]
    figure.add_trace(
        go.Heatmap(
            z=values, x=np.arange(hours), y=np.arange(days), colorscale=steps, zmin=scale.low, zmax=scale.high,
            showscale=False, xgap=2, ygap=2,
            hovertemplate=f"%{{y}} %{{x}}:00, %{{z:.3~g}} {fig.safe(unit)}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(
        range=[days - 0.5, -0.5], showgrid=False, tickvals=list(range(0, days, 2)), ticktext=list(WEEKDAYS[:days:2])
    )
    ticks = list(range(0, hours, 6))
    figure.update_xaxes(tickvals=ticks, ticktext=[f"{tick:02d}:00" for tick in ticks], range=[-0.5, hours - 0.5])
    figure.update_layout(hovermode="closest", margin={"l": 44})
    return figure


def ranked(values: Mapping[str, float], theme: Theme, unit: str = "", most: int = 12) -> go.Figure:
    """Horizontal bars from zero, largest first, the number at the end of each bar."""
    shown = sorted(values.items(), key=lambda item: -item[1])[:most][::-1]
    figure = fig.blank(theme, 42 + 26 * max(len(shown), 1), (-0.5, max(len(shown), 1) - 0.5), right=84, left=120)
    numbers = [value for _, value in shown]
    figure.add_trace(
        go.Bar(
            x=numbers, y=list(range(len(shown))), orientation="h", width=0.56, marker={"color": theme.forecast},
            text=[words.measure(value, unit) for value in numbers], textposition="outside", cliponaxis=False,
            textfont={"size": 13, "color": theme.ink}, hoverinfo="skip",
        )
    )  # fmt: skip
    figure.update_yaxes(
        showgrid=False, tickvals=list(range(len(shown))), ticktext=[fig.safe(name, 20) for name, _ in shown]
    )
    figure.update_xaxes(range=[0, max(numbers, default=1) * 1.02 or 1], showticklabels=False, ticks="", linewidth=0)
    figure.update_layout(
        margin={"l": 24 + 7 * max((len(words.short(name, 20)) for name, _ in shown), default=4), "b": 8}
    )
    return figure
