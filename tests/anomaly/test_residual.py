from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import residual
from stcore.anomaly.residual import Residual, ResidualSettings
from stcore.data.panel import Panel
from stcore.data.schema import FeatureSchema
from stcore.errors import DataError, ModelError, StoreError


def detect(panel, **settings):
    return Residual(ResidualSettings(**settings)).fit(panel).score(panel)


@pytest.mark.parametrize("amount", [12.0, -12.0])
def test_a_planted_spike_is_found_where_it_is(panel, alter, amount):
    found = detect(alter(panel, 300, 2, amount))
    assert found.alarms[300, 2]
    assert found.scores[300, 2] == found.scores.max()
    first = found.events.iloc[0]
    assert (first["kind"], first["locations"]) == ("fault", ["p2"])
    assert first["start"] <= found.time[300] <= first["end"]


def test_a_planted_drop_is_found_and_stays_visible_while_it_lasts(panel, alter):
    found = detect(alter(panel, slice(300, 312), slice(1, 4), -12.0))
    assert found.alarms[300:303, 1:4].all()
    assert found.alarms[300:312, 1:4].mean() > 0.6
    event = found.events.iloc[0]
    assert event["kind"] == "local"
    assert event["locations"] == ["p1", "p2", "p3"]


def test_usual_data_raise_few_alarms(make_panel):
    found = detect(make_panel(steps=1500, places=8, seed=5))
    assert found.alarms.mean() < 0.002


def test_scores_do_not_depend_on_the_unit(panel):
    kilometres = replace(panel, values=panel.values * 1.609 + 7)
    np.testing.assert_allclose(detect(kilometres).scores, detect(panel).scores, rtol=0.02, atol=0.02)


def test_threshold_and_usual_errors_come_from_rows_up_to_the_end_of_the_fit(panel, alter):
    end = panel.time[399]
    fitted = Residual().fit(panel.between(None, end))
    other = alter(panel, slice(400, None), slice(None), 300.0)
    again = Residual().fit(other.between(None, end))
    assert again.learnt.threshold == fitted.learnt.threshold
    np.testing.assert_array_equal(again.learnt.scale, fitted.learnt.scale)
    np.testing.assert_array_equal(again.score(other).scores[:400], fitted.score(panel).scores[:400])


def test_nothing_after_a_step_changes_its_score(panel, alter):
    fitted = Residual().fit(panel)
    changed = fitted.score(alter(panel, slice(450, None), slice(None), 25.0))
    np.testing.assert_array_equal(changed.scores[30:450], fitted.score(panel).scores[30:450])


def test_unobserved_steps_are_never_alarms_and_take_the_score_of_their_window(panel, alter):
    values = alter(panel, slice(298, 300), 2, 30.0).values
    values[300:303, 2] = np.nan
    found = detect(replace(panel, values=values))
    assert found.alarms[298, 2]
    assert not found.observed[300:303, 2].any()
    assert not found.alarms[300:303, 2].any()
    assert not found.rethreshold(0).alarms[300:303, 2].any()
    assert found.scores[300, 2] == pytest.approx(found.scores[288 + 1 : 300, 2].sum() / 12, rel=0.3)


def test_filled_values_are_not_observed(panel):
    observed = np.ones(panel.values.shape, bool)
    observed[300, 2] = False
    values = panel.values.copy()
    values[300, 2] = 500
    filled = replace(panel, values=values, observed=observed)
    found = detect(filled)
    assert not found.alarms[300:306, 2].any()
    assert np.nanmax(found.scores) < 50


