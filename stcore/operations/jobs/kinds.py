"""The kinds of job: name -> the function that does it. A kind lists only what it needs from its payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from stcore.errors import StoreError
from stcore.operations.jobs import ray_jobs
from stcore.operations.jobs.cards import own_card
from stcore.operations.store import DatasetRow, Job, reading, run_folder
from stcore.operations.store import dataset_rows as rows
from stcore.registry import Registry
from stcore.settings import settings


@dataclass(frozen=True)
class JobContext:
    """What a kind may do while it works.

    Attributes:
        progress: tells how far it has come (events as in ``jobs.progress_file``).
        should_stop: asked often; True = leave a checkpoint and raise ``Cancelled``.
    """

    progress: Callable[[Mapping[str, Any]], None]
    should_stop: Callable[[], bool]


Kind = Callable[[Job, JobContext], None]
KINDS: Registry[Kind] = Registry("kind of job")
#: Kinds that a person waits for with nothing else to do: they never queue behind a training.
AT_ONCE = ("ingest", "reread")


def train(job: Job, context: JobContext) -> None:
    """Run an experiment on a saved data set; goes on from the checkpoints that its folder holds.

    Payload: run, dataset (ids), experiment (its JSON).
    """
    known = _data_of(job)
    from stcore.data import dataset
    from stcore.experiment import Experiment
    from stcore.workflow.run import run

    elsewhere = partial(ray_jobs.side_by_side, job, context) if settings().executor == "ray" else None
    with own_card() if elsewhere is None else nullcontext():
        run(
            Experiment.parse(job.payload["experiment"]), out=run_folder(job.payload["run"]),
            panel=dataset.open(known.id).panel(), progress=context.progress, should_stop=context.should_stop, resume=True,
            exports=False, elsewhere=elsewhere,
        )  # fmt: skip


def join(job: Job, context: JobContext) -> None:
    """Join finished models of one data set into a run of its own.

    Payload: run, dataset (ids), experiment (its JSON), members (run and label of each), method (mean or weighted).
    """
    known = _data_of(job)
    from stcore.data import dataset
    from stcore.experiment import Experiment
    from stcore.workflow.join import join as joined

    members = [(run_folder(each["run"]), str(each["label"])) for each in job.payload["members"]]
    joined(
        members, dataset.open(known.id).panel(), Experiment.parse(job.payload["experiment"]), job.payload["method"],
        run_folder(job.payload["run"]), context.progress,
    )  # fmt: skip


def ingest(job: Job, context: JobContext) -> None:
    """Read a file that was handed in and save it as a data set; its id is told as the last event.

    Payload: upload (token), name, about, roles.
    """
    from stcore.operations import uploads
    from stcore.operations.intake import take_in

    token, payload = str(job.payload["upload"]), job.payload
    made = take_in(
        uploads.source_of(token), payload["name"], payload.get("about") or {}, payload.get("roles"), job.owner,
        _stages(context),
    )  # fmt: skip
    context.progress({"event": "dataset", "dataset": made})
    uploads.forget(token)


def reread(job: Job, context: JobContext) -> None:
    """Read the file of a data set anew; the id of what it became is told as the last event.

    Payload: of (id of the data set), roles, fixes, beside (see ``intake.Anew``).
    """
    from stcore.operations.intake import Anew, take_anew

    made = take_anew(Anew(**job.payload), job.owner, _stages(context))
    context.progress({"event": "dataset", "dataset": made})


def detect(job: Job, context: JobContext) -> None:
    """Judge a saved data set with a detector; what it finds is kept in the data set's folder.

    Payload: dataset (id), detector, settings, fit_end (last time that teaches what is usual; left out: all).
    """
    from stcore.operations import detections

    tell = _teller(context, "The search")
    detections.make(_data_of(job), job.payload, lambda stage: tell(stage, detections.STAGES.get(stage, 0.0)))


def self_test(job: Job, context: JobContext) -> None:
    """Plant anomalies into a copy of a saved data set and count which a detector catches.

    Payload: dataset (id), detector, settings.
    """
    from stcore.operations import detections

    detections.self_test(_data_of(job), job.payload, _teller(context, "The self-test"))


def _stages(context: JobContext) -> Callable[[str], None]:
    """Tells each stage of a reading, and ends it there when it is to stop."""
    from stcore.data.ingest import STAGES

    tell = _teller(context, "The reading")
    return lambda stage: tell(stage, STAGES.get(stage, 0.0))


def _teller(context: JobContext, what: str) -> Callable[[str, float], None]:
    """Tells a stage and how much is done when it begins, and ends the work there when it is to stop."""
    from stcore.errors import Cancelled

    def tell(stage: str, done: float) -> None:
        if context.should_stop():
            raise Cancelled(f"{what} was stopped; nothing was saved.", "Retry it from the list of jobs.")
        context.progress({"event": "stage", "stage": stage, "done": done})

    return tell


def _data_of(job: Job) -> DatasetRow:
    """The data set of a job.

    Raises:
        StoreError: it was deleted.
    """
    with reading() as connection:
        known = rows.one(connection, job.payload["dataset"], job.owner)
    if known is None:
        raise StoreError(
            "The data set of this job was deleted while the job waited.",
            "Load the file again and start a new training.",
        )
    return known


KINDS.add("ingest", ingest)
KINDS.add("reread", reread)
KINDS.add("train", train)
KINDS.add("join", join)
KINDS.add("detect", detect)
KINDS.add("self_test", self_test)
