"""The generators are scripts beside their data; tests load them by path."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"


def load_script(name: str) -> ModuleType:
    """The script ``sample_data/<name>.py`` as a module; ``name`` may hold a folder."""
    spec = importlib.util.spec_from_file_location(name.replace("/", "_"), SAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def traffic() -> ModuleType:
    return load_script("city_traffic/generate")


@pytest.fixture(scope="session")
def rain() -> ModuleType:
    return load_script("rain_cells/generate")
