from __future__ import annotations

import numpy as np
import pytest

from stcore.anomaly.alike import similar_past
from stcore.anomaly.events import with_events


def test_earlier_events_of_the_kind_at_the_place_about_that_hour_are_alike(scored):
    scores = np.zeros((24 * 9, 12))
    for day, places in ((1, [4, 5]), (3, [4, 5, 6]), (5, [4]), (8, [4, 5])):
        scores[24 * day + 8 : 24 * day + 12, places] = 5 + day / 10
    scores[24 * 6 + 20 : 24 * 6 + 21, [10, 11]] = 30
    events = with_events(scored(scores)).events
    last = int(events.sort_values("start")["event"].iloc[-1])
    found = similar_past(events, last)
    assert found["start"].dt.day.tolist() == [2, 4]
    assert found["likeness"].is_monotonic_decreasing
    assert found["likeness"].between(0.8, 1).all()
    assert len(similar_past(events, last, least=0)) == 3
    assert similar_past(events, last, most=1)["start"].dt.day.tolist() == [2]


def test_the_first_event_has_no_past(scored):
    scores = np.zeros((30, 3))
    scores[5, 1] = 9
    events = with_events(scored(scores)).events
    assert similar_past(events, 1).empty
    with pytest.raises(KeyError):
        similar_past(events, 7)
