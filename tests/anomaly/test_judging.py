from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly.events import with_events
from stcore.anomaly.judging import judged, threshold_from
from stcore.anomaly.labels import from_marks, labels_of, with_verdict
from stcore.data.panel import Panel
from stcore.errors import DataError


def made(scored, steps=240, places=6):
    """Events at places 0 (found late), 3 (missed); a false alarm at place 5; scores [time, place]."""
    scores = np.zeros((steps, places), np.float32)
    scores[52:56, 0] = 5
    scores[120:124, 3] = 0.8
    scores[200, 5] = 3
    found = with_events(scored(scores))
    marks = np.zeros(scores.shape)
    marks[50:60, 0] = marks[120:130, 3] = 1
    panel = Panel.from_arrays(scores, found.time, list(found.locations.index))
    return found, from_marks(marks, panel), panel


def test_numbers_by_hand(scored):
    found, labels, _ = made(scored)
    told = judged(found, labels, 20)
    assert (told.precision, told.recall) == (4 / 5, 4 / 20)
    assert (told.event_precision, told.event_recall, told.event_f1) == (0.5, 0.5, 0.5)
    assert told.false_a_day == pytest.approx(1 / 10)
    assert (told.delay_steps, told.delay) == (2, pd.Timedelta(hours=2))
    assert (told.events, told.raised) == (2, 2)
    assert 0.3 < told.vus_pr < 1


def test_labels_without_a_place_judge_all_places_together(scored):
    found, _, panel = made(scored)
    marks = np.zeros(240)
    marks[50:60] = marks[195:205] = 1
    told = judged(found, from_marks(marks, panel))
    assert (told.event_recall, told.event_precision, told.false_a_day) == (1, 1, 0)
    assert told.recall == 5 / 20
    assert told.delay_steps == 3.5


def test_the_same_span_at_several_places_is_one_event(scored):
    found, _, panel = made(scored)
    event = {"start": found.time[50], "end": found.time[59], "kind": "local", "locations": ["p0", "p1", "p2"]}
    labels = with_verdict(labels_of(panel), event, "confirm", "ann", pd.Timestamp("2024-02-01"))
    told = judged(found, labels)
    assert (told.events, told.event_recall) == (1, 1.0)


def test_a_rejected_event_is_a_false_one(scored):
    found, labels, _ = made(scored)
    event = found.events.iloc[0]
    labels = with_verdict(labels, event, "reject", "ann", pd.Timestamp("2024-02-01"))
    assert judged(found, labels).event_precision == 0.0


def test_nothing_raised_or_labelled_has_no_share(scored):
    found, labels, panel = made(scored)
    silent = judged(found.rethreshold(99), labels)
    assert (silent.event_precision, silent.precision, silent.delay, silent.event_recall) == (None, None, None, 0.0)
    unlabelled = judged(found, labels_of(panel))
    assert (unlabelled.event_recall, unlabelled.vus_pr, unlabelled.event_precision) == (None, None, 0.0)


def test_the_threshold_is_the_one_the_labels_speak_for(scored):
    found, labels, _ = made(scored)
    lower = threshold_from(found, labels)
    assert 0 < lower < 0.8
    assert judged(found.rethreshold(lower), labels).event_recall == 1
    found.scores[10:30:4, 2] = 1
    high = threshold_from(found, labels)
    assert 3 < high < 5
    assert judged(found.rethreshold(high), labels).event_precision == 1


def test_while_going_through_the_events_only_rejected_ones_are_false(scored):
    found, _, panel = made(scored)
    some = with_verdict(labels_of(panel), found.events.iloc[0], "confirm", "ann", pd.Timestamp("2024-02-01"))
    assert threshold_from(found, some, complete=False) < 3
    some = with_verdict(some, found.events.iloc[1], "reject", "ann", pd.Timestamp("2024-02-01"))
    assert 3 < threshold_from(found, some, complete=False) < 5


def test_without_a_label_there_is_no_threshold(scored):
    found, _, panel = made(scored)
    with pytest.raises(DataError):
        threshold_from(found, labels_of(panel))
