"""Steps suggested for readings that come irregularly, with their reasons; regular ones are not asked about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data import dataset, ingest
from stcore.data.roles import Choice
from stcore.data.sampling import suggest_steps
from tests.data.tables import long_frame
from tests.data.test_events import quakes


def irregular(places: str = "ab", count: int = 600, minutes: float = 50) -> pd.DataFrame:
    """Readings at random times, ``minutes`` apart on average."""
    frames = []
    for number, place in enumerate(places):
        rng = np.random.default_rng(number)
        times = pd.Timestamp("2024-01-01") + pd.to_timedelta(
            rng.exponential(minutes, count).cumsum(), unit="min"
        ).floor("s")
        frames.append(pd.DataFrame({"time": times, "sensor": place, "x": rng.normal(size=count)}))
    return pd.concat(frames)


def asked(source: object, roles: object = None) -> dict[str, Choice]:
    return {choice.code: choice for choice in ingest.inspect(source, roles).choices}


def test_irregular_readings_raise_the_question_with_reasons() -> None:
    choice = asked(irregular())["step"]
    assert choice.chosen == choice.options[0] == "30min"
    assert "2h" in choice.options
    assert "% of the cells hold a reading; readings of a place are usually 3" in choice.words["30min"]
    again = asked(irregular(), {"step": "3h"})["step"]
    assert again.chosen == "3h"
    assert again.options[0] == "30min"


def test_shares_rise_until_the_cells_are_full() -> None:
    with ingest.loaded(irregular()) as result:
        options = suggest_steps(result.seen)
    shares = [option.filled for option in options]
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert shares[-1] >= 0.9


def test_the_share_is_counted_within_the_span_of_each_place() -> None:
    frame = long_frame(steps=100)
    late = frame[(frame["sensor"] != "b2") | (frame["time"] >= frame["time"].iloc[-30])]
    gone = late.drop(late.index[(late["sensor"] == "a1") & (late["time"].dt.hour % 2 == 1)])
    with ingest.loaded(gone) as result:
        options = suggest_steps(result.seen)
    assert options[0][:2] == ("1h", pytest.approx((50 / 99 + 1 + 1) / 3, abs=0.01))


@pytest.mark.parametrize("frame", [long_frame(), long_frame(freq="MS"), long_frame(steps=30).drop(index=[4, 5, 6])])
def test_regular_readings_raise_no_question(frame: pd.DataFrame) -> None:
    assert "step" not in asked(frame)
    assert "step" not in asked(frame, {"step": "1YS" if frame["time"].dt.day.eq(1).all() else "3h"})


def test_events_are_asked_where_and_how_often_to_count() -> None:
    frame = quakes(500)
    found = asked(frame)
    assert found["by"].options == ["grid", "h3"]
    assert found["by"].chosen == "grid"
    step = found["step"]
    assert step.chosen in step.options
    assert step.words["1D"] == "Every day: 1.67 events a step on average"


def test_the_words_of_a_choice_are_kept_with_the_dataset() -> None:
    saved = dataset.create(irregular(), "x")
    choice = next(choice for choice in dataset.open(saved.id).report.choices if choice.code == "step")
    assert choice.words["30min"].startswith("Every 30 minutes: ")
