"""The one figure every chart starts from: horizontal grid, no legend, labels at the ends of the lines, quiet axes.

Charts are drawn with ``st.plotly_chart(figure, theme=None, config=CONFIG)``. Times are drawn as wall clock.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from stcore import words
from stcore.plots.theme import FONT, Theme, fade

#: Places along an axis: times, numbers or names.
Along: TypeAlias = "Sequence[Any] | np.ndarray | pd.Index"

CONFIG = {"displayModeBar": False, "scrollZoom": False, "showTips": False, "doubleClick": False}
MARGIN_TOP, MARGIN_BOTTOM = 12, 30
LABEL_GAP = 15.0
MOST_POINTS = 2000


@dataclass(frozen=True)
class Label:
    """Words at the end of a line.

    Attributes:
        y: where the line ends; None = the label is only pushed.
        text: plain text; escaped here.
        colour: of the line it belongs to.
        bold: for the one line that matters.
        x: where the line ends; None = at the right edge of the chart.
    """

    y: float
    text: str
    colour: str
    bold: bool = False
    x: object = None


def safe(text: object, most: int = 40) -> str:
    """A text for plotly, which would read ``<b>`` and ``<a href>``: shortened, then escaped."""
    return html.escape(words.short(str(text), most), quote=False)


def wall(times: pd.DatetimeIndex | pd.Timestamp) -> pd.DatetimeIndex | pd.Timestamp:
    """The same readings of the clock without a zone: what an axis shows."""
    return times.tz_localize(None) if times.tz is not None else times


def nice_ticks(low: float, high: float, most: int = 5) -> np.ndarray:
    """At most ``most`` round values inside [low, high]."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return np.array([low if math.isfinite(low) else 0.0])
    raw = (high - low) / max(most - 1, 1)
    unit = 10.0 ** math.floor(math.log10(raw))
    for factor in (1, 2, 2.5, 5, 10, 20):
        step = factor * unit
        ticks = np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step
        if len(ticks) <= most:
            return np.asarray(np.round(ticks, 12))
    return np.array([low, high])


def time_ticks(start: pd.Timestamp, end: pd.Timestamp, most: int = 6) -> tuple[list[pd.Timestamp], list[str]]:
    """Round times between start and end with their texts: ``16:00`` inside a day, ``Mon 9`` for days, ``9 Mar``, ``Mar``, ``2026``."""
    length = max(end - start, pd.Timedelta(seconds=1))
    for alias, seconds, pattern in _TIME_STEPS:
        if length.total_seconds() / seconds <= most:
            ticks = pd.date_range(start.ceil(alias) if seconds <= 86400 else start.normalize(), end, freq=alias)
            ticks = ticks[ticks >= start]
            if len(ticks):
                return list(ticks), [_tick_text(tick, pattern) for tick in ticks]
    years = pd.date_range(start.normalize(), end, freq="YS")
    keep = years[:: max(1, math.ceil(len(years) / most))]
    return list(keep), [str(tick.year) for tick in keep]


_TIME_STEPS = (
    ("1s", 1, "%H:%M:%S"), ("5s", 5, "%H:%M:%S"), ("15s", 15, "%H:%M:%S"), ("30s", 30, "%H:%M:%S"), ("1min", 60, "%H:%M"),
    ("5min", 300, "%H:%M"), ("15min", 900, "%H:%M"), ("30min", 1800, "%H:%M"), ("1h", 3600, "%H:%M"),
    ("2h", 7200, "%H:%M"), ("4h", 14400, "%H:%M"), ("6h", 21600, "%H:%M"), ("12h", 43200, "%H:%M"),
    ("1D", 86400, "day"), ("2D", 172800, "day"), ("W-MON", 604800, "date"), ("2W-MON", 1209600, "date"),
    ("MS", 2629746, "month"), ("2MS", 5259492, "month"), ("QS", 7889238, "month"), ("2QS", 15778476, "month"),
)  # fmt: skip


def _tick_text(tick: pd.Timestamp, pattern: str) -> str:
    if pattern == "day":
        return f"{tick:%a} {tick.day}"
    if pattern == "date":
        return f"{tick.day} {tick:%b}"
    if pattern == "month":
        return f"{tick:%b}" if tick.month > 1 else str(tick.year)
    return f"{tick.day} {tick:%b}" if tick == tick.normalize() and pattern == "%H:%M" else tick.strftime(pattern)


def axis_range(arrays: Sequence[np.ndarray], zero: bool = False, pad: float = 0.06) -> tuple[float, float]:
    """Room for all finite values with a little air; from 0 where zero has a meaning."""
    finite = [part[np.isfinite(part)] for part in (np.asarray(a, dtype=float).ravel() for a in arrays)]
    flat = np.concatenate(finite) if finite else np.empty(0)
    if not flat.size:
        return 0.0, 1.0
    low, high = float(flat.min()), float(flat.max())
    if zero:
        low = min(low, 0.0)
    still = high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-11)  # what remains of rounding is no course
    air = max(abs(high) * 0.05, 0.5) if still else (high - low) * pad
    return (low if zero and low == 0.0 else low - air), high + air


