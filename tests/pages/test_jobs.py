"""Jobs: the owner's jobs with their states, logs and errors; cancel, retry, delete."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from stcore.errors import NotFound
from stcore.operations import jobs, store
from stcore.operations.jobs.progress_file import LOG_FILE, job_folder
from stcore.operations.jobs.worker import claim
from stcore.operations.store import Status, job_rows
from tests.pages.app import address, page, said, title
from tests.pages.trained import experiment, saved

EVIL = "<script>alert(1)</script>"


def made(owner: str = "local", name: str = EVIL) -> str:
    """Id of a job that waits."""
    return jobs.submit_training(saved(), experiment("ridge"), name, owner)[1]


def failed() -> str:
    job = claim(made())
    assert job is not None
    with store.writing() as connection:
        job_rows.finish(
            connection,
            job,
            Status.FAILED,
            {"code": "data", "message": f"Column {EVIL} is empty.", "hint": "Leave it out."},
        )
    folder = job_folder(job.id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LOG_FILE).write_text(f"the log says {EVIL}\n")
    return job.id


def test_the_log_says_how_to_open_the_curves() -> None:
    job = jobs.get(failed())
    assert jobs.curves(job.id) is None
    assert not any("tensorboard" in each.value for each in page("jobs").code)
    folder = store.run_folder(str(job.run)) / "tensorboard"
    folder.mkdir(parents=True)
    assert any(each.value == f"tensorboard --logdir {folder}" for each in page("jobs").code)


def press(app: AppTest, label: str) -> AppTest:
    next(each for each in app.button if each.label == label).click()
    return app.run()


def test_without_jobs_it_says_what_will_be_here() -> None:
    app = page("jobs")
    assert "No job yet" in said(app)
    assert title(press(app, "Open Home")) == "What would you like to forecast?"


def test_a_waiting_job_can_be_cancelled() -> None:
    job = made()
    app = page("jobs")
    assert "One waits." in said(app)
    assert ">waiting</span>" in said(app)
    assert EVIL not in said(app)
    press(app, "Cancel")
    assert jobs.get(job).status == Status.CANCELLED
    assert ">stopped</span>" in said(app)


def test_a_failed_job_shows_why_with_its_log_and_can_be_retried() -> None:
    job = failed()
    app = page("jobs")
    told = said(app)
    assert "one of them failed" in told
    assert "Column &lt;script&gt;alert(1)&lt;/script&gt; is empty." in told
    assert "Leave it out." in told
    assert EVIL not in told
    assert any("the log says" in each.value for each in app.code)
    press(app, "Retry")
    assert jobs.get(job).status == Status.QUEUED


def test_a_deleted_job_leaves_what_it_made(trained: tuple[str, str]) -> None:
    _, run = trained
    app = press(page("jobs"), "Delete")
    assert "No job yet" in said(app)
    assert "ridge" in store.run_folder(run).joinpath("metrics.json").read_text()


def test_a_finished_job_opens_its_forecast(trained: tuple[str, str]) -> None:
    app = press(page("jobs"), "Open")
    assert title(app) == "Forecast"
    assert address(app, "run") == trained[1]


def test_a_job_without_its_data_is_still_listed(trained: tuple[str, str]) -> None:
    store.delete_dataset(trained[0])
    assert "Deleted data set" in said(page("jobs"))


def test_jobs_of_others_are_not_shown() -> None:
    mine = saved()
    try:
        other = jobs.submit("train", {"dataset": mine, "experiment": {}, "run": ""}, "Secret work", "somebody")
    finally:
        assert "Secret work" not in said(page("jobs"))
    try:
        jobs.get(other)
    except NotFound:
        return
    raise AssertionError("another owner's job was found")
