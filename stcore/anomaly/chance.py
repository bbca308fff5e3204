"""What needs no skill, to hold a judgement against: the same alarms at random times, and alarming always."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stcore.anomaly.events import with_events
from stcore.anomaly.judging import Judgement, judged
from stcore.records import Detection


def by_chance(detection: Detection, labels: pd.DataFrame, seed: int = 0) -> Judgement:
    """The judgement of the same scores at other times: those of each place are turned by an amount drawn from a seed.

    As many alarms, as long, and as strong as before, but they know nothing about what happened.
    """
    random = np.random.default_rng(seed)
    total, count = detection.scores.shape
    by = random.integers(total // 10 + 1, max(total - total // 10, total // 10 + 2), count)
    rows = (np.arange(total)[:, None] - by) % total
    scores = np.take_along_axis(np.asarray(detection.scores), rows, axis=0)
    return judged(with_events(replace(detection, scores=scores, alone=None)), labels)


def always(detection: Detection, labels: pd.DataFrame) -> Judgement:
    """The judgement of an alarm at every observed step."""
    scores = np.ones_like(detection.scores)
    return judged(
        with_events(replace(detection, scores=scores, threshold=0.0, alone=None, hysteresis=1.0, least_steps=1)),
        labels,
    )
