from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stcore.anomaly import against_past, fit_detector
from stcore.anomaly.past import first_of, from_before, rarity
from stcore.errors import DataError


def test_rarity_is_the_share_of_earlier_scores_at_least_as_high():
    scores = np.round(np.random.default_rng(0).normal(size=(77, 3)), 1)
    scores[[3, 40], 1] = np.nan
    found = rarity(scores)
    for row in (0, 1, 5, 40, 63, 64, 76):
        for place in range(3):
            before = scores[:row, place]
            before = before[np.isfinite(before)]
            share = (1 + (before >= scores[row, place]).sum()) / (1 + len(before))
            wanted = -np.log10(share) if np.isfinite(scores[row, place]) else np.nan
            assert found[row, place] == pytest.approx(wanted, nan_ok=True)


def test_distance_is_from_all_that_came_before():
    values = np.random.default_rng(0).normal(1e6, 2, (50, 2)).astype(np.float32)
    values[[0, 7], 0] = np.nan
    found = from_before(values)
    seen = values[:30, 0][np.isfinite(values[:30, 0])].astype(float)
    assert found[30, 0] == pytest.approx(abs(values[30, 0] - seen.mean()) / seen.std(), rel=1e-3)
    assert np.isnan(found[7, 0])
    assert found[:2, 1].tolist() == [0, 0]
    assert from_before(np.full((5, 1), 3.0)).tolist() == [[0]] * 5


@pytest.mark.parametrize("quiet", [1, 2, 3, 4])
def test_a_step_that_one_before_reached_counts_for_nothing(quiet):
    scores = np.random.default_rng(0).integers(0, 9, (40, 2)).astype(float)
    found = first_of(scores, quiet)
    for row in range(40):
        highest = scores[max(row - quiet, 0) : row].max(axis=0, initial=-1)
        np.testing.assert_array_equal(found[row], np.where(scores[row] > highest, scores[row], 0))


def test_nothing_after_a_step_changes_its_score(panel, alter):
    detector = fit_detector(panel, "auto", fit_end=panel.time[150], settings={"causal": True})
    later = alter(panel, slice(450, None), slice(None), 25.0)
    one, two = (against_past(detector.score(each), each, quiet=24) for each in (panel, later))
    np.testing.assert_allclose(two.scores[200:450], one.scores[200:450], atol=0.02)
    assert two.scores[450].min() > 2


def test_one_alarm_for_one_thing_also_where_the_level_stays(panel, alter):
    shifted = alter(panel, slice(400, None), 2, 40.0)
    shifted.values[500, 2] = np.nan
    found = against_past(fit_detector(shifted, "residual").score(shifted), shifted, quiet=48)
    began = np.flatnonzero(found.alarms[:, 2])
    assert 400 in began
    assert len(began) < 8
    assert not found.alarms[500, 2]
    assert found.events.iloc[0]["locations"] == ["p2"]


def test_another_panel_is_refused(panel):
    found = fit_detector(panel, "residual").score(panel)
    with pytest.raises(DataError, match="600 steps were scored"):
        against_past(found, replace(panel, values=panel.values[:300], time=panel.time[:300]))
