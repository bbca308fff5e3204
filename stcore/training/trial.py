"""A short trial before a long training: in which portions a step runs fastest on this machine.

Gradients of the portions add up to those of the whole step, so the choice changes numbers by rounding only (relative 1e-4 in a
gradient, ``tests/models/test_contract.py``). It is told, and kept with the run and for this machine, so that the same run gives the same
numbers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from stcore.training import speeds
from stcore.training.stepping import steps_of

if TYPE_CHECKING:
    from stcore.training.fit import Job

_LONG = 200  # planned steps from which a trial pays
_TRIED = (256, 1024)  # sequences at once, beside all of them
_STEPS, _ENOUGH_S = 3, 1.0
_FASTER = 0.7  # of the time of the whole step; a smaller gain is not worth another order of sums


@dataclass(frozen=True)
class Picked:
    """What was picked.

    Attributes:
        chunk: sequences at once; 0 = the whole step.
        why: one sentence with the numbers; empty where no trial was made.
    """

    chunk: int
    why: str = ""


def pick(job: Job) -> Picked:
    """The fastest way to run a step of this job; what the settings say where they say it, or where training is short.

    The module of the run itself is not touched: each candidate gets one of its own.
    """
    training = job.plan.training
    if training.chunk or training.epochs * training.steps_per_epoch < _LONG or job.plan.windows < _LONG * 64:
        return Picked(training.chunk)
    before = speeds.picked(job.plan)
    if before is not None:
        return Picked(before, f"Portions of {before:,} sequences, as an earlier trial found." if before else "")
    whole = _seconds(job, 0)
    tried = {chunk: _seconds(job, chunk) for chunk in _candidates(job)}
    best = min(tried, key=lambda chunk: tried[chunk], default=0)
    if not best or tried[best] > _FASTER * whole:
        speeds.remember_picked(job.plan, 0)
        return Picked(0, f"Trial: the whole step at once is fastest ({1000 * whole:.0f} ms a step).")
    speeds.remember_picked(job.plan, best)
    return Picked(
        best,
        f"Trial: {best:,} sequences at once are fastest ({1000 * tried[best]:.0f} ms a step, {1000 * whole:.0f} ms all at once).",
    )


def _candidates(job: Job) -> list[int]:
    """Portions smaller than a step; models that see other places take whole start times."""
    places = max(len(each.panel.locations) for each in job.plan.panels.values())
    least = places if job.plan.spec.mixes else 1
    sizes = {max(1, size // least) * least for size in _TRIED}
    return sorted(size for size in sizes if size * 2 <= job.plan.training.batch_windows)


def _seconds(job: Job, chunk: int) -> float:
    """The quickest of a few steps, after one to warm up."""
    trainer = job.trainer(job.fresh())
    trainer.chunk = chunk
    trainer.module.train()
    steps = list(
        islice(steps_of(job.source("fit"), trainer.module, job.plan.training, job.plan.run.seed, 0), _STEPS + 1)
    )
    trainer.step(steps[0])
    times: list[float] = []
    for step in steps[1:] or steps:
        begin = time.perf_counter()
        trainer.step(step)
        times.append(time.perf_counter() - begin)
        if sum(times) > _ENOUGH_S:
            break
    return min(times)
