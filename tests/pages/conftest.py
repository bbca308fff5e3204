"""Every page test begins with an empty home and empty caches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from stcore.operations import store


@pytest.fixture(autouse=True)
def home_folder(home: Path) -> Iterator[Path]:
    """The empty FIELDCAST_HOME of this test."""
    st.cache_data.clear()
    st.cache_resource.clear()
    yield home
    store.close()
