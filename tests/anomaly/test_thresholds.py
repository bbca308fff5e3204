from __future__ import annotations

import numpy as np
import pytest

from stcore.anomaly import thresholds


def test_quantile_skips_missing_and_is_an_order_statistic():
    values = np.array([[3.0, np.nan], [1, np.nan], [np.nan, np.nan], [2, 7]])
    assert thresholds.quantile(values, 0.5).tolist() == [2.0, 7.0]
    assert thresholds.quantile(values, 1.0).tolist() == [3.0, 7.0]
    assert np.isnan(thresholds.quantile(np.full((3, 1), np.nan), 0.5)).all()


def test_spread_is_the_standard_deviation_of_normal_errors_and_ignores_a_few_wild_ones():
    errors = np.random.default_rng(0).normal(0, 3, (20_000, 1))
    assert thresholds.spread(errors)[0] == pytest.approx(3, rel=0.03)
    errors[:400] = 1e6
    assert thresholds.spread(errors)[0] == pytest.approx(3, rel=0.06)


def test_errors_that_are_mostly_zero_are_not_taken_for_perfect():
    errors = np.zeros((100, 1))
    errors[::8] = 4.0
    assert thresholds.spread(errors)[0] == pytest.approx(4 / 1.645)
    errors[:] = 0
    errors[3] = 10
    assert thresholds.spread(errors)[0] == pytest.approx(1.0)


def test_spread_by_phase_learns_wild_hours_and_leaves_unseen_ones_at_the_usual():
    random = np.random.default_rng(1)
    phases = np.arange(24 * 60) % 24
    errors = random.normal(0, 1, (len(phases), 20)) * np.where(phases == 8, 5, 1)[:, None]
    found = thresholds.spread_by_phase(errors, phases, 25)
    assert found[8].mean() == pytest.approx(5, rel=0.15)
    assert found[3].mean() == pytest.approx(1, rel=0.15)
    assert found[24] == pytest.approx(thresholds.spread(errors), rel=1e-6)


def test_few_days_still_show_a_wild_hour_when_many_places_share_it():
    random = np.random.default_rng(2)
    phases = np.repeat(np.arange(24), 3)
    errors = random.normal(0, 1, (len(phases), 200)) * np.where(phases == 8, 5, 1)[:, None]
    assert thresholds.spread_by_phase(errors, phases, 24)[8].mean() > 3


def test_scaled_is_finite_for_constant_series_and_keeps_gaps():
    found = thresholds.scaled(np.array([0.0, 5.0, np.nan]), np.zeros(3), 20.0)
    assert found[0] == 0
    assert 1e5 < found[1] <= thresholds.MAX_SCORE
    assert np.isnan(found[2])


@pytest.mark.parametrize("amount", [500, 50_000])
def test_threshold_lets_few_usual_steps_pass(amount):
    scores = np.random.default_rng(3).exponential(2, amount)
    cut = thresholds.threshold(scores, rate=0.001, floor=0)
    assert cut == pytest.approx(2 * np.log(1000), rel=0.25)


def test_threshold_is_not_moved_far_by_the_anomalies_of_an_unlabelled_part():
    scores = np.abs(np.random.default_rng(4).normal(0, 1, 20_000))
    clean = thresholds.threshold(scores, floor=0)
    scores[:60] = 1000
    assert np.quantile(scores, 0.999) == 1000
    assert thresholds.threshold(scores, floor=0) < 1.15 * clean


def test_threshold_has_a_floor_and_stands_on_nothing():
    assert thresholds.threshold(np.full(100, 0.1)) == thresholds.FLOOR
    assert thresholds.threshold(np.array([np.nan])) == thresholds.FLOOR


def test_a_calm_place_is_not_infinitely_sensitive() -> None:
    """A cell that stayed dry has a tenth of the middle place's usual error, a feature apart from another."""
    draw = np.random.default_rng(0)
    rain, heat = draw.normal(0, 1, (500, 6)), draw.normal(0, 100, (500, 6))
    rain[:, 0] = 0
    found = thresholds.spread_by_phase(
        np.stack([rain, heat], axis=2).reshape(500, -1), np.zeros(500, int), 1, features=2
    )
    by_place = found.reshape(6, 2)
    assert by_place[0, 0] == pytest.approx(0.1, rel=0.1)
    assert by_place[1:, 0] == pytest.approx(1, rel=0.15)
    assert by_place[:, 1] == pytest.approx(100, rel=0.15)


def test_p_values_count_the_calibration_scores_and_agree_with_the_cut():
    calibration = np.array([[1.0, 2], [3, np.nan], [4, 5]])
    assert thresholds.p_values(np.array([0.0, 3, 9]), calibration).tolist() == [1.0, 4 / 6, 1 / 6]
    random = np.random.default_rng(0)
    usual, scores = random.random(999), random.random(5000)
    cut = thresholds.conformal(usual, 0.05)
    assert ((scores > cut) == (thresholds.p_values(scores, usual) <= 0.05)).all()


@pytest.mark.parametrize(("shape", "seed"), [(-0.3, 0), (0.0, 1), (0.3, 2), (0.6, 3)])
def test_the_tail_of_a_generalised_pareto_is_found_again(shape, seed):
    draws = np.random.default_rng(seed).random(50_000)
    scores = -np.log(draws) if shape == 0 else (draws**-shape - 1) / shape
    truth = -np.log(1e-4) if shape == 0 else (1e-4**-shape - 1) / shape
    assert thresholds.extreme(scores, 1e-4) == pytest.approx(truth, rel=0.25)


def test_a_rate_is_alarms_over_the_steps_of_a_week():
    assert thresholds.rate_of(1, "1h") == pytest.approx(1 / 168)
    assert thresholds.rate_of(1000, "1D") == 0.5


@pytest.mark.parametrize(("shape", "draw"), [(0.0, "exponential"), (0.2, "pareto")])
def test_a_tail_of_known_shape_is_continued_from_its_body(shape, draw):
    random = np.random.default_rng(0)
    scores = random.exponential(size=200_000) if draw == "exponential" else random.pareto(5, 200_000) * 5
    truth = -np.log(1e-5) if draw == "exponential" else (1e-5**-0.2 - 1) * 5
    assert thresholds.tail(scores, 1e-5, shape) == pytest.approx(truth, rel=0.1)
    scores[:1000] = 1e6
    assert thresholds.tail(scores, 1e-5, shape) == pytest.approx(truth, rel=0.25)
    assert thresholds.tail(np.array([np.nan]), 1e-5, shape, 7.0) == 7.0
