from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly.planting import SIZES, Planting, day_length, plan, plant, usual_spread
from stcore.errors import ConfigError, DataError


def test_the_plan_holds_every_size_of_every_kind_in_rounds():
    rows = plan(each=3)
    once = sum(map(len, SIZES.values()))
    assert len(rows) == 3 * once
    assert rows[:once] == rows[once : 2 * once]
    assert {row.kind for row in plan(["stuck"])} == {"stuck"}
    with pytest.raises(ConfigError, match="spikes"):
        plan(["spikes"])


def test_the_same_seed_plants_the_same_and_only_the_spans_change(panel):
    planted = plant(panel, plan(each=1), 5)
    again = plant(panel, plan(each=1), 5)
    assert np.array_equal(planted.panel.values, again.panel.values)
    assert not np.array_equal(planted.panel.values, plant(panel, plan(each=1), 6).panel.values)
    changed = (planted.panel.values != panel.values).any(axis=2)
    assert changed.any()
    assert not (changed & ~planted.labels).any()
    assert len(planted.spans) + len(planted.left) == len(plan(each=1))


def test_spans_stand_apart_and_their_labels_are_those_of_the_panel(make_panel):
    panel = make_panel(1200, 4)
    planted = plant(panel, plan(each=2), 0)
    spans = planted.spans
    assert len(spans) > 20
    for _, rows in spans.sort_values("first").groupby("place"):
        assert (rows["first"].to_numpy()[1:] > rows["last"].to_numpy()[:-1] + 1).all()
    assert planted.labels.mean() < 0.3
    labels = planted.panel.labels
    assert (labels["by"] == "planted").all()
    assert (panel.time[spans["first"]] == pd.DatetimeIndex(labels["start"])).all()
    assert labels["location"].tolist() == panel.locations.index[spans["place"]].tolist()


def test_each_kind_is_what_it_says(make_panel):
    panel = make_panel(900, 30)
    usual = usual_spread(panel.values, day_length(panel))[:, 0]
    for kind, sizes in SIZES.items():
        planted = plant(panel, [Planting(kind, sizes[-1])], 1)
        span = planted.spans.iloc[0]
        part = slice(span["first"], span["last"] + 1)
        new, old = planted.panel.values[part, span["place"], 0], panel.values[part, span["place"], 0]
        off = np.abs(new - old) / usual[span["place"]]
        if kind in ("spike", "shift"):
            assert off == pytest.approx(sizes[-1], rel=1e-3)
        elif kind == "drift":
            assert off[-1] == pytest.approx(sizes[-1], rel=1e-3)
            assert (np.diff(off) > 0).all()
        elif kind == "burst":
            assert 0.3 * sizes[-1] < off.mean() < 2 * sizes[-1]
        elif kind == "dropout":
            assert (new == panel.values[:, span["place"], 0].min()).all()
            assert len(new) == 12
        elif kind == "stuck":
            assert (new == old[0]).all()
        else:
            later = panel.values[span["first"] + 12 : span["last"] + 13, span["place"], 0]
            assert new == pytest.approx(later)


def test_missing_values_stay_missing_and_counts_whole(panel):
    values = np.abs(np.round(panel.values.copy()))
    values[::3] = np.nan
    counts = replace(
        panel, values=values, schema={"speed_mph": panel.schema["speed_mph"].model_copy(update={"kind": "count"})}
    )
    planted = plant(counts, plan(each=2), 0).panel.values
    assert np.array_equal(np.isnan(planted), np.isnan(values))
    known = planted[np.isfinite(planted)]
    assert (known >= 0).all()
    assert (known == np.round(known)).all()


def test_what_cannot_be_planted_is_refused(make_panel):
    with pytest.raises(DataError, match="30 steps"):
        plant(make_panel(30), plan())
    empty = make_panel(300, 1)
    empty.values[:] = np.nan
    with pytest.raises(DataError):
        plant(empty, plan())
    constant = make_panel(300, 1)
    constant.values[:] = 3
    assert plant(constant, plan(each=1)).spans.empty
