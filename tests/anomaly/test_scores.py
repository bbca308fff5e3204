from __future__ import annotations

import numpy as np

from stcore.anomaly import scores

GAP = np.nan


def test_a_gap_takes_the_mean_of_its_window():
    strange = np.array([[GAP], [GAP], [1.0], [3.0], [GAP], [5.0], [GAP], [GAP], [GAP]])
    filled = scores.fill_unobserved(strange, 3)
    # before the first: window 1, 3, gap; later: the last three steps; a whole window of gaps: 0
    assert filled.ravel().tolist() == [2, 2, 1, 3, 2, 5, 5, 5, 0]


def test_a_series_without_any_score_is_zero():
    filled = scores.fill_unobserved(np.full((4, 2), GAP), 2)
    assert not filled.any()


def test_strongest_takes_the_largest_feature_and_knows_gaps():
    strange = np.array([[1.0, 4.0, GAP, GAP], [2.0, GAP, 3.0, 5.0]])
    found = scores.strongest(strange, 2)
    assert found[0, 0] == 4
    assert np.isnan(found[0, 1])
    assert found[1].tolist() == [2, 5]


def test_shares_add_up_and_leave_unscored_features_out():
    each = np.array([[[3.0, 4.0]], [[0.0, 0.0]]], np.float32)
    found = scores.shares(each, [0, 2], 3)
    np.testing.assert_allclose(found[0, 0], [9 / 25, 0, 16 / 25], rtol=1e-6)
    assert not found[1].any()
