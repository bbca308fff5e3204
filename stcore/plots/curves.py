"""Curves: a place's series, a forecast with its band, errors by lead, training, several models over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from stcore.plots import figure as fig
from stcore.plots.figure import Label
from stcore.plots.theme import Theme, fade, is_baseline, model_colour


@dataclass(frozen=True)
class Line:
    """One line with its label.

    Attributes:
        name: label at its end.
        x, y: same length; NaN in y is a gap.
        model: registry name that decides the colour.
    """

    name: str
    x: fig.Along
    y: np.ndarray
    model: str = ""


@dataclass(frozen=True)
class Span:
    """A highlighted part of a curve: start and end (both included), kind of anomaly, words beside it."""

    start: pd.Timestamp
    end: pd.Timestamp
    kind: str
    text: str = ""
    open: bool = False


@dataclass(frozen=True)
class Future:
    """A forecast from one origin for one place.

    Attributes:
        times: [horizon] target times.
        values, low, high: [horizon] forecast and band; low and high may be NaN.
        last: last observed value, repeated as the baseline.
        lead: the lead the slider stands on (1 = first), marked by a dot; 0 = none.
        truth: [horizon] what came, or None.
        name: label of the forecast.
    """

    times: pd.DatetimeIndex
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    last: float
    lead: int = 0
    truth: np.ndarray | None = None
    name: str = "Forecast"


def series(time: pd.DatetimeIndex, values: np.ndarray, theme: Theme, unit: str = "", height: int = 220) -> go.Figure:
    """A place's measured series in ink: [time] values, NaN gaps stay gaps; long ones are thinned, not smoothed."""
    rows = fig.thinned(values)
    figure = fig.blank(theme, height, fig.axis_range([values]), right=14)
    fig.line(figure, fig.wall(time)[rows], values[rows], theme.observed, 1.4, name="Observed", unit=unit)
    return fig.use_times(figure, time[0], time[-1], most=8)


def forecast(
    past_time: pd.DatetimeIndex, past: np.ndarray, future: Future, theme: Theme, unit: str = "", height: int = 270
) -> go.Figure:
    """History in ink, the ``now`` line, the band, the forecast, the repeated last value and, in the past, what came."""
    truth = future.truth if future.truth is not None else np.empty(0)
    arrays = [past, future.values, future.low, future.high, truth]
    figure = fig.blank(theme, height, fig.axis_range(arrays))
    now = past_time[-1]
    ahead = fig.wall(pd.DatetimeIndex([now, *future.times]))
    fan = ([future.last, *future.low], [future.last, *future.high])
    fig.band(figure, ahead, np.array(fan[0]), np.array(fan[1]), theme.forecast, theme.band_alpha)
    fig.line(
        figure,
        ahead,
        np.full(len(ahead), future.last),
        theme.baseline,
        1.5,
        dash="4px,4px",
        name="Last value",
        unit=unit,
    )
    fig.line(figure, fig.wall(past_time), past, theme.observed, 1.6, name="Observed", unit=unit)
    if future.truth is not None:
        joined = np.array([past[-1], *future.truth])
        fig.line(figure, ahead, joined, theme.observed, 1.6, name="What came", unit=unit)
    fig.line(figure, ahead, np.array([future.last, *future.values]), theme.forecast, 2.4, name=future.name, unit=unit)
    _dot(figure, future, theme)
    fig.vertical(figure, fig.wall(now), "now" if future.truth is None else "start", theme)
    fig.end_labels(figure, _forecast_labels(future, theme))
    _observed_label(figure, past_time, past, theme)
    return fig.use_times(figure, past_time[0], future.times[-1])


def _dot(figure: go.Figure, future: Future, theme: Theme) -> None:
    """The instant the map shows, on the forecast line."""
    if not 1 <= future.lead <= len(future.times):
        return
    at = future.lead - 1
    fig.dot(figure, [fig.wall(future.times[at])], future.values[at : at + 1], theme.forecast, theme.panel, 10)


def _forecast_labels(future: Future, theme: Theme) -> list[Label]:
    """Labels at the right end: forecast, band (at its upper end), last value, what came."""
    labels = [Label(float(future.values[-1]), future.name, theme.forecast, bold=True)]
    if np.isfinite(future.high[-1]):
        labels.append(Label(float(future.high[-1]), "90 % band", theme.forecast))
    labels.append(Label(future.last, "Last value", theme.baseline))
    if future.truth is not None and np.isfinite(future.truth).any():
        labels.append(Label(float(future.truth[np.isfinite(future.truth)][-1]), "What came", theme.ink))
    return labels


