"""Data sets and runs of one owner: rows, folders, and text from people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.data.dataset import save
from stcore.data.panel import Panel
from stcore.errors import NotFound, StoreError
from stcore.operations import jobs, store
from stcore.operations.store import job_rows, reindex, tables, writing


@pytest.fixture
def two_days() -> Panel:
    time = pd.date_range("2024-01-01", periods=48, freq="1h")
    return Panel.from_arrays(np.arange(96, dtype=np.float32).reshape(48, 2, 1), time)


def test_a_data_set_is_listed_found_and_deleted_with_its_folder(two_days: Panel) -> None:
    made = save(two_days, "Los")
    row = store.add_dataset(made.id, made.name, made.digest, {"sample": "los"})
    assert store.datasets() == [row]
    assert store.dataset(made.id).about == {"sample": "los"}
    store.delete_dataset(made.id)
    assert store.datasets() == []
    assert not store.dataset_folder(made.id).exists()
    with pytest.raises(NotFound, match=made.id):
        store.dataset(made.id)


def test_what_a_script_saved_is_found_and_a_page_may_still_say_more_of_it(two_days: Panel) -> None:
    made = save(two_days, "From a script")
    save(two_days, "Not mine", owner="you")
    found = store.dataset(made.id)
    assert (found.name, found.digest, found.about) == ("From a script", made.digest, {"sentence": made.sentence})
    assert [row.id for row in store.datasets()] == [made.id]
    again = store.add_dataset(made.id, "Renamed", made.digest, {"sample": "los"})
    assert (again.created, again.name) == (found.created, "Renamed")
    assert store.datasets() == [again]


def test_after_a_lost_database_data_sets_and_runs_are_listed_anew(two_days: Panel, home: Path) -> None:
    made = save(two_days, "Los")
    ids = [jobs.submit_training(made.id, {"models": ["ridge"]}, title=name)[0] for name in ("ended", "waited")]
    (store.run_folder(ids[0]) / "done.json").write_text("{}")
    torn = store.run_folder("torn")
    torn.mkdir()
    (torn / "run.json").write_text('{"id": "torn", ')
    with writing() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(table.delete())
    reindex.runs()
    assert [row.name for row in store.datasets()] == ["Los"]
    found = {run.name: run for run in store.runs_of(made.id)}
    assert {name: run.state for name, run in found.items()} == {"ended": "done", "waited": "cancelled"}
    assert found["ended"].experiment["models"][0]["name"] == "ridge"


def test_another_owner_sees_and_deletes_nothing() -> None:
    store.add_dataset("d1", "Los")
    assert store.datasets("another") == []
    for refused in (lambda: store.dataset("d1", "another"), lambda: store.delete_dataset("d1", "another")):
        with pytest.raises(NotFound):
            refused()
    assert len(store.datasets()) == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("=cmd()'; DROP TABLE fc_datasets; --", "=cmd()'; DROP TABLE fc_datasets; --"),
        ("a\x00b\ud800\n\tc", "a b c"),
        ("交通", "交通"),
        ("x" * 10_000, "x" * 499 + "…"),
    ],
)
def test_names_from_people_are_kept_as_text(given: str, kept: str) -> None:
    store.add_dataset("d1", given)
    assert store.dataset("d1").name == kept


def test_an_id_from_an_address_never_leaves_the_home() -> None:
    for id in ("../../etc", "", "x" * 10_000):
        for ask in (store.dataset, store.run, jobs.get, jobs.progress, jobs.log_tail):
            with pytest.raises(NotFound) as refused:
                ask(id)
            assert len(refused.value.message) < 200


def test_a_data_set_that_a_job_works_on_is_kept() -> None:
    store.add_dataset("d1", "Los")
    _, job = jobs.submit_training("d1", {"models": ["ridge"]}, title="Ridge on Los")
    with writing() as connection:
        held = job_rows.claim(connection, "w", ["train"], 60)
        assert held is not None
    with pytest.raises(StoreError, match="Ridge on Los"):
        store.delete_dataset("d1")
    with writing() as connection:
        job_rows.finish(connection, held, store.Status.DONE)
    assert jobs.get(job).status == "done"


def test_runs_are_listed_by_data_set_newest_first() -> None:
    for name in ("d1", "d2"):
        store.add_dataset(name, name)
    ids = [jobs.submit_training(name, {"models": ["ridge"]})[0] for name in ("d1", "d2", "d1")]
    assert [run.id for run in store.runs_of("d1")] == [ids[2], ids[0]]
    assert [run.id for run in store.recent_runs(limit=2)] == [ids[2], ids[1]]
    assert store.run(ids[1]).dataset == "d2"
    assert store.run(ids[1]).experiment["models"][0]["name"] == "ridge"
    assert (store.run_folder(ids[1]) / "run.json").is_file()
    assert store.runs_of("d1", "another") == []
