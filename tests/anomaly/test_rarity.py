from __future__ import annotations

import numpy as np
import pytest

from stcore.anomaly import rarity as measures
from stcore.anomaly.rarity import first_of, from_before, no_counts, no_moments, none_before, rarity


def test_rarity_is_the_share_of_earlier_scores_at_least_as_high():
    scores = np.random.default_rng(0).integers(-3, 9, (77, 3)).astype(float)
    scores[[3, 40], 1] = np.nan
    found = rarity(scores)
    for row in (0, 1, 5, 40, 63, 64, 76):
        for place in range(3):
            before = scores[:row, place]
            before = before[np.isfinite(before)]
            share = (1 + (before >= scores[row, place]).sum()) / (1 + len(before))
            wanted = -np.log10(share) if np.isfinite(scores[row, place]) else np.nan
            assert found[row, place] == pytest.approx(wanted, nan_ok=True)


def test_distance_is_from_all_that_came_before():
    values = np.random.default_rng(0).normal(1e6, 2, (50, 2)).astype(np.float32)
    values[[0, 7], 0] = np.nan
    found = from_before(values)
    seen = values[:30, 0][np.isfinite(values[:30, 0])].astype(float)
    assert found[30, 0] == pytest.approx(abs(values[30, 0] - seen.mean()) / seen.std(), rel=1e-3)
    assert np.isnan(found[7, 0])
    assert found[:2, 1].tolist() == [0, 0]
    assert from_before(np.full((5, 1), 3.0)).tolist() == [[0]] * 5


@pytest.mark.parametrize("quiet", [1, 2, 3, 4])
def test_a_step_that_one_before_reached_counts_for_nothing(quiet):
    scores = np.random.default_rng(0).integers(0, 9, (40, 2)).astype(float)
    found = first_of(scores, quiet)
    for row in range(40):
        highest = scores[max(row - quiet, 0) : row].max(axis=0, initial=-1)
        np.testing.assert_array_equal(found[row], np.where(scores[row] > highest, scores[row], 0))


def test_scores_less_than_a_bin_apart_are_equally_high():
    near, apart = np.array([[10.0], [10.01]]), np.array([[10.0], [11.0]])
    assert rarity(near)[1] == 0
    assert rarity(apart)[1] == pytest.approx(np.log10(2))
    assert rarity(np.array([[1e9], [1e12]])).tolist() == [[0], [0]]  # both above the highest told apart


@pytest.mark.parametrize("seed", range(3))
def test_rows_in_pieces_give_the_numbers_of_all_at_once_to_the_bit(seed, monkeypatch):
    monkeypatch.setattr(measures, "_ROWS", 64)
    random = np.random.default_rng(seed)
    rows = random.standard_t(3, (300, 4)).astype(np.float32)
    rows[random.random(rows.shape) < 0.1] = np.nan
    rows[:20, 1], rows[:, 2] = np.nan, np.nan
    cuts = np.sort(random.choice(np.arange(1, 300), 25, replace=False))
    counts, moments, before = no_counts(4), no_moments(4), none_before(7, 4)
    pieces = [
        (rarity(part, counts), from_before(part, moments), first_of(np.nan_to_num(part), 7, before))
        for part in np.split(rows, cuts)
    ]
    wholes = rarity(rows), from_before(rows), first_of(np.nan_to_num(rows), 7)
    for whole, part in zip(wholes, zip(*pieces, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(part), whole)