def test_the_start_has_the_score_of_the_first_window(panel):
    found = detect(panel)
    assert np.ptp(found.scores[:12], axis=0).max() == 0
    np.testing.assert_allclose(found.scores[0], found.scores[12:24].mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize("values", [
    np.full((200, 3), 7.0), np.full((1, 1), 3.0), np.arange(3.0)[:, None], np.array([[1.0], [np.nan], [900.0]]),
    np.where(np.arange(400)[:, None] == 200, 1e30, 1.0), np.where(np.arange(60)[:, None] % 7, np.nan, 2.0),
    np.random.default_rng(0).poisson(0.02, (500, 4)).astype(float),
], ids=["constant", "one", "three", "hole", "huge", "sparse", "counts"])  # fmt: skip
def test_scores_are_finite_for_poor_data(values):
    panel = Panel.from_arrays(values, pd.date_range("2024-01-01", periods=len(values), freq="1h"))
    found = detect(panel)
    assert found.scores.shape == values.shape
    assert found.scores.dtype == np.float32
    assert np.isfinite(found.scores).all()
    assert np.isfinite(found.threshold)
    assert found.contributions.shape == panel.shape


def test_a_constant_series_has_no_alarm_until_it_moves():
    values = np.full((200, 1), 7.0)
    time = pd.date_range("2024-01-01", periods=200, freq="1h")
    assert not detect(Panel.from_arrays(values, time)).alarms.any()
    values[150] = 8
    assert detect(Panel.from_arrays(values, time)).alarms[150, 0]


def test_short_data_are_judged_with_a_finding():
    panel = Panel.from_arrays([1.0, 2, 1], pd.date_range("2024-01-01", periods=3, freq="1h"))
    assert [finding.code for finding in detect(panel).findings] == ["short_history"]


def test_a_silent_place_is_a_finding_and_nothing_observed_an_error(panel):
    values = panel.values.copy()
    values[:, 1] = np.nan
    found = detect(replace(panel, values=values))
    assert [(f.code, f.where) for f in found.findings] == [("silent_places", "p1")]
    assert np.isfinite(found.scores).all()
    values[:] = np.nan
    with pytest.raises(DataError, match="was observed"):
        detect(replace(panel, values=values))


def two_features(panel, kind="numeric"):
    both = np.concatenate([panel.values, panel.values[::-1] * 1000], axis=2)
    schema = {"speed": FeatureSchema(unit="mph"), "other": FeatureSchema(kind=kind)}
    return replace(panel, values=both, features=("speed", "other"), schema=schema)


def test_several_features_share_the_score(panel):
    wide = two_features(panel)
    wide.values[300, 2, 1] += 15_000
    found = detect(wide)
    assert found.alarms[300, 2]
    assert found.contributions[300, 2, 1] > 0.9
    np.testing.assert_allclose(found.contributions.sum(axis=2), 1, rtol=1e-5)


def test_directions_are_left_out_with_a_finding(panel):
    found = detect(two_features(panel, kind="angle"))
    assert [f.code for f in found.findings] == ["left_out"]
    assert found.contributions.shape == (600, 5, 2)
    np.testing.assert_allclose(found.scores, detect(panel).scores, rtol=1e-5)


def test_blocks_of_series_change_nothing(make_panel, monkeypatch):
    panel = make_panel(step="1D")
    whole = detect(panel)
    monkeypatch.setattr(residual, "BLOCK_CELLS", 1300)
    np.testing.assert_allclose(detect(panel).scores, whole.scores, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("pieces", [(600,), (1, 1, 70, 28), (13, 87)])
def test_rows_one_by_one_score_like_the_whole_past(panel, alter, pieces):
    strange = alter(panel, slice(560, 566), 2, 15.0)
    strange.values[540:545, 1] = np.nan
    detector = Residual().fit(strange.between(None, strange.time[499]))
    whole = detector.score(strange)
    start = 500
    for piece in pieces:
        part = detector.update(strange.between(strange.time[start], strange.time[min(start + piece, 600) - 1]))
        rows = slice(start, start + len(part.time))
        np.testing.assert_allclose(part.scores, whole.scores[rows], rtol=1e-4, atol=1e-5)
        assert part.alarms.tolist() == whole.alarms[rows].tolist()
        start += piece
    assert len(detector.tail.time) <= 49


def test_a_gap_in_the_feed_is_a_gap_in_the_data(panel):
    holes = panel.values.copy()
    holes[500:520] = np.nan
    detector = Residual().fit(panel.between(None, panel.time[499]))
    whole = detector.score(replace(panel, values=holes))
    part = detector.update(panel.between(panel.time[520]))
    np.testing.assert_allclose(part.scores, whole.scores[520:], rtol=1e-4, atol=1e-5)


def test_after_a_long_silence_memory_stays_small(panel):
    detector = Residual().fit(panel)
    later = replace(panel, time=panel.time + pd.Timedelta(days=4000))
    part = detector.update(later)
    assert np.isfinite(part.scores).all()
    assert len(detector.tail.time) <= 49


def test_rows_already_seen_are_refused(panel):
    detector = Residual().fit(panel)
    with pytest.raises(DataError, match="must come after"):
        detector.update(panel.between(panel.time[590]))


def test_rows_without_some_places_are_refused_and_another_order_is_not(panel):
    detector = Residual().fit(panel.between(None, panel.time[499]))
    whole = detector.score(panel)
    rows = panel.between(panel.time[500])
    with pytest.raises(ModelError, match="New rows of 2 places"):
        detector.update(replace(rows, values=rows.values[:, :2], locations=rows.locations.iloc[:2]))
    turned = replace(rows, values=rows.values[:, ::-1], locations=rows.locations.iloc[::-1])
    np.testing.assert_allclose(detector.update(turned).scores[:, ::-1], whole.scores[500:], rtol=1e-4, atol=1e-5)


def test_unknown_places_and_other_steps_are_refused(panel, make_panel):
    detector = Residual().fit(panel)
    with pytest.raises(ModelError, match="does not know 2 of the places"):
        detector.score(make_panel(places=7))
    with pytest.raises(ModelError, match="fitted on data hourly"):
        detector.score(make_panel(step="5min"))
    with pytest.raises(ModelError, match="not fitted"):
        Residual().score(panel)


def test_some_of_the_places_in_another_order_score_the_same(panel):
    detector = Residual().fit(panel)
    some = replace(panel, values=panel.values[:, [3, 0]], locations=panel.locations.iloc[[3, 0]])
    np.testing.assert_allclose(detector.score(some).scores, detector.score(panel).scores[:, [3, 0]], rtol=1e-5)


def test_saved_and_loaded_it_scores_and_goes_on_alike(panel, tmp_path):
    clocked = replace(
        panel, time=panel.time.tz_localize("Europe/Berlin", ambiguous="NaT", nonexistent="NaT"), clock="Europe/Berlin"
    )
    detector = Residual(ResidualSettings(rate=0.01)).fit(clocked.between(None, clocked.time[499]))
    detector.save(tmp_path / "detector")
    loaded = Residual.load(tmp_path / "detector")
    assert loaded.settings == detector.settings
    np.testing.assert_array_equal(loaded.score(clocked).scores, detector.score(clocked).scores)
    rows = clocked.between(clocked.time[500])
    first, second = detector.update(rows), loaded.update(rows)
    np.testing.assert_array_equal(first.scores, second.scores)
    assert first.threshold == second.threshold


def test_torn_or_foreign_files_are_refused(panel, tmp_path):
    Residual().fit(panel).save(tmp_path)
    about = (tmp_path / "detector.json").read_text()
    (tmp_path / "detector.json").write_text(about.replace('"schema_version": 1', '"schema_version": 99'))
    with pytest.raises(StoreError, match="schema version 99"):
        Residual.load(tmp_path)
    (tmp_path / "detector.json").write_text(about)
    weights = (tmp_path / "detector.safetensors").read_bytes()
    (tmp_path / "detector.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(StoreError, match="cannot be read"):
        Residual.load(tmp_path)
    (tmp_path / "detector.safetensors").unlink()
    with pytest.raises(StoreError):
        Residual.load(tmp_path)


def test_expected_is_what_was_forecast_and_keeps_the_shape(panel):
    detector = Residual().fit(panel)
    expected = detector.expected(panel)
    assert expected.shape == panel.shape
    error = np.abs(panel.values - expected)[30:]
    assert np.nanmean(error) < np.abs(panel.values[30:] - panel.values.mean()).mean() / 3
