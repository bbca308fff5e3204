from __future__ import annotations

from dataclasses import replace

import numpy as np

from stcore.anomaly.evidence import CLIP, Norm, evidence, network_of, trailing
from stcore.anomaly.linear import Calendar


def test_what_everybody_does_is_the_networks_and_what_one_does_is_its_own(make_panel, alter):
    panel = make_panel(700, 12)
    calm = evidence(panel)
    together = evidence(alter(panel, slice(600, 606), slice(None), -15))
    assert np.abs(together.network[600:606]).min() > 5
    assert np.abs(together.alone[600:606]).mean() < 0.6 * np.abs(together.own[600:606]).mean()
    one = evidence(alter(panel, slice(600, 606), 3, -15))
    assert np.abs(one.network[600:606]).max() < 3
    assert one.alone[600:606, 3].max() < -5
    assert np.abs(one.alone - calm.alone)[:600].max() < 0.5


def test_usual_deviations_are_about_one(make_panel):
    panel = make_panel(900, 15)
    assert 0.6 < np.abs(evidence(panel).alone).mean() < 1.2
    norm = Norm.of(panel.values[:, :, 0], panel.time, Calendar.of(panel.time, panel.step))
    assert 0 <= norm.loading.min() <= norm.loading.max() <= 3
    assert norm.scale.min() > 0


def test_nothing_after_the_end_changes_what_is_usual(make_panel, alter):
    panel = make_panel(700, 6)
    end = panel.time[499]
    before, after = evidence(panel, fit_end=end), evidence(alter(panel, slice(500, 700), slice(None), 40), fit_end=end)
    assert np.array_equal(before.alone[:500], after.alone[:500])


def test_missing_values_stay_unknown_and_absurd_ones_are_bounded(make_panel, alter):
    panel = alter(make_panel(300, 4), 100, 2, 1e6)
    values = panel.values.copy()
    values[50:60, 1] = np.nan
    values[:, 3] = np.nan
    seen = evidence(replace(panel, values=values))
    assert np.isnan(seen.alone[50:60, 1]).all()
    assert np.isnan(seen.own[:, 3]).all()
    assert np.isfinite(seen.network).all()
    assert np.isfinite(seen.alone[:, 0]).all()
    assert np.nanmax(np.abs(seen.alone)) <= CLIP


def test_a_constant_place_has_no_deviation(make_panel):
    panel = make_panel(300, 4)
    panel.values[:, 1] = 7
    assert not np.abs(evidence(panel).own[:, 1]).any()


def test_a_trailing_mean_counts_what_is_known_and_reads_nothing_later():
    values = np.array([[1.0], [3], [np.nan], [5], [9]])
    assert trailing(values, 3)[:, 0].tolist()[:2] == [1, 2]
    assert np.isnan(trailing(values, 3)[2, 0])
    assert trailing(values, 3)[3:, 0].tolist() == [4, 7]


def test_the_network_is_the_middle_of_at_least_three_known_places():
    nan = np.nan
    own = np.array([[1.0, 2, 9, 4], [1, nan, 3, 8], [nan, nan, 3, 8], [nan] * 4])
    assert network_of(own).tolist() == [3, 3, 0, 0]
