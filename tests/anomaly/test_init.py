from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from stcore import anomaly
from stcore.anomaly import detect, fit_detector, list_detectors, load_detector
from stcore.data.panel import Panel
from stcore.errors import ConfigError, DataError, ModelError, StoreError
from tests.anomaly.conftest import daily

INSTALLED = [name for name, spec in anomaly.DETECTORS.items() if spec.package is None or find_spec(spec.package)]
LAW = {"rtol": 1e-3, "atol": 1e-3}
QUICK = {"autoencoder": {"epochs": 1}, "patch_cnn": {"epochs": 1}, "isolation_forest": {"trees": 20}}


def fitted(panel, name, **settings):
    return fit_detector(panel, name, settings=QUICK.get(name, {}) | settings)


@cache
def usual(name):
    """A detector fitted on the usual panel, for tests that only score with it."""
    return fitted(daily(), name)


def hourly(values):
    return Panel.from_arrays(values, pd.date_range("2024-01-01", periods=len(values), freq="1h"))


@pytest.mark.parametrize("name", INSTALLED)
class TestContract:
    """What every detector does."""

    def test_scores_every_step_the_same_each_time(self, name, panel):
        detector = usual(name)
        found = detector.score(panel)
        assert found.scores.shape == panel.shape[:2]
        assert found.scores.dtype == np.float32
        assert np.isfinite(found.scores).all()
        assert np.isfinite(found.threshold)
        assert found.detector == name
        assert found.contributions.shape == panel.shape
        assert list(found.to_frame().columns) == ["time", "location", "score", "threshold", "alarm"]
        np.testing.assert_array_equal(fitted(panel, name).score(panel).scores, found.scores)

    def test_usual_rows_raise_few_alarms_also_where_nothing_was_learnt(self, name, panel):
        found = fitted(panel.between(None, panel.time[399]), name).score(panel)
        assert found.alarms.mean() < 0.02

    def test_fits_on_nothing_after_the_end(self, name, panel, alter):
        end = panel.time[350]
        other = alter(panel, slice(351, None), slice(None), 99.0)
        one, two = (fitted(each.between(None, end), name) for each in (panel, other))
        assert one.score(panel).threshold == two.score(other).threshold
        np.testing.assert_allclose(one.score(panel).scores[:200], two.score(other).scores[:200], **LAW)

    def test_goes_through_a_folder(self, name, panel, tmp_path):
        detector = usual(name)
        detector.save(tmp_path)
        loaded = load_detector(tmp_path)
        assert loaded.settings == detector.settings
        np.testing.assert_array_equal(loaded.score(panel).scores, detector.score(panel).scores)

    def test_follows_new_rows_with_the_scores_of_the_whole_past(self, name, panel, alter):
        if not anomaly.DETECTORS[name].streams:
            pytest.skip("does not follow a feed")
        strange = alter(panel, slice(560, 566), 2, 15.0)
        strange.values[540:545, 1] = np.nan
        detector = fitted(strange.between(None, strange.time[499]), name)
        batch = detector.score
        for start, end in ((500, 501), (501, 530), (530, 575), (575, 600)):
            part = detector.update(strange.between(strange.time[start], strange.time[end - 1]))
            whole = batch(strange.between(None, strange.time[end - 1]))
            np.testing.assert_allclose(part.scores, whole.scores[start:end], **LAW)
        assert len(detector.tail.time) < 400

    def test_goes_on_where_it_was_saved(self, name, panel, tmp_path):
        if not anomaly.DETECTORS[name].streams:
            pytest.skip("does not follow a feed")
        detector = fitted(panel.between(None, panel.time[499]), name)
        detector.save(tmp_path)
        rows = panel.between(panel.time[500])
        np.testing.assert_array_equal(load_detector(tmp_path).update(rows).scores, detector.update(rows).scores)

    def test_gaps_are_scored_and_never_alarms(self, name, panel):
        values = panel.values.copy()
        values[100:140, 1], values[::3, 2], values[:, 4] = np.nan, np.nan, np.nan
        found = fitted(holed := replace(panel, values=values), name).score(holed)
        assert np.isfinite(found.scores).all()
        assert not found.alarms[100:140, 1].any()
        assert not found.alarms[:, 4].any()
        assert "silent_places" in [finding.code for finding in found.findings]

    def test_some_places_in_another_order_score_the_same(self, name, panel):
        turned = replace(panel, values=panel.values[:, ::-1], locations=panel.locations.iloc[::-1])
        detector = usual(name)
        np.testing.assert_allclose(detector.score(turned).scores[:, ::-1], detector.score(panel).scores, **LAW)
        some = replace(panel, values=panel.values[:, [3, 0]], locations=panel.locations.iloc[[3, 0]])
        assert np.isfinite(detector.score(some).scores).all()

    def test_nothing_observed_is_refused(self, name, panel):
        with pytest.raises(DataError, match="was observed"):
            fitted(replace(panel, values=np.full(panel.shape, np.nan, np.float32)), name)

    @pytest.mark.parametrize("values", [
        np.full((200, 3), 7.0), np.full((1, 1), 3.0), np.arange(3.0)[:, None], np.array([[1.0], [np.nan], [900.0]]),
        np.where(np.arange(400)[:, None] == 200, 1e30, 1.0), np.where(np.arange(60)[:, None] % 7, np.nan, 2.0),
        np.random.default_rng(0).poisson(0.02, (500, 4)).astype(float), np.arange(300.0).reshape(100, 1, 3),
    ], ids=["constant", "one", "three", "hole", "huge", "sparse", "counts", "features"])  # fmt: skip
    def test_poor_data_are_scored(self, name, values):
        panel = hourly(values)
        found = fitted(panel, name).score(panel)
        assert np.isfinite(found.scores).all()
        assert np.isfinite(found.threshold)
        if np.ptp(np.nan_to_num(values)) == 0:
            assert not found.alarms.any()

    def test_describes_itself(self, name, panel):
        told = list_detectors()[name].describe()
        assert told["title"]
        assert told["when"].endswith(".")
        assert told["settings"]["properties"]


