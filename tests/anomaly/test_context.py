from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import detect
from stcore.anomaly.context import in_context
from stcore.anomaly.evidence import together
from stcore.anomaly.network import NetworkSettings, watch
from stcore.data.panel import Panel
from stcore.errors import DataError


def town(seed: int = 0, days: int = 12, side: int = 5) -> Panel:
    """Half-hourly speeds on a square of streets: a rush, noise that neighbours share, a mood of the town."""
    random = np.random.default_rng(seed)
    time = pd.date_range("2024-03-04", periods=days * 48, freq="30min")
    rows, columns = np.divmod(np.arange(side * side), side)
    hour = np.asarray(time.hour)[:, None]
    usual = 55 - 12 * np.exp(-(((hour - 17) / 2) ** 2)) + rows
    mood = random.normal(size=(len(time), 1)) * random.uniform(0.5, 1.5, side * side)
    values = usual + mood + random.normal(size=(len(time), side * side))
    where = pd.DataFrame(
        {"lat": 47 + 0.01 * rows, "lon": 8 + 0.014 * columns}, index=[f"s{n:02d}" for n in range(side * side)]
    )
    return Panel.from_arrays(values, time, where, ["speed_mph"])


def hit(panel: Panel, rows: slice, places: list[int], amount) -> Panel:
    panel.values[rows, places] += np.asarray(amount, np.float32)[..., None]
    return panel


def only(found):
    """The event that touches the planted rows; hardly any other may be there, none as strange."""
    assert len(found.events) <= 6
    event = found.events.iloc[0]
    assert event["start"] <= found.time[405] <= event["end"]
    return event


def test_one_place_among_calm_neighbours_is_a_fault():
    found = watch(hit(town(), slice(400, 410), [12], -15))
    event = only(found)
    assert (event["kind"], event["locations"], event["where"]) == ("fault", ["s12"], "s12")
    assert abs(found.time.get_loc(event["start"]) - 400) <= 1


def test_a_place_and_its_surroundings_are_a_local_event_that_spreads():
    panel = hit(town(), slice(400, 410), [12], -18)
    hit(panel, slice(402, 410), [7, 11, 13, 17], -11)
    event = only(watch(panel))
    assert event["kind"] == "local"
    assert set(event["locations"]) == {"s07", "s11", "s12", "s13", "s17"}
    assert event["spread"][0] == "s12"
    assert event["delays"][0] == 0
    assert max(event["delays"]) >= 2


def test_weak_moves_of_neighbours_together_are_found_though_none_stands_out_alone():
    panel = hit(town(), slice(400, 406), [6, 7, 11, 12], -5.0)
    event = only(watch(panel))
    assert event["kind"] == "local"


def test_most_places_at_once_are_a_regional_event():
    event = only(watch(hit(town(), slice(400, 410), list(range(22)), -7)))
    assert event["kind"] == "regional"
    assert len(event["locations"]) > 15


def test_an_uneventful_town_stays_quiet():
    assert sum(len(watch(town(seed)).events) for seed in range(4)) <= 4 * 12 * 0.5


def test_events_of_any_detector_are_named_by_their_surroundings_and_stay_so_under_another_threshold():
    panel = hit(town(), slice(400, 404), [12], -25)
    hit(panel, slice(400, 404), [7, 11, 13, 17], -8)
    found = detect(panel, "residual")
    high = found.rethreshold(float(found.scores[400:404, 12].max()) * 0.95)
    assert high.alarms.sum() <= 4
    event = high.events.iloc[0]
    assert event["kind"] == "local"
    assert {"s12", "s11", "s13"} <= set(event["locations"])


def test_a_place_without_neighbours_is_neither(make_panel, alter):
    panel = alter(make_panel(600, 1), slice(300, 303), 0, -40)
    assert detect(panel, "residual").events["kind"].tolist()[:1] == ["single"]
    assert in_context(detect(panel, "residual"), panel).events["kind"].tolist()[:1] == ["single"]
    assert set(watch(panel).events["kind"]) <= {"single"}


def test_nothing_later_changes_earlier_scores():
    panel = hit(town(), slice(400, 410), [12], -15)
    end = panel.time[389]
    first = watch(panel.between(None, panel.time[449]), fit_end=end)
    hit(panel, slice(450, 500), list(range(25)), -30)
    assert np.allclose(first.scores, watch(panel, fit_end=end).scores[:450])


def test_scores_are_finite_and_gaps_are_no_alarm():
    panel = town()
    panel.values[300:340, 3] = np.nan
    panel.values[:, 5] = np.nan
    panel.values[:, 6] = 4
    found = watch(panel)
    assert np.isfinite(found.scores).all()
    assert not found.alarms[300:340, 3].any()
    assert not found.alarms[:, 5].any()


def test_more_false_events_borne_means_lower_thresholds():
    panel = town()
    few, many = (watch(panel, NetworkSettings(false_a_day=rate)).scores.max() for rate in (0.01, 100))
    assert few < many


def test_data_without_a_value_up_to_the_end_are_refused():
    panel = town(days=3)
    panel.values[:50] = np.nan
    with pytest.raises(DataError):
        watch(panel, fit_end=panel.time[40])


def test_together_counts_none_for_more_than_the_place_or_four_times_the_second_neighbour():
    beside = np.array([[1, 2, 3]] * 4)
    for moved, expected in (
        ([20, 1, 0.2, 0], 0.8 + 0.8 + 0.2),
        ([8, 4, 3, 0], 15),
        ([1.5, 9, 9, 9], 4.5),
        ([8, -4, -3, 0], 0),
    ):
        for sign in (1.0, -1.0):
            assert together(sign * np.array([moved], float), beside)[0, 0] == pytest.approx(expected)
    assert together(np.array([[8.0, 4, np.nan, np.nan]]), beside)[0, 0] == 0


def test_the_panel_may_be_longer_and_its_places_in_another_order():
    panel = hit(town(), slice(400, 404), [12], -25)
    found = detect(panel.between(panel.time[200]), "residual")
    turned = replace(panel, values=panel.values[:, ::-1], locations=panel.locations.iloc[::-1])
    again = in_context(replace(found, alone=None), turned)
    assert np.nanargmin(again.alone[200, :, 0]) == 12
    assert again.events.iloc[0]["kind"] == "fault"
