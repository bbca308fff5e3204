"""Train: what a round will be, what is refused before it starts, what is seen while it runs and after it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import stcore
from stcore.experiment import ModelEntry, SplitConfig, TrainingConfig, WindowsConfig
from stcore.operations import intake, jobs, store
from stcore.operations.jobs.progress_file import ProgressFile
from stcore.operations.jobs.worker import claim
from stcore.operations.store import Job, Status, job_rows
from stcore.preparation import PrepareConfig
from stcore.scenarios import samples
from stcore.training import device
from stcore.ui import forms
from tests.pages.app import address, page, said, title
from tests.pages.trained import QUICK, experiment, saved


def group(app: AppTest, label: str) -> Any:
    return next(each for each in app.get("button_group") if each.label == label)


def number(app: AppTest, label: str) -> Any:
    return next(each for each in app.number_input if each.label == label)


def pressed(app: AppTest, label: str) -> AppTest:
    next(each for each in app.button if each.label == label).click()
    return app.run()


def labels(app: AppTest) -> list[str]:
    return [each.label for each in app.button]


def queued(data: str, **more: object) -> str:
    """Id of a job that waits."""
    return jobs.submit_training(
        data, experiment("ridge", {"name": "stid", "training": QUICK}, **more), "Ridge and STID"
    )[1]


def running(data: str) -> Job:
    """A job that a worker holds, in the fourth of ten epochs of STID."""
    held = claim(queued(data))
    assert held is not None
    file = ProgressFile(held.id)
    file.write({"event": "plan", "models": ["persistence", "ridge", "stid"], "share": 0.4})
    done = {"mae": 2.0, "skill": 0.0, "season": "same time yesterday"}
    file.write({"event": "model", "model": "persistence", "state": "done", "metrics": done})
    file.write({"event": "model", "model": "ridge", "state": "failed", "message": "<b>No</b> memory."})
    file.write({"event": "model", "model": "stid", "state": "started"})
    for epoch in range(1, 5):
        error = 2.5 - 0.2 * epoch
        file.write({
            "event": "epoch", "model": "stid", "epoch": epoch, "epochs": 10, "train_loss": error + 0.1, "validation_mae": error,
            "baseline_mae": 2.0, "steps_per_s": 11.8, "seconds": 2.0, "seconds_left": 30.0,
        })  # fmt: skip
    file.close()
    return held


def test_without_data_it_leads_home() -> None:
    assert "No data yet" in said(page("train"))


def test_a_first_round_says_what_it_will_be() -> None:
    data = saved()
    app = page("train", dataset=data)
    told = said(app)
    assert '<b class="fc-plain">Ridge and STID</b> will learn from 97 start times at 3 stations' in told
    assert "Learns from 2\N{EN DASH}8 Mar, tunes on 8\N{EN DASH}9 Mar, is tested on 10\N{EN DASH}11 Mar." in told
    for name, spec in stcore.list_models().items():
        if name not in ("persistence", "seasonal_naive"):
            assert (spec.summary in told) == spec.common
    assert not next(each for each in app.button if each.label == "Start").disabled
    assert "<script>" not in told
    (more,) = (each for each in app.multiselect if each.label == "More models")
    told = said(more.set_value(["gru"]).run())
    assert stcore.list_models()["gru"].summary in told
    assert "Ridge, STID and GRU" in told


@pytest.mark.parametrize("record", [TrainingConfig, SplitConfig, PrepareConfig, WindowsConfig, ModelEntry, *dict.fromkeys(spec.settings for spec in stcore.list_models().values())])  # fmt: skip
def test_every_setting_has_help_and_a_default(record: type) -> None:
    for name, field in record.model_fields.items():  # type: ignore[attr-defined]
        assert field.title
        assert field.description
        assert (record, name) == (ModelEntry, "name") or not field.is_required()


def test_every_setting_of_the_chosen_models_can_be_set() -> None:
    app = page("train", dataset=saved())
    group(app, "Models").set_value(["ridge", "stid", "lstm"])
    group(app, "Effort").set_value("own")
    app.run()
    shown = {
        each.label for kind in ("number_input", "toggle", "text_input", "selectbox") for each in getattr(app, kind)
    }
    shown |= {each.label for each in app.get("button_group")}
    records = [stcore.list_models()[name].settings for name in ("ridge", "stid", "lstm")]
    wanted = {forms.label(field) for record in records for field in record.model_fields.values()}
    wanted |= {
        forms.label(field) for name, field in TrainingConfig.model_fields.items() if name not in ("epochs", "device")
    }
    assert {"Epochs", "History used, steps", "Steps ahead", "Seed", "Train", "Validation", "Refit", *wanted} <= shown


@pytest.mark.parametrize(
    ("label", "value", "why"),
    [
        ("History used, steps", 1000, "the train part has 168 of 240"),
        ("Steps ahead", 0, "Steps ahead must be at least 1 step, not 0."),
        ("Steps ahead", 100, "100"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_numbers(label: str, value: int, why: str) -> None:
    app = page("train", dataset=saved())
    number(app, label).set_value(value)
    told = said(app.run())
    assert "This round cannot start" in told
    assert why in told
    assert next(each for each in app.button if each.label == "Start").disabled
    assert jobs.listing() == []


def test_minutes_propose_a_round_and_fill_the_form() -> None:
    app = page("train", dataset=saved())
    group(app, "Time at hand").set_value("5")
    told = said(app.run())
    assert "In about" in told
    assert "Boosted trees" in told
    app = pressed(app, "Take these models")
    assert not app.exception
    assert {"ridge", "lightgbm"} <= set(group(app, "Models").value)
    assert group(app, "Time at hand").value == ""
    assert "Boosted trees" in said(app)


def test_times_are_rough_until_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    from stcore.workflow import measuring

    app = page("train", dataset=saved())
    assert "Times are rough" in said(app)
    monkeypatch.setattr(measuring, "measure", measuring.measure_here)
    app = pressed(app, "Time them here")
    assert not app.exception
    assert "Times are rough" not in said(app)


def test_parts_within_a_few_days_are_told_by_the_clock() -> None:
    hours = "\n".join(f"2026-03-02 {hour:02d}:00,a,{hour}" for hour in range(24))
    told = said(page("train", dataset=saved(f"time,station,load\n{hours}\n")))
    assert "is tested on Mon 2 Mar, 19:00 to 23:00." in told


def test_no_model_is_refused() -> None:
    app = page("train", dataset=saved())
    group(app, "Models").set_value([])
    assert "No model is chosen" in said(app.run())


def test_shares_that_leave_no_test_part_are_refused() -> None:
    app = page("train", dataset=saved())
    number(app, "Train").set_value(0.95)
    number(app, "Validation").set_value(0.1)
    assert "This round cannot start" in said(app.run())


def test_a_device_that_is_gone_is_refused_before_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    card, processor = device.Device("cuda:0", "Card", 7.8), device.Device("cpu", "Processor", 20.0)
    there = [card, processor]
    monkeypatch.setattr(device, "available", lambda: list(there))
    app = page("train", dataset=saved())
    picker = next(each for each in app.selectbox if each.label == "Device")
    assert "Card, 7.8 GB free" in picker.options
    picker.select("cuda:0")
    assert "This round cannot start" not in said(app.run())
    there.remove(card)
    told = said(app.run())
    assert "The device “cuda:0” is not there" in told
    assert jobs.listing() == []


def test_start_trains_what_the_form_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    app = page("train", dataset=saved())
    group(app, "Models").set_value(["ridge"])
    number(app, "History used, steps").set_value(20)
    number(app, "Steps ahead").set_value(4)
    number(app, "Seed").set_value(7)
    pressed(app.run(), "Start")
    (job,) = jobs.listing()
    assert job.status == Status.DONE
    assert job.payload["experiment"]["windows"]["lookback"] == 20
    assert job.payload["experiment"]["windows"]["horizon"] == 4
    assert job.payload["experiment"]["seed"] == 7
    assert address(app, "run") == job.run
    told = said(app)
    assert "is the best of this round" in told
    assert {"Compare", "See forecast"} <= set(labels(app))
    assert title(pressed(app, "See forecast")) == "Forecast"


def test_a_round_that_waits_says_so() -> None:
    data = saved()
    queued(data)
    app = page("train", dataset=data)
    assert "waits for a free worker" in said(app)
    assert "Stop" in labels(app)


def test_a_running_round_is_the_same_in_every_tab() -> None:
    data = saved()
    running(data)
    elapsed = re.compile(r'(Elapsed</dt><dd><span class="fc-value">)[0-9:]+')
    first, second = (elapsed.sub(r"\1", said(page("train", dataset=data))) for _ in range(2))
    assert first == second
    assert 'STID is training: <b class="fc-plain">epoch 4 of 10</b>, about <b class="fc-plain">30 s</b> left.' in first
    assert 'It already beats the last value by <b class="fc-good">15\N{NO-BREAK SPACE}%</b>' in first
    assert "You can close this tab" in first
    assert "1.70 so far" in first
    assert "Same time yesterday" not in first
    assert "&lt;b&gt;No&lt;/b&gt; memory." in first
    assert "<b>No</b>" not in first


def test_a_running_round_on_chances_speaks_of_surprise_and_usual_shares() -> None:
    data = saved()
    held = claim(queued(data))
    assert held is not None
    file = ProgressFile(held.id)
    file.write({"event": "plan", "models": ["persistence", "stid"], "share": 1.0, "chances": True})
    last = {"mae": 0.1, "skill": 0.0, "brier": 0.19}
    file.write({"event": "model", "model": "persistence", "state": "done", "metrics": last})
    file.write({"event": "model", "model": "stid", "state": "started"})
    file.write({
        "event": "epoch", "model": "stid", "epoch": 1, "epochs": 10, "train_loss": 0.42, "validation_mae": 0.4, "baseline_mae": 0.5
    })  # fmt: skip
    file.close()
    told = re.sub(r"<[^>]*>", "", said(page("train", dataset=data)))
    assert "Its chances surprise 20\N{NO-BREAK SPACE}% less than always saying the usual share." in told
    assert "Surprise after each epoch" in told
    assert "usual share 0.50" in told
    assert "0.190" in told
    assert "mean error" not in told.lower()


def test_stop_asks_the_worker_to_stop() -> None:
    data = saved()
    job = running(data)
    app = pressed(page("train", dataset=data), "Stop")
    assert jobs.get(job.id).cancel_asked is not None
    assert "is being stopped" in said(app)


def test_the_next_round_waits_in_the_queue() -> None:
    data = saved()
    watched = running(data)
    app = pressed(page("train", dataset=data), "Add to queue")
    assert [job.status for job in jobs.listing() if job.id != watched.id] == [Status.QUEUED]
    assert "epoch 4 of 10" in said(app)
    assert "One more waits in the queue." in said(app)


def test_a_failed_round_shows_why_and_goes_on() -> None:
    data = saved()
    job = running(data)
    with store.writing() as connection:
        job_rows.finish(
            connection,
            job,
            Status.FAILED,
            {"code": "memory", "message": "The memory was full.", "hint": "Use less <i>history</i>."},
        )
    app = page("train", dataset=data)
    told = said(app)
    assert "The memory was full." in told
    assert "Use less &lt;i&gt;history&lt;/i&gt;." in told
    assert "stopped after epoch 4" in told
    pressed(app, "Go on")
    assert jobs.get(job.id).status == Status.QUEUED


def test_a_finished_round_shows_its_curve_and_its_models(trained: tuple[str, str]) -> None:
    data, run = trained
    app = page("train", dataset=data, run=run)
    told = said(app)
    for name in ("Last value", "Ridge", "STID"):
        assert f"<td>{name}</td>" in told or f">{name}<" in told
    assert len(app.get("plotly_chart")) == 1
    assert "Prepare another round" in told


def test_a_stopped_round_says_where_and_goes_on() -> None:
    data = saved()
    job = running(data)
    with store.writing() as connection:
        job_rows.finish(connection, job, Status.CANCELLED)
    app = page("train", dataset=data)
    assert 'This round was stopped<b class="fc-plain"> after epoch 4 of 10 of STID</b>.' in said(app)
    pressed(app, "Go on")
    assert jobs.get(job.id).status == Status.QUEUED


def test_a_run_that_is_gone_is_said_and_then_leads_to_what_is_there(trained: tuple[str, str]) -> None:
    app = page("train", dataset=trained[0], run="gone")
    assert "There is no run “gone”." in said(app)
    assert "is the best of this round" in said(app.run())


def test_a_samples_round_begins_with_the_settings_of_its_first_forecast() -> None:
    airports = samples.sample("airport_weather")
    source = airports.experiment().data
    data = intake.take_in(
        Path(source.source),
        airports.title,
        {"sample": airports.name},
        source.model_dump(exclude_none=True, exclude={"source"}),
    )
    pressed(page("train", dataset=data), "Start")
    (job,) = jobs.listing()
    given = job.payload["experiment"]
    first = airports.experiment()
    assert (given["targets"], given["seed"]) == (first.targets, first.seed)
    assert given["windows"]["lookback"] == first.windows.lookback


def test_a_round_whose_windows_nobody_gave_is_shown() -> None:
    data = saved()
    _, job = jobs.submit_training(data, {"models": ["ridge"]}, "First forecast")
    jobs.cancel(job)
    told = said(page("train", dataset=data))
    assert "Learns from" in told
    assert "went wrong" not in told
