"""Load: coordinates, a network and districts added from files of their own, their names matched, and taken away again."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stcore.data import dataset
from stcore.data.panel import Panel
from stcore.operations import intake, jobs, store, uploads
from stcore.ui import opening, upload
from tests.pages.app import address, page, said, table, title

PLACELESS = pd.read_csv(
    io.StringIO(table({"Nord": (0, 0), "Sud": (0, 0), "Mitte": (0, 0)}, hours=72))
).drop(columns=["lat", "lon"]).to_csv(index=False)  # fmt: skip
COORDINATES = "name,lat,lon\nNord,47.2,8.0\nSud,47.0,8.0\nMite,47.1,8.1\nWest,47.1,7.9\n"


def square(name: str, west: float) -> str:
    ring = [[west, 47], [west + 0.1, 47], [west + 0.1, 47.1], [west, 47.1], [west, 47]]
    shape = f'{{"type": "Polygon", "coordinates": [{ring}]}}'
    return f'{{"type": "Feature", "properties": {{"name": "{name}"}}, "geometry": {shape}}}'


def districts(*names: str) -> str:
    """A GeoJSON of squares side by side."""
    features = ",".join(square(name, 8 + number / 10) for number, name in enumerate(names))
    return f'{{"type": "FeatureCollection", "features": [{features}]}}'


def loaded() -> tuple[str, AppTest]:
    """A table without coordinates on Load."""
    token = uploads.keep(io.BytesIO(PLACELESS.encode()), "stations.csv")
    id = intake.take_in(uploads.source_of(token), "stations.csv", {})
    uploads.forget(token)
    return id, page("load", dataset=id)


def drop(app: AppTest, kind: str, name: str, content: str) -> AppTest:
    """A kind is chosen and a file dropped: it goes to the route, the page gets its token."""
    token = uploads.keep(io.BytesIO(content.encode()), name)
    next(one for one in app.get("button_group") if "second-kind" in one.proto.id).set_value(kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upload, "zone", lambda *_, **__: token)
        return app.run()


def panel_of(app: AppTest) -> Panel:
    panel = dataset.open(address(app, "dataset")).panel()
    assert isinstance(panel, Panel)
    return panel


def maps(app: AppTest) -> int:
    return len(app.get("deck_gl_json_chart"))


def tick_and_read_again(app: AppTest, words: str) -> AppTest:
    next(box for box in app.checkbox if words in box.label).check().run()
    return app.button(key="read-again").click().run()


def test_coordinates_are_added_matched_and_taken_away(home_folder) -> None:
    old, app = loaded()
    assert maps(app) == 0
    assert "There is no map yet: add coordinates or districts." in said(app)
    app = drop(app, "places", "places.csv", COORDINATES)
    (row,) = store.datasets()
    assert row.id != old
    assert title(app) == "Load"
    assert (maps(app), "Coordinates: places.csv" in said(app)) == (1, True)
    assert "1 of 3 places is not in the second file" in said(app)
    assert "2 places of the second file are not in the data" in said(app)
    assert not any((home_folder / "uploads").iterdir())
    app = tick_and_read_again(app, "“Mitte” is “Mite”")
    assert panel_of(app).locations.geometry["Mitte"].x == 8.1
    assert "Coordinates: places.csv" in said(app)
    app.button(key="forecast").click().run()
    assert store.runs_of(store.datasets()[0].id)[0].experiment["data"]["places"] == "places.csv"
    app = page("load", dataset=store.datasets()[0].id)
    app.button(key="second-remove-places").click().run()
    kept = store.dataset(address(app, "dataset"))
    assert (kept.about["roles"], kept.about["fixes"], kept.about["second"]) == ({}, [], {})
    assert maps(app) == 0


def test_districts_are_added_and_a_suggested_match_is_taken() -> None:
    _, app = loaded()
    app = drop(app, "geometry", "districts.geojson", districts("Nord", "Sud", "Mite"))
    assert maps(app) == 1
    assert "Districts: districts.geojson" in said(app)
    assert panel_of(app).locations.geometry["Mitte"] is None
    app = tick_and_read_again(app, "Mite")
    assert panel_of(app).locations.geometry["Mitte"].bounds[0] == 8.2
    app.button(key="second-remove-geometry").click().run()
    assert "join" not in store.dataset(address(app, "dataset")).about["roles"]
    assert panel_of(app).space.parts == frozenset()


def test_a_network_is_added_beside_coordinates_and_drawn() -> None:
    _, app = loaded()
    app = drop(app, "places", "places.csv", COORDINATES)
    app = drop(app, "adjacency", "links.csv", "from,to\nNord,Sud\n")
    assert {"geometry", "edges"} <= panel_of(app).space.parts
    assert "network-edge" in app.get("deck_gl_json_chart")[0].proto.json
    assert [text in said(app) for text in ("Coordinates: places.csv", "Network: links.csv")] == [True, True]
    app.button(key="second-remove-places").click().run()
    assert panel_of(app).space.parts == {"edges"}


def test_a_file_of_other_places_is_refused_in_place_and_changes_nothing(home_folder) -> None:
    old, app = loaded()
    app = drop(app, "places", "other.csv", "name,lat,lon\nx,1,2\ny,2,3\n")
    assert "None of the 3 places" in said(app)
    app = drop(app, "adjacency", "links.csv", "from,to\nNord,Elsewhere\n")
    assert "not in the data: Elsewhere" in said(app)
    assert [row.id for row in store.datasets()] == [old]
    assert "What the columns mean" in said(app)
    assert not any((home_folder / "uploads").iterdir())


def test_a_name_of_a_file_is_text_never_markup() -> None:
    _, app = loaded()
    app = drop(app, "places", "<b>p.csv", COORDINATES)
    assert "<b>p.csv" not in said(app)


def test_the_same_table_with_another_file_beside_it_is_another_data_set(tmp_path) -> None:
    table_, one, other = (tmp_path / name for name in ("t.csv", "one.csv", "other.csv"))
    table_.write_text(PLACELESS)
    one.write_text(COORDINATES)
    other.write_text(COORDINATES.replace("47.2", "47.3"))
    first = intake.take_in(table_, "t", {}, {"places": str(one)})
    assert intake.take_in(table_, "t", {}, {"places": str(one)}) == first
    one.rename(tmp_path / "renamed.csv")
    assert intake.take_in(table_, "t", {}, {"places": str(tmp_path / "renamed.csv")}) == first
    assert intake.take_in(table_, "t", {}, {"places": str(other)}) != first
    assert intake.take_in(table_, "t", {}) != first
    assert store.dataset(first).about["second"] == {"places": "one.csv"}


def test_a_large_table_is_read_again_as_a_job_that_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "AT_ONCE_BYTES", 0)
    id, app = loaded()
    app = drop(app, "places", "places.csv", COORDINATES)
    assert not app.exception
    (job,) = (each for each in jobs.listing() if each.kind == "reread")
    assert "The data stay as they are" in said(app)
    app.button(key="reading-stop").click().run()
    assert jobs.get(job.id).status == jobs.Status.CANCELLED
    app = page("load", dataset=id)
    assert panel_of(app).space.parts == frozenset()


def test_what_the_job_made_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "AT_ONCE_BYTES", 0)
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    id, app = loaded()
    app = drop(app, "places", "places.csv", COORDINATES)
    assert address(app, "dataset") != id
    assert "geometry" in panel_of(app).space.parts


def test_a_job_that_cannot_read_it_so_says_why_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, home_folder
) -> None:
    monkeypatch.setattr(opening, "AT_ONCE_BYTES", 0)
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    id, app = loaded()
    app = drop(app, "places", "places.csv", "name,lat,lon\nx,1,2\ny,2,3\n")
    assert "could not be read so" in said(app)
    assert "None of the 3 places" in said(app)
    assert address(app, "dataset") == id
    assert not any((home_folder / "uploads").iterdir())
    app.button(key="reread-told").click().run()
    assert "could not be read so" not in said(app)
