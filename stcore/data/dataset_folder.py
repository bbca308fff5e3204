"""The folders of datasets: they appear whole or not at all, under short random names, with one record each."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from stcore.errors import NotFound, StoreError
from stcore.settings import prepare_home, settings

SCHEMA_VERSION = 1
_ID = re.compile(r"[a-z2-7]{8}")
_ASIDE, _GONE = ".new-", ".gone-"
_FORGOTTEN_S = 86_400


@contextmanager
def appearing() -> Iterator[Path]:
    """A folder aside that is gone again when anything goes wrong.

    Raises:
        StoreError: the disk is full or may not be written to.
    """
    room = prepare_home() / "datasets"
    _sweep(room)
    folder = room / f"{_ASIDE}{secrets.token_hex(8)}"
    try:
        folder.mkdir()
        yield folder
    except (OSError, duckdb.IOException) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise StoreError(
            f"The dataset could not be saved ({reason}); nothing was kept.", "Free space on the disk and try again."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(room: Path) -> None:
    """Remove what a killed process left aside long ago."""
    for folder in room.glob(".*-*"):
        if folder.name.startswith((_ASIDE, _GONE)) and time.time() - folder.stat().st_mtime > _FORGOTTEN_S:
            shutil.rmtree(folder, ignore_errors=True)


def new_id(room: Path) -> str:
    while True:
        id = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(8))
        if not (room / id).exists():
            return id


def clean_name(name: str) -> str:
    """A name without control characters, cut at 200; “Untitled” when nothing is left."""
    text = "".join(letter for letter in str(name)[:1000] if letter.isprintable()).strip()
    return text[:200] or "Untitled"


def folder_of(id: str) -> Path:
    """Folder of an id, readable or not.

    Raises:
        NotFound: there is none.
    """
    folder = settings().home / "datasets" / str(id)
    if not _ID.fullmatch(str(id)) or not folder.is_dir():
        raise NotFound(f"There is no dataset “{str(id)[:40]}”.", "It may have been deleted; choose one from Home.")
    return folder


def read_about(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        version = about["schema_version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"The dataset {folder.name} cannot be read ({error}).", "Load its file again.") from error
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"The dataset {folder.name} has schema version {version}; this version of Fieldcast reads {SCHEMA_VERSION}.",
            "Load its file again (it lies in the dataset's folder under the name original).",
        )
    return dict(about)


def write_about(folder: Path, about: dict[str, Any]) -> None:
    """dataset.json, written aside and renamed."""
    part = folder / "dataset.json.part"
    part.write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(part, folder / "dataset.json")


def folders() -> Iterator[Path]:
    """Folders of all datasets, readable or not."""
    room = settings().home / "datasets"
    for folder in room.iterdir() if room.is_dir() else ():
        if _ID.fullmatch(folder.name) and (folder / "dataset.json").exists():
            yield folder


def remove(folder: Path) -> None:
    """Gone at once; its files follow.

    Raises:
        StoreError: it cannot be removed.
    """
    aside = folder.parent / f"{_GONE}{secrets.token_hex(8)}"
    try:
        folder.rename(aside)
    except OSError as error:
        raise StoreError(
            f"The dataset could not be removed ({error.strerror or error}).", "Check the rights of the folder."
        ) from error
    shutil.rmtree(aside, ignore_errors=True)
