"""What needs no skill: turned alarms miss what happened, alarming always finds everything and is mostly wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stcore.anomaly import detect, judged
from stcore.anomaly.chance import always, by_chance
from stcore.anomaly.labels import COLUMNS, verdict_on
from stcore.data.panel import Panel
from stcore.records import Detection


def made() -> tuple[Detection, pd.DataFrame]:
    rng = np.random.default_rng(5)
    values = rng.normal(20, 1, (600, 3)).astype(np.float32)
    values[400:405, 1] += 25
    time = pd.date_range("2026-01-01", periods=600, freq="h")
    found = detect(Panel.from_arrays(values, time, ["a", "b", "c"], ["x"]), "residual")
    assert isinstance(found, Detection)
    rows = [(time[400], time[404], "b", "anomaly", "ann", "confirm", pd.Timestamp("2026-02-01"))]
    return found, pd.DataFrame(rows, columns=list(COLUMNS))


def test_skill_beats_chance_and_always() -> None:
    found, labels = made()
    now, chance, every = judged(found, labels), by_chance(found, labels), always(found, labels)
    assert now.event_recall == 1
    assert chance.event_recall == 0
    assert every.recall == 1
    assert every.precision is not None
    assert np.isclose(every.precision, 5 / (600 * 3))
    assert now.vus_pr > 10 * max(chance.vus_pr, every.vus_pr)  # type: ignore[operator, type-var]


def test_the_last_word_on_an_event_counts() -> None:
    _, labels = made()
    event = {"start": labels["start"][0], "end": labels["end"][0], "locations": ["b", "c"]}
    later = labels.assign(verdict="reject", by="bob", when=pd.Timestamp("2026-03-01"))
    both = pd.concat([later, labels], ignore_index=True)
    assert verdict_on(both, event)["by"] == "bob"  # type: ignore[index]
    assert verdict_on(both, {**event, "locations": ["a"]}) is None
