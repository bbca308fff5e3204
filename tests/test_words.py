"""Numbers, times and counts as people read them."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from stcore import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.714, "2.71"), (0.01234, "0.0123"), (1013.25, "1,013"), (967680, "967,680"), (-3.14159, "−3.14"), (0, "0"),
        (12.0, "12"), (99.96, "100"), (0.9996, "1.00"), (61.04, "61.0"), (math.nan, "–"), (None, "–"), (-0.0, "0"),
        (math.inf, "–"),
    ],
)  # fmt: skip
def test_numbers_have_three_significant_digits(value: float | None, text: str) -> None:
    assert words.number(value) == text


def test_units_and_shares() -> None:
    assert words.measure(2.714, "mph") == "2.71 mph"
    assert words.measure(18, "%") == "18\u00a0%"
    assert words.percent(0.184) == "18\u00a0%"
    assert words.percent(-0.031, sign=True) == "−3\u00a0%"
    assert words.percent(0.21, sign=True) == "+21\u00a0%"
    assert words.percent(0.992) == "99.2\u00a0%"
    assert words.percent(0.9956) == "99.6\u00a0%"
    assert words.percent(0.004) == "0.4\u00a0%"
    assert words.percent(0) == "0\u00a0%"
    assert words.plain(3.30) == "3.3"
    assert words.signed(4.0) == "+4"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3.21, "3.2 s"),
        (45, "45 s"),
        (200, "3 min"),
        (8400, "2 h 20 min"),
        (7200, "2 h"),
        (86400 * 3, "3 days"),
        (-1, "–"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert words.lasting(seconds) == text


def test_times() -> None:
    time = pd.Timestamp("2026-03-12 16:40")
    assert words.moment(time) == "Thu 12 Mar, 16:40"
    assert words.moment(time, "1D") == "Thu 12 Mar"
    assert words.moment(time, "1MS") == "Mar 2026"
    assert words.moment(time, "1YS") == "2026"
    assert words.span(pd.Timestamp("2026-03-09"), pd.Timestamp("2026-03-15")) == "9–15 Mar"
    assert words.span(pd.Timestamp("2026-02-28"), pd.Timestamp("2026-03-06")) == "28 Feb – 6 Mar"
    assert words.stretch(time, time + pd.Timedelta(hours=2), "5min") == "Thu 12 Mar, 16:40 to 18:40"
    assert words.stretch(time, time + pd.Timedelta(days=2), "1D") == "Thu 12 Mar to Sat 14 Mar"


def test_counts_and_lists() -> None:
    assert words.count(1, "sensor") == "1 sensor"
    assert words.count(1207, "sensor") == "1,207 sensors"
    assert words.count(2, "city") == "2 cities"
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert words.listing("abcde") == "a, b, c and 2 more"
    assert words.listing([]) == ""
    assert words.in_words(7) == "seven"


def test_long_and_odd_ids_are_shortened() -> None:
    text = words.short("x" * 10_000 + "end")
    assert len(text) == 24
    assert text.endswith("end")
    assert "\n" not in words.short("a\nb\x00c")


@pytest.mark.parametrize(
    ("skill", "said"),
    [
        (0.184, ("18\u00a0% better", "good")),
        (-0.031, ("3\u00a0% worse", "bad")),
        (0.001, ("no better", "plain")),
        (None, ("–", "plain")),
    ],
)
def test_a_judgement_is_plain(skill: float | None, said: tuple[str, str]) -> None:
    assert words.judgement(skill) == said
