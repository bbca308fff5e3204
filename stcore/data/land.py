"""Where land is: a mask of the world in tenths of a degree, in which a cell is land when any square kilometre of it is.

``land.npz`` is derived from GLOBE, the Global Land One-kilometer Base Elevation digital elevation model (D. A. Hastings,
P. K. Dunbar et al., National Geophysical Data Center, NOAA, 1999; a work of the US government, free of copyright), as
packed by the package global-land-mask 1.0.0 (MIT); ``tools/land.py`` makes it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("land.npz")
CELLS_A_DEGREE = 10
_SHAPE = (180 * CELLS_A_DEGREE, 360 * CELLS_A_DEGREE)


@lru_cache(maxsize=1)
def _mask() -> np.ndarray:
    """bool [latitude, longitude], row 0 at the north pole, column 0 at 180 degrees west."""
    with np.load(FILE, allow_pickle=False) as stored:
        return np.unpackbits(stored["land"], count=_SHAPE[0] * _SHAPE[1]).reshape(_SHAPE).astype(bool)


def on_land(lonlat: np.ndarray, cells: int = 1) -> np.ndarray:
    """Whether points are on land or close to it.

    Args:
        lonlat: [place, 2] degrees; longitudes may go on past 180.
        cells: how many tenths of a degree away from land still count (1 = some 11 km, less in longitude).

    Returns:
        bool [place]; False where a coordinate is NaN or no latitude.
    """
    valid = np.isfinite(lonlat).all(axis=1) & (np.abs(lonlat[:, 1]) <= 90)
    row = np.clip(np.floor((90 - np.where(valid, lonlat[:, 1], 0)) * CELLS_A_DEGREE), 0, _SHAPE[0] - 1).astype(np.int64)
    column = np.floor((np.where(valid, lonlat[:, 0], 0) + 180) * CELLS_A_DEGREE).astype(np.int64)
    found = np.zeros(len(lonlat), bool)
    for up in range(-cells, cells + 1):
        for across in range(-cells, cells + 1):
            near = np.clip(row + up, 0, _SHAPE[0] - 1), (column + across) % _SHAPE[1]
            found |= _mask()[near]
    return found & valid
