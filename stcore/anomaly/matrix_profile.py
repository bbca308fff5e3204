"""Matrix profile: strange is a window whose shape has no like anywhere in the record; needs the package stumpy.

When to use: shapes matter and level does not (windows are z-normalised). The whole record is compared with itself, so it
cannot follow a feed. After Yeh et al. (ICDM 2016).
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from stcore.anomaly.optional import need
from stcore.anomaly.scored import Arrays
from stcore.anomaly.series import Rows
from stcore.anomaly.window_detector import WindowDetector, WindowSettings
from stcore.anomaly.windows import Windows, spread
from stcore.data.panel import Panel
from stcore.errors import ModelError


class MatrixProfile(WindowDetector[WindowSettings]):
    """The detector; ``fit`` first.

    Raises:
        ModelError: the package is not installed, or it is asked to follow a feed.
    """

    name = "matrix_profile"
    settings_kind = WindowSettings
    folds = 0

    def __init__(self, settings: WindowSettings | None = None) -> None:
        super().__init__(settings)
        need("stumpy", "The matrix profile")

    def learn_windows(self, windows: Windows) -> Arrays:
        return {}

    def strange(self, rows: Rows, arrays: Arrays) -> np.ndarray:
        import stumpy

        length, count = max(3, int(arrays["window#"][0])), rows.values.shape[1]
        if count < 2 * length:
            return np.zeros(rows.values.shape, np.float32)
        each = [stumpy.stump(series.astype(np.float64), length)[:, 0].astype(np.float32) for series in rows.values]
        at = np.arange(length - 1, count)
        return np.where(rows.known, spread(np.stack(each), at, length, count, self.settings.causal), np.float32(np.nan))

    def update(self, rows: Panel) -> NoReturn:
        raise ModelError(
            "The matrix profile compares a whole record with itself and cannot follow new rows.",
            "Use a detector that can, for example “knn” or “auto”.",
        )
