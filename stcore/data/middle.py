"""Whether the middle of values says anything: of rain, mostly none, it is 0 whatever comes."""

from __future__ import annotations

import numpy as np

_LOOKED_AT = 1_000_000


def mostly_one_value(values: np.ndarray) -> bool:
    """Whether at least half of the known values are one and the same.

    The forecast of least absolute error is then that value nearly everywhere; the least squared error still tells more from
    less.

    Args:
        values: of any shape, NaN = unknown; about a million of them are looked at.
    """
    flat = np.asarray(values.flat[:: max(1, values.size // _LOOKED_AT)])
    known = flat[np.isfinite(flat)].astype(np.float64)
    return bool(len(known)) and float((known == np.median(known)).mean()) >= 0.5
