from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stcore.anomaly import detect, load_detector
from stcore.anomaly.network import Network, NetworkSettings
from stcore.errors import ModelError, StoreError


def test_saved_and_loaded_it_follows_new_rows_that_bring_no_map(make_panel, alter, tmp_path):
    panel = alter(make_panel(700, 8), slice(640, 650), 3, -30)
    first, later = panel.between(None, panel.time[599]), panel.between(panel.time[600])
    detector = Network(NetworkSettings(false_a_day=2)).fit(first)
    whole = detector.score(panel).scores[600:]
    detector.save(tmp_path)
    again = load_detector(tmp_path)
    assert again.settings == detector.settings
    bare = replace(
        later, locations=later.locations.set_geometry([None] * 8, crs=4326), space=replace(later.space, geometry=None)
    )
    found = again.update(bare)
    assert np.allclose(found.scores, whole, atol=1e-4)
    assert found.alarms[40:50, 3].all()
    assert found.alone.shape == (100, 8, 1)


def test_places_that_are_not_given_count_as_unknown(make_panel):
    panel = make_panel(500, 6)
    detector = Network().fit(panel)
    holed = replace(panel, values=panel.values.copy())
    holed.values[:, 5] = np.nan
    fewer = replace(panel, values=panel.values[:, :5], locations=panel.locations.iloc[:5])
    np.testing.assert_array_equal(detector.score(fewer).scores, detector.score(holed).scores[:, :5])
    with pytest.raises(ModelError, match="follows 6"):
        detector.update(fewer)
    with pytest.raises(ModelError):
        Network().score(panel)


def test_places_without_neighbours_are_said(make_panel):
    assert [finding.code for finding in detect(make_panel(300, 1), "network").findings] == ["no_neighbours"]
    assert not detect(make_panel(300, 5), "network").findings


def test_the_value_that_is_out_of_line_has_the_share(make_panel, alter):
    one, two = make_panel(500, 6), make_panel(500, 6, seed=1)
    both = replace(
        one, values=np.concatenate([one.values, two.values], axis=2), features=("a", "b"),
        schema={"a": one.schema["speed_mph"], "b": one.schema["speed_mph"]},
    )  # fmt: skip
    both.values[400:410, 2, 1] += 40
    found = detect(both, "network")
    assert found.alarms[403:410, 2].all()
    assert (found.contributions[403:410, 2, 1] > 0.8).all()
    assert found.events.iloc[0]["kind"] == "fault"


def test_a_torn_file_is_refused(make_panel, tmp_path):
    Network().fit(make_panel(200, 4)).save(tmp_path)
    (tmp_path / "detector.safetensors").write_bytes(b"torn")
    with pytest.raises(StoreError):
        load_detector(tmp_path)


def test_a_stuck_reading_is_a_fault_though_its_value_is_usual(make_panel):
    panel = make_panel(700, 8)
    panel.values[600:615, 4] = panel.values[600, 4]
    found = detect(panel, "network")
    assert found.alarms[608:615, 4].all()
    event = found.events[found.events["locations"].map(lambda ids: ids == ["p4"])].iloc[0]
    assert event["kind"] == "fault"


def test_values_that_often_stay_the_same_are_not_stuck(make_panel):
    panel = make_panel(700, 8)
    assert Network().fit(panel).learnt.stuck.tolist() == [6]
    panel.values[:] = np.repeat(panel.values[::10], 10, axis=0)
    assert Network().fit(panel).learnt.stuck.tolist() == [18]
    panel.values[:] = 3
    assert Network().fit(panel).learnt.stuck.tolist() == [np.inf]
    assert not detect(panel, "network").alarms.any()


def test_many_places_that_have_nothing_in_common_are_a_calm_network(make_panel):
    panel = make_panel(500, 150)
    noise = np.random.default_rng(0).normal(size=panel.shape)
    found = detect(replace(panel, values=noise.astype(np.float32)), "network")
    assert found.alarms[6:].mean() < 1e-4
