"""Clean data of any kind stay quiet; one planted fault gives one finding, and it is the right one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stcore.data.panel import Panel
from stcore.data.prepare.clean import clean as cleaning
from stcore.data.quality import survey as surveys
from stcore.data.quality import value_findings
from stcore.data.quality.survey import Survey, runs
from stcore.experiment import Experiment
from tests.data.quality.made import CLEAN, clean, found, looks, panel


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", CLEAN)
def test_clean_data_stay_quiet(kind: str, seed: int) -> None:
    assert found(clean(kind, seed)) == {}


def stuck(values: np.ndarray) -> None:
    values[500:560, 1] = values[500, 1]


def spiked(values: np.ndarray) -> None:
    values[[300, 700, 900], 2] += 60


def late(values: np.ndarray) -> None:
    values[: int(0.8 * len(values)), 0] = np.nan


def tenfold(values: np.ndarray) -> None:
    values[1100:, 3] *= 10


def negative(values: np.ndarray) -> None:
    values[[10, 20], 0] = -3


def zeroed(values: np.ndarray) -> None:
    values[[100, 101, 102, 600, 900], 1] = 0


def silent(values: np.ndarray) -> None:
    values[:, 2] = values[:, 2].mean()


PLANTED: dict[str, tuple[str, Callable[[np.ndarray], None], str]] = {
    "stuck": ("speed", stuck, "stuck"), "stuck temperature": ("temperature", stuck, "stuck"),
    "stuck rain": ("rain", lambda v: v.__setitem__((slice(500, 560), 1), 3.3), "stuck"),
    "spiked": ("speed", spiked, "spikes"), "spiked temperature": ("temperature", spiked, "spikes"),
    "spiked rounded": ("rounded", lambda v: v.__setitem__(([300, 700, 900], 2), -40), "spikes"), "late": ("speed", late, "late_or_early"),
    "tenfold": ("speed", tenfold, "unit_break"), "negative": ("visits", negative, "impossible"),
    "zeros": ("speed", zeroed, "zeros"), "constant": ("temperature", silent, "constant"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_and_nothing_else(name: str) -> None:
    kind, plant, code = PLANTED[name]
    judged = clean(kind)
    plant(judged.values[..., 0])
    assert looks(judged) == {code}


@pytest.mark.parametrize("name", PLANTED)
def test_every_fix_fits_the_settings(name: str) -> None:
    kind, plant, code = PLANTED[name]
    judged = clean(kind)
    plant(judged.values[..., 0])
    fix = found(judged)[code].fix
    if fix is not None:
        assert Experiment().mended([fix]) != Experiment()


def test_findings_say_where_when_and_how_many() -> None:
    judged = clean("speed")
    spiked(judged.values[..., 0])
    finding = found(judged)["spikes"]
    assert (finding.count, finding.where, finding.times[0][:10]) == (3, "p2", "2024-01-02")
    assert sorted(finding.times) == ["2024-01-02 01:00", "2024-01-03 10:20", "2024-01-04 03:00"]


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_places_changes_no_count(seed: int) -> None:
    judged = clean("speed")
    stuck(judged.values[..., 0])
    spiked(judged.values[..., 0])
    zeroed(judged.values[..., 0])
    order = np.random.default_rng(seed).permutation(12)
    turned = replace(judged, values=judged.values[:, order], locations=judged.locations.iloc[order])
    counts = [{code: finding.count for code, finding in found(one).items()} for one in (judged, turned)]
    assert counts[0] == counts[1]
    assert set(counts[0]) == {"stuck", "spikes", "zeros"}


@pytest.mark.parametrize("shape", [(0, 0, 1), (0, 3, 1), (1, 1, 1), (2, 3, 2), (9, 1, 1), (40, 2, 1)])
@pytest.mark.parametrize("fill", [np.nan, 0.0, 7.0])
def test_any_shape_can_be_judged(shape: tuple[int, int, int], fill: float) -> None:
    judged = panel(np.full(shape[:2], fill), "value")
    assert isinstance(value_findings(judged), list)


# the survey --------------------------------------------------------------------------------------------------------


def test_runs_are_stretches_of_true() -> None:
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [0, 1, 1, 1]], dtype=bool)
    place, start, length = runs(mask)
    assert list(zip(place, start, length, strict=True)) == [(0, 0, 2), (0, 3, 1), (2, 1, 3)]


@pytest.mark.parametrize("cells", [1, 50, 10**9])
def test_blocks_of_any_size_count_the_same(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    judged = clean("rain")
    judged.values[10:20, 3] = np.nan
    judged.values[:7, 1] = np.nan
    judged.values[30] = np.nan
    monkeypatch.setattr(surveys, "BLOCK_CELLS", cells)
    seen = Survey(judged)
    values = judged.values[..., 0]
    assert seen.count[:, 0].tolist() == (~np.isnan(values)).sum(axis=0).tolist()
    assert seen.zeros[:, 0].tolist() == (values == 0).sum(axis=0).tolist()
    assert seen.high[:, 0].tolist() == np.nanmax(values, axis=0).tolist()
    assert (seen.first[1], seen.first[0], seen.last[0], seen.empty_steps) == (7, 0, len(values) - 1, 1)


def test_of_a_large_panel_places_are_drawn_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = clean("speed")
    judged.values[500:560, 0, 0] = judged.values[500, 0, 0]
    monkeypatch.setattr(surveys, "MOST_CELLS", 9 * len(judged.time))
    seen = Survey(judged)
    assert seen.places.tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 11]
    assert np.array_equal(seen.sample, judged.values[:, seen.places])
    assert "(looked at 9 places of 12)" in found(judged)["stuck"].message
    monkeypatch.setattr(surveys, "MOST_CELLS", 800)
    assert Survey(judged).sample.shape == (100, 8, 1)


def test_a_memory_map_is_not_pulled_in_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "MOST_CELLS", 200_000)
    monkeypatch.setattr(surveys, "BLOCK_CELLS", 100_000)
    stored = np.lib.format.open_memmap(tmp_path / "v.npy", mode="w+", dtype=np.float32, shape=(4000, 1000, 1))
    stored[:] = np.random.default_rng(0).normal(20, 1, (4000, 1, 1))
    judged = panel(np.zeros((4000, 1000)), "speed_mph")
    judged = Panel(stored, judged.time, judged.step, judged.locations, judged.features, judged.schema, judged.space)
    tracemalloc.start()
    value_findings(judged)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < stored.nbytes, "less than the 16 MB that the values take"


def test_a_fix_of_spikes_sets_the_spikes_aside_and_hardly_anything_else() -> None:
    for kind, size in (("speed", 60), ("temperature", 30)):
        judged = clean(kind)
        judged.values[[300, 700, 900], 2] += size
        fix = found(judged)["spikes"].fix
        assert fix is not None
        left = cleaning(judged, Experiment().mended([fix]).prepare)
        assert 3 <= left.total <= 9
        assert "spikes" not in found(left.panel)
