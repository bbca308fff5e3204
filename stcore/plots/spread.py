"""How values spread: a histogram with its levels, and the levels of several places under each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from stcore import words
from stcore.data.explore.distribution import Distribution
from stcore.plots import figure as fig
from stcore.plots.theme import Theme, mix


def histogram(
    found: Distribution,
    theme: Theme,
    unit: str = "",
    place: np.ndarray | None = None,
    name: str = "",
    height: int = 400,
) -> go.Figure:
    """Share of readings in each bin, in grey; the levels as lines; one place's share as a line in ink.

    Args:
        found: all readings.
        theme: colours.
        unit: for the tooltip.
        place: [reading] of one place, or None.
        name: its label.
        height: pixels.
    """
    share = 100 * found.counts / max(int(found.counts.sum()), 1)
    own = None if place is None else _share(place, found)
    top = max(float(share.max(initial=0)), float(own.max()) if own is not None and len(own) else 0.0, 1e-9)
    figure = fig.blank(theme, height, (0, 1.2 * top), right=14)
    middle, width = (found.edges[1:] + found.edges[:-1]) / 2, np.diff(found.edges)
    figure.add_trace(
        go.Bar(
            x=middle, y=share, width=0.94 * width, marker={"color": mix(theme.baseline, theme.panel, 0.55)},
            customdata=[words.between(float(a), float(b), unit) for a, b in zip(found.edges[:-1], found.edges[1:], strict=True)],
            hovertemplate="%{customdata}: %{y:.2~f} % of all readings<extra></extra>",
        )
    )  # fmt: skip
    if own is not None and own.sum() > 0:
        stairs = np.repeat(own, 2)
        along = np.repeat(found.edges, 2)[1:-1]
        fig.line(figure, along, stairs, theme.observed, 1.8, name=name, hover=False)
    _levels(figure, found, theme)
    fig.use_values(figure, float(found.edges[0]), float(found.edges[-1]), unit, 7)
    figure.update_yaxes(
        ticksuffix=f"{words.NBSP}%", ticktext=[f"{text}{words.NBSP}%" for text in figure.layout.yaxis.ticktext]
    )
    figure.update_layout(hovermode="closest", margin={"l": figure.layout.margin.l + 14})
    return figure


def _share(place: np.ndarray, found: Distribution) -> np.ndarray | None:
    known = place[np.isfinite(place)]
    known = known[known != 0] if found.without_zeros else known
    return 100 * np.histogram(known, found.edges)[0] / len(known) if len(known) else None


def _levels(figure: go.Figure, found: Distribution, theme: Theme) -> None:
    """Lines at the 5th, 50th and 95th percentile with their words, pushed apart to stay readable."""
    low, high = float(found.edges[0]), float(found.edges[-1])
    for level, text in ((0, "one in twenty below"), (2, "middle"), (4, "one in twenty above")):
        at = float(found.levels[level])
        if not low <= at <= high or (level != 2 and found.without_zeros and at == 0):
            continue
        figure.add_shape(
            type="line",
            x0=at,
            x1=at,
            y0=0,
            y1=1,
            yref="paper",
            line={"color": theme.muted, "width": 1, "dash": "2px,3px"},
        )
        side = "left" if (at - low) / (high - low) < 0.5 else "right"
        figure.add_annotation(
            x=at, y=1, yref="paper", yanchor="top", xanchor=side, xshift=5 if side == "left" else -5,
            yshift=-16 * (level // 2), text=f"{text}: <b>{words.number(at)}</b>", showarrow=False,
            font={"size": 12.5, "color": theme.muted}, bgcolor=theme.panel, borderpad=1,
        )  # fmt: skip


def places(levels: np.ndarray, names: Sequence[str], theme: Theme, unit: str = "", strong: int = -1) -> go.Figure:
    """A row a place, in the order given: thin line 5 to 95 %, thick line the middle half, dot the middle value.

    Args:
        levels: [place, 5] from ``place_levels``.
        names: of the places.
        theme: colours.
        unit: for the tooltip.
        strong: row of the chosen place, -1 = none.
    """
    rows = len(names)
    figure = fig.blank(theme, 44 + 25 * max(rows, 1), (-0.5, rows - 0.5), right=16)
    low, high = fig.axis_range([levels], pad=0.02)
    for row, (name, level) in enumerate(zip(names, levels, strict=True)):
        colour = theme.ink if row == strong else mix(theme.baseline, theme.panel, 0.8)
        fig.line(figure, level[[0, 4]], np.full(2, row), colour, 1.5, hover=False)
        fig.line(figure, level[[1, 3]], np.full(2, row), colour, 7.0, hover=False)
        figure.add_trace(
            go.Scatter(
                x=level[2:3], y=[row], mode="markers", marker={"size": 9, "color": theme.panel, "line": {"width": 2, "color": colour}},
                hovertemplate=f"{fig.safe(name)}: middle {fig.safe(words.measure(float(level[2]), unit))}, half of the readings "
                f"{fig.safe(words.between(float(level[1]), float(level[3]), unit))}<extra></extra>",
            )
        )  # fmt: skip
    shown = [f"<b>{fig.safe(name, 14)}</b>" if row == strong else fig.safe(name, 14) for row, name in enumerate(names)]
    figure.update_yaxes(range=[rows - 0.5, -0.5], showgrid=False, tickvals=list(range(rows)), ticktext=shown)
    fig.use_values(figure, low, high, unit, 5)
    figure.update_xaxes(showgrid=True, gridcolor=theme.grid)
    longest = max((min(14, len(name)) for name in names), default=4)
    figure.update_layout(hovermode="closest", margin={"l": 22 + 8 * longest})
    return figure