def test_several_panels_are_judged_each_by_itself(make_panel):
    machines = {"a": make_panel(steps=300), "b": make_panel(steps=200, places=2, step="5min")}
    found = detect(machines)
    assert {name: part.scores.shape for name, part in found.items()} == {"a": (300, 5), "b": (200, 2)}
    assert fit_detector(machines)["a"].score(machines["a"]).threshold == found["a"].threshold


def test_a_missing_package_is_named(panel):
    for name, spec in anomaly.DETECTORS.items():
        if spec.package and not find_spec(spec.package):
            with pytest.raises(ModelError, match=f"needs the package {spec.package}") as refused:
                detect(panel, name)
            assert f"pip install {spec.package}" in refused.value.hint


def test_unknown_names_and_settings_are_answered_with_the_nearest(panel):
    with pytest.raises(ConfigError) as refused:
        detect(panel, "residuals")
    assert "residual" in refused.value.hint
    with pytest.raises(ConfigError, match="lookbak"):
        detect(panel, settings={"lookbak": 3})
    assert detect(panel, settings={"rate": 0.05}).threshold < detect(panel).threshold + 1e-9


def test_an_end_before_the_data_or_no_time_at_all_is_refused(panel):
    with pytest.raises(DataError, match="no step to learn from"):
        detect(panel, fit_end="1999-01-01")
    with pytest.raises(ConfigError, match="not a time"):
        detect(panel, fit_end="soon")


def test_an_end_is_read_in_the_clock_of_the_panel(make_panel):
    plain = make_panel()
    clocked = type(plain)(**{**plain.__dict__, "time": plain.time.tz_localize("UTC"), "clock": "UTC"})
    end = "2024-01-15 00:00"
    assert detect(clocked, fit_end=end).threshold == detect(plain, fit_end=end).threshold
    assert detect(clocked, fit_end=pd.Timestamp(end, tz="UTC")).threshold == detect(plain, fit_end=end).threshold


def test_no_detector_in_a_folder(tmp_path):
    with pytest.raises(StoreError, match="no readable detector"):
        load_detector(tmp_path)


@pytest.mark.parametrize("name", ["shape_knn", "mahalanobis", "auto"])
def test_the_plain_size_can_be_added_to_how_strange_the_course_is(name, panel, tmp_path):
    """By so many usual deviations from the middle of the place; the threshold knows of it, a saved detector too."""
    members = {"members": ("shape_knn",)} if name == "auto" else {}
    plain = fitted(panel, name, **members)
    sized = fitted(panel, name, amplitude=0.5, **members)
    values = panel.values[..., 0]
    middle = np.nanmedian(values, axis=0)
    away = np.abs(values - middle)
    added = (sized.score(panel).scores - plain.score(panel).scores)[np.isfinite(values)]
    shown = away[np.isfinite(values)]
    assert np.corrcoef(added, shown)[0, 1] > 0.999
    assert added.max() > 0.5
    sized.save(tmp_path)
    np.testing.assert_array_equal(load_detector(tmp_path).score(panel).scores, sized.score(panel).scores)
