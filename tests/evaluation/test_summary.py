from __future__ import annotations

import json

import numpy as np
import pytest

from stcore.data.schema import FeatureSchema
from stcore.evaluation import days_judged, evaluate, skill_by_day, summary


def test_summary_has_the_numbers_of_evaluate(noisy):
    told = summary(noisy)
    row = evaluate(noisy, ("mae", "rmse", "skill", "skill_seasonal", "coverage", "width", "mae_persistence")).iloc[0]
    assert told["mae"] == pytest.approx(row["mae"])
    assert told["coverage_90"] == pytest.approx(row["coverage"])
    assert told["width_90"] == pytest.approx(8)
    assert told["skill_seasonal"] == pytest.approx(row["skill_seasonal"])
    leads = evaluate(noisy, ("mae", "skill"), "lead")
    assert told["by_lead"]["mae"] == pytest.approx(list(leads["mae"]))
    assert told["by_lead"]["skill"] == pytest.approx(list(leads["skill"]))
    each = evaluate(noisy, ("rmse",), "target").set_index("target")["rmse"]
    assert {name: numbers["rmse"] for name, numbers in told["by_target"].items()} == pytest.approx(each.to_dict())


def test_summary_is_strict_json_with_none_for_the_unknown(make):
    nothing = make(np.ones((4, 2, 1, 1)), np.full((4, 2, 1, 1), np.nan))
    told = json.loads(json.dumps(summary(nothing), allow_nan=False))
    assert told["mae"] is None
    assert told["coverage_90"] is None
    assert told["by_lead"]["skill"] == [None, None]
    assert told["cells"] == 0
    assert "by_target" not in told


def test_unlike_units_leave_only_scale_free_numbers_at_the_top(make):
    truth = np.random.default_rng(0).normal(size=(9, 2, 3, 2))
    schema = {"speed": FeatureSchema(unit="mph"), "flow": FeatureSchema(unit="veh/h")}
    told = summary(make(truth + 1, truth, truth + 2, targets=tuple(schema), schema=schema))
    assert [told[name] for name in ("mae", "rmse", "mae_persistence")] == [None] * 3
    assert told["by_lead"]["mae"] == [None, None]
    assert told["skill"] == pytest.approx(0.5)
    assert told["by_target"]["flow"]["mae"] == pytest.approx(1, rel=1e-5)


def test_skill_range_holds_the_skill_and_is_the_same_twice(noisy):
    low, high = skill_by_day(noisy)
    assert low < summary(noisy)["skill"] < high
    assert (low, high) == skill_by_day(noisy)


def test_skill_range_widens_when_days_differ(make):
    truth, last = np.zeros((240, 1, 1, 1)), np.full((240, 1, 1, 1), 4.0)
    steady = np.full((240, 1, 1, 1), 2.0)
    uneven = np.where(np.arange(240) // 24 % 2, 3.5, 0.5).reshape(240, 1, 1, 1)
    narrow, wide = skill_by_day(make(steady, truth, last)), skill_by_day(make(uneven, truth, last))
    assert narrow == pytest.approx((0.5, 0.5))
    assert wide[1] - wide[0] > 0.2


def test_under_three_days_there_is_no_range(make):
    short = make(np.ones((40, 1, 1, 1)), np.zeros((40, 1, 1, 1)), np.ones((40, 1, 1, 1)))
    assert skill_by_day(short) is None
    assert days_judged(short) == 2


def test_days_without_truth_do_not_count(noisy):
    truth = noisy.truth.copy()
    truth[48:] = np.nan
    cut = type(noisy)(**{**noisy.__dict__, "truth": truth})
    assert days_judged(noisy) == 11
    assert days_judged(cut) == 3
    assert np.isfinite(skill_by_day(cut)).all()
