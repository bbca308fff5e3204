"""Load: the sentence, the findings, the meanings of the columns and what a change of them does, the first forecast."""

from __future__ import annotations

import io

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Checkbox

from stcore.data import dataset
from stcore.experiment import DEFAULT_MODELS
from stcore.operations import intake, jobs, store, uploads
from stcore.preparation import PrepareConfig
from tests.pages.app import GOOD, NASTY, address, page, said, table, title


def saved(content: str = GOOD, name: str = "stations.csv") -> str:
    """Id of a table that was read as a dropped file is."""
    token = uploads.keep(io.BytesIO(content.encode()), name)
    return intake.take_in(uploads.source_of(token), name, {})


def boxes(app: AppTest) -> dict[str, str]:
    return {
        box.label.removeprefix("Meaning of "): box.value for box in app.selectbox if box.label.startswith("Meaning of ")
    }


def change(app: AppTest, column: str, role: str) -> AppTest:
    next(box for box in app.selectbox if box.label == f"Meaning of {column}").select(role)
    return app.run()


def test_without_data_it_leads_home() -> None:
    app = page("load")
    assert "No data yet" in said(app)
    app.button(key="empty-button").click().run()
    assert title(app) == "What would you like to forecast?"


def test_it_says_what_the_file_holds() -> None:
    app = page("load", dataset=saved())
    assert title(app) == "Load"
    assert "3 stations, hourly, 10 days." in said(app)
    assert "No reading is missing" in said(app)
    assert "720 rows" in said(app)
    assert len(app.get("deck_gl_json_chart")) == 1
    assert len(app.get("plotly_chart")) == 1
    assert boxes(app) == {"time": "time", "station": "location", "lat": "lat", "lon": "lon", "load_kw": "values"}


def test_findings_come_with_their_lines() -> None:
    lines = GOOD.splitlines()
    lines.insert(10, "not a time,a,47.0,8.0,3")
    shown = said(page("load", dataset=saved("\n".join(lines))))
    assert "Look" in shown
    assert "Line 11." in shown
    assert "not a time" in shown


def test_another_meaning_reads_the_file_again_and_replaces_the_data_set() -> None:
    old = saved(GOOD.replace("load_kw", "load_kw,spare", 1).replace("\n", ",1\n").replace("spare,1", "spare"))
    app = change(page("load", dataset=old), "spare", "")
    (row,) = store.datasets()
    assert row.id != old
    assert app.query_params["dataset"] == row.id
    assert dataset.open(row.id).panel().features == ("load_kw",)
    assert title(app) == "Load"


def test_meanings_that_do_not_fit_are_told_and_change_nothing() -> None:
    old = saved()
    app = change(page("load", dataset=old), "lat", "lon")
    assert "Two columns are the longitude" in said(app)
    app = change(app, "lat", "")
    assert "Latitude and longitude go together" in said(app)
    assert [row.id for row in store.datasets()] == [old]


def test_a_meaning_that_cannot_be_read_is_refused_in_place() -> None:
    old = saved(GOOD.replace("load_kw", "load_kw,note", 1).replace("\n", ",x\n").replace("note,x", "note"))
    app = change(page("load", dataset=old), "load_kw", "")
    app = change(app, "note", "values")
    assert "fc-error" in said(app)
    assert [row.id for row in store.datasets()] == [old]
    assert "What the columns mean" in said(app)


def test_a_file_without_a_time_can_be_counted_instead() -> None:
    token = uploads.keep(
        io.BytesIO(("a,b\n" + "\n".join(f"{n % 7}.5,{n % 5}.25" for n in range(60))).encode()), "rows.csv"
    )
    app = page("load", upload=token)
    assert "reads as a time" in said(app)
    app.checkbox[0].check().run()
    app.button(key="read").click().run()
    (row,) = store.datasets()
    assert dataset.open(row.id).panel().shape[0] == 60
    assert title(app) == "Load"


@pytest.mark.parametrize("token", ["../../etc", "0123456789abcdef", "<script>"])
def test_an_upload_that_is_not_there_is_told(token: str) -> None:
    shown = said(page("load", upload=token))
    assert "not kept any more" in shown
    assert "<script>" not in shown


