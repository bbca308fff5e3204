from __future__ import annotations

import numpy as np
import pytest

from stcore.anomaly.alarming import AlarmSettings, alarmed, threshold, with_alarms
from stcore.errors import DataError


def drawn(text, hysteresis=1.0, least=1, observed=None):
    """Alarms of one place whose scores are the digits, cut at 5."""
    scores = np.array([float(digit) for digit in text])[:, None]
    seen = np.ones(scores.shape, bool) if observed is None else np.array([sign == "#" for sign in observed])[:, None]
    return "".join(".#"[int(alarm)] for alarm in alarmed(scores, seen, 5, hysteresis, least)[:, 0])


def test_an_alarm_ends_only_below_its_lower_cut():
    assert drawn("0369440360") == "..##....#."[:10]
    assert drawn("0369440360", hysteresis=0.7) == "..####..#."
    assert drawn("4440", hysteresis=0.7) == "...."


def test_alarms_that_end_too_soon_are_dropped():
    assert drawn("0900990999", least=2) == "....##.###"
    assert drawn("0900990999", least=3) == ".......###"
    assert drawn("9909", least=2) == "##.."
    assert drawn("9409", hysteresis=0.7, least=2) == "##.."


def test_an_unobserved_step_is_no_alarm_but_does_not_cut_one_in_two():
    assert drawn("099990", least=4, observed="##.###") == ".#.##."
    assert drawn("099990", observed="#.....") == "......"


@pytest.mark.parametrize("seed", range(3))
def test_alarms_are_those_of_a_walk_through_the_steps(seed):
    random = np.random.default_rng(seed)
    scores, observed = random.random((200, 3)) * 10, random.random((200, 3)) < 0.9
    expected = np.zeros(scores.shape, bool)
    for place in range(3):
        on, since = False, 0
        for row in range(201):
            was = on
            if row < 200:
                score = scores[row, place]
                on = (score > 5 and observed[row, place]) or (on and score > 3)
            else:
                on = False
            if on and not was:
                since = row
            if was and not on and row - since >= 3:
                expected[since:row, place] = True
    assert (alarmed(scores, observed, 5, 0.6, 3) == (expected & observed)).all()


@pytest.mark.parametrize("method", ["usual", "quantile", "extreme", "conformal"])
def test_each_method_leaves_about_the_wished_number_of_alarms(method):
    random = np.random.default_rng(1)
    usual, later = random.exponential(size=(20_000, 4)), random.exponential(size=(20_000, 4))
    cut = threshold(usual, "1h", AlarmSettings(method=method, alarms_a_week=0.5))
    a_week = (later > cut).sum() / 4 / (20_000 / 168)
    assert 0.35 < a_week < 0.7


def test_a_heavy_tail_wants_the_extreme_value_threshold():
    random = np.random.default_rng(2)
    usual, later = random.pareto(3, (4000, 5)), random.pareto(3, (40_000, 5))
    wished = AlarmSettings(method="extreme", alarms_a_week=0.1)
    passed = {
        method: (later > threshold(usual, "1h", wished.model_copy(update={"method": method}))).mean() * 168
        for method in ("usual", "extreme")
    }
    assert 0.05 < passed["extreme"] < 0.2 < passed["usual"]


def test_the_threshold_comes_from_the_rows_up_to_a_time_only(scored):
    random = np.random.default_rng(0)
    found = scored(random.exponential(size=(2000, 3)))
    until = found.time[999]
    settings = AlarmSettings(method="quantile", alarms_a_week=2, hysteresis=0.8, least_steps=2)
    cut = with_alarms(found, settings, until)
    found.scores[1000:] *= 100
    assert with_alarms(found, settings, until).threshold == cut.threshold
    assert (cut.hysteresis, cut.least_steps) == (0.8, 2)
    assert cut.rethreshold(cut.threshold).least_steps == 2
    assert len(cut.rethreshold(cut.threshold, hysteresis=1, least_steps=1).events) > len(cut.events)


def test_too_few_scores_are_refused_with_the_number_needed():
    with pytest.raises(DataError, match="167"):
        threshold(np.arange(50.0)[:, None], "1h", AlarmSettings(method="conformal", alarms_a_week=1))
    with pytest.raises(DataError, match="tail"):
        threshold(np.ones((500, 1)), "1h", AlarmSettings(method="extreme", alarms_a_week=1))
