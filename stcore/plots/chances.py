"""Chances of events as maps and curves show them: in per cent, beside what was the case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stcore.data.schema import FeatureSchema
from stcore.plots import scale as scales
from stcore.plots.scale import Scale
from stcore.plots.theme import Theme
from stcore.records import Prediction

_ENOUGH = 1_000_000  # chances that the ends of the colours are read from
_LEAST = 10.0  # per cent that a map's colours reach at least, so that hardly possible events do not look certain


def event_name(prediction: Prediction) -> str:
    """What the chance is of, in the words of the mildest class: “speed at most 20 mph”; “an event” for numbered classes."""
    first = prediction.classes[1]
    return "an event" if first.isdigit() else first


def in_percent(part: Prediction) -> Prediction:
    """A forecast of events with its chances in per cent: 0 for no event and 100 for an event, as last and as it came.

    Args:
        part: cut to the few origins that are shown; its arrays are copied.
    """
    schema = {name: FeatureSchema(kind="numeric", unit="%", range=(0.0, 100.0)) for name in part.targets}
    return replace(
        part, values=100 * np.asarray(part.values), truth=100 * np.asarray(part.truth), schema=schema, spread=None, bands=None,
        baselines={name: 100 * np.asarray(array) for name, array in part.baselines.items()},
    )  # fmt: skip


def chance_scale(prediction: Prediction, theme: Theme) -> Scale:
    """Colours of chances in per cent, from 0 to about the largest that was said of any tested step."""
    said = np.asarray(prediction.values).reshape(-1)
    some = said[:: max(1, said.size // _ENOUGH)]
    found = scales.tidy(scales.sequential(100 * some, theme))
    return replace(found, low=0.0, high=min(100.0, max(_LEAST, found.high)))


def before(tested: Prediction, one: Prediction, place: str, steps: int) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """Whether an event was the case at a place up to an origin, in per cent: at most ``steps`` times, and [time] 0 or 100.

    Args:
        tested: the forecasts of the tested part, whose truths tell it.
        one: the forecast from that origin, in per cent; what was the case there stands last.
    """
    at, now = tested.locations.index.get_loc(place), one.origins[0]
    times = tested.times(1)
    end = int(times.searchsorted(now))
    rows = slice(max(0, end - steps + 1), end)
    known = 100 * np.asarray(tested.truth[rows, 0, at, 0], dtype=float)
    last = float(one.baselines["persistence"][0, 0, one.locations.index.get_loc(place), 0])
    return times[rows].append(pd.DatetimeIndex([now])), np.append(known, last)
