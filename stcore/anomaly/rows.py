"""Panels made ready for a detector: which features count, gaps as gaps, new rows after old ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.data.panel import Panel
from stcore.errors import DataError


def scored_features(panel: Panel) -> Panel:
    """Without directions and categories, whose differences mean nothing here, where something else is left."""
    kept = [name for name in panel.features if panel.schema[name].kind not in ("angle", "category")]
    return gaps_open(panel.select(kept) if kept else panel)


def gaps_open(panel: Panel) -> Panel:
    """The panel with NaN wherever nothing was observed, filled or not."""
    if panel.observed is None:
        return panel
    return replace(panel, values=np.where(panel.observed, panel.values, np.nan), observed=None)


def appended(tail: Panel, rows: Panel, most: int) -> Panel:
    """Tail and new rows on one time axis; steps between them are gaps, and of a long gap only the last ``most`` count."""
    if not len(rows.time) or rows.time[0] <= tail.time[-1]:
        raise DataError(
            f"New rows must come after {tail.time[-1]}"
            + (f"; these start at {rows.time[0]}." if len(rows.time) else "."),
            "Give only rows that were not seen before.",
        )
    gap = len(pd.date_range(tail.time[-1], rows.time[0], freq=steps.offset(rows.step))) - 2
    if gap > most:
        tail, gap = tail.between(tail.time[-1]), most
        start = rows.time[0] - steps.offset(rows.step) * (most + 1)
    else:
        start = tail.time[0]
    values = tail.values[:, tail.locations.index.get_indexer(rows.locations.index)]
    empty = np.full((gap, *values.shape[1:]), np.nan, np.float32)
    joined = np.concatenate([values, empty, rows.values])
    time = steps.index(start, len(joined), rows.step)
    return replace(rows, values=joined, time=time, labels=rows.labels)
