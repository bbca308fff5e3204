"""Data that are short for the windows that were chosen."""

from __future__ import annotations

import pytest

from stcore.data.quality import too_little
from stcore.data.splits import Parts


def codes(step: str, parts: Parts, lookback: int, horizon: int) -> dict[str, int]:
    return {finding.code: finding.count for finding in too_little(step, parts, lookback, horizon)}


def test_enough_is_enough() -> None:
    assert codes("1h", Parts(700, 800, 1000), 48, 24) == {}


@pytest.mark.parametrize(
    ("parts", "lookback", "horizon", "expected"),
    [
        (Parts(100, 110, 300), 60, 20, {"few_starts": 21}),
        (Parts(700, 800, 1000), 24, 48, {"few_tests": 4}),
        (Parts(40, 45, 200), 3, 3, {"half_a_cycle": 40}),
    ],
)
def test_what_is_short_is_counted(parts: Parts, lookback: int, horizon: int, expected: dict[str, int]) -> None:
    assert codes("1h", parts, lookback, horizon) == expected
