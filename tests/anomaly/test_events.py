from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stcore.anomaly.events import COLUMNS, find_events
from stcore.data.panel import locations_table


def grid(steps, places, *spans):
    """Scores of 0 with (first row, last row, place, score)."""
    scores = np.zeros((steps, places))
    for first, last, place, score in spans:
        scores[first : last + 1, place] = score
    return scores


def test_no_alarm_gives_an_empty_table_with_all_columns(scored):
    table = find_events(scored(np.zeros((5, 2))))
    assert table.empty
    assert tuple(table.columns) == COLUMNS
    assert tuple(find_events(scored(grid(5, 2, (1, 1, 0, 9)))).columns) == COLUMNS


def test_one_place_is_a_fault_neighbours_are_local_and_the_strangest_comes_first(scored):
    found = scored(grid(40, 12, (2, 4, 0, 5), (10, 12, 4, 3), (12, 15, 5, 8), (13, 14, 6, 4), (30, 30, 9, 6)))
    table = find_events(found)
    assert table["event"].tolist() == [1, 2, 3]
    assert table["peak"].tolist() == [8, 6, 5]
    assert table["kind"].tolist() == ["local", "fault", "fault"]
    assert table["locations"].tolist() == [["p4", "p5", "p6"], ["p9"], ["p0"]]
    assert table["where"].tolist() == ["p5", "p9", "p0"]
    assert table["steps"].tolist() == [6, 1, 3]
    assert table["start"][0] == found.time[10]
    assert table["end"][0] == found.time[15]


def test_a_short_pause_does_not_end_an_event(scored):
    pause = grid(30, 6, (2, 4, 0, 5), (7, 8, 0, 5))
    assert len(find_events(scored(pause))) == 1
    longer = grid(30, 6, (2, 4, 0, 5), (8, 9, 0, 5))
    assert len(find_events(scored(longer))) == 2


def test_places_that_are_no_neighbours_stay_apart(scored):
    apart = scored(grid(20, 12, (5, 8, 1, 5), (5, 8, 7, 5)))
    assert find_events(apart)["kind"].tolist() == ["fault", "fault"]
    joined = replace(apart, edges=pd.DataFrame({"from": ["p7"], "to": ["p1"]}))
    assert find_events(joined)["kind"].tolist() == ["local"]


def test_an_event_that_travels_along_the_line_is_one(scored):
    moving = grid(40, 20, *((5 + 2 * n, 8 + 2 * n, n, 5) for n in range(12)))
    table = find_events(scored(moving))
    assert len(table) == 1
    assert table["steps"][0] == 26
    assert len(table["locations"][0]) == 12


def test_a_third_of_all_places_at_once_is_regional_even_when_they_are_no_neighbours(scored):
    everywhere = grid(30, 12, *((10, 12, n, 5) for n in (0, 3, 6, 9)))
    table = find_events(scored(everywhere))
    assert table["kind"].tolist() == ["regional"]
    assert table["locations"][0] == ["p0", "p3", "p6", "p9"]
    few = grid(30, 12, *((10, 12, n, 5) for n in (0, 3, 6)))
    assert find_events(scored(few))["kind"].tolist() == ["fault"] * 3


def test_three_places_are_never_regional(scored):
    together = scored(grid(30, 3, *((10, 12, n, 5) for n in range(3))))
    assert find_events(together)["kind"].tolist() == ["local"]


def test_unobserved_steps_are_in_no_event(scored):
    scores = grid(10, 2, (3, 5, 0, 9))
    observed = np.ones(scores.shape, bool)
    observed[4:, 0] = False
    table = find_events(scored(scores, observed=observed))
    assert table["steps"].tolist() == [1]


def test_neighbours_come_from_the_map_when_there_are_no_edges(scored):
    line = pd.DataFrame({"lat": 47.0, "lon": 8 + 0.01 * np.arange(30)}, index=[f"p{n}" for n in range(30)])
    places = locations_table(line, 30)
    near = scored(grid(20, 30, (5, 8, 10, 5), (6, 9, 11, 5), (5, 8, 25, 5)), edges=None, locations=places)
    assert sorted(map(len, find_events(near)["locations"])) == [1, 2]
    nowhere = scored(grid(20, 30, (5, 8, 10, 5), (6, 9, 11, 5)), edges=None)
    assert find_events(nowhere)["kind"].tolist() == ["single", "single"]


def test_the_spread_is_the_order_in_which_places_joined(scored):
    table = find_events(scored(grid(40, 12, (12, 15, 3, 4), (10, 14, 4, 3), (11, 12, 5, 8), (20, 21, 9, 2))))
    assert table["spread"].tolist() == [["p4", "p5", "p3"], ["p9"]]
    assert table["delays"].tolist() == [[0, 1, 2], [0]]


def test_rethreshold_keeps_scores_and_finds_events_again(scored):
    low = scored(grid(20, 6, (2, 3, 0, 5), (10, 11, 3, 2)))
    assert len(low.rethreshold(1).events) == 2
    high = low.rethreshold(4)
    assert len(high.events) == 1
    assert high.scores is low.scores


def test_every_alarm_lies_in_an_event(scored):
    random = np.random.default_rng(0)
    found = scored(random.random((300, 20)), threshold=0.9)
    found = found.rethreshold(0.9)
    covered = np.zeros(found.scores.shape, int)
    for event in found.events.itertuples():
        rows = slice(found.time.get_loc(event.start), found.time.get_loc(event.end) + 1)
        columns = found.locations.index.get_indexer(event.locations)
        block = found.alarms[rows][:, columns]
        assert block.any(axis=0).all()
        assert found.scores[rows][:, columns][block].max() >= event.peak
        covered[rows, columns] += 1
    assert (covered[found.alarms] >= 1).all()
