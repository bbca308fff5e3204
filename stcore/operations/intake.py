"""From a file to a saved and listed data set: the same file read twice with the same roles is the same data set."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stcore import words
from stcore.data import dataset
from stcore.data.ingest import scratch
from stcore.data.panel import Panel
from stcore.data.quality import place_word
from stcore.data.second import apart
from stcore.data.sources import Asked, allowed, keep
from stcore.errors import masked
from stcore.operations import store, uploads
from stcore.operations.store import LOCAL


def take_in(
    source: Path, name: str, about: Mapping[str, Any], roles: Mapping[str, Any] | None = None, owner: str = LOCAL,
    tell: Callable[[str], None] | None = None,
) -> str:  # fmt: skip
    """Id of the saved data set of a file: the one that was read before with the same roles, or a new one.

    Args:
        source: the file.
        name: words for the data set.
        about: what lists and pages should know of it (sample, the word for a place; ``second``: names of the files beside
            the table, by their setting).
        roles: columns whose meaning is given, others are found; and the files beside the table.
        tell: gets the stage in words; what it raises ends the reading, and nothing is kept.

    Raises:
        DataError: the file cannot be read so; nothing is saved.   StoreError: no space.
    """
    begun = time.monotonic()
    said, beside = apart(roles or {})
    same = {"sample": about.get("sample"), "digest": _digest(source, beside), "roles": said}
    for row in store.datasets(owner):
        if all(row.about.get(key) == value for key, value in same.items()):
            return row.id
    made = dataset.create(source, name, roles=roles, owner=owner, tell=tell)
    seconds = round(time.monotonic() - begun, 1)
    names = {setting: about.get("second", {}).get(setting, path.name) for setting, path in beside.items()}
    known = {"file": source.name, "bytes": source.stat().st_size, "seconds": seconds, "sentence": made.sentence}
    listed = {"place": _place(made), **known, **about, **same, "second": names}
    store.add_dataset(made.id, made.name, made.digest, listed, owner)
    return made.id


def bring(given: str, query: str | None = None, owner: str = LOCAL) -> str:
    """Token of the kept copy of what a person names on a page: a path, folder or address that the operator lists.

    Args:
        given: as ``allowed.admit`` takes it.
        query: what a database is asked.

    Raises:
        ConfigError: not listed in the settings.   DataError: not there, too large, or private.   StoreError: no space.
    """
    admitted = allowed.admit(given)
    name = masked(given).split("?")[0].rstrip("/").rsplit("/", 1)[-1]
    with scratch() as folder:
        original, _ = keep(admitted, folder, Asked(query=query))
        with original.open("rb") as file:
            return uploads.keep(file, name, owner)


def _place(made: dataset.Dataset) -> str:
    """The data's own word for one place."""
    panel = made.panel()
    first = panel if isinstance(panel, Panel) else next(iter(panel.values()))
    return words.singular(place_word(first, made.roles.location))


def _digest(path: Path, beside: Mapping[str, Path]) -> str:
    """What tells a table, with the files beside it, from another."""
    whole = _sha256(path)
    if beside:
        pieces = [whole, *(f"{setting} {_sha256(other)}" for setting, other in sorted(beside.items()))]
        whole = hashlib.sha256("\n".join(pieces).encode()).hexdigest()
    return whole[:16]


def _sha256(path: Path) -> str:
    """Of the bytes of a file; of the text of whatever else a source may be."""
    if not path.is_file():
        return hashlib.sha256(str(path).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