def blank(theme: Theme, height: int, y_range: tuple[float, float], right: int = 96, left: int = 38) -> go.Figure:
    """An empty figure with axes, fonts, colours and tooltip as every chart has them.

    Args:
        theme: colours.
        height: pixels.
        y_range: ends of the vertical axis; ticks are chosen here.
        right: room for labels at the ends of lines.
        left: room for the numbers of the axis.
    """
    ticks = nice_ticks(*y_range)
    texts = tick_texts(ticks)
    axis_font = {"size": 12.5, "color": theme.muted, "family": FONT}
    figure = go.Figure()
    figure.update_layout(
        template=None, height=height, showlegend=False, dragmode=False, hovermode="x unified",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", font={"family": FONT, "size": 13, "color": theme.ink},
        margin={"l": max(left, 12 + 8 * max(map(len, texts), default=1)), "r": right, "t": MARGIN_TOP, "b": MARGIN_BOTTOM},
        hoverlabel={
            "bgcolor": theme.panel, "bordercolor": theme.line, "font": {"family": FONT, "size": 13, "color": theme.ink},
            "align": "left", "namelength": -1,
        },
        xaxis={
            "showgrid": False, "zeroline": False, "linecolor": theme.line, "linewidth": 1, "ticks": "outside", "ticklen": 4,
            "tickcolor": theme.line, "tickfont": axis_font, "ticklabelstandoff": 2, "fixedrange": True, "showspikes": False,
            "automargin": "height",  # labels that a narrow screen turns are not cut off
        },
        yaxis={
            "showgrid": True, "gridcolor": theme.grid, "gridwidth": 1, "zeroline": False, "tickvals": list(ticks),
            "ticktext": texts, "tickfont": axis_font, "range": list(y_range), "fixedrange": True, "ticklabelstandoff": 6, "ticks": "",
        },
    )  # fmt: skip
    return figure


def tick_texts(ticks: np.ndarray) -> list[str]:
    """Texts of ticks with one common number of decimals."""
    if len(ticks) < 2:
        return [words.number(float(tick)) for tick in ticks]
    step = float(np.min(np.diff(ticks)))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6:
        decimals += 1
    return [words.fixed(float(tick), decimals) for tick in ticks]


def use_times(figure: go.Figure, start: pd.Timestamp, end: pd.Timestamp, most: int = 6) -> go.Figure:
    """Set the time axis from start to end with round ticks; day names stand in the middle of their day."""
    first, last = wall(start), wall(end)
    ticks, texts = time_ticks(first, last, most)
    figure.update_xaxes(
        type="date", range=[first, last], tickvals=ticks, ticktext=texts, hoverformat="%a %-d %b, %H:%M"
    )
    if len(ticks) > 1 and texts[0][3:4] == " " and ticks[1] - ticks[0] == pd.Timedelta(days=1):
        noons = [tick + pd.Timedelta(hours=12) for tick in ticks]
        kept = [(noon, text) for noon, text in zip(noons, texts, strict=True) if noon < last]
        figure.update_xaxes(
            tickvals=[noon for noon, _ in kept], ticktext=[text for _, text in kept], ticks="",
            minor={"tickvals": ticks, "ticks": "outside", "ticklen": 4, "tickcolor": figure.layout.xaxis.tickcolor},
        )  # fmt: skip
    return figure


def use_values(figure: go.Figure, low: float, high: float, unit: str = "", most: int = 6) -> go.Figure:
    """Set a horizontal axis of numbers from low to high; the unit stands behind the last tick."""
    ticks = nice_ticks(low, high, most)
    texts = tick_texts(ticks)
    texts[-1] += f" {safe(unit)}" if unit else ""
    return figure.update_xaxes(range=[low, high], tickvals=list(ticks), ticktext=texts)


def line(figure: go.Figure, x: Along, y: np.ndarray, colour: str, width: float = 1.6, **more: object) -> go.Figure:
    """Add one line; gaps stay gaps, never markers, never smoothed.

    Args:
        figure: to add to.
        x, y: same length; NaN in y is a gap.
        colour: of the line.
        width: pixels.
        **more: name (tooltip), unit, dash, shape, hover=False to leave it out of the tooltip.
    """
    name, unit = more.get("name"), more.get("unit") or ""
    hover = more.get("hover", True) and name
    figure.add_trace(
        go.Scatter(
            x=x, y=np.asarray(y, dtype=float), mode="lines", connectgaps=False, name=safe(name or ""),
            line={"color": colour, "width": width, "dash": more.get("dash"), "shape": more.get("shape", "linear")},
            hoverinfo=None if hover else "skip",
            hovertemplate=f"%{{y:.3~g}} {safe(unit)}<extra>{safe(name)}</extra>" if hover else None,
        )
    )  # fmt: skip
    return figure


