"""Which graphics card a job gets; no card is needed to know."""

from __future__ import annotations

import pytest

from stcore.training.device import card_for

FREE = {"cuda:0": 10.0, "cuda:1": 24.0, "cuda:2": 16.0}


@pytest.mark.parametrize(
    ("taken", "card"),
    [((), "cuda:1"), (("cuda:1",), "cuda:2"), (("cuda:1", "cuda:2"), "cuda:0"), (tuple(FREE), "cuda:1")],
)
def test_a_card_without_a_job_and_the_most_free_memory(taken: tuple[str, ...], card: str) -> None:
    assert card_for(FREE, taken) == card


def test_without_cards_there_is_none() -> None:
    assert card_for({}, ["cuda:0"]) is None
