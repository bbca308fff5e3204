"""What a script may hand over as a panel, and what it is told when it cannot be one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from stcore.data.panel import Panel
from stcore.errors import DataError

HOURS = pd.date_range("2024-01-01", periods=5, freq="h")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"values": [["a"]] * 5}, "not numbers"), ({"values": np.zeros((5, 1, 1, 1))}, "4 axes"), ({"values": 3.0}, "0 axes"),
        ({"values": np.zeros((5, 2)), "mask": np.ones(5)}, "mask has the shape"), ({"time": ["x"] * 5}, "cannot be read"),
        ({"time": HOURS[::-1]}, "do not follow"), ({"time": [HOURS[0]] * 5}, "do not follow"),
        ({"time": [*HOURS[:4], HOURS[4] + pd.Timedelta("7min")]}, "not regular"), ({"clock": "Mars/Olympus"}, "Mars/Olympus"),
        ({"time": HOURS.tz_localize("UTC")}, "no clock"), ({"features": ["a", "b"]}, "need"),
        ({"values": np.zeros((5, 1, 2)), "features": ["a", "a"]}, "same name"), ({"locations": ["a", "b"]}, "2 location names"),
        ({"values": np.zeros((5, 2)), "locations": ["a", "a"]}, "twice"), ({"adjacency": np.zeros((2, 2))}, "2 x 2"),
        ({"adjacency": pd.DataFrame({"a": ["x"], "b": ["y"]})}, "columns from and to"),
        ({"adjacency": pd.DataFrame({"from": ["1"], "to": ["9"]})}, "not in the data: 9"),
        ({"time": pd.date_range("2024-10-27", periods=5, freq="h"), "clock": "Europe/Berlin"}, "Europe/Berlin"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_a_panel_is_refused_in_words(given: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words) as refused:
        Panel.from_arrays(**{"values": np.zeros(5), "time": HOURS, **given})
    assert refused.value.hint


def test_infinite_and_masked_values_are_missing() -> None:
    panel = Panel.from_arrays([1, np.inf, -np.inf, 1e300, 5], HOURS, mask=[True, True, True, True, False])
    assert panel.mask.ravel().tolist() == [True, False, False, False, False]


def test_a_day_keeps_its_hour_over_summer_time() -> None:
    days = pd.date_range("2024-03-28", periods=6, freq="D", tz="Europe/Berlin")
    panel = Panel.from_arrays(np.arange(6.0), days, clock="Europe/Berlin")
    assert panel.step == "1D"
    assert set(panel.time.hour) == {0}
