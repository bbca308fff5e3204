from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stcore.anomaly.events import with_events
from stcore.anomaly.naming import neighbour_table


def moved(scored, places=8, **amounts):
    """One event of six rows: places in a line, each moved by so much; those moved by 5 or more alarm."""
    alone = np.zeros((40, places, 1), np.float32)
    for place, amount in amounts.items():
        alone[20:26, int(place[1:]), 0] = amount
    found = scored(np.abs(alone[..., 0]), threshold=4.5)
    return with_events(replace(found, alone=alone)).events


def test_a_place_alone_is_a_fault(scored):
    event = moved(scored, p3=9).iloc[0]
    assert (event["kind"], event["locations"]) == ("fault", ["p3"])
    assert moved(scored, p3=9, p4=2, p5=1).iloc[0]["kind"] == "fault"


def test_two_neighbours_that_move_the_same_way_make_it_local_though_they_do_not_alarm(scored):
    event = moved(scored, p3=9, p4=3, p5=2.5).iloc[0]
    assert (event["kind"], event["locations"]) == ("local", ["p3", "p4", "p5"])
    assert moved(scored, p3=9, p4=-3, p5=-2.5).iloc[0]["kind"] == "fault"


def test_a_neighbour_that_alarms_but_hardly_moved_is_left_out_of_the_footprint(scored):
    event = moved(scored, places=20, p3=29, p4=20, p5=15, p6=5).iloc[0]
    assert (event["kind"], event["locations"]) == ("local", ["p3", "p4", "p5"])


def test_of_two_places_the_other_must_move(scored):
    assert moved(scored, places=2, p0=9, p1=5).iloc[0]["kind"] == "local"
    assert moved(scored, places=2, p0=9, p1=1).iloc[0]["kind"] == "fault"


def test_regional_events_stay_regional(scored):
    amounts = {f"p{n}": 9 for n in range(0, 8, 2)}
    assert moved(scored, **amounts).iloc[0]["kind"] == "regional"


def test_neighbours_come_closest_first_both_ways_and_then_over_one_other():
    ids = pd.Index(list("abcde"))
    edges = pd.DataFrame({"from": ["a", "a", "c", "x"], "to": ["b", "c", "d", "a"], "weight": [0.5, 0.9, 0.8, 1.0]})
    table = neighbour_table(edges, ids, 3)
    assert table.tolist() == [[2, 1, 3], [0, 2, -1], [0, 3, 1], [2, 0, -1], [-1, -1, -1]]
    assert (neighbour_table(None, ids, 2) == -1).all()


def test_where_nothing_is_known_of_how_places_moved_the_simple_word_stays(scored):
    scores = np.zeros((40, 8))
    scores[20:24, 2:4] = 9
    found = with_events(replace(scored(scores), alone=np.full((40, 8, 1), np.nan, np.float32)))
    assert found.events[["kind", "locations"]].to_numpy().tolist() == [["local", ["p2", "p3"]]]
