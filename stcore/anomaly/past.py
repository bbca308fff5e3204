"""A detection as a live feed sees it: every step against the steps before it alone, and no second alarm for the same thing.

A fixed threshold wears out where a series drifts. Here a step counts by how rare it is among all earlier ones of its place, which
needs no threshold learnt beforehand and puts all places and data sets on one scale.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from stcore.anomaly import thresholds
from stcore.anomaly.events import with_events
from stcore.anomaly.rows import gaps_open
from stcore.anomaly.scores import strongest
from stcore.data.panel import Panel
from stcore.errors import DataError
from stcore.records import Detection


def against_past(detection: Detection, panel: Panel, quiet: int = 0, until: Any = None) -> Detection:
    """The same steps, each scored by how rare its score and its level are among the earlier ones of its place.

    A score of 2 is what one step in a hundred reaches. It is the mean of two rarities (``rarity``): that of the detection's score, and
    that of the distance from everything seen so far (``from_before``). Nothing after a step counts, provided that the detection
    itself looked back only (setting ``causal``) and was fitted on earlier rows.

    Args:
        panel: what was scored, with the same steps and places.
        quiet: steps after an alarm in which only a higher score counts; the others become 0.
        until: last time whose scores set the threshold; None: all of them.

    Raises:
        DataError: a panel of other steps or places.
    """
    if detection.scores.shape != panel.shape[:2] or not detection.time.equals(panel.time):
        raise DataError(
            f"{len(detection.time):,} steps were scored; the panel has {len(panel.time):,}, or others.",
            "Give the panel that was scored.",
        )
    values = gaps_open(panel).values
    level = strongest(from_before(values.reshape(len(values), -1)), values.shape[2])
    scores = np.where(detection.observed, detection.scores, np.nan)
    mean = (rarity(scores) + rarity(level)) / 2
    rows = slice(*detection.time.slice_indexer(None, until).indices(len(detection.time))[:2])
    rate = thresholds.usual_rate(len(detection.locations), detection.step)
    cut = thresholds.threshold(mean[rows], rate, floor=0.0)
    kept = first_of(np.nan_to_num(mean), quiet).astype(np.float32)
    return with_events(replace(detection, scores=kept, raised=None, threshold=cut, hysteresis=1.0, least_steps=1))


def rarity(scores: np.ndarray) -> np.ndarray:
    """-log10 of the share of the scores up to each that are at least as high, itself counted: float64 [time, series], 0 or more.

    Args:
        scores: [time, series], NaN = unknown, and unknown in the result.
    """
    known = np.isfinite(scores)
    share = (1 + _earlier_above(np.where(known, scores, -np.inf))) / np.maximum(np.cumsum(known, axis=0), 1)
    return np.where(known, -np.log10(share), np.nan)


def from_before(values: np.ndarray) -> np.ndarray:
    """Distance of each value from the mean of all earlier ones, in their standard deviations: float64 [time, series].

    Args:
        values: [time, series], NaN = unknown, and unknown in the result; 0 while fewer than two earlier ones are known.
    """
    known = np.isfinite(values)
    first = np.take_along_axis(values, np.argmax(known, axis=0)[None], axis=0)  # keeps the squares small
    moved = np.where(known, values.astype(np.float64) - first, 0.0)
    count, total, square = (_before(each) for each in (known.astype(np.float64), moved, moved**2))
    mean = total / np.maximum(count, 1)
    spread = np.sqrt(np.maximum(square / np.maximum(count, 1) - mean**2, 0))
    least = 1e-6 * np.maximum(np.abs(np.nan_to_num(first)), 1e-6)
    return np.where(known, np.where(count < 2, 0.0, np.abs(moved - mean) / np.maximum(spread, least)), np.nan)


def first_of(scores: np.ndarray, quiet: int) -> np.ndarray:
    """Scores [time, series] with 0 for those that one of the ``quiet`` steps before reached."""
    from scipy.ndimage import maximum_filter1d

    if quiet < 1:
        return scores
    before = np.concatenate([np.full((1, scores.shape[1]), -np.inf), scores[:-1]])
    highest = maximum_filter1d(before, quiet, axis=0, origin=(quiet - 1) // 2, mode="constant", cval=-np.inf)
    return np.where(scores > highest, scores, 0.0)


def _before(values: np.ndarray) -> np.ndarray:
    """Sum of the rows before each [time, series]."""
    return np.asarray(np.cumsum(values, axis=0) - values)


def _earlier_above(scores: np.ndarray) -> np.ndarray:
    """How many earlier rows are at least as high: int [time, series].

    Rows are counted as a merge sort would: in blocks of 2, 4, 8, ... rows, each row of the right half against the left one.
    """
    count, series = scores.shape
    size = 1 << max(count - 1, 1).bit_length()
    padded = np.full((series, size), -np.inf)
    padded[:, :count] = scores.T
    found = np.zeros((series, size), np.int64)
    half = 1
    while half < size:
        blocks = padded.reshape(series, -1, 2 * half)
        order = np.argsort(-blocks, axis=2, kind="stable")  # of equal ones the earlier first
        above = np.empty(blocks.shape, np.int64)
        np.put_along_axis(above, order, np.cumsum(order < half, axis=2), axis=2)
        found.reshape(blocks.shape)[..., half:] += above[..., half:]
        half *= 2
    return found[:, :count].T
