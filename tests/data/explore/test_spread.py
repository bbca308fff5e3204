"""Distribution and correlation against distance."""

from __future__ import annotations

import numpy as np
import pytest

from stcore.data.explore import distance
from stcore.data.explore.distribution import distribution, place_levels


def test_levels_and_bins_of_known_values() -> None:
    found = distribution(np.append(np.arange(101.0), np.nan))
    assert found is not None
    np.testing.assert_allclose(found.levels, [5, 25, 50, 75, 95])
    assert (found.mean, found.readings) == (50, 101)
    assert found.missing == pytest.approx(1 / 102)
    assert found.counts.sum() + found.outside == 101
    assert float(found.edges[0] % 1) == 0.5  # whole numbers stand in the middle of their bins


def test_mostly_zeros_are_said_and_not_drawn() -> None:
    found = distribution(np.concatenate([np.zeros(900), np.random.default_rng(0).gamma(2, 3, 100)]))
    assert found is not None
    assert found.without_zeros
    assert found.zeros == 0.9
    assert found.counts.sum() + found.outside == 100
    assert found.levels[2] == 0
    plain = distribution(np.zeros(10))
    assert plain is not None
    assert plain.counts.tolist() == [10]


def test_outliers_do_not_stretch_the_bins() -> None:
    values = np.random.default_rng(0).normal(size=100_000)
    values[:3] = 1e6
    found = distribution(values)
    assert found is not None
    assert found.edges[-1] < 10
    assert found.outside >= 3
    assert len(found.counts) <= 70


def test_nothing_has_no_distribution() -> None:
    assert distribution(np.full((3, 4), np.nan)) is None
    found = place_levels(np.array([[1.0, np.nan], [3.0, np.nan]]))
    assert found[0, 2] == 2
    assert np.isnan(found[1]).all()


def test_pair_correlations_equal_numpy_where_nothing_is_missing() -> None:
    values = np.random.default_rng(0).normal(size=(80, 5)) @ np.random.default_rng(1).normal(size=(5, 5)) + 300
    np.testing.assert_allclose(distance.pair_correlations(values), np.corrcoef(values.T), atol=1e-9)


def test_pair_correlations_use_the_steps_of_both() -> None:
    values = np.random.default_rng(0).normal(size=(100, 3))
    values[:30, 0] = np.nan
    values[20:60, 1] = np.nan
    values[:90, 2] = np.nan
    found = distance.pair_correlations(values)
    assert found[0, 1] == pytest.approx(np.corrcoef(values[60:, 0], values[60:, 1])[0, 1])
    assert np.isnan(found[0, 2])  # ten common steps
    values[:, 1] = 7.0
    assert np.isnan(distance.pair_correlations(values)[0, 1])


def field(places: int, length_deg: float, steps: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """A Gaussian field on the equator whose correlation falls as exp(-d / length)."""
    rng = np.random.default_rng(0)
    lonlat = np.stack([rng.uniform(0, 5, places), np.zeros(places)], axis=1)
    apart = np.abs(lonlat[:, None, 0] - lonlat[None, :, 0])
    root = np.linalg.cholesky(np.exp(-apart / length_deg) + 1e-9 * np.eye(places))
    return (root @ rng.normal(size=(places, steps))).T, lonlat


def test_correlation_falls_with_distance_as_the_field_was_made() -> None:
    values, lonlat = field(80, 1.0)
    found = distance.by_distance(values, lonlat)
    assert found is not None
    assert len(found.distance_km) == 80 * 79 / 2
    assert (np.diff(found.distance_km) >= 0).all()
    np.testing.assert_allclose(found.middle, np.exp(-found.km / 111.195), atol=0.06)
    assert found.km[0] < 20 < 450 < found.km[-1]
    assert (found.low <= found.middle).all()
    assert (found.middle <= found.high).all()


def test_two_places_have_no_curve() -> None:
    values, lonlat = field(3, 1.0, 50)
    assert distance.by_distance(values, lonlat) is None


def test_many_places_are_sampled_with_their_nearest() -> None:
    lonlat = np.random.default_rng(0).uniform(0, 10, (5000, 2))
    lonlat[7] = np.nan
    chosen = distance.spread_places(lonlat)
    assert 200 < len(chosen) <= distance.MOST_PLACES
    assert 7 not in chosen
    near = distance.great_circle_km(lonlat[chosen][:, None], lonlat[chosen][None])
    np.fill_diagonal(near, np.inf)
    assert np.median(near.min(axis=1)) < 20  # of all places it is about 8 km, of 300 random ones about 32
    np.testing.assert_array_equal(chosen, distance.spread_places(lonlat))
