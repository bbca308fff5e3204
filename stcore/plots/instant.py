"""What a map and a curve show at one instant of a forecast: numbers cut from a prediction, ready to be drawn."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from stcore.data.panel import Panel
from stcore.plots import scale as scales
from stcore.plots.curves import Future
from stcore.plots.scale import Scale
from stcore.plots.theme import Theme
from stcore.records import Prediction

Shows = Literal["value", "change", "spread"]


def now_values(prediction: Prediction, target: int) -> np.ndarray:
    """[location] last observed values of the single origin of ``prediction``: the last-value forecast itself."""
    return np.asarray(prediction.baselines["persistence"][0, 0, :, target], dtype=float)


def map_values(prediction: Prediction, lead: int, target: int, shows: Shows) -> np.ndarray:
    """[location] what the map shows.

    Args:
        prediction: cut to one origin (``prediction.select(origins=slice(row, row + 1))``).
        lead: 1 = the first step ahead.
        target: position of the target.
        shows: the value, its change from the last observed one, or the width of the 90 % band.
    """
    values = np.asarray(prediction.values[0, lead - 1, :, target], dtype=float)
    if shows == "change":
        return values - now_values(prediction, target)
    if shows == "spread":
        return widths(prediction, target)[lead - 1]
    return values


def widths(prediction: Prediction, target: int) -> np.ndarray:
    """[horizon, location] width of the 90 % band of the single origin."""
    low, high = prediction.interval(90)
    return np.asarray((high - low)[0, :, :, target], dtype=float)


def map_scale(prediction: Prediction, target: int, shows: Shows, theme: Theme, values: Scale) -> Scale:
    """Colours for ``map_values``, the same for every lead of one origin.

    Args:
        prediction: cut to one origin.
        target: position of the target.
        shows: as in ``map_values``.
        theme: colours.
        values: scale of the feature over its whole series, used for the value itself.
    """
    attention = prediction.schema[prediction.targets[target]].attention
    if shows == "change":
        change = np.asarray(prediction.values[0, :, :, target], dtype=float) - now_values(prediction, target)
        return scales.tidy(scales.diverging(change, theme, attention))
    if shows == "spread":
        return scales.tidy(scales.sequential(widths(prediction, target), theme))
    return values


def future(prediction: Prediction, place: int, target: int, lead: int = 0, tested: bool = False) -> Future:
    """The forecast of one place from the single origin of ``prediction``.

    Args:
        prediction: cut to one origin.
        place, target: positions.
        lead: the lead marked by a dot.
        tested: also what came, where it is known.
    """
    one = prediction.select(locations=slice(place, place + 1))
    low, high = one.interval(90)
    times = [one.times(step)[0] for step in range(1, one.horizon + 1)]
    truth = np.asarray(one.truth[0, :, 0, target], dtype=float)
    return Future(
        times=pd.DatetimeIndex(times), values=np.asarray(one.values[0, :, 0, target], dtype=float),
        low=np.asarray(low[0, :, 0, target], dtype=float), high=np.asarray(high[0, :, 0, target], dtype=float),
        last=float(now_values(one, target)[0]), lead=lead, truth=truth if tested else None,
    )  # fmt: skip


def history(
    panel: Panel, origin: pd.Timestamp, place: str, feature: str, steps: int
) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """The last ``steps`` observed values of a place up to and with ``origin``: times and [time] values."""
    end = int(panel.time.searchsorted(origin, side="right"))
    rows = slice(max(0, end - steps), end)
    column = panel.locations.index.get_loc(place)
    values = np.asarray(panel.values[rows, column, panel.features.index(feature)], dtype=float)
    return panel.time[rows], values


def telling_place(prediction: Prediction, target: int) -> int:
    """Position of the place whose forecast moves most over the single origin's horizon: worth a first look."""
    values = np.asarray(prediction.values[0, :, :, target], dtype=float)
    reach = np.nanmax(np.where(np.isfinite(values), values, -np.inf), axis=0) - np.nanmin(
        np.where(np.isfinite(values), values, np.inf), axis=0
    )
    reach[~np.isfinite(now_values(prediction, target))] = -1.0
    return int(np.argmax(np.where(np.isfinite(reach), reach, -1.0)))


def tested_curve(
    prediction: Prediction, lead: int, place: int, target: int, between: tuple[pd.Timestamp, pd.Timestamp]
) -> tuple[pd.DatetimeIndex, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """What was measured at a place and what had been expected ``lead`` steps before.

    Args:
        prediction: many origins.
        lead: 1 = the step before.
        place, target: positions.
        between: first and last time, both included.

    Returns:
        Times, observed [time], and forecast, lower and upper end of the 90 % band, each [time].
    """
    times = prediction.times(lead)
    rows = slice(int(times.searchsorted(between[0])), int(times.searchsorted(between[1], side="right")))
    one = prediction.select(rows, slice(lead - 1, lead), slice(place, place + 1))
    low, high = one.interval(90)
    expected = tuple(np.asarray(part[:, 0, 0, target], dtype=float) for part in (one.values, low, high))
    return times[rows], np.asarray(one.truth[:, 0, 0, target], dtype=float), expected  # type: ignore[return-value]