def test_forecast_this_queues_the_default_models_and_goes_on() -> None:
    id = saved()
    page("load", dataset=id).button(key="forecast").click().run()
    (run,) = store.runs_of(id)
    assert tuple(model["name"] for model in run.experiment["models"]) == DEFAULT_MODELS
    assert run.experiment["intervals"]["levels"] == [90]
    assert run.experiment["prepare"]["zeros_are_missing"] is False
    assert [job.status for job in jobs.listing()] == ["queued"]


def with_zeros() -> str:
    """Id of a table in which some readings are exactly 0."""
    lines = table({"a": (47.0, 8.0), "b": (47.1, 8.1)}).splitlines()
    for row in range(20, 60, 5):
        lines[row] = lines[row].rsplit(",", 1)[0] + ",0"
    return saved("\n".join(lines))


def tick(app: AppTest, words: str) -> Checkbox:
    return next(box for box in app.checkbox if box.label == words)


def test_a_ticked_fix_of_the_preparation_is_kept_and_used_by_the_forecast() -> None:
    id = with_zeros()
    app = page("load", dataset=id)
    assert not tick(app, "Treat zeros as missing").value
    tick(app, "Treat zeros as missing").check().run()
    assert dataset.open(id).prepare.zeros_are_missing
    assert tick(page("load", dataset=id), "Treat zeros as missing").value, "another visit finds it ticked"
    app.button(key="forecast").click().run()
    assert store.runs_of(id)[0].experiment["prepare"]["zeros_are_missing"] is True


def test_a_fix_can_be_taken_back() -> None:
    id = with_zeros()
    dataset.set_prepare(id, PrepareConfig(zeros_are_missing=True, fill="none"))
    app = page("load", dataset=id)
    tick(app, "Treat zeros as missing").uncheck().run()
    assert dataset.open(id).prepare == PrepareConfig()


def test_a_fix_of_the_reading_waits_for_its_button_and_can_be_taken_back() -> None:
    old = saved(table({"a": (-118.2, 34.0), "b": (-118.3, 34.1), "c": (-118.25, 34.2)}))
    app = page("load", dataset=old)
    assert len(app.get("deck_gl_json_chart")) == 0
    tick(app, "Swap the coordinates").check().run()
    assert [row.id for row in store.datasets()] == [old]
    app.button(key="read-again").click().run()
    (row,) = store.datasets()
    assert row.id != old
    assert (row.about["roles"]["lat"], row.about["roles"]["lon"]) == ("lon", "lat")
    assert dataset.open(row.id).panel().locations.geometry["a"].x == pytest.approx(-118.2)
    app = page("load", dataset=row.id)
    assert len(app.get("deck_gl_json_chart")) == 1
    app.button(key="forecast").click().run()
    assert store.runs_of(row.id)[0].experiment["data"]["lat"] == "lon", "the experiment says how the file was read"
    app = page("load", dataset=row.id)
    tick(app, "Swap the coordinates").uncheck().run()
    app.button(key="read-again").click().run()
    assert "lat" not in store.dataset(address(app, "dataset")).about["roles"]


def test_another_meaning_keeps_what_was_ticked() -> None:
    id = with_zeros()
    dataset.set_prepare(id, PrepareConfig.parse({"zeros_are_missing": True, "clean": {"leave_out": ["a", "gone"]}}))
    app = change(page("load", dataset=id), "load_kw", "known_ahead")
    (row,) = store.datasets()
    assert row.id != id
    kept = dataset.open(row.id).prepare
    assert (kept.zeros_are_missing, kept.clean.leave_out) == (True, ["a"])
    assert title(app) == "Load"


def test_save_only_goes_on_to_explore() -> None:
    id = saved()
    app = page("load", dataset=id)
    app.button(key="save").click().run()
    assert title(app) == "Explore"
    assert store.runs_of(id) == []


def test_nasty_ids_stay_text() -> None:
    app = page("load", dataset=saved(NASTY))
    assert "<script>" not in said(app)
    assert "<b>x</b>" not in said(app)
    spec = app.get("deck_gl_json_chart")[0].proto.json
    assert "&lt;script" in spec or "<script>" in spec, "the map holds the id as data"


def test_another_ones_data_set_is_not_shown() -> None:
    id = saved()
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE fc_datasets SET owner = 'somebody else'")
    assert "There is no data set" in said(page("load", dataset=id)) or "No data yet" in said(page("load", dataset=id))
