"""Which of several judges agrees best with what people labelled, each at the threshold that the labels speak for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stcore.anomaly.events import with_events
from stcore.anomaly.judging import Judgement, judged, threshold_from
from stcore.anomaly.labels import truth
from stcore.errors import DataError
from stcore.records import Detection

_ROWS = ("scores", "observed", "time", "contributions", "alone", "raised")


def by_labels(
    found: Mapping[str, Detection], labels: pd.DataFrame, complete: bool = True
) -> dict[str, tuple[float, Judgement]]:
    """Threshold and judgement of each, the best first, over the time that all of them judged.

    The best finds most events at the fewest false ones (F1 over events); among equals, ranks best at any threshold (VUS-PR).
    Thresholds come from the labels they are judged by: with few of them expect less on what comes.

    Args:
        found: name -> detection; those of other places than the first are left out.
        labels, complete: as in ``judging.threshold_from``.

    Raises:
        DataError: no time that all judged, or no confirmed label in it.
    """
    first = next(iter(found.values()))
    same = {name: each for name, each in found.items() if each.locations.index.equals(first.locations.index)}
    start, end = max(each.time[0] for each in same.values()), min(each.time[-1] for each in same.values())
    if start > end:
        raise DataError("No time was judged by all of them.", "Let the detectors look at the same days.")
    parts = {name: _between(each, start, end) for name, each in same.items()}
    if not truth(labels, next(iter(parts.values()))).any():
        raise DataError(
            f"No label says what was strange between {start} and {end}, which all of them judged.",
            "Confirm or label at least one event there.",
        )
    out = {}
    for name, part in parts.items():
        cut = threshold_from(part, labels, complete)
        out[name] = cut, judged(part.rethreshold(cut), labels)
    return dict(sorted(out.items(), key=lambda pair: _rank(pair[1][1]), reverse=True))


def _rank(judgement: Judgement) -> tuple[float, float]:
    return judgement.event_f1 or 0.0, judgement.vus_pr or 0.0


def _between(detection: Detection, start: pd.Timestamp, end: pd.Timestamp) -> Detection:
    """The rows from one time to another, both counted."""
    rows = np.asarray((detection.time >= start) & (detection.time <= end))
    cut: dict[str, Any] = {name: None if (each := getattr(detection, name)) is None else each[rows] for name in _ROWS}
    return with_events(replace(detection, since=None, **cut))
