"""Data sets and runs of one owner: rows, folders, and text from people."""

from __future__ import annotations

import pytest

from stcore.errors import NotFound, StoreError
from stcore.operations import jobs, store
from stcore.operations.store import job_rows, writing


def test_a_data_set_is_listed_found_and_deleted_with_its_folder() -> None:
    row = store.add_dataset("d1", "Los", digest="abc", about={"sentence": "207 sensors"})
    folder = store.dataset_folder("d1")
    folder.mkdir(parents=True)
    (folder / "values.npy").write_bytes(b"x")
    assert store.datasets() == [row]
    assert store.dataset("d1").about["sentence"] == "207 sensors"
    store.delete_dataset("d1")
    assert store.datasets() == []
    assert not folder.exists()
    with pytest.raises(NotFound, match="d1"):
        store.dataset("d1")


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
    store.delete_dataset("d1")
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
