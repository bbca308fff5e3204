from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import Expectation, describe_event, expectation, surprised, tell_event
from stcore.anomaly.events import with_events


def told(scored, observed, unit="mph", step="5min", places=3, rows=18):
    """An event of ``rows`` steps at ``places`` places where 50 was expected."""
    scores = np.zeros((60, 8))
    scores[20 : 20 + rows, :places] = 9
    time = pd.date_range("2024-01-01", periods=60, freq=step)
    found = with_events(scored(scores, time=time, step=step))
    values = np.full((60, 8), 50.0)
    values[20 : 20 + rows, :places] = observed
    seen = Expectation(values, np.full((60, 8), 50.0), time, unit)
    return describe_event(found.events.iloc[0], found, seen, "sensor").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("observed", "given", "expected"),
    [
        (31, {"places": 2}, "38 % below the forecast, 1 h 30 min, 2 sensors"),
        (75, {"rows": 2, "places": 2}, "50 % above the forecast, 10 min, 2 sensors"),
        (44, {"unit": "°C", "step": "1h", "places": 2}, "6 °C below the forecast, 18 h, 2 sensors"),
        (-4, {"step": "1D", "rows": 3, "places": 2}, "54 mph below the forecast, 3 days, 2 sensors"),
        (61, {"places": 1}, "stuck at 61 mph, 1 h 30 min, 1 sensor"),
        (61, {"places": 1, "rows": 2}, "22 % above the forecast, 10 min, 1 sensor"),
        (np.nan, {"places": 2}, "1 h 30 min, 2 sensors"),
    ],
)
def test_sentences(scored, observed, given, expected):
    assert told(scored, observed, **given) == expected


def test_expectation_of_a_prediction_is_that_of_one_lead(make_forecasts):
    truth = np.arange(24.0).reshape(4, 3, 2, 1)
    seen = expectation(make_forecasts(truth, truth + 1), lead=2)
    assert seen.observed.tolist() == truth[:, 1, :, 0].tolist()
    assert seen.expected.tolist() == (truth[:, 1, :, 0] + 1).tolist()
    assert seen.unit == "mph"
    assert seen.time[0] == pd.Timestamp("2024-01-01 02:00")


def test_an_event_is_told_against_the_forecast_it_was_farthest_from(scored, make_forecasts):
    truth = np.broadcast_to(50.0 + np.arange(60)[:, None, None, None] % 2, (60, 3, 2, 1))
    forecast = truth + 1.0
    forecast[:, 2] += 9.0  # far forecasts are always 10 off, near ones 1
    forecast[20:23, 0, 0] += 19.0  # the event: the nearest forecast misses by 20, the others by as much as ever
    test = make_forecasts(truth, forecast)
    scores = np.zeros((62, 2))
    scores[20:23, 0] = 9
    found = with_events(scored(scores, time=test.times(1).union(test.times(3)), step="1h"))
    seen = surprised(found.events.iloc[0], found, test, (1, 2, 3))
    assert seen.ahead == 1
    text = describe_event(found.events.iloc[0], found, seen, "sensor", "the forecast 1 hour ahead")
    assert text.replace("\u00a0", " ") == "28 % below the forecast 1 hour ahead, 3 h, 1 sensor"


def test_an_event_in_one_sentence_says_what_where_when_and_how_it_spread(scored):
    scores = np.zeros((60, 14))
    scores[20:30, 3] = 9
    scores[22:30, 4] = scores[24:30, 5] = 5
    scores[50, 9] = 4
    found = with_events(scored(scores, time=pd.date_range("2024-03-07", periods=60, freq="5min"), step="5min"))
    local, fault = (tell_event(row, found, "sensor").replace("\u00a0", " ") for _, row in found.events.iterrows())
    assert local == (
        "Local event at 3 sensors around p3: from Thu 7 Mar, 01:40, for 50 min; it began at p3 and had reached the last of them after 20 min."
    )
    assert fault == "Sensor fault at sensor p9: from Thu 7 Mar, 04:10, for 5 min."
    scores[40:43] = 6
    everywhere = with_events(scored(scores[30:], time=found.time[30:], step="5min")).events
    assert tell_event(everywhere.iloc[0], found, "sensor").startswith("Regional event at 14 of 14 sensors: from Thu")
