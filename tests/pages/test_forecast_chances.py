"""Forecast of a run that says chances of an event: per cent everywhere, judged as chances are."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from stcore.operations import store
from stcore.workflow.result import Result
from tests.pages.app import page, said
from tests.pages.results import events_finished
from tests.pages.test_forecast import places


def opened() -> AppTest:
    return page("forecast", **events_finished())


def numbers(told: object) -> list[float]:
    """Numbers of an axis, packed or not."""
    if isinstance(told, dict):
        return list(np.frombuffer(base64.b64decode(told["bdata"]), told["dtype"]).astype(float))
    return [float(value) for value in told]  # type: ignore[attr-defined]


def test_the_verdict_judges_chances_beside_the_last_value() -> None:
    ids = events_finished()
    text = re.sub(r"<[^>]*>", "", said(page("forecast", **ids)))
    metrics = Result.open(store.run_folder(ids["run"])).metrics
    ours, last = metrics["stid"], metrics["persistence"]
    assert "better than repeating the last value. It was right" in text
    assert f"F1 {ours['f1']:.2f} ({last['f1']:.2f}), Brier score {ours['brier']:.3f} ({last['brier']:.3f})." in text
    assert "band held" not in text
    assert "90 % band" not in text


def test_map_and_curve_say_per_cent() -> None:
    app = opened()
    text = said(app)
    assert "Chance of temp at least its 80" in text
    assert "more likely" in text
    shown = [row["words"] for row in places(app)]
    assert shown
    assert all(words.endswith("\u00a0%") for words in shown)
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    lines = {trace.get("name"): trace["y"] for trace in spec["data"] if trace.get("name")}
    assert set(numbers(lines["Observed"])) == {0, 100}
    assert 1 < max(numbers(lines["Forecast"])[1:]) <= 100
    assert set(numbers(lines["Last value"])) <= {0, 100}


def test_only_chances_can_be_shown_and_the_past_is_told_too() -> None:
    app = opened()
    assert "forecast-shows" not in {one.key for one in app.segmented_control}
    app.segmented_control(key="forecast-period").set_value("past").run()
    assert "What came" in app.get("plotly_chart")[0].proto.spec
    last = len(app.select_slider(key="forecast-start").options) - 1
    for start in (0, last):
        app.select_slider(key="forecast-start").set_value(start).run()
        assert not app.exception


def test_errors_by_lead_are_brier_scores() -> None:
    app = opened()
    assert "Brier score on the tested part, by hours ahead" in said(app)


@pytest.mark.parametrize("model", ["persistence", "seasonal_naive"])
def test_a_baseline_is_told_without_a_judgement(model: str) -> None:
    text = re.sub(r"<[^>]*>", "", said(page("forecast", model=model, **events_finished())))
    assert "This only repeats the" in text
    assert "It was right" in text
