from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore import anomaly
from stcore.anomaly import detect, fit_detector, list_detectors, load_detector
from stcore.anomaly.contract import PLANNED
from stcore.errors import ConfigError, DataError, NotYet, StoreError


@pytest.mark.parametrize("name", list(anomaly.DETECTORS))
class TestContract:
    """What every detector does."""

    def test_scores_every_step(self, name, panel):
        found = detect(panel, name)
        assert found.scores.shape == panel.shape[:2]
        assert np.isfinite(found.scores).all()
        assert list(found.to_frame().columns) == ["time", "location", "score", "threshold", "alarm"]

    def test_is_the_one_line_form(self, name, panel):
        np.testing.assert_array_equal(detect(panel, name).scores, fit_detector(panel, name).score(panel).scores)

    def test_fits_on_nothing_after_the_end(self, name, panel, alter):
        end = str(panel.time[350])
        other = alter(panel, slice(351, None), slice(None), 99.0)
        assert detect(panel, name, fit_end=end).threshold == detect(other, name, fit_end=end).threshold

    def test_goes_through_a_folder(self, name, panel, tmp_path):
        fitted = fit_detector(panel, name)
        fitted.save(tmp_path)
        np.testing.assert_array_equal(load_detector(tmp_path).score(panel).scores, fitted.score(panel).scores)

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


@pytest.mark.parametrize("name", PLANNED)
def test_detectors_of_later_versions_say_so(panel, name):
    with pytest.raises(NotYet, match=f"“{name}” comes with a later version"):
        detect(panel, name)


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
