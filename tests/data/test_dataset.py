"""Datasets appear whole or not at all, keep what was given, and open without being read."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.data import dataset, panel_files
from stcore.data.panel import Panel
from stcore.errors import DataError, NotFound, StoreError
from tests.data.tables import long_frame, long_text

Write = Callable[..., Path]


def entries(home: Path) -> list[str]:
    """Names in the datasets' folder."""
    return sorted(path.name for path in (home / "datasets").iterdir())


def test_a_dataset_keeps_the_file_the_rows_and_the_panel(write: Write, home: Path) -> None:
    path = write(long_text())
    saved = dataset.create(path, "My city", owner="ann")
    again = dataset.open(saved.id)
    assert (again.name, again.owner, again.digest, again.about) == ("My city", "ann", saved.digest, saved.about)
    assert again.original is not None
    assert again.original.read_bytes() == path.read_bytes()
    assert again.about["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    panel = again.panel()
    assert isinstance(panel, Panel)
    assert isinstance(panel.values, np.memmap)
    assert (panel.name, panel.digest, panel.shape) == ("My city", saved.digest, (48, 3, 1))
    assert entries(home) == [saved.id]


def test_rows_are_stored_by_location_then_time(write: Write) -> None:
    saved = dataset.create(write(long_text(places=("b", "a", "c"))), "x")
    rows = pd.read_parquet(saved.observations)
    assert rows["location"].tolist() == ["a"] * 48 + ["b"] * 48 + ["c"] * 48
    assert rows.groupby("location")["time"].is_monotonic_increasing.all()
    assert rows["v0"].iloc[0] == 50.25
    assert rows["line"].iloc[0] == 3


def test_another_step_comes_from_the_stored_rows(write: Write) -> None:
    saved = dataset.create(write(long_text()), "x", adjacency=np.eye(3) + np.eye(3, k=1))
    assert saved.original is not None
    saved.original.unlink()
    panel = saved.panel(step="6h")
    assert isinstance(panel, Panel)
    assert panel.shape == (8, 3, 1)
    assert panel.values[0, 0, 0] == np.float32(52.5)
    assert panel.space.parts == {"geometry", "edges"}
    assert panel.time[0] == pd.Timestamp("2024-03-01")


def test_a_panel_with_everything_opens_as_it_was_saved(tmp_path: Path) -> None:
    frame = long_frame(steps=200, places=tuple(f"s{n}" for n in range(12)), start="2024-03-25").assign(anomaly=0)
    frame["lat"], frame["lon"] = 10.0 + frame.index % 12 // 4, 20.0 + frame.index % 4
    frame.loc[100:110, "anomaly"] = 1
    saved = dataset.create(frame, "x", clock="Europe/Berlin", adjacency=np.ones((12, 12)))
    first, second = saved.panel(), dataset.open(saved.id).panel()
    assert isinstance(first, Panel)
    assert isinstance(second, Panel)
    assert first.time.equals(second.time)
    assert second.clock == "Europe/Berlin"
    assert second.space.parts == {"geometry", "edges", "grid"}
    assert second.space.grid is not None
    assert second.space.grid.shape == (3, 4)
    pd.testing.assert_frame_equal(first.labels, second.labels)
    assert len(second.labels) > 0
    assert second.schema == first.schema


def test_runs_are_kept_apart_and_may_be_read_apart_later(write: Write) -> None:
    frame = long_frame().assign(speed=lambda table: table["speed"] + 0.5)
    saved = dataset.create(frame, "x", by="sensor")
    panels = dataset.open(saved.id).panel()
    assert isinstance(panels, dict)
    assert list(panels) == ["a1", "b2", "c3"]
    together = dataset.create(write(frame.to_csv(index=False)), "y")
    apart = together.panel(by="sensor")
    assert isinstance(apart, dict)
    assert [panel.digest for panel in apart.values()] == [panel.digest for panel in panels.values()]


def test_a_panel_made_in_python_can_be_kept(home: Path) -> None:
    panel = Panel.from_arrays(
        np.arange(60.0).reshape(20, 3), pd.date_range("2024-01-01", periods=20, freq="1h"), ["a", "b", "c"]
    )
    saved = dataset.save(panel, "made")
    again = dataset.open(saved.id)
    opened = again.panel()
    assert isinstance(opened, Panel)
    assert opened.digest == panel.digest == saved.digest
    assert again.original is None
    longer = again.panel(step="2h")
    assert isinstance(longer, Panel)
    assert longer.values[0, 0, 0] == 1.5


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "../../etc/passwd", "=cmd()", "x" * 10_000, "", "a\x00b\n", "名字"]
)
def test_any_name_is_safe(name: str, write: Write, home: Path) -> None:
    saved = dataset.create(write(long_text(steps=5)), name)
    assert len(saved.name) <= 200
    assert saved.name
    assert saved.name.isprintable()
    assert saved.folder.parent == home / "datasets"
    assert len(saved.id) == 8
    assert len(dataset.rename(saved.id, name + "!").name) <= 200


