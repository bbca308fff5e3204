"""Are neighbours alike? One number for a whole map: Moran's I."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stcore.data.explore.weights import restricted, row_standardised

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEAST_PLACES = 5
MOST_PERMUTED = 3000


@dataclass(frozen=True, eq=False)
class Likeness:
    """Likeness of neighbours.

    Attributes:
        value: Moran's I: about 1 where neighbours are alike, ``expected`` by chance, -1 where they are opposite.
        expected: -1 / (n - 1).
        p: probability of a value so far from the expected one if values were dealt at random over the places, 0..1.
        places: [used] positions of the places that have a value and a neighbour.
        own, around: [used] standard score of each place, and the mean of its neighbours' scores.
    """

    value: float
    expected: float
    p: float
    places: np.ndarray
    own: np.ndarray
    around: np.ndarray


def likeness(values: np.ndarray, matrix: csr_array, permutations: int = 999, seed: int = 0) -> Likeness | None:
    """Moran's I with row-standardised weights; None with fewer than five joined places or equal values everywhere.

    I = z'Wz / z'z with rows of W that sum to 1. The p-value is two-sided: by seeded permutations up to 3,000 places, above
    that by the normal approximation under randomisation.

    Sources: P. A. P. Moran, "Notes on Continuous Stochastic Phenomena", Biometrika 37, 1950; A. D. Cliff and J. K. Ord,
    "Spatial Processes", 1981 (moments under randomisation).

    Args:
        values: [place], NaN = missing, left out together with places that have no neighbour left.
        matrix: sparse [place, place] from ``weights.neighbours``.
        permutations: how many.
        seed: of the permutations.
    """
    part, places = restricted(matrix, np.asarray(values, dtype=np.float64))
    if len(places) < LEAST_PLACES:
        return None
    known = np.asarray(values, dtype=np.float64)[places]
    spread = float(known.std())
    if spread <= 1e-12 * max(1.0, abs(float(known.mean()))):
        return None
    weights = row_standardised(part)
    own = (known - known.mean()) / spread
    around = weights @ own
    found, expected = float(own @ around) / len(own), -1 / (len(own) - 1)
    if len(own) <= MOST_PERMUTED:
        p = _by_permutation(own, weights, found, permutations, seed)
    else:
        p = _by_moments(own, weights, found)
    return Likeness(found, expected, p, places, own, np.asarray(around))


def _by_permutation(own: np.ndarray, weights: csr_array, found: float, count: int, seed: int) -> float:
    """Share of random deals at least as far from the expected value, the one at hand included."""
    rng = np.random.default_rng(seed)
    expected, beyond, block = -1 / (len(own) - 1), 0, 111
    for start in range(0, count, block):
        deals = rng.permuted(np.repeat(own[:, None], min(block, count - start), axis=1), axis=0)
        made = np.einsum("ij,ij->j", deals, weights @ deals) / len(own)
        beyond += int((np.abs(made - expected) >= abs(found - expected) - 1e-12).sum())
    return (beyond + 1) / (count + 1)


def _by_moments(own: np.ndarray, weights: csr_array, found: float) -> float:
    """Two-sided p of the normal approximation; Cliff and Ord 1981, equation 1.44."""
    from scipy.special import erfc

    n, s0 = len(own), float(weights.sum())
    both = weights + weights.T
    s1 = float((both.multiply(both)).sum()) / 2
    s2 = float(((np.asarray(weights.sum(axis=1)).ravel() + np.asarray(weights.sum(axis=0)).ravel()) ** 2).sum())
    kurtosis = float((own**4).mean()) / float((own**2).mean()) ** 2
    first = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    second = kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    expected = -1 / (n - 1)
    variance = (first - second) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    return float(erfc(abs(found - expected) / np.sqrt(2 * variance)))
