"""Anomalies: the sentence, the kinds, the threshold, the open event on map, curve and lanes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stcore.anomaly import fit_detector
from stcore.anomaly.labels import labels_of
from stcore.data import dataset
from stcore.data.panel import Panel
from stcore.operations import detections, jobs, store
from stcore.ui import anomaly_files, anomaly_judges, anomaly_view
from tests.pages.app import page, said, title
from tests.pages.results import data_only, finished


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are done where they are asked for."""
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")


def marked(app: object) -> set[str]:
    layers = json.loads(app.get("deck_gl_json_chart")[0].proto.json)["layers"]  # type: ignore[attr-defined]
    return {
        row["id"]
        for layer in layers
        if layer["id"].split("-")[0] in ("fault", "local", "regional")
        for row in layer["data"]
    }


def test_the_place_that_was_far_off_is_found_and_shown() -> None:
    app = page("anomalies", **finished())
    text = said(app)
    assert title(app) == "Anomalies"
    assert "Station s2" in text
    assert "s2" in marked(app)
    assert "times the usual one" in text
    assert {chart.proto.id.rsplit("-", 1)[-1] for chart in app.get("plotly_chart")} >= {"line", "lanes", "usual"}


def test_a_higher_threshold_leaves_fewer_events() -> None:
    app = page("anomalies", **finished())
    slider = app.select_slider(key="anomalies-threshold-model-ridge")
    amounts = []
    for option in (slider.options[0], slider.options[-1]):
        app.select_slider(key="anomalies-threshold-model-ridge").set_value(option).run()
        amounts.append(int(re.search(r"([\d,]+) events?\. Unusual", said(app))[1].replace(",", "")))  # type: ignore[index]
    assert amounts[0] < amounts[1]
    assert "a week" in slider.options[-1]


def test_no_kind_chosen_shows_nothing_unusual() -> None:
    app = page("anomalies", **finished())
    app.pills(key="anomalies-kinds").set_value([]).run()
    assert "Nothing unusual." in said(app)
    assert marked(app) == set()


def test_without_a_forecast_one_button_makes_it() -> None:
    app = page("anomalies", **data_only())
    assert "Nothing was looked for in Temperatures yet" in said(app)
    assert app.button(key="empty-button").label == "Look for anomalies"


def test_without_coordinates_the_places_are_listed() -> None:
    app = page("anomalies", **finished(coordinates=False))
    assert "no coordinates" in said(app)
    assert not app.exception


def chart_names(app: AppTest) -> set[str]:
    return {chart.proto.id.rsplit("-", 1)[-1] for chart in app.get("plotly_chart")}


def found_by_detector() -> tuple[AppTest, str]:
    """The page of data without a model after a quick detector looked, and the id of the data set."""
    data = data_only()["dataset"]
    anomaly_search_job(data, "residual")
    return page("anomalies", dataset=data, judge="residual"), data


def anomaly_search_job(data: str, detector: str) -> str:
    return jobs.submit("detect", {"dataset": data, "detector": detector, "settings": {}}, "Looking")


def test_a_detector_judges_without_any_model() -> None:
    app, _ = found_by_detector()
    text = said(app)
    assert "Judged by: Forecast error." in text
    assert "usual range of this place and hour" in text
    assert "s2" in marked(app)
    assert {"line", "lanes", "usual", "neighbours"} <= chart_names(app)


def test_the_empty_page_looks_in_the_background_and_opens_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Mapping[str, object]]] = []
    data = data_only()["dataset"]
    app = page("anomalies", dataset=data)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "submit", lambda kind, payload, *_: asked.append((kind, payload)))
        app.button(key="empty-button").click().run()
    assert asked == [("detect", {"dataset": data, "detector": "auto", "settings": {}})]
    anomaly_search_job(data, "auto")
    app.run()
    assert "Judged by: Automatic." in said(app)
    assert app.query_params["judge"] in ("auto", ["auto"])


