"""Each job has a graphics card of its own, on a machine that is told to have two."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import pytest

from stcore.operations.jobs.cards import own_card
from stcore.settings import settings
from stcore.training.device import Device

CARDS = [Device("cuda:1", "Large", 24.0), Device("cuda:0", "Small", 8.0)]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Device]], None]:
    """Say which cards there are."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def has(cards: list[Device]) -> None:
        monkeypatch.setattr(
            "stcore.operations.jobs.cards.available", lambda: [*cards, Device("cpu", "Processor", 99.0)]
        )

    return has


def device_of(card: AbstractContextManager[None], stack: ExitStack) -> str:
    """The device that one more job gets; to other jobs the setting is what it was (they are other processes)."""
    stack.enter_context(card)
    got = settings().device
    del os.environ["FIELDCAST_DEVICE"]  # not by monkeypatch, which would put it back for the tests that follow
    return got


def test_jobs_at_the_same_time_have_different_cards_until_all_are_taken(
    machine: Callable[[list[Device]], None],
) -> None:
    machine(CARDS)
    for _ in range(2):  # when the jobs have ended the cards are free again
        with ExitStack() as jobs:
            got = [device_of(own_card(), jobs) for _ in range(3)]
        assert got == ["cuda:1", "cuda:0", "cuda:1"]


def test_a_choice_that_was_made_stays(machine: Callable[[list[Device]], None], monkeypatch: pytest.MonkeyPatch) -> None:
    machine(CARDS)
    monkeypatch.setenv("FIELDCAST_DEVICE", "cpu")
    with own_card():
        assert settings().device == "cpu"
    monkeypatch.delenv("FIELDCAST_DEVICE")
    with own_card():
        assert settings().device == "cuda:1"
    assert settings().device == "auto"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with own_card():
        assert settings().device == "auto"


@pytest.mark.parametrize("cards", [[], CARDS[:1]])
def test_where_there_is_no_choice_nothing_happens(cards: list[Device], machine: Callable[[list[Device]], None]) -> None:
    machine(cards)
    with own_card():
        assert settings().device == "auto"
