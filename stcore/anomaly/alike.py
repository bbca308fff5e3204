"""Which earlier events were like this one: the same kind, many of the same places, about as long, as strong, at that time of day."""

from __future__ import annotations

import numpy as np
import pandas as pd

LIKE = 0.5


def similar_past(events: pd.DataFrame, number: int, most: int = 3, least: float = LIKE) -> pd.DataFrame:
    """Events that ended before an event began and are like it, most alike first.

    Likeness in 0..1 is the mean of four parts: shared places (Jaccard), ratio of lengths, ratio of peaks, closeness of the times of
    day; 0 for another kind.

    Args:
        events: of a detection. number: its ``event``.
        most: at most so many. least: leave out what is less alike.

    Returns:
        Rows of ``events`` with one more column, ``likeness``; empty where nothing is known of an earlier one.

    Raises:
        KeyError: no event of that number.
    """
    found = events[events["event"] == number]
    if found.empty:
        raise KeyError(number)
    event = found.iloc[0]
    past = events[(events["end"] < event["start"]) & (events["kind"] == event["kind"])]
    here = set(event["locations"])
    shared = np.array([len(here & set(places)) / len(here | set(places)) for places in past["locations"]])
    away = np.abs(_hour(past["start"]) - _hour(pd.Series([event["start"]]))[0])
    parts = [
        shared, _ratio(past["steps"], event["steps"]), _ratio(past["peak"], event["peak"]), 1 - np.minimum(away, 24 - away) / 12,
    ]  # fmt: skip
    likeness = np.mean(parts, axis=0) if len(past) else np.empty(0)
    table = past.assign(likeness=likeness)
    kept = table[table["likeness"] >= least].sort_values("likeness", ascending=False, kind="stable")
    return kept.head(most).reset_index(drop=True)


def _ratio(values: pd.Series, value: float) -> np.ndarray:
    """The smaller over the larger of the two, 0..1."""
    given = values.to_numpy(float)
    return np.asarray(np.minimum(given, value) / np.maximum(np.maximum(given, value), 1e-9))


def _hour(times: pd.Series) -> np.ndarray:
    clock = pd.DatetimeIndex(times)
    return np.asarray(clock.hour + clock.minute / 60, float)
