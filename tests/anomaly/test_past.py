from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from stcore.anomaly import Past, against_past, fit_detector, load_detector
from stcore.errors import DataError, ModelError, StoreError


def test_nothing_after_a_step_changes_its_score(panel, alter):
    detector = fit_detector(panel, "auto", fit_end=panel.time[150], settings={"causal": True})
    later = alter(panel, slice(450, None), slice(None), 25.0)
    one, two = (against_past(detector.score(each), each, quiet=24) for each in (panel, later))
    np.testing.assert_allclose(two.scores[200:450], one.scores[200:450], atol=0.02)
    assert two.scores[450].min() > 2


def test_one_alarm_for_one_thing_also_where_the_level_stays(panel, alter):
    shifted = alter(panel, slice(400, None), 2, 40.0)
    shifted.values[500, 2] = np.nan
    found = against_past(fit_detector(shifted, "residual").score(shifted), shifted, quiet=48)
    began = np.flatnonzero(found.alarms[:, 2])
    assert 400 in began
    assert len(began) < 8
    assert not found.alarms[500, 2]
    assert found.events.iloc[0]["locations"] == ["p2"]


def test_another_panel_is_refused(panel):
    found = fit_detector(panel, "residual").score(panel)
    with pytest.raises(DataError, match="600 steps of 5 places were scored"):
        against_past(found, replace(panel, values=panel.values[:300], time=panel.time[:300]))


@pytest.fixture
def gappy(panel, alter):
    """With a shift, single gaps, and a stretch in which nothing came."""
    rows = alter(panel, slice(470, None), 2, 40.0)
    rows.values[np.random.default_rng(0).random(rows.values.shape) < 0.05] = np.nan
    rows.values[:30, 3] = np.nan
    return rows


def parts_of(found, panel, cuts):
    """A detection and its panel in pieces."""
    edges = [0, *cuts, len(panel.time)]
    for start, end in pairwise(edges):
        rows = slice(start, end)
        yield (
            replace(found, scores=found.scores[rows], observed=found.observed[rows], time=found.time[rows], contributions=None),
            replace(panel, values=panel.values[rows], time=panel.time[rows], observed=None),
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_pieces_of_any_size_get_the_scores_and_alarms_of_the_whole(gappy, seed):
    found = fit_detector(gappy, "residual", fit_end=gappy.time[200]).score(gappy)
    random = np.random.default_rng(seed)
    cuts = np.sort(random.choice(np.arange(201, 600), random.integers(1, 60), replace=False))
    past = Past(quiet=30)
    judged = [past.judge(*each) for each in parts_of(found, gappy, cuts)]
    whole = against_past(found, gappy, quiet=30, until=gappy.time[cuts[0] - 1])
    np.testing.assert_array_equal(np.concatenate([each.scores for each in judged]), whole.scores)
    np.testing.assert_array_equal(np.concatenate([each.alarms for each in judged]), whole.alarms)
    assert {each.threshold for each in judged} == {whole.threshold}
    assert whole.alarms[470:480, 2].any()


def test_memory_does_not_grow_with_the_rows(gappy):
    found, past, sizes = fit_detector(gappy, "residual").score(gappy), Past(quiet=30), set()
    for each in parts_of(found, gappy, range(100, 600, 100)):
        past.judge(*each)
        sizes.add(sum(array.nbytes for array in past._state.values()))
    assert len(sizes) == 1
    assert sizes.pop() / 5 < 5000


def test_goes_on_beside_its_detector_where_both_were_saved(gappy, tmp_path):
    before, after = gappy.between(None, gappy.time[449]), gappy.between(gappy.time[450])
    detector, past = fit_detector(before, "residual"), Past(quiet=30)
    past.judge(detector.score(before), before)
    detector.save(tmp_path)
    past.save(tmp_path)
    one = past.judge(detector.update(after), after)
    two = Past.load(tmp_path).judge(load_detector(tmp_path).update(after), after)
    np.testing.assert_array_equal(two.scores, one.scores)
    assert two.threshold == one.threshold
    whole = against_past(detector.score(gappy), gappy, quiet=30, until=before.time[-1])
    np.testing.assert_array_equal(one.alarms, whole.alarms[450:])
    (tmp_path / "past.safetensors").write_bytes(b"torn")
    with pytest.raises(StoreError, match="past in"):
        Past.load(tmp_path)


def test_steps_that_never_came_count_as_not_observed(gappy):
    gappy.values[450:460] = np.nan
    found = fit_detector(gappy, "residual").score(gappy)
    whole = against_past(found, gappy, quiet=30, until=gappy.time[449])
    first, _, last = parts_of(found, gappy, [450, 460])
    past = Past(quiet=30)
    past.judge(*first)
    np.testing.assert_array_equal(past.judge(*last).scores, whole.scores[460:])


def test_places_may_come_in_another_order_but_must_all_come(gappy):
    found = fit_detector(gappy, "residual").score(gappy)
    first, last = parts_of(found, gappy, [450])
    one, two, turn = Past(), Past(), [3, 1, 0, 4, 2]
    one.judge(*first), two.judge(*first)
    turned = [replace(each, locations=each.locations.iloc[turn], **{name: getattr(each, name)[:, turn] for name in names})
              for each, names in zip(last, (("scores", "observed"), ("values",)), strict=True)]  # fmt: skip
    np.testing.assert_array_equal(two.judge(*turned).scores, one.judge(*last).scores[:, turn])
    fewer = [replace(each, locations=each.locations.iloc[:2], **{name: getattr(each, name)[:, :2] for name in names})
             for each, names in zip(last, (("scores", "observed"), ("values",)), strict=True)]  # fmt: skip
    three = Past()
    three.judge(*first)
    with pytest.raises(ModelError, match="2 places came"):
        three.judge(*fewer)


def test_rows_seen_before_are_refused(gappy):
    found, past = fit_detector(gappy, "residual").score(gappy), Past()
    past.judge(found, gappy)
    with pytest.raises(DataError, match="must come after"):
        past.judge(found, gappy)
