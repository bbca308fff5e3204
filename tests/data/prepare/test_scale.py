"""Scaling: invertible, NaN-safe, and no place mistaken for a constant one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stcore.data.prepare.scale import Scaler
from stcore.data.prepare.transforms import Transform


def test_each_place_has_mean_zero_and_spread_one_and_comes_back() -> None:
    train = np.random.default_rng(0).normal([[5.0], [900.0]], [[2.0], [30.0]], (500, 2, 1)).astype(np.float32)
    train[::7, 0] = np.nan
    scaler = Scaler.fit(train)
    scaled = scaler.forward(train)
    np.testing.assert_allclose(np.nanmean(scaled, axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.nanstd(scaled, axis=0), 1, rtol=1e-4)
    np.testing.assert_allclose(scaled * scaler.spread + scaler.centre, train, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("level", [0.1, 7.0, 123456.7, 1e9])
def test_a_constant_place_takes_the_spread_of_the_others(level: float) -> None:
    train = np.random.default_rng(0).normal(0, 3, (400, 2, 1)).astype(np.float32)
    train[:, 1] = level
    assert Scaler.fit(train).spread[1, 0] == pytest.approx(3 / np.sqrt(2), rel=0.1)
    assert Scaler.fit(train[:, 1:]).spread[0, 0] == 1


def test_a_village_beside_a_city_keeps_its_own_spread() -> None:
    draw = np.random.default_rng(0)
    train = np.stack([draw.normal(2e6, 4e5, 400), draw.normal(3, 1, 400)], axis=1).astype(np.float32)[..., None]
    np.testing.assert_allclose(Scaler.fit(train).spread.ravel(), [4e5, 1], rtol=0.1)


def test_a_small_signal_on_a_large_offset_is_kept() -> None:
    train = (1e6 + np.random.default_rng(0).normal(0, 0.5, (2000, 1, 1))).astype(np.float32)
    assert Scaler.fit(train).spread[0, 0] == pytest.approx(0.5, rel=0.1)


def test_a_place_without_a_value_takes_those_of_all() -> None:
    train = np.random.default_rng(0).normal(50, 3, (400, 2, 1)).astype(np.float32)
    train[:, 1] = np.nan
    scaler = Scaler.fit(train)
    assert scaler.centre[1, 0] == pytest.approx(50, abs=1)
    assert scaler.spread[1, 0] == pytest.approx(3, rel=0.1)


# other scales, transforms -----------------------------------------------------------------------------------------


def test_robust_is_not_moved_by_outliers() -> None:
    """0 to 100 in even steps: median 50, quartiles 25 and 75; a thousandth of absurd values changes neither."""
    train = np.linspace(0, 100, 10_001, dtype=np.float32)[:, None, None].copy()
    train[:10] = 1e9
    scaler = Scaler.fit(train, "robust")
    assert scaler.centre[0, 0] == pytest.approx(50, abs=0.2)
    assert scaler.spread[0, 0] == pytest.approx(50 / 1.349, rel=0.01)


def test_min_max_is_zero_to_one() -> None:
    train = np.array([3, np.nan, 7, 5], np.float32)[:, None, None]
    np.testing.assert_allclose(Scaler.fit(train, "min_max").forward(train).ravel(), [0, np.nan, 1, 0.5])


@pytest.mark.parametrize("method", ["standard", "robust", "min_max"])
def test_over_all_places_large_ones_stay_larger(method: Any) -> None:
    train = np.random.default_rng(0).normal([[10.0], [1000.0]], [[1.0], [50.0]], (300, 2, 1)).astype(np.float32)
    train[:40, 0] = np.nan
    scaler = Scaler.fit(train, method, "all")
    assert len(np.unique(scaler.centre)) == len(np.unique(scaler.spread)) == 1
    scaled = scaler.forward(train)
    assert np.nanmean(scaled[:, 0]) < np.nanmean(scaled[:, 1])
    np.testing.assert_allclose(scaler.inverse(scaled), train, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", ["log", "box_cox", "yeo_johnson"])
@pytest.mark.parametrize("by_place", [False, True])
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1e-3, 1.0, 1e5]))
def test_every_curve_rises_and_comes_back_on_the_whole_line(kind: Any, by_place: bool, seed: int, size: float) -> None:
    """Also of values far outside what it was fitted on."""
    draw = np.random.default_rng(seed)
    train = (size * draw.gamma(1.5, 2, (200, 2, 1))).astype(np.float32)
    train[draw.random(train.shape) < 0.3] = 0
    if kind == "yeo_johnson":
        train -= size
    curve = Transform.fit(train, kind, [0], by_place)
    line = np.linspace(-3 * size, 60 * size, 400, dtype=np.float32)[:, None, None] * np.ones((1, 2, 1), np.float32)
    bent = curve.forward(line)
    assert np.isfinite(bent).all()
    assert (np.diff(bent, axis=0) > 0).all()
    np.testing.assert_allclose(curve.inverse(bent), line, rtol=2e-3, atol=2e-3 * size)


def test_powers_are_scipys() -> None:
    draw = np.random.default_rng(0)
    known = draw.lognormal(0, 1, 3000).astype(np.float32)
    train = known[:, None, None]
    both = Transform.fit(train, "yeo_johnson", [0])
    assert both.power[0, 0] == pytest.approx(stats.yeojohnson_normmax(known / known.std()), abs=1e-2)
    one = Transform.fit(train, "box_cox", [0])
    bent = one.forward(train).ravel()
    assert abs(stats.skew(bent)) < 0.15 < stats.skew(known)


def test_a_logarithm_knows_zeros_and_what_lies_below() -> None:
    train = np.array([0, 0, 1, 2, 4, 8, 16, 32, 64, 128], np.float32)[:, None, None]
    curve = Transform.fit(train, "log", [0])
    unit = curve.unit[0, 0]
    values = np.array([0, unit, 128, -unit], np.float32)[:, None, None]
    np.testing.assert_allclose(curve.forward(values).ravel(), [0, np.log(2), np.log1p(128 / unit), -1], rtol=1e-5)


def test_the_unit_changes_no_transformed_value() -> None:
    train = np.random.default_rng(1).gamma(2, 3, (500, 1, 1)).astype(np.float32)
    for kind in ("log", "box_cox", "yeo_johnson"):
        first, second = (Transform.fit(train * np.float32(f), kind, [0]).forward(train * np.float32(f)) for f in (1, 1024))  # fmt: skip
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-3)


def test_values_all_alike_are_left_straight() -> None:
    train = np.full((50, 1, 1), 7, np.float32)
    for kind in ("log", "box_cox", "yeo_johnson"):
        np.testing.assert_allclose(Transform.fit(train, kind, [0]).forward(train), train)


def test_forecasts_end_at_ten_times_the_range() -> None:
    train = np.linspace(0, 10, 100, dtype=np.float32)[:, None, None]
    scaler = Scaler.transformed(train, Transform.fit(train, "log", [0]))
    assert scaler.forecast(np.full((1, 1, 1), 1e3, np.float32))[0, 0, 0] == pytest.approx(110)
    assert scaler.in_units[0, 0] == pytest.approx(train.std(), rel=1e-3)
