from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stcore.anomaly import detect
from stcore.anomaly.self_test import self_test, self_test_key
from stcore.errors import DataError


def test_it_says_what_is_caught_from_what_size_on(make_panel):
    panel = make_panel(1500, 6)
    found = self_test(panel, "residual", kinds=["spike", "stuck"], each=6)
    assert list(found.table.columns) == ["kind", "size", "lasts", "planted", "caught", "recall"]
    spikes = found.table[found.table["kind"] == "spike"]["recall"].tolist()
    assert spikes[-1] > 0.8
    assert spikes == sorted(spikes)
    assert found.caught_from()["spike"] in (4, 8)
    assert found.false_a_week < 2
    assert 0 < found.vus_pr <= 1
    assert found.sentences()[0].startswith("Spikes: caught from ")
    assert "alarms a week" in found.sentences()[-1]


def test_a_blind_detector_catches_nothing_and_says_so(make_panel):
    panel = make_panel(600, 4)

    def blind(given):
        return replace(detect(panel, "residual"), threshold=1e9)

    found = self_test(panel, blind, kinds=["spike"], each=2)
    assert found.caught_from() == {"spike": None}
    assert found.table["caught"].sum() == 0
    assert found.false_a_week == 0
    assert "missed; 0" in found.sentences()[0]


def test_alarms_that_were_there_before_are_no_catch(make_panel):
    panel = make_panel(600, 4)
    steady = replace(
        detect(panel, "residual"), scores=np.random.default_rng(0).random((600, 4)).astype(np.float32), threshold=0.5
    )
    assert self_test(panel, lambda given: steady, kinds=["spike"], each=4).table["caught"].sum() == 0


def test_the_result_is_that_of_the_seed_and_its_key_that_of_the_question(panel):
    first, second = (self_test(panel, "residual", kinds=["shift"], each=1) for _ in range(2))
    assert first.table.equals(second.table)
    assert first.key == second.key == self_test_key(panel, "residual", kinds=["shift"], each=1)
    others = {self_test_key(panel, "residual", kinds=["shift"], each=1, seed=seed) for seed in range(3)}
    assert len(others) == 3


def test_a_short_series_is_planted_in_several_rounds(make_panel):
    found = self_test(make_panel(400, 1), "residual", kinds=["shift", "swap"], each=2)
    assert found.table["planted"].tolist() == pytest.approx([2] * 7, abs=1)


def test_data_that_never_change_are_refused(make_panel):
    panel = make_panel(300, 2)
    panel.values[:] = 7
    with pytest.raises(DataError, match="no room"):
        self_test(panel, "residual")
