"""Explore: the map, the chosen place's series, the value and the period."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from stcore.data import dataset
from stcore.operations import store
from stcore.ui import explore_map
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


MANY = table({f"s{number}": (47.0 + number / 10, 8.0 + (number % 3) / 10) for number in range(12)})


def view(app: AppTest, name: str) -> str:
    app.segmented_control(key="view").set_value(name).run()
    return said(app)


def keyed(app: AppTest, start: str) -> Selectbox:
    return next(box for box in app.selectbox if str(box.key).startswith(start))


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_each_view_answers_in_one_sentence() -> None:
    app = page("explore", dataset=saved(MANY))
    shown = view(app, "seasons")
    assert "of the ups and downs of load" in shown
    assert "lowest at 18:00" in shown
    assert "repeats after a day" in shown
    shown = view(app, "values")
    assert "Nine in ten readings of load lie between" in shown
    assert "All 240 steps of 12 stations" in shown
    shown = view(app, "neighbours")
    assert "Moran’s I" in shown
    assert "How far likeness reaches" in shown
    shown = view(app, "groups")
    assert "By the shape of their day the stations fall into" in shown
    for chart in app.get("plotly_chart"):
        assert chart.proto.alt


def test_three_places_have_no_neighbours_and_one_has_curves_only() -> None:
    app = page("explore", dataset=saved(GOOD))
    assert app.segmented_control(key="view").options == ["Map", "Seasons", "Values"]
    one = "\n".join(
        ["time,load_kw", *(line.split(",")[0] + "," + line.split(",")[-1] for line in GOOD.splitlines()[1:241])]
    )
    app = page("explore", dataset=saved(one))
    assert app.segmented_control(key="view").options == ["Curves", "Seasons", "Values"]
    assert "240 steps" in view(app, "seasons")
    assert not app.selectbox
    assert "How the values spread" in view(app, "values")


def test_the_season_of_a_place_goes_into_the_address_and_all_takes_it_out() -> None:
    app = page("explore", dataset=saved(GOOD))
    assert "Mean of 3 stations" in view(app, "seasons")
    keyed(app, "season-place").select("b").run()
    assert app.query_params["place"] == "b" or app.query_params["place"] == ["b"]
    assert "Station b, 240 steps" in said(app)
    keyed(app, "season-place").select("").run()
    assert "place" not in app.query_params
    assert "Mean of 3 stations" in said(app)


def test_a_cycle_that_explains_nothing_is_said_so() -> None:
    lines = MANY.splitlines()
    noise = [
        f"{line.rsplit(',', 1)[0]},{(row * row * 7919 + 31 * row) % 10007 % 97}" for row, line in enumerate(lines[1:])
    ]
    assert "hardly follows the" in view(page("explore", dataset=saved("\n".join([lines[0], *noise]))), "seasons")


def test_places_are_compared_in_curves_and_rings() -> None:
    app = page("explore", dataset=saved(), place="a")
    assert len(charts(app)[0]["data"]) == 1
    app.multiselect[0].set_value(["b", "c"]).run()
    assert len(charts(app)[0]["data"]) == 3
    assert "Station a and two more" in said(app)
    assert '"compared"' in app.get("deck_gl_json_chart")[0].proto.json
    assert "a" not in app.multiselect[0].options


def test_the_map_is_drawn_in_the_chosen_way() -> None:
    app = page("explore", dataset=saved())
    keyed(app, "way-").select("columns").run()
    assert "ColumnLayer" in app.get("deck_gl_json_chart")[0].proto.json
    assert "Columns rise from" in said(app)


def test_play_begins_anew_at_the_end_and_stops() -> None:
    app = page("explore", dataset=saved())
    (slider,) = app.select_slider
    last, first = slider.options[-1], slider.options[0]
    key = str(slider.key)
    app.session_state[key] = dataset.open(app.query_params["dataset"]).panel().time[-1]
    app.run()
    app.button(key="play").click().run()
    assert app.button(key="play").label == "Stop"
    assert app.select_slider[0].value != last
    assert first
    app.button(key="play").click().run()
    assert app.button(key="play").label == "Play"


def test_playing_moves_on_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, object] = {"explore_playing": True}
    monkeypatch.setattr(explore_map.state, "kept", lambda name, default=None: kept.get(name, default))
    monkeypatch.setattr(explore_map.state, "keep", kept.__setitem__)
    stopped: list[bool] = []
    monkeypatch.setattr(explore_map.st, "rerun", lambda: stopped.append(True))
    options = list(pd.date_range("2026-01-01", periods=600, freq="h"))
    kept["slot"] = options[0]
    frames = 0
    while not stopped:
        explore_map._advance("slot", options)
        frames += 1
    assert kept["slot"] == options[-1]
    assert kept["explore_playing"] is False
    assert 150 < frames <= explore_map.MOST_FRAMES


def test_a_direction_is_explained_and_not_averaged() -> None:
    lines = MANY.replace("load_kw", "wind_dir").splitlines()
    app = page(
        "explore",
        dataset=saved(
            "\n".join([lines[0], *(f"{line.rsplit(',', 1)[0]},{row * 7 % 360}" for row, line in enumerate(lines[1:]))])
        ),
    )
    assert "is a direction" in view(app, "seasons")
    assert "Nine in ten readings" in view(app, "values")
