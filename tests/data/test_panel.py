"""A panel: its identity, its parts, several of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stcore.data.panel import Panel, as_panels
from stcore.errors import DataError
from tests.panels import daily_wave


def test_the_digest_is_that_of_the_numbers_not_of_their_bits() -> None:
    time = pd.date_range("2024", periods=3, freq="h")
    first = Panel.from_arrays([0.0, np.nan, 1.0], time)
    other_nan = np.array([0x80000000, 0xFFC00001, 0x3F800000], np.uint32).view(np.float32)
    assert Panel.from_arrays(other_nan, time).digest == first.digest
    assert Panel.from_arrays([0.0, 2.0, 1.0], time).digest != first.digest


def test_the_digest_tells_what_was_filled() -> None:
    panel = daily_wave(48)
    filled = np.ones(panel.shape, dtype=bool)
    filled[3] = False
    assert replace(panel, observed=filled).digest != panel.digest
    assert replace(panel, name="another").digest == panel.digest


def test_selecting_all_is_the_panel_itself() -> None:
    panel = daily_wave(48, features=2)
    assert panel.select(panel.features) is panel
    assert panel.select(["value_1"]).features == ("value_1",)
    with pytest.raises(DataError, match="nothing"):
        panel.select(["nothing"])


@pytest.mark.parametrize(
    "given", [None, pd.DataFrame({"a": [1]}), [daily_wave(48)], {}, {"a": 3}], ids=lambda g: type(g).__name__
)
def test_what_is_no_panel_is_said(given: Any) -> None:
    with pytest.raises(DataError) as refused:
        as_panels(given)
    assert refused.value.hint


def test_panels_with_and_without_a_clock_do_not_mix() -> None:
    panel = daily_wave(48)
    zoned = Panel.from_arrays(panel.values, panel.time.tz_localize("UTC"), clock="UTC", features=panel.features)
    with pytest.raises(DataError, match="clock"):
        as_panels({"a": panel, "b": zoned})


def test_a_memory_map_stays_on_disk_and_an_infinite_one_is_copied(tmp_path: Path) -> None:
    path = tmp_path / "values.npy"
    np.save(path, np.arange(12, dtype=np.float32).reshape(6, 2))
    time = pd.date_range("2026-03-01", periods=6, freq="h")
    kept = Panel.from_arrays(np.load(path, mmap_mode="r"), time)
    assert np.shares_memory(kept.values, kept.values.base)
    assert isinstance(kept.values, np.memmap)
    np.save(path, np.full((6, 2), np.inf, np.float32))
    copied = Panel.from_arrays(np.load(path, mmap_mode="r"), time)
    assert not isinstance(copied.values, np.memmap)
    assert np.isnan(copied.values).all()
