"""Labels of a data set: kept, read back, brought in from NAB's form; never half written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly.labels import with_verdict
from stcore.data import dataset
from stcore.data.panel import Panel
from stcore.errors import DataError, StoreError
from stcore.operations import labelled, store
from stcore.operations.jobs.locks import FileLock
from stcore.operations.store import DatasetRow

TIME = pd.date_range("2026-01-01", periods=50, freq="h")
EVENT = {"start": TIME[3], "end": TIME[5], "kind": "fault", "locations": ["a"]}


@pytest.fixture
def row(home: Path) -> Iterator[DatasetRow]:
    made = dataset.save(panel(), "Two")
    store.add_dataset(made.id, made.name, made.digest, {})
    yield store.dataset(made.id)
    store.close()


def panel() -> Panel:
    return Panel.from_arrays(np.random.default_rng(0).normal(size=(50, 2)), TIME, ["a", "b"], ["x"])


def test_what_was_said_is_kept_with_who_and_when(row: DatasetRow) -> None:
    assert labelled.labels(row, panel()).empty
    when = pd.Timestamp("2026-02-01 10:00", tz="UTC")
    labelled.change(row, panel(), lambda labels: with_verdict(labels, EVENT, "confirm", "ann", when))
    labelled.change(row, panel(), lambda labels: with_verdict(labels, EVENT, "reject", "bob", when))
    kept = labelled.labels(row, panel())
    assert list(kept["by"]) == ["ann", "bob"]
    assert list(kept["verdict"]) == ["confirm", "reject"]
    assert pd.Timestamp(kept["when"].iloc[0]) == when
    assert not [path for path in labelled.path_of(row).parent.iterdir() if path.name.startswith(f".{os.getpid()}")]


def test_nab_windows_are_taken_in_and_given_back_as_csv(row: DatasetRow) -> None:
    windows = json.dumps({"a.csv": [[str(TIME[3]), str(TIME[5])]], "unknown.csv": []}).encode()
    table = labelled.taken_in(windows, "windows.json", panel())
    assert list(table["location"]) == ["a"]
    again = labelled.taken_in(labelled.as_file(table, ".csv"), "labels.csv", panel())
    assert list(again["start"]) == [TIME[3]]
    with pytest.raises(DataError):
        labelled.taken_in(b"nothing", "labels.json", panel())


def test_two_writers_wait_for_each_other(row: DatasetRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelled, "WAIT_S", 0.0)
    lock = FileLock(labelled.path_of(row).with_name(".labels.json.lock"))
    assert lock.take()
    with pytest.raises(StoreError, match="Somebody else"):
        labelled.change(row, panel(), lambda labels: labels)
    lock.let_go()
    labelled.change(row, panel(), lambda labels: labels)


def test_labels_go_with_the_data_when_they_are_read_anew(row: DatasetRow) -> None:
    when = pd.Timestamp("2026-02-01 10:00", tz="UTC")
    labelled.change(row, panel(), lambda labels: with_verdict(labels, EVENT, "confirm", "ann", when))
    other = dataset.save(panel().between(TIME[2]), "Later")
    store.add_dataset(other.id, other.name, other.digest, {})
    labelled.carry(row.id, other.id)
    assert list(labelled.labels(store.dataset(other.id), panel())["by"]) == ["ann"]
