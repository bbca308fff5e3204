"""What preparing does to a place's values: set aside, filled, scaled, marked as events; what a window looks like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from stcore.plots import figure as fig
from stcore.plots.figure import Label
from stcore.plots.theme import Theme, fade


def cleaned(
    time: pd.DatetimeIndex, raw: np.ndarray, kept: np.ndarray, theme: Theme, unit: str = "", height: int = 260
) -> go.Figure:  # fmt: skip
    """The readings that stay in ink, those that were set aside as squares: [time] before and after."""
    figure = fig.blank(theme, height, fig.axis_range([raw]), right=14)
    rows = fig.thinned(kept)
    fig.line(figure, fig.wall(time)[rows], kept[rows], theme.observed, 1.4, name="Kept", unit=unit)
    aside = np.flatnonzero(np.isfinite(raw) & ~np.isfinite(kept))
    aside = aside[:: max(1, len(aside) // fig.MOST_POINTS)]
    figure.add_trace(
        go.Scatter(
            x=fig.wall(time)[aside], y=raw[aside], mode="markers", name="Set aside",
            marker={"symbol": "square", "size": 7, "color": theme.kind("fault").mark},
            hovertemplate=f"%{{y:.3~g}} {fig.safe(unit)}<extra>Set aside</extra>",
        )
    )  # fmt: skip
    return fig.use_times(figure, time[0], time[-1], most=7)


def filled(
    time: pd.DatetimeIndex, kept: np.ndarray, after: np.ndarray, theme: Theme, unit: str = "", height: int = 260
) -> go.Figure:  # fmt: skip
    """What was measured in ink and what stands in its gaps in blue, joined to the readings beside it."""
    figure = fig.blank(theme, height, fig.axis_range([kept, after]), right=14)
    gap = ~np.isfinite(kept) & np.isfinite(after)
    beside = gap | np.roll(gap, 1) | np.roll(gap, -1)
    said = np.where(beside, np.where(np.isfinite(after), after, kept), np.nan)
    fig.line(figure, fig.wall(time), said, theme.forecast, 2.4, name="Filled", unit=unit)
    fig.line(figure, fig.wall(time), kept, theme.observed, 1.6, name="Measured", unit=unit)
    return fig.use_times(figure, time[0], time[-1], most=7)


def scaled(time: pd.DatetimeIndex, values: np.ndarray, theme: Theme, height: int = 190) -> go.Figure:
    """Values as a model sees them, in blue; they have no unit."""
    rows = fig.thinned(values)
    figure = fig.blank(theme, height, fig.axis_range([values]), right=14)
    fig.line(figure, fig.wall(time)[rows], values[rows], theme.forecast, 1.6, name="As models see it")
    return fig.use_times(figure, time[0], time[-1], most=7)


def events(
    time: pd.DatetimeIndex, values: np.ndarray, classes: np.ndarray, theme: Theme, unit: str = "", height: int = 260
) -> go.Figure:  # fmt: skip
    """Values in ink with times of an event thick and coloured: [time] class, 0 and -1 = none; the last class stands out."""
    figure = fig.blank(theme, height, fig.axis_range([values]), right=14)
    rows = fig.thinned(values)
    fig.line(figure, fig.wall(time)[rows], values[rows], theme.observed, 1.4, name="Measured", unit=unit)
    most = int(classes.max(initial=0))
    for number in range(1, most + 1):
        at = classes == number
        colour = event_colour(theme, number, most)
        joined = at | (np.roll(at, -1) & (np.arange(len(at)) < len(at) - 1))
        fig.line(figure, fig.wall(time), np.where(joined, values, np.nan), colour, 3.3, hover=False)
        alone = at & ~np.roll(at, 1) & ~np.roll(at, -1)
        fig.dot(figure, fig.wall(time)[alone], values[alone], colour, theme.panel, 8)
    return fig.use_times(figure, time[0], time[-1], most=7)


def event_colour(theme: Theme, number: int, most: int) -> str:
    """Colour of a class: the most severe one in wine, milder ones in orange."""
    return theme.kind("regional").mark if number == most and most > 1 else theme.kind("local").mark


def window(
    time: pd.DatetimeIndex, values: np.ndarray, lookback: int, gap: int, theme: Theme, unit: str = "", height: int = 230
) -> go.Figure:  # fmt: skip
    """One window: history used in ink, steps left out washed grey, steps ahead in blue.

    Args:
        time, values: [lookback + gap + horizon].
    """
    figure = fig.blank(theme, height, fig.axis_range([values]), right=96)
    x = fig.wall(time)
    first = lookback + gap
    if gap:
        figure.add_shape(
            type="rect", x0=x[lookback - 1], x1=x[min(first, len(x) - 1)], y0=0, y1=1, yref="paper", layer="below",
            line={"width": 0}, fillcolor=fade(theme.baseline, 0.14),
        )  # fmt: skip
    fig.line(figure, x[:lookback], values[:lookback], theme.observed, 1.8, name="History used", unit=unit)
    start = first - 1 if gap == 0 else first
    fig.line(figure, x[start:], values[start:], theme.forecast, 2.4, name="To be forecast", unit=unit)
    if lookback == 1:
        fig.dot(figure, x[:1], values[:1], theme.observed, theme.panel, 8)
    fig.vertical(figure, x[lookback - 1], "start", theme)
    known = values[np.isfinite(values)]
    if len(known):
        fig.end_labels(figure, [Label(float(known[-1]), "Steps ahead", theme.forecast, bold=True)])
    return fig.use_times(figure, time[0], time[-1], most=6)


def varied(
    plain: np.ndarray, variations: Sequence[np.ndarray], lookback: int, theme: Theme, height: int = 260
) -> go.Figure:
    """A training window in ink and its variations in blue, scaled: [L + H] each; the line marks the origin."""
    figure = fig.blank(theme, height, fig.axis_range([plain, *variations]), right=14)
    along = np.arange(1 - lookback, len(plain) - lookback + 1)
    for number, each in enumerate(variations):
        fig.line(figure, along, each, fade(theme.forecast, 0.9 - 0.25 * number), 1.8, name=f"Variation {number + 1}")
    fig.line(figure, along, plain, theme.observed, 1.8, name="As measured")
    fig.vertical(figure, 0, "start", theme)
    figure.update_xaxes(range=[along[0], along[-1]], ticksuffix="")
    return figure


def resemblance(
    correlation: np.ndarray, deviation: np.ndarray, theme: Theme, marks: dict[str, int], height: int = 190
) -> go.Figure:
    """How much values resemble those so many steps earlier [lag]: as they are in grey, without the usual course in blue."""
    figure = fig.blank(theme, height, (min(-0.1, float(min(correlation.min(), deviation.min()))), 1.05), right=118)
    lags = np.arange(len(correlation))
    fig.line(figure, lags, correlation, theme.baseline, 1.5, dash="4px,4px", name="Values")
    fig.line(figure, lags, deviation, theme.forecast, 2.4, name="Deviations")
    for word, lag in marks.items():
        if lag < len(lags):
            fig.vertical(figure, lag, "", theme, dash="dot")
            figure.add_annotation(
                x=lag, y=1, yref="paper", text=fig.safe(word), showarrow=False, xanchor="left", yanchor="top", xshift=6,
                font={"size": 12.5, "color": theme.muted},
            )  # fmt: skip
    fig.end_labels(
        figure,
        [
            Label(float(correlation[-1]), "Values", theme.baseline),
            Label(float(deviation[-1]), "Off the usual", theme.forecast, bold=True),
        ],
    )
    ticks = [int(tick) for tick in fig.nice_ticks(0, len(lags) - 1, 6)]
    figure.update_xaxes(range=[0, len(lags) - 1], tickvals=ticks, ticktext=[str(tick) for tick in ticks])
    return figure
