"""How alike places are: pairs against distance, a place against its neighbours, the shapes of groups, several curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from stcore import words
from stcore.data.explore.distance import ByDistance
from stcore.data.explore.groups import Groups
from stcore.plots import figure as fig
from stcore.plots.curves import Line
from stcore.plots.figure import Label
from stcore.plots.theme import Theme, fade, mix

MOST_DOTS = 1500
MOST_CURVES = 7


def against_distance(found: ByDistance, theme: Theme, height: int = 300) -> go.Figure:
    """Pairs of places as pale dots, the median of equally many pairs as a line over the middle half."""
    picked = np.linspace(0, len(found.distance_km) - 1, min(MOST_DOTS, len(found.distance_km))).astype(int)
    low = min(0.0, float(np.percentile(found.correlation, 1)))
    figure = fig.blank(theme, height, (low - 0.04, 1.04), right=14)
    figure.add_trace(
        go.Scatter(
            x=found.distance_km[picked], y=found.correlation[picked], mode="markers", hoverinfo="skip",
            marker={"size": 4, "color": fade(theme.baseline, 0.35)},
        )
    )  # fmt: skip
    fig.band(figure, found.km, found.low, found.high, theme.ink, 0.14)
    fig.line(figure, found.km, found.middle, theme.observed, 2.4, name="Middle of the pairs")
    figure.data[-1].hovertemplate = "about %{x:.3~g} km apart: %{y:.2f}<extra></extra>"
    fig.use_values(figure, 0, float(found.distance_km[-1]) * 1.01, "km")
    figure.update_layout(hovermode="closest")
    return figure


def neighbours(
    own: np.ndarray, around: np.ndarray, colours: Sequence[str], slope: float, theme: Theme, unit: str = ""
) -> go.Figure:
    """Each place's value against the mean of its neighbours, hot and cold spots in colour, and the line of their likeness.

    Args:
        own, around: [place] in the unit of the feature.
        colours: [place] of its kind (``spot_colours``).
        slope: Moran's I, the slope of the line through the means.
        theme: colours.
        unit: for the tooltip.
    """
    figure = fig.blank(theme, 490, fig.axis_range([around]), right=32)
    picked = np.linspace(0, len(own) - 1, min(2 * MOST_DOTS, len(own))).astype(int)
    ends = np.array([own.min(), own.max()], dtype=float)
    fig.line(
        figure, ends, around.mean() + slope * (ends - own.mean()), theme.baseline, 1.5, dash="4px,4px", hover=False
    )
    figure.add_trace(
        go.Scatter(
            x=own[picked], y=around[picked], mode="markers",
            marker={"size": 7, "color": [colours[row] for row in picked], "line": {"width": 0}},
            hovertemplate=f"here %{{x:.3~g}} {fig.safe(unit)}, around %{{y:.3~g}} {fig.safe(unit)}<extra></extra>",
        )
    )  # fmt: skip
    fig.use_values(figure, *fig.axis_range([own]), unit)
    figure.update_layout(hovermode="closest")
    return figure


def spot_colours(theme: Theme, attention: str = "high") -> dict[int, str]:
    """Colour of places where high values (1) or low values (-1) lie together, rust for the end that needs attention; 0 = neither."""
    rust, blue = theme.diverging[-2], theme.diverging[1]
    high, low = (rust, blue) if attention == "high" else (blue, rust)
    return {1: high, -1: low, 0: mix(theme.baseline, theme.map_ground, 0.45)}


def group_shapes(found: Groups, theme: Theme, names: Sequence[str], height: int = 460) -> go.Figure:
    """Mean shape of each group in its colour, in standard deviations of a place, names at the right ends."""
    figure = fig.blank(theme, height, fig.axis_range([found.centre]), right=92)
    labels, hours = [], np.arange(25)
    for group, (name, shape) in enumerate(zip(names, found.centre, strict=True)):
        x = hours if found.shape == "day" else fig.wall(found.time)
        y = np.append(shape, shape[0]) if found.shape == "day" else shape
        fig.line(figure, x, y, theme.categorical[group], 2.0, name=name)
        labels.append(Label(float(y[-1]), name, theme.categorical[group], bold=True))
    fig.end_labels(figure, labels)
    if found.shape == "series":
        return fig.use_times(figure, found.time[0], found.time[-1])
    figure.update_xaxes(
        range=[0, 24],
        tickvals=[0, 6, 12, 18, 24],
        ticktext=["00:00", "06:00", "12:00", "18:00", "24:00"],
        hoverformat="d",
    )
    return figure


def curve_colours(theme: Theme, places: Sequence[str]) -> dict[str, str]:
    """Colour of each compared curve: the chosen place in ink, the others fixed by their order."""
    return {
        place: theme.ink if row == 0 else theme.categorical[row - 1] for row, place in enumerate(places[:MOST_CURVES])
    }


def curves(
    time: pd.DatetimeIndex, lines: Mapping[str, Line], colours: Mapping[str, str], theme: Theme, unit: str = "", height: int = 250
) -> go.Figure:  # fmt: skip
    """The series of up to seven places over each other, thinned; names at the right ends.

    Args:
        time: [time] of all lines.
        lines: place -> its line (``y`` [time]).
        colours: place -> colour.
        theme: colours.
        unit: for the tooltip.
        height: pixels.
    """
    shown = list(lines.items())[:MOST_CURVES]
    figure = fig.blank(theme, height, fig.axis_range([line.y for _, line in shown]), right=96)
    labels, x = [], fig.wall(time)
    for place, line in shown[::-1]:
        rows = fig.thinned(line.y, fig.MOST_POINTS // 2)
        fig.line(
            figure,
            x[rows],
            line.y[rows],
            colours[place],
            1.6 if place == shown[0][0] else 1.4,
            name=line.name,
            unit=unit,
        )
        known = line.y[np.isfinite(line.y)]
        labels.append(Label(float(known[-1]) if len(known) else np.nan, words.short(line.name, 12), colours[place]))
    fig.end_labels(figure, labels)
    return fig.use_times(figure, time[0], time[-1], most=8)
