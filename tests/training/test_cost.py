"""What is said of a run's cost before it starts."""

from __future__ import annotations

import pytest

import stcore
from stcore.models.surroundings import MOST_PAIRED
from tests.panels import daily_wave

RUN = {"windows": {"lookback": 6, "horizon": 3}}


def said(model: str, places: int, placed: bool) -> list[str]:
    found = stcore.check(daily_wave(60, places=places, placed=placed), RUN | {"model": model})
    return [each.message for each in found if each.code == "square"]


@pytest.mark.parametrize(
    ("model", "places", "placed", "words"),
    [
        ("stmix", 600, True, ["360,000 pairs"]), ("graph_wavenet", 600, False, ["360,000 pairs", "move alike"]),
        ("ridge", 600, False, ["move alike"]), ("stid", 600, False, []), ("ridge", 600, True, []),
        ("stmix", 20, False, []), ("stmix", MOST_PAIRED + 1, True, []),
    ],
)  # fmt: skip
def test_what_grows_with_the_square_of_the_places_says_so(
    model: str, places: int, placed: bool, words: list[str]
) -> None:
    found = said(model, places, placed)
    assert len(found) == len(words)
    assert all(word in message for word, message in zip(words, found, strict=True))
