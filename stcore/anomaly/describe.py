"""What happened, in numbers: “38 % below the forecast, 1 h 30 min, 5 sensors”. Plain text, nothing about pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stcore.anomaly.naming import KINDS
from stcore.data import steps
from stcore.records import Detection, Prediction
from stcore.words import count, lasting, measure, moment, percent, place_name

LEAST_STUCK = 3
#: Units whose zero is a convention: a percentage of them means nothing.
_NO_RATIO = frozenset({"°C", "°F", "°"})


@dataclass(frozen=True, eq=False)
class Expectation:
    """What was observed of one value and what had been expected.

    Attributes:
        observed, expected: [time, location], NaN where unknown.
        time: of the rows.
        unit: of the value, or None.
        ahead: steps ahead of the forecasts.
        target: which value.
    """

    observed: np.ndarray
    expected: np.ndarray
    time: pd.DatetimeIndex
    unit: str | None = None
    ahead: int = 1
    target: str = ""


def expectation(prediction: Prediction, lead: int = 1, target: str | None = None) -> Expectation:
    """Truth and forecast of one lead and target of a prediction (the first target when None)."""
    name = target or prediction.targets[0]
    position = prediction.targets.index(name)
    return Expectation(
        np.asarray(prediction.truth[:, lead - 1, :, position]), np.asarray(prediction.values[:, lead - 1, :, position]),
        prediction.times(lead), prediction.schema[name].unit, lead, name,
    )  # fmt: skip


def surprised(
    event: Mapping[str, Any] | pd.Series, detection: Detection, prediction: Prediction, leads: Sequence[int]
) -> Expectation:
    """What an event is to be told against: its value, and the forecast that it was farthest from.

    A drop that lasts surprises the nearest forecast only at its start, a sudden one may have been in the farthest all along:
    the lead is taken at which the error during the event is the largest multiple of the same places' mean error.

    Args:
        event: start, end, locations.
        detection: where its alarms are, and the share of each value in them.
        prediction: the forecasts that were judged.
        leads: steps ahead that were compared.
    """
    target = prediction.targets[main_value(event, detection, len(prediction.targets))]
    return max(
        (expectation(prediction, lead, target) for lead in leads), key=lambda seen: _surprise(event, detection, seen)
    )


def main_value(event: Mapping[str, Any] | pd.Series, detection: Detection, targets: int) -> int:
    """Position of the value that has the largest share in an event's alarms."""
    shares = detection.contributions
    if shares is None or shares.shape[2] != targets:
        return 0
    rows = np.flatnonzero((detection.time >= event["start"]) & (detection.time <= event["end"]))
    cells = np.ix_(rows, detection.locations.index.get_indexer(event["locations"]))
    return int(np.argmax(np.nan_to_num(shares[cells][detection.alarms[cells]]).sum(axis=0)))


def _surprise(event: Mapping[str, Any] | pd.Series, detection: Detection, seen: Expectation) -> float:
    """Mean error at an event's alarms as a multiple of the same places' mean error; -1 where unknown."""
    _, observed, expected, known = _during(event, detection, seen)
    columns = detection.locations.index.get_indexer(event["locations"])
    every = np.abs(seen.observed[:, columns] - seen.expected[:, columns])
    usual = float(np.nanmean(every)) if np.isfinite(every).any() else 0.0
    if not known.any() or usual == 0:
        return -1.0
    return float(np.mean(np.abs(observed[known] - expected[known]))) / usual


def _during(
    event: Mapping[str, Any] | pd.Series, detection: Detection, seen: Expectation
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Positions of an event's places; observed, expected and where both are known and alarmed, each [time, place]."""
    rows = detection.time.get_indexer(seen.time)
    within = (rows >= 0) & (seen.time >= event["start"]) & (seen.time <= event["end"])
    columns = detection.locations.index.get_indexer(event["locations"])
    alarms = detection.alarms[rows[within]][:, columns]
    observed, expected = seen.observed[within][:, columns], seen.expected[within][:, columns]
    return columns, observed, expected, alarms & np.isfinite(observed) & np.isfinite(expected)


def describe_event(
    event: Mapping[str, Any] | pd.Series, detection: Detection, seen: Expectation, place: str = "place",
    forecast: str = "the forecast",
) -> str:  # fmt: skip
    """One row of ``detection.events`` in words: how far off, how long, how many places.

    Args:
        event: start, end, locations.
        detection: where its alarms are.
        seen: observed and expected values on (some of) the same times.
        place: the word for one place ("sensor", "station").
        forecast: words for what was expected ("the forecast 60 minutes ahead").
    """
    columns, observed, expected, known = _during(event, detection, seen)
    steps_long = (
        int(detection.time.get_indexer([event["end"]])[0] - detection.time.get_indexer([event["start"]])[0]) + 1
    )
    off = _off(observed, observed[known], expected[known], seen.unit)
    told = [off and f"{off} {forecast}" if off.endswith(("below", "above")) else off, _long(steps_long, detection.step)]
    return ", ".join(part for part in (*told, count(len(columns), place)) if part)


def tell_event(event: Mapping[str, Any] | pd.Series, detection: Detection, place: str = "place") -> str:
    """An event in one sentence: “Local event at 5 sensors around 475: from Thu 12 Mar, 08:15, for 1 h 30 min; it began at 475 and had
    reached the last of them after 20 min.”

    Args:
        event: a row of ``detection.events``.
        place: the word for one place ("sensor", "station").
    """
    amount, where = len(event["locations"]), place_name(detection.locations, str(event["where"]))
    at = f"{place} {where}" if amount == 1 else f"{count(amount, place)} around {where}"
    if event["kind"] == "regional":
        at = f"{amount:,} of {count(len(detection.locations), place)}"
    head = f"{KINDS[event['kind']] if amount > 1 or event['kind'] == 'fault' else 'Event'} at {at}"
    told = f"{head}: from {moment(event['start'], detection.step)}, for {_long(int(event['steps']), detection.step)}"
    delay = int(max(event["delays"], default=0))
    if amount == 1 or not delay:
        return f"{told}."
    first = place_name(detection.locations, str(event["spread"][0]))
    return f"{told}; it began at {first} and had reached the last of them after {_long(delay, detection.step)}."


def _off(all_observed: np.ndarray, observed: np.ndarray, expected: np.ndarray, unit: str | None) -> str:
    """How far from what was expected, in percent where that has a meaning, else in the unit; empty when unknown."""
    if not len(observed):
        return ""
    if (
        all_observed.shape[1] == 1
        and len(all_observed) >= LEAST_STUCK
        and np.nanmin(all_observed) == np.nanmax(all_observed)
    ):
        return f"stuck at {measure(float(np.nanmin(all_observed)), unit)}"
    off, usual = float(np.mean(observed - expected)), float(np.mean(expected))
    side = "below" if off < 0 else "above"
    if unit not in _NO_RATIO and expected.min() > 0 and observed.min() >= 0:
        return f"{percent(abs(off) / usual)} {side}"
    return f"{measure(abs(off), unit)} {side}"


def _long(amount: int, step: str) -> str:
    length = steps.duration(step)
    if length is None or length >= pd.Timedelta(days=1):
        return steps.describe_span(amount, step)
    return lasting((length * amount).total_seconds())
