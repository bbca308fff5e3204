from __future__ import annotations

import numpy as np
import pytest

from stcore.errors import DataError
from stcore.evaluation.anomaly_measures import by_event, by_range, by_step


def marks(text: str) -> np.ndarray:
    """bool [time] from a drawing: # is True."""
    return np.array([sign == "#" for sign in text])


def test_by_step_counts_steps():
    found = by_step(marks("..##.#"), marks("..####"))
    assert (found.precision, found.recall, found.f1) == (1.0, 0.75, pytest.approx(6 / 7))


def test_by_range_punishes_pieces():
    labels = marks("..####....##..")
    whole, pieces = by_range(marks("..###........."), labels), by_range(marks("..#.##........"), labels)
    assert whole.recall == pytest.approx(0.75 / 2)
    assert pieces.recall == pytest.approx(0.75 / 2 / 2)
    assert by_range(marks("..#..........."), labels, existence=0.5).recall == pytest.approx((0.5 + 0.5 * 0.25) / 2)
    assert by_range(marks(".##.........##"), labels).precision == pytest.approx(0.5 / 2)


def test_by_event_counts_events_and_tells_how_late():
    labels = marks("..####....####....####..")
    alarms = marks("....#.#.....##.#....#..#".replace(" ", ""))
    found = by_event(alarms, labels)
    assert (found.events, found.found, found.delays) == (3, 3, (2, 2, 2))
    assert (found.raised, found.false) == (6, 3)
    joined = by_event(alarms, labels, gap=2)
    assert (joined.raised, joined.false, joined.precision) == (3, 0, 1.0)
    assert found.false_a_day(1.5) == 2


def test_an_alarm_soon_after_an_event_may_find_it_but_not_the_one_before():
    labels, alarms = marks("..##......##...."), marks(".....#..........")
    assert by_event(alarms, labels).found == 0
    late = by_event(alarms, labels, late=3)
    assert (late.found, late.false, late.delays) == (1, 0, (3,))


def test_one_long_alarm_finds_every_event_but_is_one_alarm():
    found = by_event(np.ones(20, bool), marks("..##......##......##"))
    assert (found.recall, found.precision, found.raised) == (1.0, 1.0, 1)


def test_nothing_said_and_nothing_to_find_have_no_share():
    silence = by_event(np.zeros(8, bool), marks("..##...."))
    assert (silence.precision, silence.recall, silence.f1, silence.delay) == (None, 0.0, None, None)
    calm = by_event(marks("..##...."), np.zeros(8, bool))
    assert (calm.precision, calm.recall, calm.false) == (0.0, None, 1)
    assert by_range(np.zeros(8, bool), np.zeros(8, bool)).f1 is None
    assert by_step(marks("#..."), marks("...#")).f1 == 0


@pytest.mark.parametrize("seed", range(5))
def test_events_agree_with_a_count_by_hand(seed):
    random = np.random.default_rng(seed)
    alarms, labels = random.random(300) < 0.2, np.repeat(random.random(60) < 0.3, 5)
    found = by_event(alarms, labels)
    edges = np.flatnonzero(np.diff(np.r_[0, labels, 0]))
    spans = list(zip(edges[::2], edges[1::2], strict=True))
    assert found.found == sum(alarms[a:b].any() for a, b in spans)
    assert list(found.delays) == [int(np.argmax(alarms[a:b])) for a, b in spans if alarms[a:b].any()]
    runs = np.flatnonzero(np.diff(np.r_[0, alarms, 0]))
    assert found.false == sum(not labels[a:b].any() for a, b in zip(runs[::2], runs[1::2], strict=True))


def test_unlike_shapes_are_refused():
    with pytest.raises(DataError):
        by_step(np.ones(3), np.ones(4))
    with pytest.raises(DataError):
        by_event(np.ones((3, 2)), np.ones((3, 2)))
