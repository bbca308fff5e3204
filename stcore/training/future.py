"""Known-ahead covariates of a table of their own, such as a weather forecast, laid behind a panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stcore.data import arrays, steps
from stcore.data.panel import Panel
from stcore.data.prepare.recipe import Recipe
from stcore.errors import DataError


def with_future(panel: Panel, future: pd.DataFrame, recipe: Recipe, origin: int) -> Panel:
    """The panel, continued as far as the run forecasts, with the table's values after row ``origin``.

    Args:
        future: columns time, the known-ahead covariates, optionally location. Rows up to the origin and beyond the last
            step ahead are not needed.

    Raises:
        DataError: a column is missing or holds no numbers, a place is unknown, a time is off the grid, or none is needed.
    """
    wanted = ("time", *recipe.given_ahead)
    missing = [name for name in wanted if name not in future.columns]
    if missing:
        raise DataError(f"The future table lacks {', '.join(missing)}.", f"It needs {', '.join(wanted)}.")
    beyond = max(0, origin + recipe.reach + 1 - len(panel.time))
    whole = panel.time.append(steps.following(panel.time[-1], beyond, panel.step)) if beyond else panel.time
    future, row = _needed(future, whole, origin, panel.clock)
    place = _places(future, panel)
    more = (len(whole) - len(panel.time), *panel.shape[1:])
    values = np.concatenate([panel.values, np.full(more, np.nan, np.float32)])
    for name in recipe.given_ahead:
        column = arrays.numbers(future[name].to_numpy())[:, 0, 0]
        feature = panel.features.index(name)
        if place is None:
            values[row, :, feature] = column[:, None]
        else:
            values[row, place, feature] = column
    observed = None if panel.observed is None else np.concatenate([panel.observed, np.zeros(more, dtype=bool)])
    return replace(panel, values=values, time=whole, observed=observed)


def _needed(
    future: pd.DataFrame, whole: pd.DatetimeIndex, origin: int, clock: str | None
) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows of the table after the origin, and where in ``whole`` they belong."""
    times = arrays.clocked(arrays.times(future["time"]), clock)
    needed = np.asarray((times > whole[origin]) & (times <= whole[-1]))
    row = np.asarray(whole.get_indexer(times[needed]))
    if not len(row) or (row < 0).any():
        told = f"the time {times[needed][row < 0][0]}, which is off the grid" if len(row) else "no time that is needed"
        raise DataError(
            f"The future table has {told}.", f"Give times from {whole[min(origin + 1, len(whole) - 1)]} to {whole[-1]}."
        )
    return future[needed], row


def _places(future: pd.DataFrame, panel: Panel) -> np.ndarray | None:
    """Position of each row's place; None where the table names none."""
    if "location" not in future:
        return None
    ids = future["location"].astype(str)
    place = np.asarray(panel.locations.index.get_indexer(ids))
    if (place < 0).any():
        raise DataError(
            f"The future table names a place that is not in the data: “{ids.iloc[int(np.argmin(place))]}”.",
            "Use the ids of the data.",
        )
    return place
