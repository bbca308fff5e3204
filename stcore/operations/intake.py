"""From a file to a saved and listed data set: the same file read twice with the same roles is the same data set."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stcore import words
from stcore.data import dataset
from stcore.data.ingest import scratch
from stcore.data.panel import Panel, as_panels
from stcore.data.quality import place_word
from stcore.data.second import apart
from stcore.data.sources import Asked, allowed, keep
from stcore.errors import DataError, masked
from stcore.operations import labelled, store, uploads
from stcore.operations.store import LOCAL
from stcore.preparation import PrepareConfig


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


@dataclass(frozen=True)
class Anew:
    """How the file of a data set is to be read anew.

    Attributes:
        of: id of the data set. A job may replace it, so it does not hold on to it as others do.
        roles: what is said about the table; ``fixes``: the fixes among it that were ticked.
        beside: setting -> token of a file that was handed in, or None where the file beside the table goes; others stay.
    """

    of: str
    roles: Mapping[str, Any]
    fixes: list[dict[str, Any]]
    beside: Mapping[str, str | None]

    def payload(self) -> dict[str, Any]:
        """As JSON; ``Anew(**payload)`` is it again."""
        return {
            "of": self.of, "roles": dict(self.roles), "fixes": self.fixes, "beside": dict(self.beside),
        }  # fmt: skip


def original_of(id: str) -> Path:
    """The file of a data set as it came.

    Raises:
        DataError: it came as a panel.
    """
    original = dataset.open(id).original
    if original is None:
        raise DataError("These data came as a panel, not as a table with columns.", "Save them anew from Python.")
    return original


def take_anew(anew: Anew, owner: str = LOCAL, tell: Callable[[str], None] | None = None) -> str:
    """Id of the data set that the file of another became, read otherwise; how values are prepared goes with it.

    The old one goes when nothing was trained on it. Files that were handed in for it are kept with the data set alone.

    Raises:
        DataError, StoreError: as ``take_in``; the old data set stays.
    """
    row, original = store.dataset(anew.of, owner), original_of(anew.of)
    known = dataset.open(row.id)
    about = {key: row.about[key] for key in ("sample", "place", "file") if key in row.about}
    given = {setting: token and uploads.source_of(token) for setting, token in anew.beside.items()}
    files = {**known.second, **given}
    said = {**anew.roles, **{setting: str(path) for setting, path in files.items() if path is not None}}
    names = row.about.get("second", {}) | {setting: path.name for setting, path in given.items() if path}
    try:
        made = take_in(original, row.name, {**about, "second": names, "fixes": anew.fixes}, said, owner, tell)
    except DataError:
        _forget(anew)
        raise
    _forget(anew)
    if made != row.id:
        dataset.set_prepare(made, _carried(known.prepare, dataset.open(made)))
        labelled.carry(row.id, made)
        if not store.runs_of(row.id, owner):
            store.delete_dataset(row.id, owner)
    return made


def _forget(anew: Anew) -> None:
    """The files that were handed in are of no more use: kept with the data set, or refused."""
    for token in filter(None, anew.beside.values()):
        uploads.forget(token)


def _carried(prepare: PrepareConfig, made: dataset.Dataset) -> PrepareConfig:
    """How values are prepared, without what names values and places that are no more."""
    panels = as_panels(made.panel())
    features = {name for panel in panels.values() for name in panel.features}
    places = {str(place) for panel in panels.values() for place in panel.locations.index}
    clean = prepare.clean
    kept = {
        "limits": {name: limit for name, limit in clean.limits.items() if name in features},
        "jump": {name: limit for name, limit in clean.jump.items() if name in features},
        "leave_out": [place for place in clean.leave_out if place in places],
    }
    derived = prepare.derived.model_copy(update={"of": [name for name in prepare.derived.of if name in features]})
    return prepare.model_copy(update={"clean": clean.model_copy(update=kept), "derived": derived})


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
