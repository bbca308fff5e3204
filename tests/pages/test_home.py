"""Home: a dropped file or a sample becomes a data set on Load; what cannot be read says why; recent work is listed."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stcore.operations import store, uploads
from stcore.scenarios import samples
from stcore.ui import upload
from tests.pages.app import GOOD, NASTY, home, said, title


def drop(app: AppTest, name: str, content: str | bytes) -> AppTest:
    """What the browser does: the file goes to the route, the page gets its token."""
    token = uploads.keep(io.BytesIO(content.encode() if isinstance(content, str) else content), name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upload, "zone", lambda *_, **__: token)
        return app.run()


def test_home_asks_and_shows_every_sample() -> None:
    app = home()
    assert title(app) == "What would you like to forecast?"
    for sample in samples.samples():
        assert sample.title in said(app)
        assert app.button(key=f"open-{sample.name}").label == "Open"
    assert "What you load and train will stand here." in said(app)


def test_a_dropped_file_is_read_saved_and_shown() -> None:
    app = drop(home(), "stations.csv", GOOD)
    assert title(app) == "Load"
    assert "3 stations, hourly, 10 days." in said(app)
    (row,) = store.datasets()
    assert row.name == "stations.csv"
    assert row.about["place"] == "station"
    assert app.query_params["dataset"] == row.id


def test_the_same_file_twice_is_one_data_set(home_folder) -> None:
    drop(home(), "stations.csv", GOOD)
    drop(home(), "copy of stations.csv", GOOD)
    assert len(store.datasets()) == 1
    assert not any((home_folder / "uploads").iterdir())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", "", "The file is empty."),
        ("junk.csv", bytes(range(256)) * 20, "not a text file"),
        ("table.csv", "a,b\n" + "x,y\n" * 30, "a"),
    ],
)
def test_a_bad_file_says_why_and_saves_nothing(name: str, content: str | bytes, message: str) -> None:
    app = drop(home(), name, content)
    assert title(app) == "Load"
    assert "This file cannot be read yet" in said(app)
    assert message in said(app)
    assert "Something went wrong inside" not in said(app)
    assert store.datasets() == []
    assert app.button(key="another").label == "Drop another file"


def test_names_are_text_never_markup() -> None:
    app = drop(home(), "<img src=x onerror=alert(1)>.csv", NASTY)
    assert title(app) == "Load"
    assert "<script>" not in said(app)
    assert "&lt;script&gt;" in said(app)
    app = home()
    assert "<img" not in said(app)
    assert "Data read" in said(app)


def test_a_sample_opens_with_its_words_and_only_once() -> None:
    for _ in range(2):
        app = home()
        app.button(key="open-airport_weather").click().run()
        assert title(app) == "Load"
        assert "3 airports, hourly" in said(app)
    (row,) = store.datasets()
    assert (row.name, row.about["sample"], row.about["place"]) == ("Airport weather", "airport_weather", "airport")


def test_recent_work_links_to_the_next_step() -> None:
    drop(home(), "stations.csv", GOOD)
    row = store.datasets()[0]
    shown = said(home())
    assert "stations.csv" in shown
    assert f"/load?dataset={row.id}" in shown


def test_a_file_name_cannot_leave_its_folder(home_folder) -> None:
    token = uploads.keep(io.BytesIO(b"x"), "../../../evil.csv")
    assert uploads.source_of(token) == home_folder / "uploads" / token / "evil.csv"


def test_a_server_path_is_asked_for_only_where_one_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "server-path" not in [each.key for each in home().text_input]
    folder = tmp_path / "listed"
    folder.mkdir()
    (folder / "stations.csv").write_text(GOOD)
    monkeypatch.setenv("FIELDCAST_ROOTS", str(folder))
    app = home()
    app.text_input(key="server-path").set_value("../home/x.csv")
    app = app.button[0].click().run()
    assert "may not be read through pages" in said(app)
    app.text_input(key="server-path").set_value(str(folder))
    app = app.button[0].click().run()
    assert title(app) == "Load"
    assert [row.name for row in store.datasets()] == ["listed"]


def test_another_sheet_is_read_anew() -> None:
    book = io.BytesIO()
    with pd.ExcelWriter(book) as out:
        for sheet, rows in (("All", 60), ("Few", 30)):
            frame = pd.read_csv(io.StringIO(GOOD)).head(rows)
            frame.rename(columns={frame.columns[-1]: f"value of {sheet}"}).to_excel(out, sheet_name=sheet, index=False)
    app = drop(home(), "book.xlsx", book.getvalue())
    (box,) = [each for each in app.selectbox if each.label == "Which sheet holds the table?"]
    assert (box.value, box.options) == ("All", ["All", "Few"])
    app = box.select("Few").run()
    (row,) = store.datasets()
    assert app.query_params["dataset"] == row.id
    assert row.about["roles"] == {"sheet": "Few"}
    assert "value of Few" in said(app)
