"""Statistics and metrics of forecasts of events: what was said most likely, how sure, and what came.

A cell is an origin, lead and place; statistics have the shape [origin, horizon, location, 1] like any other. They are NaN
where the class that came is not known, and where a prediction has no classes.
"""

from __future__ import annotations

import numpy as np

from stcore.evaluation.metrics import METRICS, Formula, Means, Metric
from stcore.evaluation.statistics import STATISTICS, Cells

_LEAST = 1e-6


def _known(cells: Cells, values: np.ndarray) -> np.ndarray:
    """Values [origin, horizon, location] where the class is known, as a statistic."""
    labels = cells.prediction.labels
    assert labels is not None
    return np.where(np.asarray(labels) >= 0, values, np.nan)[..., None]


def _chances(cells: Cells) -> tuple[np.ndarray, np.ndarray] | None:
    """Chances float64 [..., class] and the class that came (0 where unknown)."""
    part = cells.prediction
    if part.probabilities is None or part.labels is None:
        return None
    return np.asarray(part.probabilities, np.float64), np.maximum(np.asarray(part.labels), 0)


def hit(cells: Cells) -> np.ndarray:
    """1 where the likeliest class came."""
    found = _chances(cells)
    return _nothing(cells) if found is None else _known(cells, found[0].argmax(-1) == found[1])


def surprise(cells: Cells) -> np.ndarray:
    """Minus the logarithm of the chance that was given to what came, in nats."""
    found = _chances(cells)
    if found is None:
        return _nothing(cells)
    said = np.take_along_axis(found[0], found[1][..., None].astype(np.int64), -1)[..., 0]
    return _known(cells, -np.log(np.clip(said, _LEAST, 1)))


def squared_chance(cells: Cells) -> np.ndarray:
    """Squared distance of the chances from what came, over all classes; 0..2."""
    found = _chances(cells)
    if found is None:
        return _nothing(cells)
    came = np.eye(found[0].shape[-1])[found[1]]
    return _known(cells, np.square(found[0] - came).sum(-1))


def _counted(said: bool, came: bool, cells: Cells) -> np.ndarray:
    """1 where an event was (not) said to be likelier than none and (not) came."""
    found = _chances(cells)
    if found is None:
        return _nothing(cells)
    event, likely = found[1] > 0, found[0][..., 0] < 0.5
    return _known(cells, (likely == said) & (event == came))


def hit_of_persistence(cells: Cells) -> np.ndarray:
    """1 where what was the case last, an event or none, was the case again."""
    last = cells.prediction.baselines.get("persistence")
    found = _chances(cells)
    if found is None or last is None:
        return _nothing(cells)
    return _known(cells, (np.asarray(last)[..., 0] > 0.5) == (found[1] > 0))


def _nothing(cells: Cells) -> np.ndarray:
    return np.full(cells.truth.shape, np.nan)


for _statistic in (hit, surprise, squared_chance, hit_of_persistence):
    STATISTICS.add(_statistic.__name__, _statistic)
STATISTICS.add("event_said", lambda cells: _counted(True, True, cells))
STATISTICS.add("event_missed", lambda cells: _counted(False, True, cells))
STATISTICS.add("event_false", lambda cells: _counted(True, False, cells))


def _mean(name: str) -> Formula:
    return lambda means: np.asarray(means[name], dtype=float)


def _share(part: str, *others: str) -> Formula:
    """part / (part + others); NaN where nothing of it happened."""

    def formula(means: Means) -> np.ndarray:
        whole = means[part] + sum(means[other] for other in others)
        return np.asarray(means[part] / np.where(whole > 0, whole, np.nan), dtype=float)

    return formula


def _f1(means: Means) -> np.ndarray:
    """Harmonic mean of precision and recall (C. van Rijsbergen, "Information Retrieval", 1979)."""
    twice = 2 * means["event_said"]
    whole = twice + means["event_missed"] + means["event_false"]
    return np.asarray(twice / np.where(whole > 0, whole, np.nan), dtype=float)


# fmt: off
for _name, _metric in {
    "accuracy": Metric("Right", "Share of steps at which the likeliest class came.", ("hit",), _mean("hit"), True, "high"),
    "accuracy_persistence": Metric("Right, last", "Share at which it stayed as it was last: event or none.", ("hit_of_persistence",), _mean("hit_of_persistence"), True, "high"),
    "precision": Metric("Rightly said", "Of the events that were said, the share that came.", ("event_said", "event_false"), _share("event_said", "event_false"), True, "high"),
    "recall": Metric("Events found", "Of the events that came, the share that was said.", ("event_said", "event_missed"), _share("event_said", "event_missed"), True, "high"),
    "f1": Metric("F1", "Harmonic mean of the shares rightly said and found.", ("event_said", "event_missed", "event_false"), _f1, True, "high"),
    "log_loss": Metric("Surprise", "Mean of minus the logarithm of the chance given to what came.", ("surprise",), _mean("surprise"), True),
    "brier": Metric("Brier", "Mean squared distance of the chances from what came (G. Brier, 1950).", ("squared_chance",), _mean("squared_chance"), True),
}.items():
    METRICS.add(_name, _metric)
# fmt: on

#: Names of the metrics of a forecast of events, in the order of tables.
EVENT_METRICS = ("accuracy", "accuracy_persistence", "precision", "recall", "f1", "log_loss", "brier")
