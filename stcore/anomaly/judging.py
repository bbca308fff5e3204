"""A detection against labels: what was found, how late, what was false, and which threshold the labels speak for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.anomaly.labels import rows_of, truth
from stcore.data.steps import typical
from stcore.errors import DataError
from stcore.evaluation.anomaly_measures import by_step
from stcore.evaluation.volume import WINDOW, ranking
from stcore.records import Detection

MOST_CUTS = 200


@dataclass(frozen=True)
class Judgement:
    """Numbers of a detection; None where nothing was raised or labelled to take them of.

    Attributes:
        precision, recall, f1: over steps.
        event_recall: share of labelled events that hold an alarm.
        event_precision: share of raised events that touch a label.
        event_f1: harmonic mean of the two.
        false_a_day: raised events a day that touch no label.
        delay_steps: median steps from the start of a found event to its first alarm.
        delay: the same as a time.
        vus_pr: mean over the labelled places of how well scores rank labelled steps, whatever the threshold.
        events, raised: labelled and raised events.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    event_precision: float | None
    event_recall: float | None
    event_f1: float | None
    false_a_day: float
    delay_steps: float | None
    delay: pd.Timedelta | None
    vus_pr: float | None
    events: int
    raised: int


def judged(detection: Detection, labels: pd.DataFrame, window: int = WINDOW) -> Judgement:
    """Judge alarms, events and scores.

    Labels of the same span and kind at several places are one event. Where no label names a place, the places are judged
    together: an alarm at any of them is one. Unobserved steps count for nothing.

    Args:
        labels: as of ``labels.labels_of`` or ``labels.read_labels``; rejected spans are none.
        window: widest margin around a label for VUS-PR, in steps.
    """
    marked = truth(labels, detection)
    events = _events(labels, detection, marked)
    alarms = detection.alarms
    together = not labels["location"].notna().any()
    raised = len(detection.events)
    right = alarms & marked
    false = sum(not _touches(event, detection, right) for _, event in detection.events.iterrows())
    first = [_first(alarms[a:b][:, places]) for a, b, places in events]
    late = [row for row in first if row is not None]
    if together:
        steps = by_step(np.asarray(alarms.any(axis=1)), np.asarray(marked.any(axis=1)))
    else:
        steps = by_step(alarms, marked & detection.observed)
    days = len(detection.time) * (typical(detection.step) / pd.Timedelta(days=1))
    precision, recall = _share(raised - false, raised), _share(len(late), len(events))
    delay = float(np.median(late)) if late else None
    return Judgement(
        steps.precision, steps.recall, steps.f1, precision, recall, _harmonic(precision, recall), false / days, delay,
        None if delay is None else typical(detection.step) * delay, _ranked(detection, marked, together, window), len(events), raised,
    )  # fmt: skip


def threshold_from(detection: Detection, labels: pd.DataFrame, complete: bool = True) -> float:
    """The threshold with the best F1 over events, half-way to the next score that would change it.

    Args:
        labels: as in ``judged``.
        complete: everything strange is labelled, so that any other alarm is false; False: only rejected spans are false ones, as
            while somebody is going through the events.

    Raises:
        DataError: no confirmed label inside the data.
    """
    marked = truth(labels, detection)
    scores = np.where(detection.observed, detection.heights, -np.inf)
    heights = np.array([scores[a:b][:, places].max() for a, b, places in _events(labels, detection, marked)])
    heights = np.sort(heights[np.isfinite(heights)])
    if not len(heights):
        raise DataError("No label says where something was strange.", "Confirm or label at least one event.")
    cuts = heights if len(heights) <= MOST_CUTS else np.quantile(heights, np.linspace(0, 1, MOST_CUTS), method="lower")
    if complete:
        wrong, pairs = _unlabelled(scores, marked)
    else:
        wrong, pairs = np.sort(_rejected_heights(scores, labels, detection, marked)), np.empty(0)
    hits = len(heights) - np.searchsorted(heights, cuts)
    false = (len(wrong) - np.searchsorted(wrong, cuts)) - (len(pairs) - np.searchsorted(pairs, cuts))
    best = cuts[int(np.argmax(2 * hits / (hits + false + len(heights))))]
    below = np.concatenate([heights[heights < best], wrong[wrong < best]])
    return (float(best) + float(below.max(initial=0.0))) / 2


def _events(labels: pd.DataFrame, detection: Detection, marked: np.ndarray) -> list[tuple[int, int, np.ndarray]]:
    """First row, row after the last, and places of each labelled event that still stands and lies in the data."""
    out = []
    standing = labels[labels["verdict"] != "reject"] if "verdict" in labels else labels
    for (start, end), rows in standing.groupby(["start", "end"], sort=True):
        first, last = rows_of(detection.time, start, end)
        named = detection.locations.index.get_indexer(rows["location"].dropna().unique())
        places = np.arange(len(detection.locations)) if rows["location"].isna().any() else named[named >= 0]
        places = places[marked[first:last][:, places].any(axis=0)] if last > first else places[:0]
        if len(places):
            out.append((first, last, places))
    return out


def _touches(event: pd.Series, detection: Detection, right: np.ndarray) -> bool:
    """A raised event holds an alarm inside a label."""
    first, last = rows_of(detection.time, event["start"], event["end"])
    return bool(right[first:last][:, detection.locations.index.get_indexer(event["locations"])].any())


def _first(alarms: np.ndarray) -> int | None:
    rows = alarms.any(axis=1)
    return int(np.argmax(rows)) if rows.any() else None


def _ranked(detection: Detection, marked: np.ndarray, together: bool, window: int) -> float | None:
    scores, labels = np.where(detection.observed, detection.scores, 0), marked & detection.observed
    if together:
        scores, labels = scores.max(axis=1, keepdims=True), labels.any(axis=1, keepdims=True)
    share = labels.mean(axis=0)
    found = [
        ranking(scores[:, place], labels[:, place], min(window, len(scores) - 1)).vus_pr
        for place in np.flatnonzero((share > 0) & (share < 1))
    ]
    return float(np.mean(found)) if found else None


def _unlabelled(scores: np.ndarray, marked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted unlabelled scores, and the lower of each two that follow each other at a place.

    The alarms that begin under a cut are the scores above it less the pairs above it.
    """
    free = np.where(marked, -np.inf, scores)
    pairs = np.minimum(free[1:], free[:-1])
    return np.sort(free[np.isfinite(free)]), np.sort(pairs[np.isfinite(pairs)])


def _rejected_heights(scores: np.ndarray, labels: pd.DataFrame, detection: Detection, marked: np.ndarray) -> np.ndarray:
    """Largest score of each rejected span that nobody confirmed later."""
    rejected = labels[labels["verdict"] == "reject"] if "verdict" in labels else labels.iloc[:0]
    out = []
    for (start, end), rows in rejected.groupby(["start", "end"], sort=True):
        first, last = rows_of(detection.time, start, end)
        places = detection.locations.index.get_indexer(rows["location"].dropna().unique())
        places = np.arange(scores.shape[1]) if rows["location"].isna().any() else places[places >= 0]
        block = scores[first:last][:, places][~marked[first:last][:, places]]
        if block.size:
            out.append(float(block.max()))
    return np.array(out)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _harmonic(precision: float | None, recall: float | None) -> float | None:
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
