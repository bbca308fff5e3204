"""Places whose series have a similar shape: k-means on standardised daily courses, or on the standardised series themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.data.explore import sample
from stcore.data.panel import Panel

MOST_GROUPS = 6
LEAST_PLACES = 8
_FITTED, _JUDGED = 4000, 800


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of similar places.

    Attributes:
        label: int [place], 0 = the largest group; -1 where a place has too few readings.
        centre: [group, feature] mean shape, in standard deviations of a place.
        shape: “day” (centre is the course of a day, 24 hours) or “series” (centre runs along ``time``).
        time: [feature] for “series”, else empty.
        silhouette: [-1, 1], how well the groups stand apart (above 0.5 clearly, below 0.25 hardly).
        steps: steps that were looked at.
    """

    label: np.ndarray
    centre: np.ndarray
    shape: Literal["day", "series"]
    time: pd.DatetimeIndex
    silhouette: float
    steps: int

    @property
    def sizes(self) -> np.ndarray:
        """[group] places."""
        return np.bincount(self.label[self.label >= 0], minlength=len(self.centre))


def groups(panel: Panel, feature: str, seed: int = 0) -> Groups | None:
    """Two to six groups, as many as the silhouette likes best; None with fewer than eight places that have enough readings.

    Shapes are standardised per place, so level and spread do not count. Steps under four hours give daily courses of 24 hours,
    longer ones the series in at most 240 stretches, where k-means equals grouping by correlation. Of a large panel the last
    steps are read, the groups are found on 4,000 places and judged on 800.

    Sources: S. Lloyd, IEEE Transactions on Information Theory 28 (2), 1982 (k-means); P. J. Rousseeuw, "Silhouettes",
    Journal of Computational and Applied Mathematics 20, 1987.

    Args:
        panel: any size.
        feature: name.
        seed: same seed, same groups.
    """
    daily = steps.typical(panel.step) <= pd.Timedelta(hours=4) and panel.time[-1] - panel.time[0] >= pd.Timedelta(
        days=2
    )
    raw, used = _shapes(panel, feature, daily)
    standard = _standardised(raw)
    known = np.flatnonzero(np.isfinite(standard).all(axis=1))
    if len(known) < LEAST_PLACES:
        return None
    label, silhouette = _best(standard[known], seed)
    order = np.argsort(-np.bincount(label), kind="stable")
    label = np.argsort(order)[label]
    centre = np.stack([standard[known][label == group].mean(axis=0) for group in range(len(order))])
    every = np.full(len(standard), -1, dtype=np.int64)
    every[known] = label
    edges = np.linspace(len(panel.time) - used, len(panel.time), standard.shape[1] + 1).astype(int)[:-1]
    time = panel.time[:0] if daily else panel.time[edges]
    return Groups(every, centre, "day" if daily else "series", time, silhouette, used)


def _shapes(panel: Panel, feature: str, daily: bool) -> tuple[np.ndarray, int]:
    """[place, slot] means by hour of the day, or of up to 240 stretches of the series, read blockwise; and the steps used."""
    total, wide, count_features = panel.shape
    width = wide * count_features * panel.values.itemsize
    used = min(total, max(48, sample.MOST_TOUCHED // width))
    first = total - used
    slots = 24 if daily else min(240, used)
    slot = np.asarray(panel.time[first:].hour) if daily else np.arange(used) * slots // used
    sums, count = np.zeros((slots, wide)), np.zeros((slots, wide))
    block = max(1, sample.MOST_CELLS // wide)
    for start in range(0, used, block):
        rows = np.arange(start, min(start + block, used))
        values = sample.read(panel, feature, first + rows, np.arange(wide))
        there = np.isfinite(values)
        order = np.argsort(slot[rows], kind="stable")
        present, edges = np.unique(slot[rows][order], return_index=True)
        sums[present] += np.add.reduceat(np.where(there, values, 0)[order].astype(np.float64), edges, axis=0)
        count[present] += np.add.reduceat(there[order].astype(np.float64), edges, axis=0)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan).T, used


def _standardised(raw: np.ndarray) -> np.ndarray:
    """Rows with mean 0 and deviation 1; up to a third of a row may be missing (taken as its mean), else the row is NaN."""
    there = np.isfinite(raw)
    enough = there.mean(axis=1) >= 2 / 3
    count = np.maximum(there.sum(axis=1), 1)
    centred = np.where(there, raw - (np.where(there, raw, 0).sum(axis=1) / count)[:, None], 0)
    spread = np.sqrt((centred**2).sum(axis=1) / count)
    level = np.maximum(np.abs(np.where(there, raw, 0)).max(axis=1), 1e-300)
    enough &= spread > 1e-9 * level
    return np.where(enough[:, None], centred / np.where(spread > 0, spread, 1)[:, None], np.nan)


def _best(shapes: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
    """Label of every row under the number of groups with the best silhouette, and that silhouette."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    rng = np.random.default_rng(seed)
    fitted = shapes[rng.permutation(len(shapes))[:_FITTED]]
    judged = fitted[:_JUDGED]
    found: tuple[float, KMeans | None] = (-2.0, None)
    for count in range(2, min(MOST_GROUPS, len(shapes) // 3) + 1):
        means = KMeans(count, n_init=4, random_state=seed).fit(fitted)
        labels = means.predict(judged)
        score = float(silhouette_score(judged, labels)) if 1 < len(set(labels)) < len(judged) else -1.0
        if score > found[0] + 0.01:  # more groups only where they are worth it
            found = (score, means)
    assert found[1] is not None
    label = np.asarray(found[1].predict(shapes))
    return np.unique(label, return_inverse=True)[1], found[0]
