"""Anomalies: the sentence, the kinds, the threshold, the open event on map, curve and lanes."""

from __future__ import annotations

import json

from tests.pages.app import page, said, title
from tests.pages.results import data_only, finished


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
    assert len(app.get("plotly_chart")) == 2


def test_a_higher_threshold_leaves_fewer_events() -> None:
    app = page("anomalies", **finished())
    slider = app.select_slider(key="anomalies-threshold")
    before = said(app).count("fc-chip")
    slider.set_value(slider.value * 0.5 if not isinstance(slider.value, str) else slider.options[-1]).run()
    assert said(app).count("fc-chip") >= before
    assert not app.exception


def test_no_kind_chosen_shows_nothing_unusual() -> None:
    app = page("anomalies", **finished())
    app.pills(key="anomalies-kinds").set_value([]).run()
    assert "Nothing unusual." in said(app)
    assert marked(app) == set()


def test_without_a_forecast_one_button_makes_it() -> None:
    app = page("anomalies", **data_only())
    assert "Nothing to compare Temperatures with yet" in said(app)
    assert app.button(key="empty-button").label == "Forecast this"


def test_without_coordinates_the_places_are_listed() -> None:
    app = page("anomalies", **finished(coordinates=False))
    assert "no coordinates" in said(app)
    assert not app.exception
