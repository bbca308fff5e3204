"""The report of an experiment on chances of events: no word of errors in units or of bands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from stcore.experiment import Experiment
from stcore.workflow.report import render
from stcore.workflow.run import run
from tests.panels import daily_wave

EVENTS = {"rule": "quantile", "levels": [0.8], "levels_over": "all"}


def test_chances_are_told_as_chances(tmp_path: Path) -> None:
    entry = {"name": "nlinear", "head": "classes", "training": {"epochs": 2, "steps_per_epoch": 4, "batch_windows": 64}}
    experiment = Experiment(models=[entry], prepare={"events": EVENTS}, windows={"lookback": 12, "horizon": 6}, seed=1)
    events: list[dict[str, Any]] = []
    result = run(experiment, out=tmp_path, panel=daily_wave(400), progress=lambda each: events.append(dict(each)))
    assert next(each for each in events if each["event"] == "plan")["chances"]
    text = render(result).split("<h2>Settings</h2>")[0]
    ours, last = result.metrics["nlinear"], result.metrics["persistence"]
    assert "<h1>Chance of value 0 at least" in text
    assert f"Brier score {ours['brier']:.3f} ({last['brier']:.3f})." in text
    assert re.findall("<th>([^<]*)</th>", text)[1:6] == [
        "Brier score",
        "Surprise",
        "F1",
        "Better than last value",
        "Right",
    ]
    assert f"<td>{ours['brier']:.3f}</td><td>{ours['log_loss']:.3f}</td><td>{ours['f1']:.2f}</td>" in text
    assert "Brier score by time ahead" in text
    told = re.sub("<script.*?</script>", "", text, flags=re.S)
    assert "Mean error" not in told
    assert "90 % band" not in told
