from __future__ import annotations

import numpy as np
import pytest

from stcore.data.schema import FeatureSchema
from stcore.errors import ConfigError
from stcore.evaluation import EVENT_METRICS, METRICS, evaluate
from stcore.evaluation.statistics import STATISTICS
from stcore.records import Spread

TRUTH = np.array([10.0, 20, 40, np.nan, 0]).reshape(5, 1, 1, 1)
FORECAST = np.array([12.0, 17, 40, 99, 1]).reshape(5, 1, 1, 1)
LAST = np.array([14.0, 20, 32, 99, np.nan]).reshape(5, 1, 1, 1)
SEASON = np.array([11.0, 19, 39, 99, 1]).reshape(5, 1, 1, 1)


def pinball_by_hand() -> float:
    """Quantiles forecast - 2, forecast, forecast + 2 on the errors 2, -3, 0, 1."""
    total = 0.0
    for error in (2, -3, 0, 1):
        for level, shift in ((0.05, -2), (0.5, 0), (0.95, 2)):
            above = -error - shift
            total += level * above if above >= 0 else (level - 1) * above
    return total / 12


#: Errors of the four judged cells: 2, -3, 0, 1. Beside the last value (three cells): 2 3 0 against 4 0 8.
BY_HAND = {
    "bias": (2 - 3 + 0 + 1) / 4,
    "mae": 6 / 4,
    "rmse": np.sqrt(14 / 4),
    "wape": 6 / 70,
    "mape": (2 / 10 + 3 / 20 + 0) / 3,
    "smape": (4 / 22 + 6 / 37 + 0 + 2) / 4,
    "r2": 1 - 14 / (2100 - 4 * 17.5**2),
    "skill": 1 - 5 / 12,
    "skill_seasonal": 1 - 6 / 4,
    "skill_rmse": 1 - np.sqrt(13 / 80),
    "skill_mse": 1 - 13 / 80,
    "skill_mse_seasonal": 1 - 14 / 4,
    "mae_persistence": 12 / 3,
    "mae_seasonal": 1.0,
    "rmse_persistence": np.sqrt(80 / 3),
    "coverage": 3 / 4,
    "width": 4.0,
    "pinball": pinball_by_hand(),
}


@pytest.fixture
def hand(make):
    spread = Spread(
        np.array([0.0, 0.05, 0.5, 0.95, 1.0]),
        np.array([-9.0, -2, 0, 2, 9]).reshape(5, 1, 1, 1),
        np.ones((1, 1, 1)),
        np.zeros((1, 1)),
        np.empty((1, 1, 0)),
    )
    return make(FORECAST, TRUTH, LAST, SEASON, spread=spread)


@pytest.mark.parametrize("name", [name for name in METRICS if name not in EVENT_METRICS])
def test_every_metric_gives_the_number_worked_out_by_hand(hand, name):
    assert evaluate(hand, (name,))[name].iloc[0] == pytest.approx(BY_HAND[name], rel=1e-6)


def test_a_missing_truth_counts_in_no_metric(hand):
    changed = hand.values.copy()
    changed[3] = 1e6
    before, after = (
        evaluate(hand, tuple(METRICS)),
        evaluate(type(hand)(**{**hand.__dict__, "values": changed}), tuple(METRICS)),
    )
    assert before.equals(after)
    assert before["cells"].iloc[0] == 4


def test_the_last_value_has_skill_zero_even_where_it_is_perfect(make):
    zeros = np.zeros((4, 1, 1, 1))
    assert evaluate(make(zeros, zeros, zeros), ("skill",))["skill"].iloc[0] == 0
    assert np.isnan(evaluate(make(zeros + 1, zeros, zeros), ("skill",))["skill"].iloc[0])


def test_r2_of_constant_truth_and_mape_of_zeros_are_unknown(make):
    constant = make(np.full((4, 1, 1, 1), 6.0), np.full((4, 1, 1, 1), 7.0))
    assert np.isnan(evaluate(constant, ("r2",))["r2"].iloc[0])
    zeros = make(np.ones((4, 1, 1, 1)), np.zeros((4, 1, 1, 1)))
    assert evaluate(zeros, ("mape", "wape")).iloc[0, :2].isna().all()


def test_angles_are_compared_the_short_way_round(make):
    prediction = make([[[[350.0]]], [[[90.0]]]], [[[[10.0]]], [[[80.0]]]], [[[[330.0]]], [[[80.0]]]],
                      targets=("wind",), schema={"wind": FeatureSchema(kind="angle", unit="°")})  # fmt: skip
    row = evaluate(prediction, ("mae", "bias", "mae_persistence")).iloc[0]
    assert tuple(row[:3]) == (15.0, -5.0, 20.0)


def test_without_band_or_baseline_the_metric_is_unknown_and_nothing_breaks(make):
    row = evaluate(make(FORECAST, TRUTH), tuple(METRICS)).iloc[0]
    assert row["mae"] == 1.5
    assert row[["coverage", "width", "pinball", "skill", "skill_seasonal", "mae_persistence"]].isna().all()


def test_every_metric_names_statistics_that_exist():
    assert all(name in STATISTICS for metric in METRICS.values() for name in metric.statistics)


def test_an_unknown_metric_names_the_nearest(hand):
    with pytest.raises(ConfigError) as refused:
        evaluate(hand, ("rsme",))
    assert "rmse" in refused.value.hint