def test_a_verdict_is_kept_with_who_and_when_and_judged_at_once() -> None:
    app, data = found_by_detector()
    assert "Nobody said anything yet" in said(app)
    app.button(key="label-confirm").click().run()
    text = said(app)
    assert "Confirmed by you" in text
    assert "Labelled events found (event recall)" in text
    assert "Always alarm" in text
    kept = json.loads((store.dataset_folder(data) / "labels.json").read_text())["labels"]
    assert {label["verdict"] for label in kept} == {"confirm"}
    assert all(label["by"] == "you" and label["when"] for label in kept)
    app.button(key="label-threshold").click().run()
    assert not app.exception
    app.button(key="label-reject").click().run()
    assert "Rejected by you" in said(app)


def test_a_span_is_labelled_by_hand() -> None:
    app, data = found_by_detector()
    app.button(key="label-add").click().run()
    kept = json.loads((store.dataset_folder(data) / "labels.json").read_text())["labels"]
    assert len(kept) == 1
    assert kept[0]["location"] == "s2"
    assert not app.exception


def test_rules_of_alarms_change_the_events_without_a_search() -> None:
    app, _ = found_by_detector()
    before = events_in_all(app)
    app.number_input(key="anomalies-rules-residual-least_steps").set_value(100).run()
    assert events_in_all(app) < before


def events_in_all(app: AppTest) -> int:
    return int(re.search(r"([\d,]+) events?\. Unusual", said(app))[1].replace(",", ""))  # type: ignore[index]


def test_lanes_by_place_and_the_filter() -> None:
    app, _ = found_by_detector()
    app.segmented_control(key="anomalies-lanes-by").set_value("place").run()
    assert not app.exception
    app.selectbox(key="anomalies-at").set_value("s2").run()
    assert "Station s2" in said(app)


def test_the_self_test_says_from_what_size_on() -> None:
    app, data = found_by_detector()
    assert app.button(key="self-test-start").label == "Test it"
    jobs.submit("self_test", {"dataset": data, "detector": "residual", "settings": {}}, "Test")
    text = said(app.run())
    assert "Level shifts" in text
    cells = re.search(r"<td[^>]*>Level shifts</td><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>", text)
    assert cells, text[-3000:]
    assert re.fullmatch(r"[\d.]+ × the usual change|missed \(.*", cells[1])
    assert re.fullmatch(r"\d+ of 16", cells[2])
    assert "times a week at each" in text


def test_downloads_are_guarded_and_carry_every_place() -> None:
    table = pd.DataFrame({"lat": [47.0, 47.1], "lon": [8.0, 8.1]}, index=["=cmd()", "b"])
    rng = np.random.default_rng(0)
    values = rng.normal(20, 1, (300, 2))
    values[200:204] += 20
    panel = Panel.from_arrays(values, pd.date_range("2026-01-01", periods=300, freq="h"), table, ["temp_c"])
    made = dataset.save(panel, "Two")
    store.add_dataset(made.id, made.name, made.digest, {"place": "station"})
    anomaly_search_job(made.id, "residual")
    row = store.dataset(made.id)
    judge = anomaly_judges.Looked(row, detections.kept(row)[0])
    shown = anomaly_view.View(row, judge, judge.preset, "station", labels_of(panel))
    events = judge.preset.events
    assert "'=cmd()" in anomaly_files.csv(shown, events).decode()
    collection = json.loads(anomaly_files.geojson(shown, events))
    strongest = collection["features"][0]
    assert strongest["geometry"]["type"] == "MultiPoint"
    assert len(strongest["geometry"]["coordinates"]) == len(events["locations"].iloc[0])
    assert "=cmd()" not in {value for feature in collection["features"] for value in feature["properties"]["locations"]}


