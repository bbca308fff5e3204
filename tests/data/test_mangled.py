"""Damaged files are read with findings or refused in words; nothing else ever comes out."""

from __future__ import annotations

from contextlib import suppress

import pytest

from stcore.data import ingest
from stcore.errors import StcoreError
from tests.data.mangling import mangled

#: The first ones, and those of a longer run that once came out as something else.
SEEDS = [*range(40), 3390, 6131]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_damaged_file_is_read_or_refused_in_words(seed: int) -> None:
    with (
        suppress(StcoreError),
        ingest.loaded(mangled(seed)) as read,
    ):  # a refusal has a message and a hint by its making
        assert all(panel.mask.any() for panel in read.panels.values())
        assert read.report.shape is not None
        assert all(finding.message for finding in read.report.findings)


def test_the_same_seed_gives_the_same_file() -> None:
    assert [mangled(seed) for seed in range(20)] == [mangled(seed) for seed in range(20)]
