"""Readings present: one row a place, one column a stretch of time; what is missing stands out, what is there stays quiet."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from stcore import words
from stcore.data.presence import edges
from stcore.plots import figure as fig
from stcore.plots.theme import Theme, mix

#: From this share on a cell counts as "none there".
_NONE = 0.999
_LABELS = 4
#: Cells up to which each knows the name of its place in the tooltip.
_NAMED = 20_000


def strip(missing: np.ndarray, time: pd.DatetimeIndex, names: list[str], theme: Theme, height: int = 160) -> go.Figure:
    """Strip of readings present.

    Args:
        missing: float [row, column] share of readings missing, as ``1 - presence(...)``; row 0 is drawn at the top.
        time: [time] of the whole panel.
        names: ids of all places; those with most missing are written at the side.
        theme: colours; the more is missing the stronger the orange, red = none there.
        height: pixels.
    """
    rows, columns = missing.shape
    figure = fig.blank(theme, height, (rows - 0.5, -0.5), right=8, left=52)
    first, last = fig.wall(time[0]), fig.wall(time[-1])
    centres = first + (last - first) * ((np.arange(columns) + 0.5) / columns)
    quiet, some, none = mix(theme.sunk, theme.panel, 0.7), theme.local.mark, theme.worse
    ramp = [(0, quiet), (1e-6, mix(some, quiet, 0.3)), (0.5, some), (_NONE, some), (_NONE, none), (1, none)]
    labels = [fig.safe(name, 24) for name in _row_names(names, rows)]
    figure.add_trace(
        go.Heatmap(
            z=np.round(missing, 4), x=centres, y=np.arange(rows), colorscale=ramp, zmin=0, zmax=1, showscale=False,
            xgap=0, ygap=1 if rows <= 60 else 0, text=np.tile(np.array(labels)[:, None], columns) if rows * columns <= _NAMED else None,
            hovertemplate=f"{'%{text}<br>' if rows * columns <= _NAMED else ''}%{{x|%a %-d %b %Y, %H:%M}}<br>%{{z:.0%}} missing<extra></extra>",
        )
    )  # fmt: skip
    marked = _marked(missing)
    texts = [fig.safe(name, 10) for name in (_row_names(names, rows)[row] for row in marked)]
    figure.update_yaxes(showgrid=False, tickvals=marked, ticktext=texts)
    figure.update_layout(hovermode="closest", margin={"l": 16 + 8 * max(map(len, texts), default=1)})
    return fig.use_times(figure, time[0], time[-1])


def worst(missing: np.ndarray, names: list[str]) -> str:
    """Where most is missing, in words for those who do not see the strip; empty where all rows are alike."""
    share = missing.mean(axis=1)
    row = int(np.argmax(share))
    if len(share) < 2 or share[row] <= 1.5 * share.mean():
        return ""
    return f"; most is missing at {words.short(_row_names(names, len(share))[row])}, {words.percent(float(share[row]))}"


def _row_names(names: list[str], rows: int) -> list[str]:
    """Name of each row: its place, or the first of its group and how many more."""
    ends = edges(len(names), rows)
    return [
        str(names[start]) if end - start == 1 else f"{words.short(str(names[start]), 16)} and {end - start - 1} more"
        for start, end in pairwise(ends)
    ]


def _marked(missing: np.ndarray) -> list[int]:
    """Rows that get their name: those with most missing, far enough apart to be read."""
    share = missing.mean(axis=1)
    order = [int(row) for row in np.argsort(-share, kind="stable")[:40] if share[row] > 0]
    apart = max(1, len(share) // 7)
    chosen: list[int] = []
    for row in order:
        if all(abs(row - other) >= apart for other in chosen) and len(chosen) < _LABELS:
            chosen.append(row)
    return sorted(chosen)
