"""Room for large arrays, and that what is done in blocks is what is done at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.data import arrays
from stcore.data.panel import Panel
from stcore.data.prepare import pipeline
from stcore.data.prepare.clean import clean
from stcore.data.prepare.pipeline import Pipeline
from stcore.errors import DataError
from stcore.preparation import CleanConfig, PrepareConfig


def panel() -> Panel:
    values = np.random.default_rng(0).normal(20, 5, (60, 11, 2)).astype(np.float32)
    values[10:14, ::2], values[:3, 1], values[30, :, 1] = np.nan, np.nan, 400
    return Panel.from_arrays(values, pd.date_range("2026-03-02", periods=60, freq="h"), features=["x", "y"])


def test_large_arrays_lie_in_a_nameless_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "IN_MEMORY", 100)
    large, small = arrays.spacious((50, 2)), arrays.spacious((5, 2))
    assert isinstance(large, np.memmap)
    assert not isinstance(small, np.memmap)
    large[:] = 7
    assert large.sum() == 700
    assert list((home / "scratch").iterdir()) == []


@pytest.mark.parametrize("fill", ["forward", "linear", "spline"])
def test_filling_and_cleaning_in_parts_is_filling_and_cleaning_at_once(
    fill: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = PrepareConfig(fill=fill, clean=CleanConfig(limits={"y": (0, 100)}))  # type: ignore[arg-type]
    cleaned = clean(panel(), config).panel
    whole = Pipeline.fit(cleaned, 40, config).apply(cleaned)
    monkeypatch.setattr(arrays, "IN_MEMORY", 100)
    monkeypatch.setattr(pipeline, "_BLOCK_CELLS", 60 * 2 * 3)
    again = clean(panel(), config).panel
    parts = Pipeline.fit(again, 40, config).apply(again)
    assert isinstance(parts.values, np.memmap)
    np.testing.assert_array_equal(parts.values, whole.values)
    np.testing.assert_array_equal(parts.mask, whole.mask)
    assert parts.mask.sum() == (~np.isnan(panel().values)).sum() - 11


def test_a_way_that_needs_all_places_is_refused_where_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    made = panel()
    filler = Pipeline.fit(made, 40, PrepareConfig(fill="seasonal"))
    monkeypatch.setattr(arrays, "IN_MEMORY", 100)
    with pytest.raises(DataError, match="Usual course") as refused:
        filler.apply(made)
    assert "straight line" in refused.value.hint


@pytest.mark.parametrize("most", [1, 5000, 1 << 20])
def test_turning_in_parts_is_turning_at_once(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_TURNED", most)
    source = np.arange(9 * 211, dtype=np.float32).reshape(9, 211)
    out = np.zeros((211, 9), np.float32)
    arrays.turn(source, out)
    np.testing.assert_array_equal(out, source.T)