def kept_labels(data: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((store.dataset_folder(data) / "labels.json").read_text())["labels"]
    return found


def curves_of(app: AppTest, name: str) -> dict[str, object]:
    (chart,) = [chart for chart in app.get("plotly_chart") if chart.proto.id.endswith(name)]
    found: dict[str, object] = json.loads(chart.proto.spec)
    return found


def test_labels_are_drawn_on_the_curve_and_in_the_lanes() -> None:
    app, _ = found_by_detector()
    assert "Labelled" not in json.dumps([curves_of(app, "anomalies-line"), curves_of(app, "anomalies-lanes")])
    app.button(key="label-confirm").click().run()
    for name in ("anomalies-line", "anomalies-lanes"):
        drawn = json.dumps(curves_of(app, name))
        assert "Labelled" in drawn
        assert "fillpattern" in drawn
    app.segmented_control(key="anomalies-lanes-by").set_value("place").run()
    assert "fillpattern" in json.dumps(curves_of(app, "anomalies-lanes"))
    app.button(key="label-reject").click().run()
    assert "Rejected" in json.dumps(curves_of(app, "anomalies-line"))


def test_one_label_is_named_anew_deleted_and_taken_back() -> None:
    app, data = found_by_detector()
    app.button(key="label-confirm").click().run()
    app.button(key="label-add").click().run()
    before = kept_labels(data)
    (box,) = [each for each in app.selectbox if str(each.key).startswith("label-new-kind")]
    box.set_value("regional").run()
    app.button(key="label-save").click().run()
    assert "The label was named anew." in said(app)
    assert [each["verdict"] for each in kept_labels(data)].count("relabel") == 1
    app.button(key="label-undo").click().run()
    assert sorted(map(str, kept_labels(data))) == sorted(map(str, before))
    app.button(key="label-delete").click().run()
    assert "The label was deleted." in said(app)
    assert len(kept_labels(data)) == len(before) - 1
    app.button(key="label-undo").click().run()
    assert sorted(map(str, kept_labels(data))) == sorted(map(str, before))
    assert "was deleted" not in said(app)


def test_a_detector_learns_up_to_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    app, data = found_by_detector()
    asked: list[Mapping[str, object]] = []
    app.segmented_control(key="anomalies-learn").set_value("until").run()
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "submit", lambda kind, payload, *_: asked.append(payload))
        app.button(key="anomalies-look").click().run()
    end = pd.Timestamp(str(asked[0]["fit_end"]))
    panel = detections.panel_of(store.dataset(data))
    assert panel.time[0] < end < panel.time[-1]
    jobs.submit(
        "detect", {"dataset": data, "detector": "residual", "settings": {}, "fit_end": end.isoformat()}, "Looking"
    )
    key = detections.key_of("residual", {}, end.isoformat())
    assert key != "residual"
    app = page("anomalies", dataset=data, judge=key)
    assert "learnt up to" in said(app)
    assert "learnt from the data up to" in said(app)
    part = panel.between(None, end)
    row = store.dataset(data)
    judge = next(each for each in anomaly_judges.offered(row, None).values() if each.slot == key)
    assert judge.preset.threshold == fit_detector(part, "residual").learnt.threshold


def test_two_judges_are_put_in_order_by_the_labels_and_the_better_one_can_take_over() -> None:
    app, data = found_by_detector()
    app.button(key="label-confirm").click().run()
    assert "Who finds them best" not in said(app)
    anomaly_search_job(data, "seasonal_z")
    app = page("anomalies", dataset=data, judge="residual")
    assert "Who finds them best" in said(app)
    names = [each.key for each in app.button]
    other = page("anomalies", dataset=data, judge="seasonal_z")
    both = ["label-judge" in names, "label-judge" in [each.key for each in other.button]]
    assert sorted(both) == [False, True]  # offered where the other one is better
    worse = app if both[0] else other
    worse.button(key="label-judge").click().run()
    assert not worse.exception
    assert "label-judge" not in [each.key for each in worse.button]
