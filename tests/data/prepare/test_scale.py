"""Scaling: invertible, NaN-safe, and no place mistaken for a constant one."""

from __future__ import annotations

import numpy as np
import pytest

from stcore.data.prepare.scale import Scaler


def test_each_place_has_mean_zero_and_spread_one_and_comes_back() -> None:
    train = np.random.default_rng(0).normal([[5.0], [900.0]], [[2.0], [30.0]], (500, 2, 1)).astype(np.float32)
    train[::7, 0] = np.nan
    scaler = Scaler.fit(train)
    scaled = scaler.transform(train)
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
