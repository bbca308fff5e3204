"""Forecast: the verdict, map and curve at one instant, the tested past, other models, empty and under way."""

from __future__ import annotations

import json

import pytest

from stcore.operations import jobs, store
from stcore.operations.store import job_rows, writing
from tests.pages.app import address, page, said, title
from tests.pages.results import data_only, finished


def deck(app: object) -> dict:
    return json.loads(app.get("deck_gl_json_chart")[0].proto.json)  # type: ignore[attr-defined]


def places(app: object) -> list[dict]:
    return next(layer["data"] for layer in deck(app)["layers"] if layer["id"].startswith("places"))


def test_the_verdict_stands_on_the_tested_part_and_names_the_model() -> None:
    app = page("forecast", **finished())
    text = said(app)
    assert title(app) == "Forecast"
    assert "better</b> than repeating the last value" in text
    assert "Model: Ridge" in text
    assert "6 stations, hourly." in text
    assert "Nothing was changed" not in text


def test_map_and_curve_show_the_same_instant() -> None:
    app = page("forecast", **finished())
    before = {row["id"]: row["words"] for row in places(app)}
    assert set(before) >= {"s0", "<b>x</b>"}
    app.select_slider(key="forecast-lead").set_value(6).run()
    after = {row["id"]: row["words"] for row in places(app)}
    assert before != after
    assert "6 hours ahead" in said(app)


def test_change_and_uncertainty_have_their_own_scales() -> None:
    app = page("forecast", **finished())
    app.segmented_control(key="forecast-shows").set_value("change").run()
    assert "Rust is" in said(app)
    app.segmented_control(key="forecast-shows").set_value("spread").run()
    assert "less certain" in said(app)
    assert not app.exception


def test_the_tested_past_shows_what_came() -> None:
    app = page("forecast", **finished())
    app.segmented_control(key="forecast-period").set_value("past").run()
    spec = app.get("plotly_chart")[0].proto.spec
    assert "What came" in spec
    start = app.select_slider(key="forecast-start")
    start.set_value(start.options[0] if isinstance(start.value, str) else 0).run()
    assert not app.exception


def test_another_place_and_another_model_change_the_address() -> None:
    app = page("forecast", **finished())
    box = next(box for box in app.selectbox if box.label == "Station")
    box.select("s4").run()
    assert app.query_params["place"] in ("s4", ["s4"])
    box = next(box for box in app.selectbox if box.label == "Model")
    box.select("persistence").run()
    assert "only repeats the last value" in said(app)


def test_the_place_in_the_address_is_shown() -> None:
    app = page("forecast", **finished(), place="s3")
    assert "Station s3" in said(app)


def test_names_with_markup_stay_text() -> None:
    app = page("forecast", **finished(), place="<b>x</b>")
    assert "Station &lt;b&gt;x&lt;/b&gt;" in said(app)


def test_data_without_coordinates_have_a_list_instead_of_a_map() -> None:
    app = page("forecast", **finished(coordinates=False))
    assert not app.get("deck_gl_json_chart")
    assert "no coordinates" in said(app)


def test_without_data_it_leads_home_and_without_a_forecast_it_makes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No data yet" in said(page("forecast"))
    ids = data_only()
    app = page("forecast", **ids)
    assert "No forecast for Temperatures yet" in said(app)
    app.button(key="empty-button").click().run()
    assert [job.status for job in jobs.listing()] == ["queued"]
    assert "First forecast of Temperatures" in said(app)


def test_while_it_runs_the_card_stands_above_what_is_ready() -> None:
    ids = finished()
    with writing() as connection:
        row = {
            "kind": "train",
            "payload": {"run": ids["run"], "dataset": ids["dataset"]},
            "title": "Training on x",
            "owner": "local",
            "run": ids["run"],
        }
        job_rows.insert(connection, row)
    app = page("forecast", **ids)
    assert "Training on x" in said(app)
    assert "better</b>" in said(app)
    app.button(key="job-stop").click().run()
    assert jobs.listing()[0].status == "cancelled"
    assert "It was stopped. What was finished is kept." in said(app)


def test_a_data_set_that_is_gone_is_said_plainly() -> None:
    finished()
    app = page("forecast", dataset="nonsense")
    assert "There is no data set “nonsense”." in said(app)


@pytest.mark.parametrize("name", ["forecast", "anomalies", "train", "compare"])
def test_a_run_that_does_not_exist_is_said_under_the_pages_title_and_forgotten(name: str) -> None:
    ids = finished() | {"run": "nonsense"}
    app = page(name, **ids)
    assert "There is no run “nonsense”." in said(app)
    assert title(app) == name.capitalize()
    assert "Open Home" in [link.proto.label for link in app.get("page_link")]
    assert "There is no run" not in said(app.run())


def test_a_link_that_names_only_a_run_opens_its_data() -> None:
    ids = finished()
    data_only()  # newer
    app = page("forecast", run=ids["run"])
    assert "Model: Ridge" in said(app)
    assert (address(app, "dataset"), address(app, "run")) == (ids["dataset"], ids["run"])


def test_a_link_to_a_run_of_deleted_data_says_so() -> None:
    ids = finished()
    data_only()
    store.delete_dataset(ids["dataset"])
    assert f"There is no data set “{ids['dataset']}”." in said(page("forecast", run=ids["run"]))
