"""The events of any detection named by their context: the place's own past, its neighbours and the whole network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from stcore.anomaly.events import with_events
from stcore.anomaly.evidence import evidence
from stcore.anomaly.rows import scored_features
from stcore.data.panel import Panel
from stcore.records import Detection


def in_context(detection: Detection, panel: Panel, fit_end: Any = None) -> Detection:
    """The same detection with its events named by what their surroundings did (``naming.named``), now and after ``rethreshold``.

    Args:
        panel: what was scored; it may hold more steps, and its places in another order.
        fit_end: last time that says what is usual; None: all.
    """
    if len(detection.locations) < 2 or detection.alone is not None:
        return detection
    measured = scored_features(panel)
    alone = [evidence(measured, feature, fit_end).alone for feature in range(len(measured.features))]
    rows = panel.time.get_indexer(detection.time)
    places = panel.locations.index.get_indexer(detection.locations.index)
    return with_events(replace(detection, alone=np.stack(alone, axis=-1)[rows[:, None], places]))
