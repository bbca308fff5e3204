"""What one step of training takes here and now: the basis of an estimate before anything starts."""

from __future__ import annotations

import math
import time
from itertools import islice

from stcore.training.fit import job_of
from stcore.training.planning import Plan
from stcore.training.stepping import steps_of

_STEPS, _ENOUGH_S = 6, 2.0


def seconds_a_window(settled: Plan) -> float:
    """Seconds that training takes for one window: the quickest of a few steps as training makes them, after one to warm up.

    The windows are those of the run itself; nothing is kept.

    Raises:
        OutOfMemory: not even one start time fits.
    """
    job = job_of(settled)
    trainer = job.trainer(job.fresh())
    steps = list(islice(steps_of(job.source("fit"), trainer.module, settled.training, settled.run.seed, 0), _STEPS))
    trainer.module.train()
    trainer.step(steps[0])
    least, begin = math.inf, time.perf_counter()
    for each in steps[1:] or steps:
        before = time.perf_counter()
        trainer.step(each)
        now = time.perf_counter()
        least = min(least, (now - before) / max(each.count, 1))
        if now - begin > _ENOUGH_S:
            break
    return least
