"""Each alarm in its context: against the place's own past, its neighbours and the whole network.

``watch`` finds what is strange in a network of places: a reading far from its own past that the network does not account for, a
place and two of its neighbours that move together, the network as a whole. ``in_context`` names the events of any detection.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stcore.anomaly import thresholds
from stcore.anomaly.events import edges_of, empty_events, with_events
from stcore.anomaly.evidence import Evidence, evidence, trailing
from stcore.anomaly.naming import NEIGHBOURS, SHARE, neighbour_table
from stcore.anomaly.rows import scored_features
from stcore.config import Config, setting
from stcore.data import steps
from stcore.data.panel import Panel
from stcore.errors import DataError
from stcore.records import Detection

#: Steps that are looked at together: a reading alone, and what lasts.
WIDTHS = (1, 3, 6)
#: Shape of the tail of a single reading's deviations; a mean of several has a lighter one.
HEAVY = 0.2
LEAST = 4.0
#: A reading this near to what is usual ends an event, whatever the steps before it were.
BACK = 1.0
BLOCK_CELLS = 20_000_000


class ContextSettings(Config):
    """Settings of ``watch``."""

    neighbours: int = setting(
        NEIGHBOURS, title="Neighbours", help="How many of a place's neighbours it is compared with; nearest first.", ge=2, le=50,
    )  # fmt: skip
    false_a_day: float = setting(
        0.5, title="False events a day", help="How many false events over all places you bear.", gt=0, le=1000,
    )  # fmt: skip
    network: float = setting(
        5.0, title="Network threshold", unit="usual deviations", ge=1, le=100, level="advanced",
        help="The network as a whole is out of line beyond this; lower it to see weaker regional events.",
    )  # fmt: skip
    hysteresis: float = setting(
        0.4, title="Ends below", gt=0, le=1, level="advanced",
        help="Share of the threshold a score must fall to before its event ends.",
    )  # fmt: skip


def watch(panel: Panel, settings: ContextSettings | None = None, fit_end: Any = None) -> Detection:
    """Scores and events of a network; a score of 1 is the threshold of whichever of the three measures is strongest.

    Each measure is taken over one, three and six steps, up to the step itself: nothing after it is read.

    Args:
        panel: places with neighbours (edges, or coordinates). Each measured value is judged by itself; the strongest counts.
        settings: None: defaults.
        fit_end: last time that says what is usual and where the thresholds lie; None: all.

    Raises:
        DataError: no observed value up to ``fit_end``.
    """
    settings = settings or ContextSettings()
    measured = scored_features(panel)
    rows = slice(*panel.time.slice_indexer(None, fit_end).indices(len(panel.time))[:2])
    if not measured.mask[rows].any():
        raise DataError("Nothing was observed up to then: nothing can be called usual.", "Choose a later end.")
    edges = edges_of(panel.space, panel.locations)
    beside = neighbour_table(edges, panel.locations.index, settings.neighbours)
    seen = [evidence(measured, feature, fit_end) for feature in range(len(measured.features))]
    each = [_scores(one, beside, rows, panel.step, settings) for one in seen]
    found = Detection(
        scores=np.max(each, axis=0), threshold=1.0, observed=np.asarray(measured.mask.any(axis=2)), time=panel.time,
        locations=panel.locations, step=panel.step, events=empty_events(panel.time), clock=panel.clock, edges=edges,
        detector="context", hysteresis=settings.hysteresis,
    )  # fmt: skip
    return with_events(replace(found, alone=np.stack([one.alone for one in seen], axis=-1)))


def _scores(seen: Evidence, beside: np.ndarray, rows: slice, step: str, settings: ContextSettings) -> np.ndarray:
    """Largest of the measures, each in units of its threshold: float32 [time, location], finite."""
    network = np.fmax.reduce([_wide(seen.network, width, rows) for width in WIDTHS]) / settings.network
    calm = np.zeros(len(network), bool)
    calm[rows] = network[rows] < 1  # what is usual for a place is not learnt from what happened to all of them
    a_day = pd.Timedelta(days=1) / steps.typical(step) * seen.alone.shape[1]
    rate = settings.false_a_day / (3 * len(WIDTHS)) / max(a_day, 1e-9)
    follows = seen.own * np.sign(seen.network)[:, None] > 0.5
    out = np.where(follows, network[:, None], 0).astype(np.float32)
    for width in WIDTHS:
        moved = trailing(seen.alone, width)
        rough = np.sqrt(trailing(seen.alone**2, width))
        for measure, parts in ((np.abs(moved), width), (rough, width), (together(moved, beside), 3 * width)):
            cut = thresholds.tail(measure[calm], rate, HEAVY / parts, LEAST)
            np.fmax(out, measure / cut, out=out)
    usual = np.fmax(np.abs(seen.own), np.abs(seen.alone)) < BACK
    return np.where(usual, np.fmin(out, settings.hysteresis), np.nan_to_num(out))


def _wide(network: np.ndarray, width: int, rows: slice) -> np.ndarray:
    """Size of the network's trailing mean in usual deviations [time]."""
    mean = trailing(network[:, None], width)
    usual = 1.4826 * float(np.median(np.abs(mean[rows])))
    return np.abs(mean[:, 0]) / usual if usual > 0 else np.zeros(len(network), np.float32)


def together(moved: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """How far a place and its two strongest neighbours moved the same way, summed: [time, location], 0 or more.

    None counts more than the place itself, nor more than the second of the two over ``SHARE``: one sensor alone, or a pair, makes
    no neighbourhood, nor do neighbours around a calm place.

    Args:
        moved: [time, location] with sign, NaN = unknown. beside: neighbours of each place, -1 = none.
    """
    known = np.nan_to_num(np.concatenate([moved, np.zeros((len(moved), 1), moved.dtype)], axis=1))
    out = np.empty(moved.shape, np.float32)
    each = max(1, BLOCK_CELLS // max(1, len(moved) * beside.shape[1]))
    for start in range(0, len(beside), each):
        part = slice(start, min(start + each, len(beside)))
        around = known[:, beside[part]]
        centre = known[:, part]
        up = _joint(centre, -np.partition(-around, 1, axis=2)[..., :2])
        down = _joint(-centre, -np.partition(around, 1, axis=2)[..., :2])
        out[:, part] = np.maximum(up, down)
    return out


def _joint(centre: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Sum of centre, first and second neighbour, none counting more than the centre or 1 / ``SHARE`` of the second."""
    second = np.maximum(two[..., 1], 0)
    most = np.minimum(np.maximum(centre, 0), second / SHARE)
    return np.asarray(most + np.minimum(two[..., 0], most) + np.minimum(second, most))


def in_context(detection: Detection, panel: Panel, fit_end: Any = None) -> Detection:
    """The same detection with its events named by what their surroundings did (``naming.named``), now and after ``rethreshold``.

    Args:
        panel: what was scored, of the same steps and places.
        fit_end: last time that says what is usual; None: all.
    """
    if len(detection.locations) < 2:
        return detection
    measured = scored_features(panel)
    alone = [evidence(measured, feature, fit_end).alone for feature in range(len(measured.features))]
    return with_events(replace(detection, alone=np.stack(alone, axis=-1)))
