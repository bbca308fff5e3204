"""Explore: the map, the chosen place's series, the value and the period."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from stcore.data import dataset
from stcore.operations import store
from tests.pages.app import GOOD, NASTY, page, said, table, title
from tests.pages.test_load import saved


def curve(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def place_box(app: AppTest) -> Selectbox:
    return next(box for box in app.selectbox if str(box.key).startswith("box-place"))


def test_without_data_it_leads_home() -> None:
    assert "No data yet" in said(page("explore"))


def test_the_newest_data_set_opens_without_an_address() -> None:
    id = saved()
    app = page("explore")
    assert title(app) == "Explore"
    assert app.query_params["dataset"] == id


def test_the_sentence_tells_when_it_is_lowest_and_highest() -> None:
    shown = said(page("explore", dataset=saved()))
    assert "Load is lowest on" in shown
    assert "at 18:00" in shown
    assert "at 06:00" in shown


def test_series_without_a_week_are_told_by_their_reach() -> None:
    rows = "\n".join(f"{2000 + n},{n % 7 + 1}" for n in range(24))
    shown = said(page("explore", dataset=saved(f"year,visits\n{rows}\n")))
    assert "lies between" in shown
    assert "Mean by weekday" not in shown


def test_the_place_in_the_address_is_the_one_that_is_drawn() -> None:
    id = saved()
    for place in ("a", "c"):
        app = page("explore", dataset=id, place=place)
        assert f"Station {place}" in said(app)
        assert place_box(app).value == place


def test_another_place_goes_into_the_address() -> None:
    app = page("explore", dataset=saved(), place="a")
    place_box(app).select("b").run()
    assert app.query_params["place"] == "b"
    assert "Station b" in said(app)


def test_a_place_that_these_data_do_not_have_is_passed_over() -> None:
    shown = said(page("explore", dataset=saved(), place="<script>"))
    assert "<script>" not in shown
    assert "Something went wrong" not in shown


def test_the_slider_moves_the_map() -> None:
    app = page("explore", dataset=saved())
    before = app.get("deck_gl_json_chart")[0].proto.json
    (key,) = (slider.key for slider in app.select_slider)
    app.session_state[key] = dataset.open(app.query_params["dataset"]).panel().time[-5]
    app.run()
    assert app.get("deck_gl_json_chart")[0].proto.json != before


def test_several_values_can_be_chosen() -> None:
    two = table({"a": (47.0, 8.0), "b": (47.1, 8.1)}).splitlines()
    two = [two[0] + ",wind_ms", *(f"{line},{number % 9}" for number, line in enumerate(two[1:]))]
    app = page("explore", dataset=saved("\n".join(two)))
    assert "Load, kW" in said(app)
    app.segmented_control(key="value").set_value("wind_ms").run()
    assert "Wind, m/s" in said(app)


def test_nasty_ids_stay_text() -> None:
    shown = said(page("explore", dataset=saved(NASTY), place="<script>alert(1)</script>"))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_an_endless_name_is_cut() -> None:
    shown = said(page("explore", dataset=saved(GOOD.replace("load_kw", "s" * 10_000))))
    assert "s" * 100 not in shown.lower()


def test_forecast_this_starts_a_run() -> None:
    id = saved(GOOD)
    page("explore", dataset=id).button(key="forecast").click().run()
    assert len(store.runs_of(id)) == 1


def test_the_period_cuts_the_curve() -> None:
    app = page("explore", dataset=saved(), place="a")
    week = curve(app)["layout"]["xaxis"]["range"]
    app.segmented_control(key="period").set_value("day").run()
    day = curve(app)["layout"]["xaxis"]["range"]
    assert day[0] > week[0]
    assert day[1] == week[1]
