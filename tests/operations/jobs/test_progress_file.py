"""Progress: what is written is what is read, torn lines and repeated epochs included."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from stcore.operations.jobs import progress_file
from stcore.operations.jobs.progress_file import PROGRESS_FILE, Progress, ProgressFile, fold, job_folder

PLAN = {"event": "plan", "models": ["persistence", "stid"], "share": 0.5}


def epoch(number: int, loss: float = 1.0, **more: object) -> dict[str, object]:
    return {
        "event": "epoch",
        "model": "stid",
        "epoch": number,
        "epochs": 4,
        "train_loss": loss,
        "seconds_left": 9.0,
        **more,
    }


def written(*events: dict[str, object]) -> Progress:
    file = ProgressFile("j1")
    for event in events:
        file.write(event)
    file.close()
    return progress_file.read("j1")


def test_a_job_without_news_is_empty() -> None:
    assert progress_file.read("j1") == Progress()
    assert Progress().fraction == 0.0


def test_the_plan_says_whether_chances_are_told() -> None:
    assert not written(PLAN).chances
    assert written({**PLAN, "chances": True}, epoch(1)).chances


def test_events_become_a_picture() -> None:
    seen = written(
        PLAN,
        {"event": "model", "model": "persistence", "state": "started"},
        {"event": "model", "model": "persistence", "state": "done", "seconds": 0.1, "metrics": {"mae": 3.2}},
        {"event": "note", "message": "bf16 is slower here"},
        {"event": "model", "model": "stid", "state": "started"},
        epoch(1, 0.9),
        epoch(2, 0.7, validation_mae=2.9, baseline_mae=3.2),
    )
    assert list(seen.models) == ["persistence", "stid"]
    assert (seen.current, seen.epoch, seen.epochs, seen.seconds_left, seen.share) == ("stid", 2, 4, 9.0, 0.5)
    assert [(point.epoch, point.train_loss) for point in seen.models["stid"].history] == [(1, 0.9), (2, 0.7)]
    assert seen.models["stid"].last.validation_mae == 2.9
    assert seen.models["persistence"].metrics == {"mae": 3.2}
    assert [model.state for model in seen.models.values()] == ["done", "running"]
    assert seen.fraction == (1.0 + 0.5) / 2
    assert seen.note == "bf16 is slower here"
    assert seen.updated is not None


def test_an_end_leaves_no_running_model() -> None:
    seen = written(PLAN, epoch(1), {"event": "model", "model": "stid", "state": "failed", "message": "Diverged."})
    assert seen.current is None
    assert (seen.models["stid"].state, seen.models["stid"].message) == ("failed", "Diverged.")


def test_a_torn_last_line_is_left_out_and_writing_goes_on_after_it() -> None:
    written(PLAN, epoch(1))
    path = job_folder("j1") / PROGRESS_FILE
    with path.open("ab") as file:
        file.write(b'{"event": "epoch", "model": "stid", "ep')
    assert progress_file.read("j1").epoch == 1
    assert written(epoch(2)).epoch == 2


def test_lines_that_are_no_events_change_nothing() -> None:
    written(PLAN, epoch(1))
    with (job_folder("j1") / PROGRESS_FILE).open("ab") as file:
        file.write(b"\xff\xfe\x00\n[1, 2]\n7\n{}\nnull\n")
    assert progress_file.read("j1").epoch == 1


def test_after_a_resume_an_epoch_replaces_itself_and_what_followed() -> None:
    seen = written(PLAN, epoch(1, 0.9), epoch(2, 0.8), epoch(3, 0.7), PLAN, epoch(2, 0.8), epoch(3, 0.65))
    assert [(point.epoch, point.train_loss) for point in seen.models["stid"].history] == [(1, 0.9), (2, 0.8), (3, 0.65)]


def test_a_loss_that_is_no_number_passes_through() -> None:
    seen = written(epoch(1, math.nan), epoch(2, math.inf))
    first, second = seen.models["stid"].history
    assert math.isnan(first.train_loss)
    assert second.train_loss == math.inf


def test_the_log_tail_is_the_end_of_the_log() -> None:
    job_folder("j1").mkdir(parents=True)
    (job_folder("j1") / progress_file.LOG_FILE).write_bytes(b"one\ntwo \xff\nthree\n")
    assert progress_file.log_tail("j1", 2) == "two \ufffd\nthree"
    assert progress_file.log_tail("none", 2) == ""


@given(st.lists(st.integers(1, 6), max_size=30))
def test_the_history_always_rises_whatever_was_repeated(epochs: list[int]) -> None:
    seen = Progress()
    for number in epochs:
        seen = fold(seen, json.loads(json.dumps(epoch(number))))
    history = [point.epoch for model in seen.models.values() for point in model.history]
    assert history == sorted(set(history))
    assert history[-1:] == epochs[-1:]
