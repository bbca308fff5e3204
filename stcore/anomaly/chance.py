"""What needs no skill, to hold a judgement against: the same alarms at random times, and alarming always."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stcore.anomaly.events import with_events
from stcore.anomaly.judging import Judgement, judged
from stcore.records import Detection


def by_chance(detection: Detection, labels: pd.DataFrame, seed: int = 0) -> Judgement:
    """The judgement of the same scores at other times: turned around the record by an amount drawn from a seed.

    As many alarms as before, as long, as strong and at the same places together, but they know nothing about what happened.
    """
    total = len(detection.scores)
    by = int(np.random.default_rng(seed).integers(total // 10 + 1, max(total - total // 10, total // 10 + 2)))
    raised = None if detection.raised is None else np.roll(detection.raised, by, axis=0)
    turned = replace(detection, scores=np.roll(np.asarray(detection.scores), by, axis=0), alone=None, raised=raised)
    return judged(with_events(turned), labels)


def always(detection: Detection, labels: pd.DataFrame) -> Judgement:
    """The judgement of an alarm at every observed step."""
    scores = np.ones_like(detection.scores)
    return judged(
        with_events(
            replace(detection, scores=scores, threshold=0.0, alone=None, raised=None, hysteresis=1.0, least_steps=1)
        ),
        labels,
    )