def test_names_change_and_datasets_go(write: Write, home: Path) -> None:
    path = write(long_text(steps=5))
    first, second = dataset.create(path, "one", owner="ann"), dataset.create(path, "two", owner="bob")
    assert {known.id for known in dataset.list_datasets()} == {first.id, second.id}
    assert [known.id for known in dataset.list_datasets("ann")] == [first.id]
    dataset.rename(first.id, "uno")
    assert dataset.open(first.id).name == "uno"
    dataset.delete(first.id)
    assert entries(home) == [second.id]
    with pytest.raises(NotFound):
        dataset.open(first.id)
    with pytest.raises(NotFound):
        dataset.delete(first.id)


@pytest.mark.parametrize("id", ["", "..", "../datasets", "abc", "aaaaaaaa", "AAAAAAAA", "a" * 5000, "<script>"])
def test_ids_that_are_none_are_not_found(id: str) -> None:
    with pytest.raises(NotFound) as refused:
        dataset.open(id)
    assert refused.value.hint
    assert len(refused.value.message) < 100


@pytest.mark.parametrize("part", ["values", "rename", "rows"])
def test_a_full_disk_leaves_nothing(part: str, write: Write, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = dataset.create(write(long_text(steps=5)), "kept")
    target = {"values": (panel_files, "reserved"), "rename": (Path, "rename"), "rows": (dataset, "write_sorted")}[part]
    monkeypatch.setattr(*target, full)
    with pytest.raises(StoreError, match="No space") as refused:
        dataset.create(write(long_text()), "lost")
    monkeypatch.undo()
    assert refused.value.hint
    assert [path.name for path in kept.folder.parent.iterdir()] == [kept.id]


def test_a_process_killed_while_saving_leaves_nothing_for_long(write: Write, home: Path) -> None:
    (home / "datasets" / ".new-dead").mkdir(parents=True)
    (home / "datasets" / ".new-alive").mkdir()
    old = time.time() - 100_000
    os.utime(home / "datasets" / ".new-dead", (old, old))
    saved = dataset.create(write(long_text(steps=5)), "x")
    assert entries(home) == [".new-alive", saved.id]
    assert [known.id for known in dataset.list_datasets()] == [saved.id]


def test_a_home_that_cannot_be_written_is_refused(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FIELDCAST_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StoreError, match="cannot be written"):
        dataset.create(write(long_text()), "x")


@pytest.mark.parametrize("damage", ["version", "torn", "gone", "values", "panel version"])
def test_what_cannot_be_opened_says_so(damage: str, write: Write) -> None:
    saved = dataset.create(write(long_text(steps=5)), "x")
    record, values = saved.folder / "dataset.json", saved.folder / "panels" / "0" / "values.npy"
    if damage == "version":
        record.write_text(json.dumps({**saved.about, "schema_version": 99}))
    elif damage == "torn":
        record.write_text(record.read_text()[:50])
    elif damage == "gone":
        record.unlink()
    elif damage == "values":
        values.write_bytes(values.read_bytes()[:90])
    else:
        about = values.parent / "panel.json"
        about.write_text(about.read_text().replace('"schema_version": 1', '"schema_version": 7'))
    with pytest.raises(StoreError) as refused:
        dataset.open(saved.id).panel()
    assert refused.value.hint
    dataset.delete(saved.id)


def test_a_refused_file_leaves_nothing_and_stays_where_it_was(write: Write, home: Path) -> None:
    path = write("time,place\nnever,a\n")
    with pytest.raises(DataError):
        dataset.create(path, "x")
    assert path.exists()
    assert entries(home) == []
