"""Members of the automatic detector weighed by the kinds that matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stcore.anomaly import fit_detector, load_detector
from stcore.anomaly.auto import WINDOW_MEMBERS
from stcore.anomaly.weighing import gains
from stcore.errors import ConfigError
from tests.anomaly.conftest import daily

MEMBERS = ("shape_knn", "local_spread", "kmeans")


def some() -> dict:
    return {name: WINDOW_MEMBERS[name] for name in MEMBERS}


def test_the_mean_gain_is_one_and_kinds_decide() -> None:
    """A detector of local spread sees bursts of noise, and nothing in readings of another hour."""
    noise, swap = gains(daily(), ["burst"], some()), gains(daily(), ["swap"], some())
    assert np.mean(list(noise.values())) == pytest.approx(1)
    assert noise["local_spread"] > 2 * swap["local_spread"]
    assert gains(daily(), ["burst"], some()) == noise


def test_where_nothing_can_be_planted_all_count_alike() -> None:
    few = daily().between(end=daily().time[20])
    assert set(gains(few, ["spike"], some()).values()) == {1.0}


def test_weights_follow_and_are_kept(tmp_path: Path) -> None:
    usual = fit_detector(daily(), "auto", settings={"members": MEMBERS})
    asked = fit_detector(daily(), "auto", settings={"members": MEMBERS, "kinds": ["swap"]})
    plain, weighed = ({(name, length): weight for name, length, weight in each.members} for each in (usual, asked))
    assert sum(weighed.values()) == pytest.approx(1)
    assert all(weighed[key] < 0.1 * plain[key] for key in plain if key[0] == "local_spread")
    asked.save(tmp_path)
    again = load_detector(tmp_path)
    assert again.members == asked.members
    np.testing.assert_array_equal(again.score(daily()).scores, asked.score(daily()).scores)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError):
        fit_detector(daily(), "auto", settings={"kinds": ["earthquake"]})
