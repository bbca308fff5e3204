"""How alike two places are, against the kilometres between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stcore.data.space import great_circle_km

MOST_PLACES = 300
LEAST_STEPS = 20
LEAST_PAIRS = 20


@dataclass(frozen=True, eq=False)
class ByDistance:
    """Correlation of pairs of places against distance.

    Attributes:
        distance_km, correlation: [pair], sorted by distance.
        km: [bin] mean distance of each bin.
        low, middle, high: [bin] 25th percentile, median and 75th percentile of the correlations.
    """

    distance_km: np.ndarray
    correlation: np.ndarray
    km: np.ndarray
    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray


def pair_correlations(values: np.ndarray) -> np.ndarray:
    """[place, place] Pearson correlations over the steps observed at both; NaN below 20 such steps or without variance.

    Args:
        values: [step, place], NaN = missing; a few hundred places.
    """
    there = np.isfinite(values).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there > 0, values, 0).sum(axis=0, dtype=np.float64) / there.sum(axis=0)
        known = np.where(there > 0, values - mean, 0).astype(np.float64)
        count = there.T @ there
        sums, squares = known.T @ there, (known * known).T @ there
        covariance = known.T @ known - sums * sums.T / count
        variance = squares - sums * sums / count
        found = covariance / np.sqrt(variance * variance.T)
    tiny = 1e-9 * np.maximum(np.diag(squares), 1e-300)
    flat = variance <= tiny[:, None]
    found[(count < LEAST_STEPS) | flat | flat.T] = np.nan
    return np.asarray(found.clip(-1, 1))


def spread_places(lonlat: np.ndarray, most: int = MOST_PLACES, seed: int = 0) -> np.ndarray:
    """Sorted positions of at most ``most`` places: random ones and the nearest two of each, so that short distances are there.

    Args:
        lonlat: [place, 2] degrees; places without a position are left out.
        most: at most so many.
        seed: same seed, same places.
    """
    there = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    if len(there) <= most:
        return there
    from sklearn.neighbors import BallTree

    chosen = np.random.default_rng(seed).choice(len(there), most // 3, replace=False)
    radians = np.radians(lonlat[there][:, ::-1])
    near = BallTree(radians, metric="haversine").query(radians[chosen], k=3, return_distance=False)
    return np.asarray(there[np.unique(near)])


def by_distance(values: np.ndarray, lonlat: np.ndarray, bins: int = 24) -> ByDistance | None:
    """Correlations of all pairs of the given places, sorted and binned; None with fewer than ten pairs.

    The binned median is the non-parametric spatial correlogram: B. D. Ripley, "Spatial Statistics", 1981; O. N. Bjornstad
    and W. Falck, "Nonparametric spatial covariance functions", Environmental and Ecological Statistics 8, 2001.

    Args:
        values: [step, place], NaN = missing; a few hundred places (``spread_places``).
        lonlat: [place, 2] degrees.
        bins: at most so many; the near ones hold fewer pairs than the far ones, at least 20.
    """
    first, second = np.triu_indices(values.shape[1], 1)
    correlation = pair_correlations(values)[first, second]
    distance = great_circle_km(lonlat[first], lonlat[second])
    known = np.isfinite(correlation) & np.isfinite(distance)
    if known.sum() < 10:
        return None
    order = np.argsort(distance[known], kind="stable")
    distance, correlation = distance[known][order], correlation[known][order]
    parts = np.split(np.arange(len(order)), _ends(len(order), bins))
    levels = np.array([np.percentile(correlation[part], [25, 50, 75]) for part in parts])
    km = np.array([distance[part].mean() for part in parts])
    return ByDistance(distance, correlation, km, levels[:, 0], levels[:, 1], levels[:, 2])


def _ends(pairs: int, bins: int) -> list[int]:
    """Where bins end among sorted pairs: growing with the square of their number, so that short distances are resolved."""
    ends, last = [], 0
    for end in (pairs * (np.arange(1, bins + 1) / bins) ** 2).astype(int).tolist():
        if end - last >= LEAST_PAIRS and pairs - end >= LEAST_PAIRS:
            ends.append(end)
            last = end
    return ends
