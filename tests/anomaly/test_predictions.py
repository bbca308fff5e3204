from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import from_predictions
from stcore.data.schema import FeatureSchema
from stcore.errors import ConfigError, DataError, ModelError


@pytest.fixture
def parts(make_forecasts):
    """Validation of 200 and test of 300 hourly origins, horizon 4, six places; leads err by 1, 2, 3, 4."""
    random = np.random.default_rng(0)

    def part(origins, start):
        series = 50 + random.normal(0, 5, (origins + 4, 6, 1))
        truth = np.stack(
            [series[h + 1 : h + 1 + origins] if h < 3 else series[4 : 4 + origins] for h in range(4)], axis=1
        )
        errors = random.normal(0, 1, truth.shape) * np.arange(1, 5)[None, :, None, None]
        return make_forecasts(truth, truth + errors, start)

    return part(200, "2024-01-01"), part(300, "2024-02-01")


def planted(test, row, place, amount):
    """The series of one place moved at the target time ``row`` steps after the first target time."""
    truth = test.truth.copy()
    for lead in range(4):
        if 0 <= row - lead < len(truth):
            truth[row - lead, lead, place] += amount
    return replace(test, truth=truth)


def test_a_planted_drop_is_found_at_its_target_time(parts):
    validation, test = parts
    for lead in (1, 3):
        found = from_predictions(validation, planted(test, 100, 2, -30.0), lead=lead)
        row = found.time.get_loc(test.times(1)[100])
        assert found.alarms[row, 2]
        assert found.scores[row, 2] == found.scores.max()
        assert found.events.iloc[0]["locations"] == ["p2"]


def test_scores_are_errors_in_units_of_the_usual_error_of_that_lead(parts):
    validation, test = parts
    for lead in (1, 4):
        found = from_predictions(validation, test, lead=lead)
        assert np.sqrt(np.mean(found.scores**2)) == pytest.approx(1, rel=0.15)
        assert len(found.time) == 300
        assert found.time[0] == test.times(lead)[0]


def test_several_leads_share_one_time_axis(parts):
    validation, test = parts
    found = from_predictions(validation, test)
    assert len(found.time) == 303
    assert found.time.is_monotonic_increasing
    one = from_predictions(validation, test, lead=1)
    assert (found.scores[:300] >= one.scores - 1e-6).all()
    np.testing.assert_array_equal(from_predictions(validation, test, lead=(1,)).scores, one.scores)


def test_the_test_part_changes_no_threshold(parts):
    validation, test = parts
    first = from_predictions(validation, test)
    wild = from_predictions(validation, replace(test, truth=test.truth * 40 - 900))
    assert wild.threshold == first.threshold
    half = from_predictions(validation, test.select(origins=slice(0, 90)))
    np.testing.assert_array_equal(half.scores[:87], first.scores[:87])


def test_only_the_second_half_of_validation_counts(parts):
    validation, test = parts
    truth = validation.truth.copy()
    truth[:100] += 1000
    same = from_predictions(replace(validation, truth=truth), test)
    assert same.threshold == from_predictions(validation, test).threshold
    truth[100:] += np.random.default_rng(1).normal(0, 20, truth[100:].shape)
    assert from_predictions(replace(validation, truth=truth), test).scores.max() < same.scores.max()


def test_missing_truth_is_no_alarm_and_scores_stay_finite(parts):
    validation, test = parts
    truth = test.truth.copy()
    truth[50:60] = np.nan
    truth[:, :, 4] = np.nan
    found = from_predictions(validation, replace(test, truth=truth), lead=1)
    assert np.isfinite(found.scores).all()
    assert not found.observed[50:60].any()
    assert not found.rethreshold(0).alarms[50:60].any()
    assert not found.alarms[:, 4].any()


def test_constant_errors_of_zero_raise_nothing_and_stay_finite(make_forecasts):
    same = make_forecasts(np.full((60, 2, 3, 1), 5.0), np.full((60, 2, 3, 1), 5.0))
    found = from_predictions(same, same)
    assert not found.alarms.any()
    assert np.isfinite(found.scores).all()


