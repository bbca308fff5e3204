"""Slow work in the background: pages submit and look, workers do it, the supervisor keeps the workers."""

from stcore.operations.jobs.progress_file import Epoch, ModelProgress, Progress
from stcore.operations.jobs.queue import (
    cancel,
    curves,
    delete,
    for_run,
    get,
    listing,
    log_tail,
    progress,
    retry,
    submit,
    submit_run,
    submit_training,
)
from stcore.operations.store import Job, Status

__all__ = [
    "Epoch", "Job", "ModelProgress", "Progress", "Status", "cancel", "curves", "delete", "for_run", "get", "listing", "log_tail",
    "progress", "retry", "submit", "submit_run", "submit_training",
]  # fmt: skip
