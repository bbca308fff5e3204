"""A large panel is kept twice on disk: by time, and by place for curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.data import arrays, dataset, panel_files
from stcore.data.panel import Panel


def panel(steps: int = 50, places: int = 7) -> Panel:
    values = np.random.default_rng(0).normal(size=(steps, places, 2)).astype(np.float32)
    values[3, 2] = np.nan
    return Panel.from_arrays(values, pd.date_range("2026-03-01", periods=steps, freq="h"), features=["x", "y"])


@pytest.mark.parametrize("least", [0, 1 << 30])
def test_a_curve_is_the_same_with_and_without_its_own_file(
    least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_files, "CURVES_FROM", least)
    monkeypatch.setattr(arrays, "_TURNED", 200)
    made = panel()
    panel_files.save_panel(made, tmp_path / "p")
    opened = panel_files.open_panel(tmp_path / "p").called("other")
    assert (opened.curves is None) == (least > 0)
    for place in opened.locations.index:
        np.testing.assert_array_equal(opened.curve(place, "y", 10), made.curve(place, "y", 10))
        np.testing.assert_array_equal(opened.curve(place, "x"), made.values[:, int(place) - 1, 0])


def test_what_is_made_from_an_opened_panel_has_its_own_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_files, "CURVES_FROM", 0)
    panel_files.save_panel(panel(), tmp_path / "p")
    opened = panel_files.open_panel(tmp_path / "p")
    later = opened.between(opened.time[20])
    assert later.curves is None
    np.testing.assert_array_equal(later.curve("3", "x"), opened.values[20:, 2, 0])


def test_a_saved_panel_is_laid_on_a_longer_step_again(home: Path) -> None:
    saved = dataset.save(panel(48), "p")
    days = saved.panel(step="1D")
    assert isinstance(days, Panel)
    assert saved.observations is None
    np.testing.assert_allclose(days.values[0], np.nanmean(panel(48).values[:24], axis=0), rtol=1e-5)