def _observed_label(figure: go.Figure, time: pd.DatetimeIndex, values: np.ndarray, theme: Theme) -> None:
    """The word at the left end of the measured line, above it."""
    there = np.flatnonzero(np.isfinite(values))
    if not len(there):
        return
    first = there[0]
    nearby = values[first : first + max(2, len(values) // 6)]
    figure.add_annotation(
        x=fig.wall(time[first]), y=float(np.nanmax(nearby)), text="Observed", showarrow=False, xanchor="left",
        yanchor="bottom", yshift=3, font={"size": 13, "color": theme.ink},
    )  # fmt: skip


def error_by_lead(
    lines: Mapping[str, np.ndarray], titles: Mapping[str, str], theme: Theme, ahead: Sequence[str], height: int = 170
) -> go.Figure:
    """Mean error against steps ahead, from zero.

    Args:
        lines: model -> [horizon] error; baselines are dashed grey.
        titles: model -> label.
        theme: colours.
        ahead: words of each lead for the axis ("5", "", "15", ..., "60 min"); empty = no tick.
        height: pixels.
    """
    figure = fig.blank(theme, height, fig.axis_range(list(lines.values()), zero=True), right=118)
    leads = np.arange(1, len(ahead) + 1)
    labels = []
    lead_model = next((name for name in lines if not is_baseline(name)), "")
    for name in sorted(lines, key=lambda key: (not is_baseline(key), key == lead_model)):
        grey = is_baseline(name)
        colour = model_colour(theme, name) if len(lines) > 3 or grey else theme.forecast
        width = 1.5 if grey else 2.4 if name == lead_model else 1.8
        fig.line(
            figure, leads, lines[name], colour, width, dash="4px,4px" if grey else None, name=titles.get(name, name)
        )
        labels.append(Label(float(lines[name][-1]), titles.get(name, name), colour, bold=name == lead_model))
    shown = [lead for lead, text in enumerate(ahead) if text]
    figure.update_xaxes(
        range=[1 if len(ahead) > 1 else 0.5, max(len(ahead), 1.5)], tickvals=[leads[i] for i in shown],
        ticktext=[ahead[i] for i in shown], hoverformat="d",
    )  # fmt: skip
    return fig.end_labels(figure, labels)


@dataclass(frozen=True)
class Epochs:
    """A training's curve: one entry an epoch, and where it is meant to end."""

    train: np.ndarray
    unseen: np.ndarray
    planned: int
    baseline: float = float("nan")
    train_label: str = field(default="Seen data")
    baseline_label: str = field(default="Last value")


def training(curve: Epochs, theme: Theme, height: int = 280) -> go.Figure:
    """Error after each epoch: unseen data in blue, seen data in grey, the baseline dashed; the axis reaches to the planned end."""
    epochs = np.arange(1, len(curve.unseen) + 1)
    arrays = [curve.train, curve.unseen, np.array([curve.baseline])]
    late = len(epochs) > 0.8 * curve.planned
    figure = fig.blank(theme, height, fig.axis_range(arrays), right=96 if late else 26)
    if np.isfinite(curve.baseline):
        fig.line(
            figure,
            [1, curve.planned],
            np.full(2, curve.baseline),
            theme.baseline,
            1.5,
            dash="4px,4px",
            name=curve.baseline_label,
        )
        figure.add_annotation(
            x=1 if late else curve.planned, y=curve.baseline, text=f"{curve.baseline_label}, {curve.baseline:.3g}", showarrow=False, xanchor="left" if late else "right",
            yanchor="bottom", font={"size": 13, "color": theme.baseline},
        )  # fmt: skip
    fig.line(figure, epochs, curve.train, theme.baseline, 1.5, name=curve.train_label)
    fig.line(figure, epochs, curve.unseen, theme.forecast, 2.4, name="Unseen data")
    _best(figure, epochs, curve.unseen, theme, curve.planned)
    labels = [
        Label(_last(curve.unseen), "Unseen data", theme.forecast, bold=True, x=len(epochs)),
        Label(_last(curve.train), curve.train_label, theme.baseline, x=len(epochs)),
    ]
    ticks = [1, *(int(tick) for tick in fig.nice_ticks(0, curve.planned, 6) if tick >= 2 and tick == int(tick))]
    figure.update_xaxes(
        range=[1, max(curve.planned, 2) + 0.008 * curve.planned], tickvals=ticks, ticktext=[str(tick) for tick in ticks]
    )
    return fig.end_labels(figure, labels)


def _last(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else float("nan")


def _best(figure: go.Figure, epochs: np.ndarray, values: np.ndarray, theme: Theme, planned: int) -> None:
    """A ring at the lowest error so far."""
    if not np.isfinite(values).any():
        return
    row = int(np.nanargmin(values))
    fig.dot(figure, epochs[row : row + 1], values[row : row + 1], theme.panel, theme.forecast, 9)
    figure.add_annotation(
        x=epochs[row], y=values[row], text=f"<b>best so far, {values[row]:.3g}</b>", showarrow=False, yanchor="bottom", yshift=9,
        xanchor="right" if row > 0.8 * planned else "left", font={"size": 12.5, "color": theme.forecast},
    )  # fmt: skip


def overlaid(lines: Sequence[Line], observed: Line, theme: Theme, unit: str = "", height: int = 300) -> go.Figure:
    """Several models' forecasts over what was measured; each model in its own colour, at most seven."""
    shown = list(lines)[:7]
    figure = fig.blank(theme, height, fig.axis_range([observed.y, *(line.y for line in shown)]), right=118)
    fig.line(figure, observed.x, observed.y, theme.observed, 1.6, name=observed.name, unit=unit)
    labels = [Label(_last(observed.y), observed.name, theme.ink)]
    for line in shown:
        grey = is_baseline(line.model)
        colour = model_colour(theme, line.model)
        fig.line(
            figure,
            line.x,
            line.y,
            colour,
            1.5 if grey else 1.8,
            dash="4px,4px" if grey else None,
            name=line.name,
            unit=unit,
        )
        labels.append(Label(_last(line.y), line.name, colour))
    fig.end_labels(figure, labels)
    return fig.use_times(figure, pd.Timestamp(observed.x[0]), pd.Timestamp(observed.x[-1]))


def watched(
    time: pd.DatetimeIndex, observed: np.ndarray, expected: Sequence[np.ndarray], spans: Sequence[Span], theme: Theme,
    unit: str = "", band: str = "90 % band",
) -> go.Figure:  # fmt: skip
    """Measured against expected with its band; anomalous spans drawn in the colour of their kind.

    Args:
        time: [time].
        observed: [time] measured values.
        expected: forecast, lower and upper end of its band, each [time].
        spans: highlighted parts; the open one gets a wash over its time.
        theme: colours.
        unit: for the tooltip.
        band: what the band is called.
    """
    middle, low, high = expected
    bottom, top = fig.axis_range([observed, low, high, middle])
    worded = [span for span in spans if span.open]
    figure = fig.blank(theme, 236, (bottom, top + (0.1 * (top - bottom) if worded else 0)), right=14)
    x = fig.wall(time)
    for span in worded:
        figure.add_shape(
            type="rect", x0=fig.wall(span.start), x1=fig.wall(span.end), y0=0, y1=1, yref="paper", layer="below",
            line={"width": 0}, fillcolor=fade(theme.kind(span.kind).mark, 0.09),
        )  # fmt: skip
    fig.band(figure, x, low, high, theme.forecast, theme.band_alpha)
    fig.line(figure, x, middle, theme.forecast, 1.2, name="Expected", unit=unit)
    fig.line(figure, x, observed, theme.observed, 1.6, name="Observed", unit=unit)
    for span in spans:
        _highlight(figure, time, observed, span, theme)
    _band_label(figure, x, low, theme, band)
    return fig.use_times(figure, time[0], time[-1], most=9)


def _highlight(figure: go.Figure, time: pd.DatetimeIndex, observed: np.ndarray, span: Span, theme: Theme) -> None:
    """The part of the measured line inside a span, thick and in the kind's colour, with its words."""
    inside = np.flatnonzero((time >= span.start) & (time <= span.end))
    if not len(inside):
        return
    rows = slice(max(0, inside[0] - 1), inside[-1] + 1)
    mark = theme.kind(span.kind)
    fig.line(figure, fig.wall(time[rows]), observed[rows], mark.mark, 3.3, hover=False)
    if len(inside) <= 2:
        fig.dot(figure, fig.wall(time[inside]), observed[inside], mark.mark, theme.panel, 8)
    if span.text:
        _span_words(figure, time, (inside[0], inside[-1]), span, theme)


_LETTER_PX, _NARROW_PX = 6.3, 278  # a bold letter of 12.5 px; what is left for the curve on a phone


def _span_words(figure: go.Figure, time: pd.DatetimeIndex, ends: tuple[int, int], span: Span, theme: Theme) -> None:
    """Words of the open span at the top: beside it where a narrow screen has room for them, else from the left edge on."""
    text = fig.safe(span.text, 60)
    look = {"size": 12.5, "color": theme.kind(span.kind).text}
    place: dict[str, object] = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": 4}
    share = (len(text) * _LETTER_PX + 12) / _NARROW_PX
    if ends[0] > len(time) * share:
        place = {"x": fig.wall(time[ends[0]]), "xanchor": "right", "xshift": -8}
    elif ends[1] < len(time) * (1 - share):
        place = {"x": fig.wall(time[ends[1]]), "xanchor": "left", "xshift": 8}
    figure.add_annotation(
        **place, y=1, yref="paper", yanchor="top", text=f"<b>{text}</b>", showarrow=False, font=look
    )  # fmt: skip


def _band_label(figure: go.Figure, x: fig.Along, low: np.ndarray, theme: Theme, text: str) -> None:
    """Its name under the band where it lies highest in the first third; above its lower end where the axis is too near."""
    third = low[: max(2, len(low) // 3)]
    if not np.isfinite(third).any():
        return
    reach = max(1, len(low) // 16)
    padded = np.pad(np.where(np.isfinite(third), third, np.inf), reach, constant_values=np.inf)
    lowest_near = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    row = int(np.argmax(np.where(np.isfinite(third), lowest_near, -np.inf)))
    bottom, top = figure.layout.yaxis.range
    under = lowest_near[row] - bottom > 0.12 * (top - bottom)
    figure.add_annotation(
        x=x[row], y=float(lowest_near[row]), text=text, showarrow=False, yanchor="top" if under else "bottom",
        yshift=-3 if under else 3,
        xanchor="left" if row < len(low) / 10 else "center", font={"size": 12.5, "color": theme.forecast},
    )  # fmt: skip
