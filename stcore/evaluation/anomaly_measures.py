"""How good alarms are: by step, by span and by event. Alarms are judged as raised, under one stated threshold.

Point-adjusted scores, which count a whole event as found from one alarm inside it, are not offered: random alarms reach 0.7
with them (S. Kim et al., "Towards a Rigorous Evaluation of Time-series Anomaly Detection", AAAI 2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stcore.errors import DataError
from stcore.evaluation.volume import spans


@dataclass(frozen=True)
class Shares:
    """Precision, recall and their harmonic mean, each in 0..1; None where there was nothing to take a share of."""

    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float | None:
        """Harmonic mean (C. van Rijsbergen, "Information Retrieval", 1979); 0 where both are 0."""
        if self.precision is None or self.recall is None:
            return None
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class EventShares(Shares):
    """Judgement by event.

    Attributes:
        events, found: labelled events, and how many of them hold an alarm.
        raised, false: stretches of alarms, and how many of them touch no label.
        delays: steps from the start of each found event to its first alarm, in the order of time.
    """

    events: int
    found: int
    raised: int
    false: int
    delays: tuple[int, ...]

    @property
    def delay(self) -> float | None:
        """Median steps from the start of an event to its first alarm; None where none was found."""
        return float(np.median(self.delays)) if self.delays else None

    def false_a_day(self, days: float) -> float:
        """False stretches of alarms a day."""
        return self.false / days


def by_step(alarms: np.ndarray, labels: np.ndarray) -> Shares:
    """Precision and recall over steps, as they are.

    Args:
        alarms, labels: bool of the same shape, [time] or [time, location].

    Raises:
        DataError: the shapes differ.
    """
    alarms, labels = _checked(alarms, labels)
    hits = int((alarms & labels).sum())
    return Shares(_share(hits, int(alarms.sum())), _share(hits, int(labels.sum())))


def by_range(alarms: np.ndarray, labels: np.ndarray, existence: float = 0.0) -> Shares:
    """Range-based precision and recall (N. Tatbul et al., "Precision and Recall for Time Series", NeurIPS 2018).

    Flat positional bias; a span that is covered in n pieces gets 1 / n of what is covered.

    Args:
        alarms, labels: bool [time].
        existence: weight in 0..1 of a labelled span being found at all, against how much of it is covered; precision has none.

    Raises:
        DataError: the shapes differ, or there is more than one axis.
    """
    alarms, labels = _checked(alarms, labels, axes=1)
    said, came = spans(alarms), spans(labels)
    return Shares(_covered(said, came, labels, 0.0), _covered(came, said, alarms, existence))


def by_event(alarms: np.ndarray, labels: np.ndarray, gap: int = 0, late: int = 0) -> EventShares:
    """Precision, recall and delay over events of one series.

    Args:
        alarms, labels: bool [time].
        gap: quiet steps that do not end a stretch of alarms.
        late: steps after the end of an event in which an alarm still finds it.

    Raises:
        DataError: the shapes differ, or there is more than one axis.
    """
    alarms, labels = _checked(alarms, labels, axes=1)
    starts, ends = spans(labels)
    ends = np.minimum(ends + late, np.append(starts[1:], len(labels)) - 1)
    rows = np.flatnonzero(alarms)
    first = np.searchsorted(rows, starts)
    found = (first < len(rows)) & (np.append(rows, len(alarms))[first] <= ends)
    delays = np.append(rows, 0)[first][found] - starts[found]
    new = np.append(True, np.diff(rows) > gap + 1)[: len(rows)]
    begin, close = rows[new], rows[np.append(new[1:], True)[: len(rows)]]
    touched = np.searchsorted(starts, close, side="right") > np.searchsorted(ends, begin, side="left")
    hit = int(touched.sum())
    return EventShares(
        _share(hit, len(begin)), _share(int(found.sum()), len(starts)), len(starts), int(found.sum()), len(begin),
        len(begin) - hit, tuple(int(delay) for delay in delays),
    )  # fmt: skip


def _covered(
    each: tuple[np.ndarray, np.ndarray], others: tuple[np.ndarray, np.ndarray], inside: np.ndarray, existence: float
) -> float | None:
    """Mean over spans of how much of them ``others``, also given as bool [time], cover."""
    start, end = each
    total = np.append(0, np.cumsum(inside))
    part = (total[end + 1] - total[start]) / (end - start + 1)
    pieces = np.searchsorted(others[0], end, side="right") - np.searchsorted(others[1], start, side="left")
    reward = existence * (pieces > 0) + (1 - existence) * part / np.maximum(pieces, 1)
    return float(reward.mean()) if len(reward) else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _checked(alarms: np.ndarray, labels: np.ndarray, axes: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    alarms, labels = np.asarray(alarms).astype(bool), np.asarray(labels).astype(bool)
    if alarms.shape != labels.shape or (axes is not None and alarms.ndim != axes):
        raise DataError(
            f"Alarms {alarms.shape} and labels {labels.shape} do not fit together.",
            "Give one alarm and one label a step" + (" of a single series." if axes == 1 else "."),
        )
    return alarms, labels
