from __future__ import annotations

import pandas as pd
import pytest

from stcore.plots import labelled, lanes, theme
from stcore.plots.lanes import Bar, Stretch

START, END = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")


def at(hour: float) -> pd.Timestamp:
    return START + pd.Timedelta(hours=hour)


@pytest.fixture
def figure():
    return lanes.lanes([Bar("1", at(3), at(5), "local", "Sensor 1")], START, END, theme.LIGHT)


def test_a_label_is_hatched_and_a_rejected_one_only_outlined(figure):
    before = len(figure.data)
    said = [labelled.Said(at(2), at(4)), labelled.Said(at(20), at(21), rejected=True)]
    hatched, outlined = labelled.in_own_lane(figure, said, theme.LIGHT).data[before:]
    assert hatched.fillpattern.shape == "/"
    assert hatched.fillpattern.fgcolor == theme.LIGHT.ink
    assert outlined.fillpattern.shape is None
    assert outlined.line.dash == "dot"
    assert [note.text for note in figure.layout.annotations][-2:] == ["Labelled", "Rejected"]


def test_the_lane_of_labels_lies_under_those_of_the_events(figure):
    low, height = figure.layout.yaxis.range[0], figure.layout.height
    labelled.in_own_lane(figure, [labelled.Said(at(2), at(4))], theme.LIGHT)
    assert max(figure.data[-1].y) < low
    assert figure.layout.yaxis.range[0] < min(figure.data[-1].y)
    assert figure.layout.height == height + lanes.LANE


def test_without_labels_nothing_changes(figure):
    before = figure.to_json()
    assert labelled.in_own_lane(figure, [], theme.LIGHT).to_json() == before
    assert labelled.at_the_foot(figure, [], theme.LIGHT).to_json() == before


def test_a_label_that_reaches_out_of_the_day_is_cut_and_a_short_one_is_seen(figure):
    labelled.at_the_foot(figure, [labelled.Said(at(-9), at(2)), labelled.Said(at(30), at(30))], theme.DARK)
    reaching, short = figure.data[-2:]
    assert min(reaching.x) == START
    assert max(short.x) == END
    assert max(short.x) - min(short.x) > pd.Timedelta("10min")


def test_places_are_marked_in_their_own_lanes():
    stretches = [Stretch(0, "1", at(3), at(5), "local", "A"), Stretch(1, "1", at(4), at(5), "local", "A")]
    figure = lanes.by_place(stretches, ["a", "b"], START, END, theme.LIGHT)
    labelled.over_lanes(figure, [labelled.Said(at(3), at(5), lane=1)], 2, theme.LIGHT)
    assert figure.data[0].y[1] == 0
    assert min(figure.data[-1].y) < 0 < max(figure.data[-1].y) < 0.5
