"""What every test stands on: a home folder of its own, one thread, and no settings from the person's environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh, empty FIELDCAST_HOME; nothing a test does reaches the person's own."""
    for name in [key for key in os.environ if key.startswith("FIELDCAST_") and key != "FIELDCAST_BROWSER"]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("FIELDCAST_HOME", str(folder))
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last, so that the quick ones answer first; side by side with others (xdist) first, as the longest."""
    at_the_side = "PYTEST_XDIST_WORKER" in os.environ
    items.sort(key=lambda item: ("e2e" in item.path.parts) != at_the_side)
