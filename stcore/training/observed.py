"""At which steps targets were observed, looked at in blocks: a panel may be larger than memory."""

from __future__ import annotations

import numpy as np

from stcore.data import arrays
from stcore.data.panel import Panel


def observed_rows(panel: Panel, targets: tuple[str, ...]) -> int:
    """Steps up to and with the last one at which any target was observed."""
    seen = np.flatnonzero(seen_targets(panel, targets).any(axis=1))
    return int(seen[-1]) + 1 if len(seen) else 0


def seen_targets(panel: Panel, targets: tuple[str, ...]) -> np.ndarray:
    """Whether a target was observed anywhere at each step: bool [time, target].

    Args:
        targets: names of values that the panel has.
    """
    which = [panel.features.index(name) for name in targets]
    found = np.zeros((len(panel.time), len(targets)), bool)
    for rows in arrays.blocks(panel.values):
        found[rows] = np.asarray(panel.seen(rows).any(axis=1))[:, which]
    return found
