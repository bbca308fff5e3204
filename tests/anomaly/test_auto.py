from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import detect, fit_detector, load_detector
from stcore.anomaly.detection_files import read_detection, write_detection
from stcore.anomaly.network import Network
from stcore.anomaly.window_lengths import cycle_length, suggested_length, suggested_lengths
from stcore.data.panel import Panel
from stcore.errors import ConfigError


def test_members_are_shown_and_can_be_left_out(panel):
    members = fit_detector(panel, "auto").members
    assert members[0] == ("residual", 0, 0.0)
    assert {length for _, length, _ in members[1:]} == {12, 24}
    assert sum(weight for _, _, weight in members) == pytest.approx(1)
    fewer = fit_detector(panel, "auto", settings={"members": ["knn", "poly"], "windows": [30]})
    assert [(name, length) for name, length, _ in fewer.members] == [("knn", 30), ("poly", 30)]
    with pytest.raises(ConfigError, match="members"):
        fit_detector(panel, "auto", settings={"members": ["nobody"]})


def test_an_alarm_of_the_forecast_error_is_one_here(panel, alter):
    spiked = alter(panel, 300, 2, 15.0)
    alone = fit_detector(spiked, "residual").score(spiked)
    together = fit_detector(spiked, "auto").score(spiked)
    assert together.alarms[alone.alarms].all()
    without = fit_detector(spiked, "auto", settings={"members": ["kmeans"]}).score(spiked)
    assert without.scores[300, 2] < together.scores[300, 2]


def test_few_rows_are_judged_by_the_forecast_error_with_a_finding(panel):
    short = panel.between(None, panel.time[29])
    found = fit_detector(short, "auto").score(short)
    assert "short_history" in [finding.code for finding in found.findings]
    alone = fit_detector(short, "residual").score(short)
    np.testing.assert_array_equal(found.scores[6:], alone.scores[6:])
    assert found.threshold == alone.threshold


@pytest.mark.parametrize("name", ["auto", "knn", "sub_pca"])
def test_looking_back_only_nothing_after_a_step_changes_its_score(name, panel, alter):
    fitted = fit_detector(panel, name, settings={"causal": True})
    later = fitted.score(alter(panel, slice(450, None), slice(None), 25.0))
    np.testing.assert_allclose(later.scores[60:450], fitted.score(panel).scores[60:450], rtol=1e-4, atol=1e-4)


def test_in_blocks_it_scores_the_same(panel, monkeypatch):
    whole = fit_detector(panel, "auto").score(panel)
    monkeypatch.setattr("stcore.anomaly.scored.BLOCK_CELLS", 1300)
    monkeypatch.setattr("stcore.anomaly.windows.BLOCK_CELLS", 3000)
    parts = fit_detector(panel, "auto").score(panel)
    np.testing.assert_allclose(parts.scores, whole.scores, rtol=0.05, atol=0.05)


def series(values, step):
    return Panel.from_arrays(np.asarray(values)[:, None], pd.date_range("2024-01-01", periods=len(values), freq=step))


def test_windows_are_a_day_or_twice_the_measured_period():
    steps = np.arange(4032)
    daily = series(np.sin(steps), "5min")
    assert suggested_length(daily) == 288
    assert suggested_lengths(daily) == (144, 161, 216, 288)
    assert suggested_length(series(np.arange(100.0), "1D")) == 12  # two weeks, but no more than an eighth
    beat = series(np.sin(2 * np.pi * steps / 25), "1s")
    assert cycle_length(beat) == 25
    assert suggested_length(beat) == 50
    assert suggested_length(series(np.zeros(4032), "1s")) == 161
    assert suggested_length(series(np.zeros(3), "1h")) == 1


