"""A strange stretch of a place over the usual ones that come nearest to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from stcore.plots import figure as fig
from stcore.plots.figure import Label
from stcore.plots.theme import Theme, fade


def over_usual(
    time: pd.DatetimeIndex, strange: np.ndarray, usual: Sequence[tuple[str, np.ndarray]], inside: tuple[int, int],
    theme: Theme, kind: str, unit: str = "",
) -> go.Figure:  # fmt: skip
    """The strange stretch in the colour of its kind, usual ones of the same length in grey, on the clock of the strange one.

    Args:
        time: [time] of the strange stretch.
        strange: [time] its values, NaN = gap.
        usual: name and [time] values of each, nearest first.
        inside: first and last row of the event in the stretch.
        theme: colours.
        kind: mark of the event.
        unit: for the tooltip.
    """
    figure = fig.blank(theme, 200, fig.axis_range([strange, *(values for _, values in usual)]), right=70)
    x = fig.wall(time)
    figure.add_shape(
        type="rect", x0=x[inside[0]], x1=x[inside[1]], y0=0, y1=1, yref="paper", layer="below", line={"width": 0},
        fillcolor=fade(theme.kind(kind).mark, 0.09),
    )  # fmt: skip
    for name, values in usual:
        fig.line(figure, x, values, theme.baseline, 1.2, name=name, unit=unit)
    fig.line(figure, x, strange, theme.kind(kind).mark, 2.8, name="This one", unit=unit)
    labels = [Label(_last(strange), "This one", theme.kind(kind).text, bold=True)]
    labels += [Label(_last(usual[0][1]), "Usual", theme.baseline)] if usual else []
    return fig.use_times(fig.end_labels(figure, labels), time[0], time[-1])


def _last(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")
