"""The generators are scripts beside their data; tests load them by path."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"


def load_generator(name: str) -> ModuleType:
    """The module ``sample_data/<name>/generate.py``."""
    spec = importlib.util.spec_from_file_location(f"generate_{name}", SAMPLES / name / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def traffic() -> ModuleType:
    return load_generator("city_traffic")


@pytest.fixture(scope="session")
def rain() -> ModuleType:
    return load_generator("rain_cells")