class TestManyPlaces:
    """Where many places have neighbours, the network in context judges single steps."""

    def test_the_network_speaks_there_and_the_forecast_error_elsewhere(self, make_panel):
        assert fit_detector(make_panel(200, 10), "auto").members[0][0] == "network"
        assert fit_detector(make_panel(200, 9), "auto").members[0][0] == "residual"
        bare = Panel.from_arrays(make_panel(200, 12).values, make_panel(200, 12).time)
        assert fit_detector(bare, "auto").members[0][0] == "residual"
        without = fit_detector(make_panel(200, 12), "auto", settings={"members": ["residual", "knn"]})
        assert without.members[0][0] == "residual"

    def test_its_alarms_are_alarms_here_and_come_with_their_kind(self, make_panel, alter):
        panel = alter(make_panel(500, 12), slice(300, 306), 4, 12.0)
        panel = alter(panel, slice(400, 406), slice(None), -12.0)
        alone, together = detect(panel, "network"), detect(panel, "auto")
        began = alone.scores > alone.threshold
        assert began.any()
        assert together.alarms[began].all()
        assert {"fault", "regional"} <= set(together.events["kind"])

    def test_new_rows_and_a_folder_give_the_scores_of_the_whole_past(self, make_panel, alter, tmp_path):
        panel = alter(make_panel(500, 12), slice(440, 446), 4, 12.0)
        detector = fit_detector(panel, "auto", fit_end=panel.time[399], settings={"rate": 0.09})
        whole = detector.score(panel)
        detector.save(tmp_path)
        found = load_detector(tmp_path).update(panel.between(panel.time[400]))
        np.testing.assert_allclose(found.scores, whole.scores[400:], rtol=1e-3, atol=1e-3)
        assert found.alarms[42:46, 4].all()

    def test_what_happens_to_all_raises_alarms_and_leaves_the_scores(self, make_panel, alter, monkeypatch):
        panel = alter(make_panel(500, 12), slice(400, 403), slice(None), -4.0)
        found = detect(panel, "auto")
        assert found.alarms[400:403].sum() > (found.scores > found.threshold)[400:403].sum()
        assert "regional" in set(found.events["kind"])
        seen = Network.strangeness

        def without(self, panel):
            strange = seen(self, panel)
            return replace(strange, shared=np.zeros_like(strange.shared))

        monkeypatch.setattr(Network, "strangeness", without)
        deaf = detect(panel, "auto")
        np.testing.assert_array_equal(deaf.scores, found.scores)
        assert deaf.threshold == found.threshold
        assert "regional" not in set(deaf.events["kind"])

    def test_another_threshold_needs_nothing_computed_again(self, make_panel, alter):
        found = detect(alter(make_panel(500, 12), slice(300, 306), 4, 12.0), "auto")
        louder = found.rethreshold(10 * found.threshold)
        assert louder.alarms.sum() < found.alarms.sum()
        back = louder.rethreshold(found.threshold)
        np.testing.assert_array_equal(back.alarms, found.alarms)
        np.testing.assert_array_equal(found.alarms, (found.heights > found.threshold) & found.observed)

    def test_a_folder_keeps_what_raises_alarms(self, make_panel, alter, tmp_path):
        panel = alter(make_panel(500, 12), slice(440, 443), slice(None), -12.0)
        detector = fit_detector(panel, "auto", fit_end=panel.time[399])
        whole = detector.score(panel)
        detector.save(tmp_path / "detector")
        new = load_detector(tmp_path / "detector").update(panel.between(panel.time[400]))
        np.testing.assert_allclose(new.raised, whole.raised[400:], rtol=1e-3, atol=1e-3)
        write_detection(whole, tmp_path / "found", {})
        np.testing.assert_array_equal(read_detection(tmp_path / "found").alarms, whole.alarms)

    def test_smoothing_reaches_no_further_than_a_quarter_of_the_cycle(self, make_panel):
        detector = fit_detector(make_panel(500, 10), "auto", settings={"smoothing": 0.1})
        assert detector.learnt.arrays["smooth#"].tolist() == [6]
