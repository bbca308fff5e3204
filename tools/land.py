"""Make ``stcore/data/land.npz`` from the package global-land-mask: ``pip install global-land-mask && python -m tools.land``.

The package is no part of the project; it is needed only to make the file anew.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from stcore.data.land import CELLS_A_DEGREE, FILE

SOURCE = "globe_combined_mask_compressed.npz"


def coarse(sea: np.ndarray) -> np.ndarray:
    """bool [1800, 3600] land, from bool [21600, 43200] sea: a coarse cell is land where any fine one is."""
    rows, columns = (size // (180 * CELLS_A_DEGREE) for size in (sea.shape[0], sea.shape[1] // 2))
    blocks = (~sea).reshape(sea.shape[0] // rows, rows, sea.shape[1] // columns, columns)
    return np.asarray(blocks.any(axis=(1, 3)))


def main() -> int:
    found = find_spec("global_land_mask")
    if found is None or found.origin is None:
        print("Install global-land-mask first.", file=sys.stderr)
        return 2
    with np.load(Path(found.origin).with_name(SOURCE), allow_pickle=False) as stored:
        land = coarse(stored["mask"])
    np.savez_compressed(FILE, land=np.packbits(land))
    print(f"{FILE}: {land.mean():.3f} of the cells are land, {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
