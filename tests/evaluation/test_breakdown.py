from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data.schema import FeatureSchema
from stcore.errors import ConfigError
from stcore.evaluation import METRICS, accumulate, breakdown, evaluate

BREAKDOWNS = [
    ("lead",), ("location",), ("hour",), ("weekday",), ("month",), ("day",), ("target",), ("origin",), ("region",),
    ("lead", "target"), ("location", "hour", "lead"), ("region", "weekday"),
]  # fmt: skip


@pytest.mark.parametrize("by", BREAKDOWNS, ids="-".join)
def test_breakdown_law(noisy, by):
    total = evaluate(noisy, ("mae", "bias", "rmse")).iloc[0]
    parts = evaluate(noisy, ("mae", "bias", "rmse"), by=by)
    assert parts["cells"].sum() == total["cells"] == np.isfinite(noisy.truth).sum()
    for name, power in (("mae", 1), ("bias", 1), ("rmse", 2)):
        mean = np.average(parts[name].fillna(0) ** power, weights=parts["cells"]) ** (1 / power)
        assert mean == pytest.approx(total[name], rel=1e-9)


@pytest.mark.parametrize("by", BREAKDOWNS, ids="-".join)
def test_collapsed_states_give_every_metric_of_the_total(noisy, by):
    metrics = tuple(METRICS)
    state = accumulate(noisy, metrics, by)
    collapsed = breakdown.table(state, metrics, (), True)
    pd.testing.assert_frame_equal(collapsed, evaluate(noisy, metrics), rtol=1e-9)


def test_states_of_chunks_add_up(noisy):
    metrics = ("mae", "rmse", "skill", "r2")
    first, second = (
        accumulate(noisy.select(origins=part), metrics, ("hour",)) for part in (slice(0, 7), slice(7, None))
    )
    joined = breakdown.table(first + second, metrics, ("hour",), True)
    pd.testing.assert_frame_equal(joined, evaluate(noisy, metrics, ("hour",)), rtol=1e-9)


def test_blocks_of_origins_change_nothing(noisy, monkeypatch):
    whole = evaluate(noisy, tuple(METRICS), ("weekday",))
    monkeypatch.setattr(breakdown, "CHUNK_CELLS", 50)
    pd.testing.assert_frame_equal(evaluate(noisy, tuple(METRICS), ("weekday",)), whole, rtol=1e-9)


def test_rows_equal_what_selection_gives(noisy):
    leads = evaluate(noisy, ("mae", "skill"), "lead")
    assert list(leads["lead"]) == [1, 2, 3]
    for row in leads.itertuples():
        alone = evaluate(noisy.select(leads=slice(row.lead - 1, row.lead)), ("mae", "skill")).iloc[0]
        assert (row.mae, row.skill) == pytest.approx((alone["mae"], alone["skill"]))


def test_hour_is_that_of_the_target_time_in_its_clock(make):
    truth = np.zeros((24, 1, 1, 1))
    values = np.arange(24.0).reshape(24, 1, 1, 1)
    origins = pd.date_range("2024-06-01", periods=24, freq="1h", tz="Europe/Berlin")
    hours = evaluate(make(values, truth, origins=origins, clock="Europe/Berlin"), ("mae",), "hour")
    assert hours.set_index("hour")["mae"].to_dict() == {(n + 1) % 24: float(n) for n in range(24)}


def test_locations_and_regions_keep_their_order(noisy):
    assert list(evaluate(noisy, ("mae",), "location")["location"]) == ["b", "a", "007", "NA"]
    regions = evaluate(noisy, ("mae",), "region")
    assert list(regions["region"]) == ["north", "south"]
    assert regions["mae"][0] == pytest.approx(evaluate(noisy.select(locations=slice(0, 2)), ("mae",))["mae"][0])


def test_unlike_units_are_never_averaged(make):
    truth = np.stack([np.full((6, 1, 2), 10.0), np.full((6, 1, 2), 1000.0)], axis=-1)
    schema = {"speed": FeatureSchema(unit="mph"), "pressure": FeatureSchema(unit="Pa")}
    mixed = make(truth + np.array([1, 300]), truth, truth + np.array([2, 400]), targets=tuple(schema), schema=schema)
    row = evaluate(mixed, ("mae", "rmse", "skill", "wape")).iloc[0]
    assert np.isnan(row["mae"])
    assert np.isnan(row["rmse"])
    assert row["skill"] == pytest.approx((0.5 + 0.25) / 2)
    assert row["wape"] == pytest.approx((0.1 + 0.3) / 2)
    assert row["cells"] == 24
    each = evaluate(mixed, ("mae", "skill"), by="target").set_index("target")
    assert each["mae"].to_dict() == {"speed": 1.0, "pressure": 300.0}
    assert evaluate(mixed, ("mae",), by="lead")["mae"].isna().all()
    unknown = make(truth, truth, schema=dict.fromkeys(("value_0", "value_1"), FeatureSchema()))
    assert np.isnan(evaluate(unknown, ("mae",))["mae"][0])


def test_a_place_without_truth_has_a_row_without_numbers(noisy):
    truth = noisy.truth.copy()
    truth[:, :, 2] = np.nan
    table = evaluate(type(noisy)(**{**noisy.__dict__, "truth": truth}), ("mae", "skill"), "location").set_index(
        "location"
    )
    assert table.loc["007"].isna()[["mae", "skill"]].all()
    assert table.loc["007", "cells"] == 0
    assert table["mae"].drop("007").notna().all()


def test_no_origin_gives_no_number(noisy):
    assert np.isnan(evaluate(noisy.select(origins=slice(0, 0)))["mae"][0])
    assert evaluate(noisy.select(origins=slice(0, 0)), by=("hour",)).empty


def test_columns_of_the_places_are_keys_too_and_typos_are_answered(noisy):
    assert list(evaluate(noisy, ("mae",), "parent")["parent"]) == ["north", "south"]
    with pytest.raises(ConfigError, match="broken down by “locaton”") as refused:
        evaluate(noisy, by="locaton")
    assert "location" in refused.value.hint
    with pytest.raises(ConfigError, match="no region"):
        _without_parent(noisy)


def _without_parent(noisy):
    bare = noisy.locations.drop(columns="parent")
    return evaluate(type(noisy)(**{**noisy.__dict__, "locations": bare}), by="region")


def test_several_panels_are_judged_together(noisy):
    half = {"a": noisy.select(origins=slice(0, 5)), "b": noisy.select(origins=slice(5, None))}
    for by in ((), ("lead",), ("location", "hour")):
        pd.testing.assert_frame_equal(evaluate(half, by=by), evaluate(noisy, by=by))
    with pytest.raises(ConfigError, match="Only predictions"):
        evaluate({"a": 3})
