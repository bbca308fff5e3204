"""Any detector of PyOD by its name, on eight numbers a window; needs the package pyod.

When to use: to compare with something known from elsewhere. Nothing is pickled: the windows it was fitted on are stored,
and it is fitted on them again when loaded.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import numpy as np

from stcore.anomaly.optional import need
from stcore.anomaly.scored import Arrays
from stcore.anomaly.shape_knn import shape
from stcore.anomaly.window_detector import WindowDetector, WindowSettings, sampled
from stcore.anomaly.windows import Windows
from stcore.config import setting
from stcore.errors import ConfigError

MOST = 4096


class PyodSettings(WindowSettings):
    """Settings of a PyOD detector."""

    kind: str = setting(
        "ECOD", title="PyOD detector", help="Name of its class: ECOD, COPOD, HBOS, LOF, KNN, OCSVM, ..."
    )


class Pyod(WindowDetector[PyodSettings]):
    """The detector; ``fit`` first.

    Raises:
        ModelError: the package is not installed. ConfigError: PyOD has no such detector.
    """

    name = "pyod"
    settings_kind = PyodSettings
    pooled = True

    def __init__(self, settings: PyodSettings | None = None) -> None:
        super().__init__(settings)
        need("pyod", "A PyOD detector")
        self._built: tuple[np.ndarray, Any] | None = None

    def learn_windows(self, windows: Windows) -> Arrays:
        return {"sample#": shape(sampled(windows, MOST))}

    def strangeness(self, windows: Windows, arrays: Arrays) -> np.ndarray:
        points = shape(windows.values)
        found = self._detector(arrays["sample#"]).decision_function(points.reshape(-1, points.shape[-1]))
        return np.asarray(found, np.float32).reshape(points.shape[:-1])

    def _detector(self, sample: np.ndarray) -> Any:
        if self._built is None or self._built[0] is not sample:
            self._built = sample, _class(self.settings.kind)().fit(sample)
        return self._built[1]


def _class(kind: str) -> Any:
    """The class of this name in PyOD's own module of that name."""
    if not re.fullmatch(r"[A-Za-z]\w*", kind):
        raise ConfigError(f"“{kind}” is not the name of a PyOD detector.", "Write for example ECOD.")
    try:
        return getattr(import_module(f"pyod.models.{kind.lower()}"), kind)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"PyOD has no detector “{kind}” ({error}).", "Write for example ECOD, HBOS or LOF."
        ) from error