def band(figure: go.Figure, x: Along, low: np.ndarray, high: np.ndarray, colour: str, alpha: float) -> go.Figure:
    """Add a filled band without outline, one polygon a stretch without gaps; call it before the lines."""
    times, low, high = list(x), np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    for rows in _runs(np.isfinite(low) & np.isfinite(high)):
        part = times[rows]
        figure.add_trace(
            go.Scatter(
                x=[*part, *part[::-1]], y=[*high[rows], *low[rows][::-1]], mode="lines", fill="toself",
                fillcolor=fade(colour, alpha), line={"width": 0}, hoverinfo="skip",
            )
        )  # fmt: skip
    return figure


def _runs(there: np.ndarray) -> list[slice]:
    """Stretches of True as slices."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    return [slice(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def dot(figure: go.Figure, x: Along, y: np.ndarray, fill: str, edge: str, size: float) -> go.Figure:
    """Add round marks with a 2 px edge, left out of the tooltip."""
    figure.add_trace(
        go.Scatter(
            x=x, y=np.asarray(y, dtype=float), mode="markers", hoverinfo="skip",
            marker={"size": size, "color": fill, "line": {"width": 2, "color": edge}},
        )
    )  # fmt: skip
    return figure


def vertical(figure: go.Figure, x: object, text: str, theme: Theme, dash: str | None = None) -> go.Figure:
    """A 1 px line over the whole height with its word on the left ("now")."""
    figure.add_shape(
        type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line={"color": theme.muted, "width": 1, "dash": dash}
    )
    if text:
        figure.add_annotation(
            x=x, y=1, yref="paper", text=safe(text), showarrow=False, xanchor="right", yanchor="top", xshift=-6, yshift=2,
            font={"size": 12.5, "color": theme.muted},
        )  # fmt: skip
    return figure


def end_labels(figure: go.Figure, labels: Sequence[Label]) -> go.Figure:
    """Put labels at the ends of lines, pushed apart to 15 px and kept inside the chart."""
    low, high = figure.layout.yaxis.range
    pixels = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    known = [label for label in labels if math.isfinite(label.y)]
    places = push_apart([(high - label.y) / (high - low) * pixels for label in known], LABEL_GAP, 4, pixels - 4)
    for label, place in zip(known, places, strict=True):
        text = safe(label.text, 28)
        figure.add_annotation(
            x=1 if label.x is None else label.x, xref="paper" if label.x is None else "x", xanchor="left", xshift=8,
            y=1 - place / pixels, yref="paper", yanchor="middle", showarrow=False, align="left",
            text=f"<b>{text}</b>" if label.bold else text, font={"size": 13, "color": label.colour},
        )  # fmt: skip
    return figure


def push_apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The nearest places to the wanted ones that keep their order, are ``gap`` apart and, where they fit, lie in [low, high].

    Pool-adjacent-violators on the places less their own offset: members of one pool share its mean.
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    pools: list[tuple[float, int]] = []
    for row, index in enumerate(order):
        pools.append((min(max(places[index], low), high) - row * gap, 1))
        while len(pools) > 1 and pools[-1][0] / pools[-1][1] < pools[-2][0] / pools[-2][1]:
            total, members = pools.pop()
            pools[-1] = (pools[-1][0] + total, pools[-1][1] + members)
    means = [total / members for total, members in pools for _ in range(members)]
    apart = [mean + row * gap for row, mean in enumerate(means)]
    result = [0.0] * len(places)
    for row, (place, index) in enumerate(zip(apart, order, strict=True)):
        result[index] = max(low + row * gap, min(place, high - (len(places) - 1 - row) * gap))
    return result


def thinned(values: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Row numbers that keep the look of a long series (MinMaxLTTB); the gaps' edges are kept.

    Args:
        values: [time], NaN for gaps.
        most: rows to keep, about.
    """
    rows = np.arange(len(values))
    if len(values) <= most:
        return rows
    from tsdownsample import MinMaxLTTBDownsampler

    there = np.isfinite(values)
    if not there.any():
        return rows[[0, -1]]
    filled = pd.Series(np.asarray(values, dtype=np.float32)).ffill().bfill().to_numpy()
    keep = MinMaxLTTBDownsampler().downsample(filled, n_out=most)
    edges = np.flatnonzero(np.diff(there.astype(np.int8)))
    return np.unique(np.concatenate([keep.astype(np.int64), edges[:most], edges[:most] + 1, [0, len(values) - 1]]))
