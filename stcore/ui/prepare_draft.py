"""What is being prepared on the page, before it is kept: a draft in the session beside what the data set keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stcore.data import dataset
from stcore.experiment import WindowsConfig
from stcore.preparation import PrepareConfig
from stcore.ui import state


@dataclass(frozen=True)
class Draft:
    """How values are prepared, and the windows."""

    prepare: PrepareConfig = field(default_factory=PrepareConfig)
    windows: WindowsConfig = field(default_factory=WindowsConfig)

    def with_prepare(self, values: Mapping[str, Any], group: str = "") -> Draft:
        """The draft with settings of a group ("clean"), or of the preparation itself, set to these.

        Raises:
            ConfigError: they do not fit together.
        """
        body = self.prepare.model_dump(mode="json")
        if group:
            body[group] = dict(values)
        else:
            body |= values
        return replace(self, prepare=PrepareConfig.parse(body, "prepare"))

    def with_windows(self, values: Mapping[str, Any]) -> Draft:
        """The draft with these windows.

        Raises:
            ConfigError: they are out of bounds.
        """
        return replace(self, windows=WindowsConfig.parse(values, "windows"))


def stored(id: str) -> Draft:
    """What the data set keeps."""
    found = dataset.open(id)
    return Draft(found.prepare, found.windows)


def current(id: str) -> Draft:
    """The draft of this session; what the data set keeps where there is none, or where that was changed elsewhere since."""
    kept, now = state.kept(_slot(id)), stored(id)
    if kept is None:
        return now
    if kept[0] != _plain(now):
        drop(id)
        return now
    return Draft(PrepareConfig.parse(kept[1][0]), WindowsConfig.parse(kept[1][1]))


def put(id: str, draft: Draft) -> None:
    """Remember a draft for this session, and what it was begun from."""
    state.keep(_slot(id), (_plain(stored(id)), _plain(draft)))


def drop(id: str, then: Draft | None = None) -> None:
    """Forget the draft (or begin another one); the widgets start afresh."""
    state.keep(_slot(id), None)
    state.keep(f"{_slot(id)}-version", _version(id) + 1)
    if then is not None:
        put(id, then)


def keep(id: str, draft: Draft) -> None:
    """Write a draft into the data set: from now on runs prepare its values so.

    Raises:
        StoreError: it cannot be written.
    """
    dataset.set_prepare(id, draft.prepare, draft.windows)
    state.keep(_slot(id), None)


def key(id: str, section: str) -> str:
    """Start of the keys of a section's widgets."""
    return f"prepare-{id}-{_version(id)}-{section}"


def _plain(draft: Draft) -> tuple[dict[str, Any], dict[str, Any]]:
    prepare, windows = (one.model_dump(mode="json", exclude_defaults=True) for one in (draft.prepare, draft.windows))
    return prepare, windows


def _version(id: str) -> int:
    return int(state.kept(f"{_slot(id)}-version", 0))


def _slot(id: str) -> str:
    return f"draft-{id}"
