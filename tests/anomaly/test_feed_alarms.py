from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import AlarmSettings, FeedAlarms, fit_detector, load_detector, with_alarms
from stcore.errors import DataError, ModelError, StoreError

RULES = {"hysteresis": 0.6, "least_steps": 4}


@pytest.fixture
def whole(scored):
    """Long and short stretches over the threshold of 5, some of them not observed."""
    random = np.random.default_rng(7)
    level = np.repeat(random.random((60, 4)) * 9, 5, axis=0)
    found = scored(level + random.normal(0, 1, level.shape), 5.0, observed=random.random(level.shape) < 0.9)
    return replace(found, contributions=random.random((*level.shape, 2)).astype(np.float32))


def rows_of(found, start, end):
    """Some rows of a detection, as ``update`` would give them."""
    names = ("scores", "observed", "time", "contributions")
    return replace(found, **{name: getattr(found, name)[start:end] for name in names})


def cut_at_random(seed, count):
    random = np.random.default_rng(seed)
    cuts = np.sort(random.choice(np.arange(1, count), random.integers(5, 40), replace=False))
    return list(pairwise([0, *cuts, count]))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("hysteresis", "least"), [(1.0, 1), (0.6, 1), (1.0, 4), (0.6, 4), (0.3, 30)])
def test_alarms_of_pieces_are_those_of_one_batch_at_every_moment(whole, hysteresis, least, seed):
    feed = FeedAlarms(5.0, hysteresis, least)
    told = np.zeros(whole.scores.shape, bool)
    for start, end in cut_at_random(seed, len(whole.time)):
        part = feed.follow(rows_of(whole, start, end))
        again = len(part.time) - (end - start)
        assert again < least
        assert part.time.equals(whole.time[start - again : end])
        np.testing.assert_array_equal(part.contributions, whole.contributions[start - again : end])
        told[start - again : end] = part.alarms
        so_far = rows_of(whole, 0, end).rethreshold(5.0, hysteresis=hysteresis, least_steps=least)
        np.testing.assert_array_equal(told[:end], so_far.alarms)
    assert told.any() or least == 30


def test_an_alarm_that_goes_on_is_one_without_crossing_the_threshold_again(scored):
    found = scored(np.array([[0, 9, 4, 4, 4, 0, 4]]).T, 5.0)
    feed = FeedAlarms(5.0, hysteresis=0.6)
    feed.follow(replace(found, scores=found.scores[:3], observed=found.observed[:3], time=found.time[:3]))
    part = feed.follow(replace(found, scores=found.scores[3:], observed=found.observed[3:], time=found.time[3:]))
    assert part.alarms[:, 0].tolist() == [True, True, False, False]
    assert part.events["steps"].tolist() == [2]
    assert part.rethreshold(5.0).alarms.sum() == 0  # under another choice the rows stand alone


@pytest.mark.parametrize(("detector", "settings"), [("residual", {}), ("knn", {"causal": True})])
def test_a_detector_and_its_alarms_go_on_where_they_were_saved(panel, alter, tmp_path, detector, settings):
    strange = alter(panel, slice(493, 506), 2, 15.0)
    before = strange.between(None, strange.time[499])
    learnt = fit_detector(before, detector, settings=settings)
    rules = with_alarms(learnt.score(before), AlarmSettings(**RULES))
    FeedAlarms.of(rules).save(tmp_path)
    learnt.save(tmp_path)
    batch = learnt.score(strange).rethreshold(rules.threshold, **RULES)
    told = rules.alarms.tolist()
    for start, end in ((500, 501), (501, 503), (503, 540), (540, 600)):
        feed, again = FeedAlarms.load(tmp_path), load_detector(tmp_path)
        part = feed.follow(again.update(strange.between(strange.time[start], strange.time[end - 1])))
        told[start - (len(part.time) - (end - start)) :] = part.alarms.tolist()
        feed.save(tmp_path), again.save(tmp_path)
    np.testing.assert_array_equal(told, batch.alarms)
    assert batch.alarms[498:502, 2].all()
    (tmp_path / "alarms.json").write_text("{")
    with pytest.raises(StoreError, match="alarms in"):
        FeedAlarms.load(tmp_path)


def test_steps_that_never_came_end_an_alarm(scored):
    found = scored(np.array([[9, 9, 4, 4, 4]]).T, 5.0)
    feed = FeedAlarms(5.0, hysteresis=0.6)
    feed.follow(replace(found, scores=found.scores[:2], observed=found.observed[:2], time=found.time[:2]))
    late = replace(
        found, scores=found.scores[2:], observed=found.observed[2:], time=found.time[2:] + pd.Timedelta("1h")
    )
    assert not feed.follow(late).alarms.any()


def test_places_may_come_in_another_order_but_must_all_come(whole):
    turn = [2, 0, 3, 1]
    feed, other = FeedAlarms(5.0, **RULES), FeedAlarms(5.0, **RULES)
    for start, end in cut_at_random(3, len(whole.time)):
        part = rows_of(whole, start, end)
        names = ("scores", "observed", "contributions")
        turned = replace(
            part, locations=part.locations.iloc[turn], **{name: getattr(part, name)[:, turn] for name in names}
        )
        np.testing.assert_array_equal(
            other.follow(turned if start else part).alarms,
            feed.follow(part).alarms[:, turn if start else slice(None)],
        )
    fewer = replace(part, time=part.time + pd.Timedelta("900h"), locations=part.locations.iloc[:2])
    with pytest.raises(ModelError, match="2 places came"):
        feed.follow(fewer)
    with pytest.raises(DataError, match="must come after"):
        other.follow(part)
