"""Jobs as pages use them, run inline: every way they can end, and what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stcore.data.dataset import save
from stcore.errors import ConfigError, NotFound, StoreError
from stcore.operations import jobs, store
from stcore.operations.jobs import runner
from stcore.operations.jobs.progress_file import job_folder
from stcore.operations.jobs.supervisor import Supervisor
from stcore.operations.store import Job, Status, job_rows
from tests.panels import daily_wave


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")


@pytest.mark.usefixtures("inline")
def test_an_inline_job_has_ended_when_submit_returns() -> None:
    id = jobs.submit("count", {"n": 3}, "Count to three")
    job = jobs.get(id)
    assert (job.status, job.error, job.worker, job.token) == ("done", None, None, None)
    assert job.created <= job.started <= job.ended
    assert jobs.progress(id).epoch == 3
    assert "Count to three" in jobs.log_tail(id)
    assert not (job_folder(id) / "reserve").exists()


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize(
    ("how", "code", "message", "hint"),
    [
        ("bad data", "data", "Column 7 is empty.", "Leave it out."),
        ("no space", "store", "The disk is full; the job could not save what it had.", "last checkpoint"),
        ("bug", "internal", "Something unexpected happened (ZeroDivisionError).", "reference"),
    ],
)
def test_a_failure_is_told_in_words_and_can_be_tried_again(how: str, code: str, message: str, hint: str) -> None:
    id = jobs.submit("count", {"n": 5, "at": 3, "then": how}, "t")
    job = jobs.get(id)
    assert job.status == "failed"
    assert job.error["code"] == code
    assert job.error["message"] == message
    assert hint in job.error["hint"]
    assert "Traceback" in jobs.log_tail(id)
    assert "Traceback" not in str(job.error)
    assert "secret" not in str(job.error)
    if code == "internal":
        assert job.error["reference"] in jobs.log_tail(id)
    assert jobs.retry(id).status == "failed"
    starts = [line.split()[0] for line in (job_folder(id) / "starts.txt").read_text().splitlines()]
    assert starts == ["0", "2"]  # the second time it went on from its checkpoint


@pytest.mark.usefixtures("inline")
def test_on_a_full_disk_the_reserve_is_free_before_the_store_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    finish = job_rows.finish

    def watched(connection: Any, job: Job, status: Status, error: Any = None) -> Job | None:
        seen.append((job_folder(job.id) / "reserve").exists())
        return finish(connection, job, status, error)

    monkeypatch.setattr(job_rows, "finish", watched)
    jobs.submit("count", {"n": 5, "at": 3, "then": "no space"}, "t")
    assert seen == [False]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_log_that_cannot_be_written_ends_nothing() -> None:
    log = runner._JobLog(Path("/dev/full"))
    assert log.write("a line") == 6
    log.close()


@pytest.mark.usefixtures("inline")
def test_only_failed_and_cancelled_jobs_are_tried_again() -> None:
    id = jobs.submit("count", {"n": 1}, "One")
    with pytest.raises(StoreError, match=r"“One” is done"):
        jobs.retry(id)
    assert jobs.cancel(id).status == "done"


def test_a_waiting_job_is_cancelled_retried_and_deleted() -> None:
    id = jobs.submit("count", {"n": 1}, "One")
    with pytest.raises(StoreError, match="queued"):
        jobs.delete(id)
    assert jobs.cancel(id).status == "cancelled"
    assert jobs.retry(id).status == "queued"
    jobs.cancel(id)
    job_folder(id).mkdir(parents=True, exist_ok=True)
    jobs.delete(id)
    assert not job_folder(id).exists()
    with pytest.raises(NotFound):
        jobs.get(id)


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="cuont") as refused:
        jobs.submit("cuont", {}, "t")
    assert "count" in refused.value.hint
    assert jobs.listing() == []


def test_every_owner_has_jobs_of_his_own() -> None:
    mine, yours = jobs.submit("count", {"n": 1}, "a"), jobs.submit("count", {"n": 1}, "b", owner="you")
    assert [job.id for job in jobs.listing()] == [mine]
    assert [job.id for job in jobs.listing("you")] == [yours]
    for ask in (jobs.get, jobs.cancel, jobs.retry, jobs.delete, jobs.progress, jobs.log_tail):
        with pytest.raises(NotFound):
            ask(yours)
    assert jobs.get(yours, "you").status == "queued"


def test_the_list_is_newest_first_and_bounded() -> None:
    ids = [jobs.submit("count", {"n": 1}, str(number)) for number in range(4)]
    assert [job.id for job in jobs.listing(limit=3)] == ids[:0:-1]


def test_training_on_a_data_set_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotFound, match="gone"):
        jobs.submit_training("gone", {"models": ["ridge"]})
    store.add_dataset("d1", "Los", owner="you")
    with pytest.raises(NotFound):
        jobs.submit_training("d1", {"models": ["ridge"]})
    assert jobs.listing() == []


def test_settings_that_are_wrong_are_refused_before_anything_is_queued() -> None:
    store.add_dataset("d1", "Los")
    with pytest.raises(ConfigError, match="horizon"):
        jobs.submit_training("d1", {"windows": {"horizon": 0}})
    assert store.runs_of("d1") == []


def test_a_data_set_deleted_while_its_job_waits(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    store.add_dataset("d1", "Los")
    run, job = jobs.submit_training("d1", {"models": ["ridge"]})
    store.delete_dataset("d1")
    jobs.cancel(job)
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    ended = jobs.retry(job)
    assert ended.status == "failed"
    assert ended.error["message"] == "The data set of this job was deleted while the job waited."
    assert "Load the file again" in ended.error["hint"]
    assert store.run(run).state == "failed"
    assert jobs.for_run(run).id == job


def test_weights_of_a_page_are_those_the_operator_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = save(daily_wave(), "Wave").id
    (tmp_path / "weights").mkdir()
    models = [{"name": "transformers", "settings": {"weights": "weights"}}]
    with pytest.raises(ConfigError, match="may not be read through pages"):
        jobs.submit_training(data, {"models": models})
    monkeypatch.setenv("FIELDCAST_ROOTS", str(tmp_path))
    _, job = jobs.submit_training(data, {"models": models})
    (entry,) = (entry for entry in jobs.get(job).payload["experiment"]["models"] if entry["name"] == "transformers")
    assert entry["settings"]["weights"] == str(tmp_path / "weights")


def test_without_ray_its_executor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "ray")
    monkeypatch.setattr("stcore.operations.jobs.ray_jobs.find_spec", lambda name: None)
    for use in (lambda: jobs.submit("count", {"n": 1}, "t"), lambda: Supervisor().start()):
        with pytest.raises(ConfigError, match="needs the package ray"):
            use()
    assert jobs.listing() == []
