"""What people said about the anomalies of a saved data set: kept beside it as JSON, one writer at a time, never half written."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from stcore.anomaly import labels as told
from stcore.data.panel import Panel
from stcore.errors import StoreError, storing
from stcore.operations.jobs.locks import FileLock
from stcore.operations.store import DatasetRow, dataset_folder

FILE = "labels.json"
WAIT_S = 5.0


def path_of(row: DatasetRow) -> Path:
    """Where the labels of a data set lie; before anybody said something there is no such file."""
    return dataset_folder(row.id) / FILE


def stamp(row: DatasetRow) -> float:
    """Changes when something was said."""
    try:
        return path_of(row).stat().st_mtime
    except OSError:
        return 0.0


def labels(row: DatasetRow, panel: Panel) -> pd.DataFrame:
    """All labels of a data set; before anybody said something those that its file came with.

    Raises:
        DataError: the file holds no labels. StoreError: it cannot be read.
    """
    return told.read_labels(path_of(row), panel) if path_of(row).exists() else told.labels_of(panel)


def change(row: DatasetRow, panel: Panel, how: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Write the labels as ``how`` makes them from those that stand; what came out.

    Raises:
        StoreError: the folder cannot be written to, or somebody else is writing for seconds.
    """
    with _alone(row), storing("The label"):
        changed = how(labels(row, panel))
        aside = path_of(row).with_name(f".{os.getpid()}-{FILE}")
        try:
            told.write_labels(changed, aside).replace(path_of(row))
        finally:
            aside.unlink(missing_ok=True)
    return changed


def carry(old: str, new: str) -> None:
    """What was said about a data set goes with it when its file is read anew; places that are no more are passed over later."""
    source, target = dataset_folder(old) / FILE, dataset_folder(new) / FILE
    if source.exists() and not target.exists():
        with storing("The labels"):
            shutil.copyfile(source, target)


def taken_in(content: bytes, name: str, panel: Panel) -> pd.DataFrame:
    """Labels of a file that somebody gave: CSV, our JSON, or that of the Numenta Anomaly Benchmark.

    Raises:
        DataError: it holds none, or none that fits these data.
    """
    suffix = ".json" if name.lower().endswith(".json") else ".csv"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"labels{suffix}"
        path.write_bytes(content)
        return told.read_labels(path, panel)


def as_file(table: pd.DataFrame, suffix: str) -> bytes:
    """Labels as a file to download: ``.csv`` (guarded) or ``.json``."""
    with tempfile.TemporaryDirectory() as folder:
        return told.write_labels(table, Path(folder) / f"labels{suffix}").read_bytes()


@contextmanager
def _alone(row: DatasetRow) -> Iterator[None]:
    lock = FileLock(path_of(row).with_name(f".{FILE}.lock"))
    deadline = time.monotonic() + WAIT_S
    while not lock.take():
        if time.monotonic() > deadline:
            raise StoreError("Somebody else is writing labels of these data.", "Try again in a moment.")
        time.sleep(0.05)
    try:
        yield
    finally:
        lock.let_go()
