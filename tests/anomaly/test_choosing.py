"""Judges put in order by labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import detect
from stcore.anomaly.choosing import by_labels
from stcore.errors import DataError
from stcore.records import Detection
from tests.anomaly.conftest import daily


def scored(scores: np.ndarray, like: Detection) -> Detection:
    return replace(like, scores=scores.astype(np.float32), raised=None)


@pytest.fixture(scope="module")
def like() -> Detection:
    found = detect(daily(), "seasonal_z")
    assert isinstance(found, Detection)
    return found


def labels_at(found: Detection, first: int, last: int) -> pd.DataFrame:
    where = str(found.locations.index[0])
    return pd.DataFrame({
        "start": [found.time[first]], "end": [found.time[last]], "location": [where], "kind": ["fault"], "by": ["me"],
        "verdict": ["confirm"],
    })  # fmt: skip


def test_who_sees_the_labelled_event_comes_first(like: Detection) -> None:
    noise = np.random.default_rng(0).random(like.scores.shape)
    sees = noise.copy()
    sees[100:110, 0] = 5
    found = by_labels({"blind": scored(noise, like), "sees": scored(sees, like)}, labels_at(like, 100, 109))
    assert list(found) == ["sees", "blind"]
    cut, judgement = found["sees"]
    assert 1 < cut < 5
    assert (judgement.event_recall, judgement.event_precision) == (1, 1)
    assert judgement.vus_pr == pytest.approx(1, abs=0.05)


def test_only_the_time_that_all_judged_counts(like: Detection) -> None:
    """Beside one that saw the second half alone, an alarm in the first half is no fault."""
    count = len(like.time)
    half = slice(count // 2, count)
    sees = np.zeros(like.scores.shape)
    sees[count - 20 : count - 10, 0] = 5
    sees[10, 0] = 9
    later = replace(scored(sees, like), scores=sees[half].astype(np.float32), observed=like.observed[half], time=like.time[half], contributions=None, alone=None)  # fmt: skip
    found = by_labels({"whole": scored(sees, like), "later": later}, labels_at(like, count - 20, count - 11))
    assert found["whole"][1].raised == found["later"][1].raised == 1


def test_without_a_label_in_that_time_nobody_is_chosen(like: Detection) -> None:
    with pytest.raises(DataError, match="No label says"):
        by_labels({"one": like}, labels_at(like, 5, 8).assign(verdict="reject"))
