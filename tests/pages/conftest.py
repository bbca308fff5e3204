"""Every page test begins with an empty home and empty caches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from stcore.operations import store
from tests.pages import trained as rounds


@pytest.fixture(autouse=True)
def home_folder(home: Path) -> Iterator[Path]:
    """The empty FIELDCAST_HOME of this test."""
    st.cache_data.clear()
    st.cache_resource.clear()
    yield home
    store.close()


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A home with a finished run, made once; ids of its data set and its run."""
    folder = tmp_path_factory.mktemp("trained") / "home"
    return folder, *rounds.make(folder)


@pytest.fixture
def trained(home_folder: Path, trained_home: tuple[Path, str, str]) -> tuple[str, str]:
    """This test's home holds a finished run of ridge and STID; ids of its data set and its run."""
    folder, data, run = trained_home
    rounds.copy(folder, home_folder)
    return data, run
