"""Saved datasets for scripts: keep a panel under a name, open it again, list what is there."""

from __future__ import annotations

from collections.abc import Mapping

from stcore.data import dataset
from stcore.data.dataset import Dataset
from stcore.data.panel import Panel


def save(panel: Panel | Mapping[str, Panel], name: str) -> str:
    """Keep a panel (or several) in the home folder; pages list it, too.

    Returns:
        The id to open it with.

    Raises:
        StoreError: no space, or no right to write; nothing is saved.
    """
    return dataset.save(panel, name).id


def open(id: str) -> Dataset:
    """A saved dataset; ``.panel()`` gives the panel, memory-mapped.

    Raises:
        NotFound: there is none of this id. StoreError: it cannot be read, or has another schema version.
    """
    return dataset.open(id)


def datasets() -> list[Dataset]:
    """All saved datasets, newest first."""
    return dataset.list_datasets()
