"""A threshold in words, and who is marked while an event spreads."""

from __future__ import annotations

import pandas as pd
import pytest

from stcore.ui.anomaly_map import marks_at
from stcore.ui.anomaly_threshold import rate_words


@pytest.mark.parametrize(
    ("rate", "places", "said"),
    [
        (2.34, 120, "about 2.3 a week a sensor"), (2.34, 1, "about 2.3 a week"), (0.1, 120, "about 12 a week in all"),
        (0.25, 1, "about one in 4 weeks"), (0.0, 120, "none"),
    ],
)  # fmt: skip
def test_a_rate_is_said_for_a_place_where_it_is_often_else_for_all(rate: float, places: int, said: str) -> None:
    assert rate_words(rate, places, "sensor") == said


def test_an_event_has_reached_only_the_places_it_has_come_to() -> None:
    time = pd.date_range("2026-01-01", periods=5, freq="h")
    event = pd.Series({
        "event": 1, "start": time[0], "end": time[4], "kind": "local", "locations": ["a", "b", "c"], "steps": 5,
        "spread": ["b", "a", "c"], "delays": [0, 1, 4],
    })  # fmt: skip
    table = pd.DataFrame([event])
    reached = [set(marks_at(table, at, event)) for at in time]
    assert reached == [{"b"}, {"a", "b"}, {"a", "b"}, {"a", "b"}, {"a", "b", "c"}]
