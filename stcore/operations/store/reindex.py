"""Rows for folders that have none: data sets saved by scripts, and everything after a lost database.

Rows without a folder are left alone: another machine may hold it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError

from stcore.errors import StcoreError
from stcore.operations.store import dataset_rows, run_rows
from stcore.operations.store.database import reading, writing
from stcore.settings import settings

RUN_FILE = "run.json"
_RUN_KEYS = ("id", "owner", "dataset", "name", "experiment")


def datasets() -> None:
    """Index the data sets whose folders nobody has told the store of."""
    with reading() as connection:
        known = dataset_rows.ids(connection)
    for folder in _unknown("datasets", "dataset.json", known):
        from stcore.data import dataset

        try:
            found = dataset.open(folder.name)
            about = {"sentence": found.sentence}
            row = {"id": found.id, "owner": found.owner, "name": found.name, "digest": found.digest, "about": about}
            with writing() as connection:
                dataset_rows.put(connection, {**row, "created": _written(folder / "dataset.json")})
        except (StcoreError, IntegrityError, KeyError):
            continue  # said when it is opened, or another process was quicker


def runs() -> None:
    """Index the runs that a lost database knew; one that had not ended counts as cancelled."""
    with reading() as connection:
        known = run_rows.ids(connection)
    for folder in _unknown("runs", RUN_FILE, known):
        try:
            about: dict[str, Any] = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
            row = {key: about[key] for key in _RUN_KEYS}
            state = "done" if (folder / "done.json").exists() else "cancelled"
            with writing() as connection:
                run_rows.insert(connection, {**row, "state": state, "created": _written(folder / RUN_FILE)})
        except (OSError, ValueError, KeyError, TypeError, IntegrityError):
            continue


def _unknown(room: str, record: str, known: Set[str]) -> Iterator[Path]:
    home = settings().home / room
    for folder in sorted(home.iterdir()) if home.is_dir() else ():
        if folder.name not in known and not folder.name.startswith(".") and (folder / record).is_file():
            yield folder


def _written(path: Path) -> float:
    return path.stat().st_mtime
