"""How well scores rank what is strange, without any threshold: areas under curves, and volumes under surfaces.

VUS lets every labelled span grow by a margin and averages over its width, since nobody labels to the step (J. Paparrizos et
al., "Volume under the surface", VLDB 2022; fast form: P. Boniol et al., "VUS", VLDB Journal 2025). Random scores reach about
the share of labelled steps in VUS-PR, but far more in VUS-ROC: compare detectors by VUS-PR.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stcore.errors import DataError

WINDOW = 100
CUTS = 250


@dataclass(frozen=True)
class Ranking:
    """Quality of a ranking, each in 0..1, 1 = perfect."""

    vus_pr: float
    vus_roc: float
    auc_pr: float
    auc_roc: float


def ranking(scores: np.ndarray, labels: np.ndarray, window: int = WINDOW) -> Ranking:
    """All four at once; arguments and errors as in ``volumes``."""
    vus_roc, vus_pr = volumes(scores, labels, window)
    return Ranking(vus_pr, vus_roc, auc_pr(scores, labels), auc_roc(scores, labels))


def volumes(scores: np.ndarray, labels: np.ndarray, window: int = WINDOW, cuts: int = CUTS) -> tuple[float, float]:
    """VUS-ROC and VUS-PR of one series.

    Margins 0, 1, ..., ``window`` around each labelled span, half on either side, in which a label falls from 1 to √½ with
    the distance d as √(1 - d / margin); two margins that meet count as labelled. Recall is multiplied by the share of
    spans found. Time and memory grow with steps + window x the steps near a label.

    Args:
        scores: float [time], higher = stranger, finite.
        labels: bool or 0/1 [time].
        window: widest margin in steps (both sides together); about the length of the usual pattern.
        cuts: thresholds tried, evenly spread over the ranks.

    Raises:
        DataError: shapes differ, a score is not finite, or all labels are the same.
    """
    scores, labels = _checked(scores, labels)
    ordered = -np.sort(-scores)
    cut = ordered[np.linspace(0, len(scores) - 1, cuts).astype(int)]
    first = np.searchsorted(-cut, -scores)  # the first cut at which a step is an alarm
    said = np.cumsum(np.bincount(first, minlength=cuts))[:cuts]
    positives = float(labels.sum())
    inside = _cumulated(first[labels], None, cuts)
    starts, ends = spans(labels)
    near, distance, second = _margins(starts, ends, len(scores), window // 2)
    found = np.zeros(cuts)
    roc, pr = np.empty(window + 1), np.empty(window + 1)
    for margin in range(window + 1):
        if margin < 2 or margin % 2 == 0:
            found = _found(first, starts, ends, margin // 2, cuts)
        some = distance <= margin // 2
        weight = np.where(second[some] <= margin // 2, 1.0, np.sqrt(1 - distance[some] / max(margin, 1)))
        extended = _cumulated(first[near[some]], weight, cuts)
        roc[margin], pr[margin] = _areas(inside + extended, positives + extended, found, said, positives, len(scores))
    return float(roc.mean()), float(pr.mean())


def auc_roc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Chance that a labelled step has a higher score than an unlabelled one, ties counting half; errors as ``volumes``."""
    scores, labels = _checked(scores, labels)
    _, inverse, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[inverse]
    positives = int(labels.sum())
    above = rank[labels].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(labels) - positives)))


def auc_pr(scores: np.ndarray, labels: np.ndarray) -> float:
    """Average precision: mean precision at the labelled steps, without interpolation; errors as ``volumes``."""
    scores, labels = _checked(scores, labels)
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)  # equal scores pass together
    hits, said = np.cumsum(labels[order])[last], (np.flatnonzero(last) + 1)
    return float(np.sum(np.diff(hits, prepend=0) * hits / said) / labels.sum())


def spans(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last row of each stretch of True in bool [time]."""
    edges = np.diff(np.concatenate([[False], np.asarray(labels, bool), [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1


def _checked(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores as float64 and labels as bool."""
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels).astype(bool)
    if scores.ndim != 1 or scores.shape != labels.shape:
        raise DataError(
            f"Scores {scores.shape} and labels {labels.shape} are not of the same steps.",
            "Give one score and one label a step.",
        )
    if not np.isfinite(scores).all():
        raise DataError(
            f"{int((~np.isfinite(scores)).sum())} of {len(scores)} scores are no finite number.",
            "Leave the steps out that were not scored.",
        )
    if not len(labels) or labels.all() or not labels.any():
        raise DataError(
            f"{int(labels.sum())} of {len(labels)} steps are labelled; a ranking needs some of both kinds.",
            "Choose a stretch with a labelled event and usual steps.",
        )
    return scores, labels


def _cumulated(first: np.ndarray, weight: np.ndarray | None, cuts: int) -> np.ndarray:
    """Weight of the steps that are alarms at each cut."""
    return np.cumsum(np.bincount(first, weight, minlength=cuts))[:cuts].astype(float)


def _margins(starts: np.ndarray, ends: np.ndarray, size: int, half: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unlabelled rows within ``half`` of a span, and their distance to the nearest and second nearest end of one."""
    rows = np.arange(size)
    before = np.searchsorted(ends, rows, side="left")  # spans that end before the row
    after = np.searchsorted(starts, rows, side="right")
    far = np.full(2, 2 * size + half + 1)
    left = np.concatenate([-far, ends])  # two spans out of reach on either side
    right = np.concatenate([starts, far + size])
    each = np.stack([rows - left[before + 1], rows - left[before], right[after] - rows, right[after + 1] - rows])
    nearest = np.partition(each, 1, axis=0)
    free = (before == after) & (nearest[0] <= half)
    return rows[free], nearest[0][free], nearest[1][free]


def _found(first: np.ndarray, starts: np.ndarray, ends: np.ndarray, half: int, cuts: int) -> np.ndarray:
    """Share of spans, joined where their margins meet, that hold an alarm at each cut."""
    new = np.append(True, ends[:-1] + half < starts[1:] - half)
    begin = np.maximum(starts[new] - half, 0)
    end = np.minimum(ends[np.append(new[1:], True)] + half, len(first) - 1) + 1
    bounds = np.column_stack([begin, end]).ravel()
    padded = np.append(first, cuts)  # reduceat wants bounds below the size
    return _cumulated(np.minimum.reduceat(padded, bounds)[::2], None, cuts) / len(begin)


def _areas(
    hits: np.ndarray, labelled: np.ndarray, found: np.ndarray, said: np.ndarray, positives: float, size: int
) -> tuple[float, float]:
    """Areas under the two curves of one margin; the labelled mass lies between the labels and the extended ones."""
    mass = (positives + labelled) / 2
    recall = np.minimum(hits / mass, 1) * found
    false = np.concatenate([[0], (said - hits) / (size - mass), [1]])
    heights = np.concatenate([[0], recall, [1]])
    roc = np.dot(np.diff(false), (heights[1:] + heights[:-1]) / 2)
    return float(roc), float(np.dot(np.diff(recall, prepend=0), hits / said))