def test_no_step_that_chose_an_epoch_counts(parts):
    """The steps of the first half, which epoch and strength may be chosen on, set no threshold."""
    validation, test = parts
    steps = len(validation.origins) + validation.horizon - 1
    truth = validation.truth.copy()
    for lead in range(validation.horizon):
        truth[: steps // 2 - lead, lead] += 1000
    same = from_predictions(replace(validation, truth=truth), test)
    assert same.threshold == from_predictions(validation, test).threshold


def test_without_a_half_that_chose_nothing_the_whole_part_counts(parts):
    validation, test = parts
    truth = validation.truth.copy()
    truth[len(truth) // 2 - validation.horizon :] = np.nan
    found = from_predictions(replace(validation, truth=truth), test)
    assert [f.code for f in found.findings] == ["short_calibration"]
    assert found.findings[0].count == len(validation.origins)


def test_a_short_validation_part_is_a_finding(parts):
    validation, test = parts
    found = from_predictions(validation.select(origins=slice(0, 12)), test)
    assert [f.code for f in found.findings] == ["short_calibration"]
    assert found.findings[0].count == 12 - (12 + validation.horizon - 1) // 2
    assert from_predictions(validation, test).findings == ()


def test_targets_of_unlike_units_are_judged_by_their_own_errors(parts):
    validation, test = (
        replace(
            part, values=np.concatenate([part.values, part.values * 1000], axis=3),
            truth=np.concatenate([part.truth, part.truth * 1000], axis=3), targets=("v0", "v1"),
            schema={"v0": FeatureSchema(unit="mph"), "v1": FeatureSchema(unit="Pa")},
        )
        for part in parts
    )  # fmt: skip
    truth = test.truth.copy()
    truth[100, 0, 2, 1] += 30_000
    found = from_predictions(validation, replace(test, truth=truth), lead=1)
    assert found.alarms[100, 2]
    assert found.contributions[100, 2].argmax() == 1


def test_angles_err_the_short_way_round(parts):
    validation, test = (replace(part, schema={"v0": FeatureSchema(kind="angle")}) for part in parts)
    turned = replace(test, values=test.values + 360)
    np.testing.assert_allclose(
        from_predictions(validation, turned).scores, from_predictions(validation, test).scores, atol=0.01
    )


def test_what_cannot_be_judged_is_refused(parts):
    validation, test = parts
    with pytest.raises(ConfigError, match="9 steps ahead"):
        from_predictions(validation, test, lead=9)
    with pytest.raises(ModelError):
        from_predictions(validation, test.select(locations=slice(0, 2)))
    with pytest.raises(DataError, match="no forecast with a truth"):
        from_predictions(replace(validation, truth=np.full_like(validation.truth, np.nan)), test)
    with pytest.raises(DataError, match="no forecast to judge"):
        from_predictions(validation, test.select(origins=slice(0, 0)))


def test_given_edges_join_alarms(parts):
    validation, test = parts
    both = planted(planted(test, 100, 0, -30.0), 100, 5, -30.0)
    edges = pd.DataFrame({"from": ["p0"], "to": ["p5"]})
    assert from_predictions(validation, both, lead=1, edges=edges).events.iloc[0]["locations"] == ["p0", "p5"]


def test_events_are_named_by_the_errors_of_their_neighbours(parts):
    validation, test = parts
    alone = from_predictions(validation, planted(test, 100, 2, -30.0))
    assert alone.alone.shape == (*alone.scores.shape, 1)
    assert alone.events.iloc[0]["kind"] == "fault"
    several = test
    for place, amount in ((1, -20.0), (2, -30.0), (3, -20.0)):
        for row in range(100, 104):
            several = planted(several, row, place, amount)
    event = from_predictions(validation, several).events.iloc[0]
    assert event["kind"] == "local"
    assert {"p1", "p2", "p3"} <= set(event["locations"])
