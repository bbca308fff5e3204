"""A panel as a table again: one row a time and place, as people hand tables to other programs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stcore.data.panel import Panel

_ROWS = 1_000_000


def panel_frame(panel: Panel) -> pd.DataFrame:
    """All observed readings in long form.

    Columns: time (the panel's clock), location, lat and lon where the places have points, then the values as float32, NaN
    where one of several was not observed. Rows without any observed value are left out; written as CSV and read again, the
    panel is the same to the last bit.
    """
    parts = list(frames(panel))
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def frames(panel: Panel, rows: int = _ROWS) -> Iterator[pd.DataFrame]:
    """The same in pieces of about ``rows`` rows, in the order of time, so that a panel on disk is never in memory whole."""
    size = max(1, rows // max(1, len(panel.locations)))
    ids = panel.locations.index.to_numpy(dtype=object)
    points = _points(panel)
    for start in range(0, max(len(panel.time), 1), size):
        block = slice(start, start + size)
        there = np.asarray(panel.mask[block])
        step, place = np.nonzero(there.any(axis=2))
        values = np.where(there, panel.values[block], np.float32(np.nan))[step, place]
        columns = {"time": panel.time[block][step], "location": ids[place]}
        columns |= {name: column[place] for name, column in points.items()}
        columns |= {name: values[:, number] for number, name in enumerate(panel.features)}
        yield pd.DataFrame(columns)


def _points(panel: Panel) -> dict[str, np.ndarray]:
    """lat and lon of the places where all that have a geometry have a point."""
    geometry = panel.locations.geometry
    known = geometry[geometry.notna()]
    if known.empty or not (known.geom_type == "Point").all():
        return {}
    return {"lat": geometry.y.to_numpy(), "lon": geometry.x.to_numpy()}
