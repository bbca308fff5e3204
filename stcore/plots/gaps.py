"""Readings present: one row a place, one column a stretch of time; what is missing stands out, what is there stays quiet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from stcore import words
from stcore.plots import figure as fig
from stcore.plots.theme import Theme, mix

MOST_ROWS, MOST_COLUMNS = 120, 160


def missing_share(mask: np.ndarray, rows: int = MOST_ROWS, columns: int = MOST_COLUMNS) -> np.ndarray:
    """[rows, columns] share of readings missing, from mask [time, location] (True = there); blocks of equal size."""
    steps, places = mask.shape
    columns, rows = min(columns, steps), min(rows, places)
    times = np.linspace(0, steps, columns + 1).astype(int)
    groups = np.linspace(0, places, rows + 1).astype(int)
    gone = np.add.reduceat((~mask).astype(np.float32), times[:-1], axis=0)
    gone = np.add.reduceat(gone, groups[:-1], axis=1)
    return np.asarray((gone / (np.diff(times)[:, None] * np.diff(groups)[None, :])).T)


def gaps(mask: np.ndarray, time: pd.DatetimeIndex, names: list[str], theme: Theme, height: int = 150) -> go.Figure:
    """Strip of readings present.

    Args:
        mask: bool [time, location], True where observed.
        time: [time].
        names: location ids; a few are written at the side: the ones with most missing.
        theme: colours; orange = some missing, red = none there.
        height: pixels.
    """
    share = missing_share(mask)
    rows, columns = share.shape
    group = np.linspace(0, len(names), rows + 1).astype(int)
    worst = [row for row in np.argsort(-share.mean(axis=1), kind="stable")[:12] if share[row].mean() > 0]
    marked = _spread(worst, max(3, rows // 8), 4)
    figure = fig.blank(theme, height, (-0.5, rows - 0.5), right=8, left=52)
    first, last = fig.wall(time[0]), fig.wall(time[-1])
    centres = first + (last - first) * ((np.arange(columns) + 0.5) / columns)
    level = np.where(share >= 0.999, 2.0, np.where(share > 0, 1.0, 0.0))
    some, none = theme.local.mark, theme.worse
    steps = [(0, theme.sunk), (1 / 3, theme.sunk), (1 / 3, some), (2 / 3, some), (2 / 3, none), (1, none)]
    figure.add_trace(
        go.Heatmap(
            z=level, x=centres, y=np.arange(rows), colorscale=steps, zmin=0, zmax=2, showscale=False, customdata=share * 100,
            hovertemplate="%{customdata:.0f} % missing<extra></extra>", xgap=0, ygap=1 if rows <= 60 else 0,
        )
    )  # fmt: skip
    labels = [words.short(names[group[row]], 8) for row in marked]
    figure.update_yaxes(showgrid=False, tickvals=marked, ticktext=[fig.safe(label) for label in labels])
    figure.update_layout(hovermode="closest", plot_bgcolor=mix(theme.sunk, theme.panel, 0.7))
    figure.update_layout(margin={"l": 16 + 8 * max(map(len, labels), default=1)})
    return fig.use_times(figure, time[0], time[-1])


def _spread(rows: list[int], apart: int, most: int) -> list[int]:
    """The first rows that keep a distance from each other."""
    chosen: list[int] = []
    for row in rows:
        if all(abs(row - other) >= apart for other in chosen) and len(chosen) < most:
            chosen.append(int(row))
    return sorted(chosen)
