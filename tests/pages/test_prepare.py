"""Prepare: each section asks and shows, a draft is kept or undone, and runs prepare as it was kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stcore.data import dataset
from stcore.experiment import WindowsConfig
from stcore.operations import store
from stcore.preparation import PrepareConfig
from stcore.ui.prepare_views import SECTIONS
from tests.pages.app import NASTY, page, said, title
from tests.pages.test_load import saved


def gappy() -> str:
    """Three stations of a daily rhythm with an outage, a stuck stretch and a spike."""
    time = pd.date_range("2026-03-02", periods=480, freq="1h")
    frames = []
    for number, place in enumerate("abc"):
        draw = np.random.default_rng(number)
        load = np.round(20 + 5 * np.sin(time.hour / 24 * 2 * np.pi) + draw.normal(0, 0.3, 480), 3)
        frames.append(
            pd.DataFrame({"time": time, "station": place, "lat": 47 + number / 10, "lon": 8.0, "load_kw": load})
        )
    table = pd.concat(frames, ignore_index=True)
    table.loc[100:140, "load_kw"] = np.nan
    table.loc[600:620, "load_kw"] = 20.5
    table.loc[700, "load_kw"] = 300
    return table.to_csv(index=False)


def section(app: AppTest, name: str) -> AppTest:
    """The page at one of its sections."""
    steps = next(each for each in app.get("button_group") if each.label == "Step")
    steps.set_value(name)
    return app.run()


def buttons(app: AppTest) -> list[str]:
    return [each.label for each in app.button]


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == label).click().run()


def box(app: AppTest, kind: str, label: str) -> Any:
    return next(each for each in getattr(app, kind) if each.label == label)


def test_without_data_it_leads_home() -> None:
    assert "No data yet" in said(page("prepare"))


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_opens_with_a_sentence_and_a_curve(name: str) -> None:
    id = saved(gappy())
    app = section(page("prepare", dataset=id), name)
    told = said(app)
    assert title(app) == "Prepare"
    assert "No reading is set aside, gaps stay gaps" in told
    assert "Learnt from" in told
    assert "Train" in buttons(app)
    if name not in ("augment", "events"):
        assert app.get("plotly_chart")


def test_names_from_the_data_stay_text() -> None:
    id = saved(NASTY)
    for name in ("clean", "fill", "events"):
        told = said(section(page("prepare", dataset=id), name))
        assert "<script>" not in told
        assert "<b>x</b>" not in told


def test_what_is_set_aside_is_counted_and_can_be_kept_or_undone() -> None:
    id = saved(gappy())
    app = page("prepare", dataset=id)
    box(app, "number_input", "Stuck, steps").set_value(5)
    app.run()
    told = said(app)
    assert "15 readings" in told  # 21 alike: the first, and five repeats stay
    assert "set aside, gaps stay gaps" in told
    assert "Not kept yet" in told
    assert dataset.open(id).prepare == PrepareConfig()
    app = press(app, "Undo")
    assert "No reading is set aside" in said(app)
    assert box(app, "number_input", "Stuck, steps").value == 0
    box(app, "number_input", "Stuck, steps").set_value(5)
    app = press(app.run(), "Keep")
    assert dataset.open(id).prepare.clean.stuck == 5
    assert "Every run on these data prepares so" in said(app)
    assert "As read" in buttons(app)


def test_a_range_of_the_chosen_value() -> None:
    id = saved(gappy())
    app = page("prepare", dataset=id)
    box(app, "number_input", "Largest possible, kW").set_value(100.0)
    app = press(app.run(), "Keep")
    assert dataset.open(id).prepare.clean.limits == {"load_kw": (None, 100.0)}
    assert "One reading" in said(app) or "1 reading" in said(app)


def test_fills_are_ranked_by_their_error_and_the_draft_lasts_over_sections() -> None:
    id = saved(gappy())
    app = section(page("prepare", dataset=id), "fill")
    told = said(app)
    assert "Error of each fill" in told
    assert "Usual course" in told
    assert told.count("fc-good") >= 2
    box(app, "selectbox", "Fill gaps").set_value("seasonal")
    app = section(app.run(), "scale")
    assert "gaps take the usual course" in said(app)
    app = section(app, "fill")
    assert box(app, "selectbox", "Fill gaps").value == "seasonal"
    assert "41 hours" in said(app)


def test_events_are_suggested_a_level_and_counted() -> None:
    id = saved(gappy())
    app = section(page("prepare", dataset=id), "events")
    box(app, "selectbox", "Event").set_value("threshold")
    app.run()
    told = said(app)
    assert "load at least 25" in told.lower()
    box(app, "text_input", "Levels").set_value("24, 23")
    app.run()
    assert "from the mildest to the most severe" in said(app)
    box(app, "text_input", "Levels").set_value("23, 25")
    app = press(app.run(), "Keep")
    assert dataset.open(id).prepare.events.levels == [23, 25]


def test_windows_are_counted_before_anything_runs_and_used_by_train() -> None:
    id = saved(gappy())
    app = section(page("prepare", dataset=id), "windows")
    assert "Memory while training" in said(app)
    box(app, "number_input", "History used, steps").set_value(30)
    box(app, "number_input", "Steps ahead").set_value(5)
    box(app, "number_input", "Steps left out").set_value(2)
    app.run()
    told = said(app)
    assert f"{3 * (336 - 30 - 2 - 5 + 1):,}" in told
    press(app, "Keep")
    assert dataset.open(id).windows == WindowsConfig(lookback=30, horizon=5, gap=2)
    train = page("train", dataset=id)
    assert box(train, "number_input", "History used, steps").value == 30
    assert box(train, "number_input", "Steps left out").value == 2


def test_train_prepares_as_it_was_kept() -> None:
    id = saved(gappy())
    kept = PrepareConfig.parse({"fill": "seasonal", "clean": {"stuck": 5}, "derived": {"lags": [24]}})
    dataset.set_prepare(id, kept)
    app = page("train", dataset=id)
    assert "gaps take the usual course" in said(app)
    press(app, "Start")
    assert PrepareConfig.parse(store.runs_of(id)[0].experiment["prepare"]) == kept


def test_what_cannot_be_done_is_told_and_nothing_is_lost() -> None:
    id = saved(gappy())
    app = section(page("prepare", dataset=id), "windows")
    box(app, "number_input", "History used, steps").set_value(400)
    app.run()
    assert "need" in said(app)
    assert "Undo" in buttons(app)
    assert next(each for each in app.button if each.label == "Keep").disabled
    assert "No reading is set aside" in said(press(app, "Undo"))


def test_variations_are_shown_beside_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "stcore.ui.prepare_training.examples",
        lambda past, ahead, config, seed: np.stack([np.r_[past[0], ahead[0]]] * 3),
    )
    app = section(page("prepare", dataset=saved(gappy())), "augment")
    assert "No window is varied" in said(app)
    box(app, "number_input", "Jitter").set_value(0.1)
    app.run()
    assert app.get("plotly_chart")
    assert "Draw others" in buttons(app)


def test_what_was_changed_elsewhere_meanwhile_is_not_written_over() -> None:
    """A fix that was ticked on Load while a draft waited here."""
    id = saved(gappy())
    app = page("prepare", dataset=id)
    box(app, "number_input", "Stuck, steps").set_value(5)
    app.run()
    dataset.set_prepare(id, PrepareConfig(zeros_are_missing=True))
    app.run()
    assert box(app, "number_input", "Stuck, steps").value == 0
    assert box(app, "toggle", "Zeros are missing").value
    assert "Keep" not in buttons(app)
