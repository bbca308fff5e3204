"""Speeds measured on this machine, and the estimates and proposals that come of them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from stcore.experiment import Experiment
from stcore.settings import settings
from stcore.training import cost, speeds
from stcore.training.measure import seconds_a_window
from stcore.training.planning import Plan, plan
from stcore.workflow.budget import preferred, propose
from tests.panels import daily_wave


def settled(**model: Any) -> Plan:
    entry = {"name": "stid", "training": {"epochs": 2, "steps_per_epoch": 4, "batch_windows": 256}, **model}
    return plan(daily_wave(), {"windows": {"lookback": 12, "horizon": 4}, "model": entry})


def test_a_measured_speed_replaces_the_usual_one() -> None:
    before = cost.seconds(settled())
    assert speeds.known(settled()) is None
    speeds.remember(settled(), 0.25)
    assert speeds.known(settled()) == 0.25
    assert cost.seconds(settled()) > 100 * before
    assert speeds.known(settled(settings={"hidden": 8})) is None  # another size, another speed


def test_a_step_is_measured() -> None:
    assert 0 < seconds_a_window(settled()) < 1


@pytest.mark.parametrize("content", ["{", "[1]", '{"a": "b"}', ""])
def test_a_torn_file_counts_as_empty(content: str) -> None:
    path = Path(settings().home) / speeds.FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    assert speeds.known(settled()) is None
    speeds.remember(settled(), 1.0)
    assert speeds.known(settled()) == 1.0


def test_more_time_never_proposes_less() -> None:
    panel = daily_wave(steps=2000, places=12)
    experiment = Experiment.parse({"data": {"source": "none.csv"}, "windows": {"lookback": 24, "horizon": 12}})
    sets = [propose(panel, experiment, minutes) for minutes in (0.1, 1, 5, 60)]
    for less, more in itertools.pairwise(sets):
        assert set(less.models) <= set(more.models)
    assert sets[0].models[0] == preferred(panel)[0]
    assert all(found.seconds <= 60 * minutes for found, minutes in zip(sets[1:], (1, 5, 60), strict=True))
    assert not set(sets[0].models) & set(sets[0].left_out)
