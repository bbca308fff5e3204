"""A short trial before a long training: in which way a step runs fastest on this machine.

Portions, threads, and on a graphics card precision and compiling, one after the other; each is taken only where it is clearly
faster. Gradients of the portions add up to those of the whole step, so portions and threads change numbers by rounding only
(relative 1e-4 in a gradient, ``tests/models/test_contract.py``); a graphics card takes 16 bits with or without a trial. The batch is not
tried: another one learns something else. What was picked is told, and kept with the run and for this machine, so that the same
run gives the same numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch

from stcore.settings import settings
from stcore.training import speeds
from stcore.training.device import idle_cores
from stcore.training.stepping import steps_of

if TYPE_CHECKING:
    from stcore.training.fit import Job

PICKED = ("chunk", "threads", "precision", "compiled")
"""Training settings that a trial picks."""
_LONG = 200  # planned steps from which a trial pays
_TRIED = (256, 1024)  # sequences at once, beside all of them
_STEPS, _ENOUGH_S = 3, 1.0
_FASTER = 0.7  # of the time before; a smaller gain is not worth another order of sums
_PRECISIONS = ("auto", "float32", "bfloat16", "float16")
_COMPILED = ("auto", "yes", "no")


@dataclass(frozen=True)
class Picked:
    """How a training goes.

    Attributes:
        chunk: sequences at once; 0 = the whole step.
        threads: of the processor.
        precision, compiled: as in ``TrainingConfig``; auto = nothing was tried.
        why: one sentence with the numbers; empty where no trial was made.
    """

    chunk: int = 0
    threads: int = 1
    precision: str = "auto"
    compiled: str = "auto"
    why: str = ""

    @property
    def as_settings(self) -> dict[str, Any]:
        """Training settings that give the same numbers again."""
        found: dict[str, Any] = {"chunk": self.chunk}
        if self.threads != settings().threads:
            found["threads"] = self.threads
        found |= {name: value for name in ("precision", "compiled") if (value := getattr(self, name)) != "auto"}
        return found

    def with_chunk(self, chunk: int) -> Picked:
        """The same in other portions."""
        return replace(self, chunk=chunk)


def pick(job: Job) -> Picked:
    """The fastest way to run a step of this job; what the settings say where they say it, or where training is short.

    The module of the run itself is not touched: each candidate gets one of its own.
    """
    training = job.plan.training
    said = Picked(training.chunk, training.threads or settings().threads, training.precision, training.compiled)
    if training.epochs * training.steps_per_epoch < _LONG or job.plan.windows < _LONG * 64:
        return said
    if (before := _before(job, said)) is not None:
        return before
    best = fastest(said, list(_stages(job)), lambda way: _seconds(job, way))
    if best.why:
        speeds.remember_picked(
            job.plan,
            {
                "chunk": best.chunk, "threads": best.threads, "precision": _PRECISIONS.index(best.precision),
                "compiled": _COMPILED.index(best.compiled),
            },
        )  # fmt: skip
    return best


def fastest(
    first: Picked, stages: list[tuple[str, list[Any], Callable[[Any], str]]], seconds: Callable[[Picked], float]
) -> Picked:
    """The best of each stage in turn, each tried with what was taken before.

    Args:
        stages: what changes, the values that are tried, and their words.
        seconds: time of a step.

    Returns:
        ``first`` where there is no stage; else with a sentence of what was tried and how long steps took.
    """
    if not stages:
        return first
    best, least, told = first, seconds(first), []
    for name, values, words in stages:
        tried = {value: seconds(replace(best, **{name: value})) for value in values}
        value = min(tried, key=lambda each: tried[each])
        taken = tried[value] <= _FASTER * least
        told.append(
            f"{words(value)} {'taken' if taken else 'not taken'} ({1000 * tried[value]:.0f} ms a step, {1000 * least:.0f} ms without)"
        )
        if taken:
            best, least = replace(best, **{name: value}), tried[value]
    return replace(best, why=f"Trial: {'; '.join(told)}.")


def _stages(job: Job) -> Iterator[tuple[str, list[Any], Callable[[Any], str]]]:
    """What is tried of what the settings leave open."""
    training, device = job.plan.training, job.device
    portions = [] if training.chunk else _portions(job)
    if portions:
        yield "chunk", portions, lambda size: f"portions of {size:,} sequences"
    base = settings().threads
    threads = [count for count in (2 * base, 4 * base, 8 * base) if count <= idle_cores()]
    if threads and not training.threads and device.type == "cpu":
        yield "threads", threads, lambda count: f"{count} threads"
    if device.type != "cuda":
        return
    if training.precision == "auto":
        others = ["float32", "float16"] if torch.cuda.is_bf16_supported(including_emulation=False) else ["float32"]
        yield "precision", others, lambda name: f"{name} numbers"
    if training.compiled == "auto":
        yield "compiled", ["yes"], lambda _: "compiled steps"


def _before(job: Job, said: Picked) -> Picked | None:
    """What an earlier trial picked on this machine."""
    found = {name: speeds.picked(job.plan, name) for name in PICKED}
    if any(value is None for value in found.values()):
        return None
    numbers = {name: value or 0 for name, value in found.items()}
    way = Picked(
        numbers["chunk"], numbers["threads"] or 1, _PRECISIONS[numbers["precision"]], _COMPILED[numbers["compiled"]]
    )
    changed = ", ".join(f"{name} {getattr(way, name)}" for name in PICKED if getattr(way, name) != getattr(said, name))
    return replace(way, why=f"As an earlier trial found: {changed}." if changed else "")


def _portions(job: Job) -> list[int]:
    """Portions smaller than a step; models that see other places take whole start times."""
    places = max(len(each.panel.locations) for each in job.plan.panels.values())
    least = places if job.plan.spec.mixes else 1
    sizes = {max(1, size // least) * least for size in _TRIED}
    return sorted(size for size in sizes if size * 2 <= job.plan.training.batch_windows)


def _seconds(job: Job, way: Picked) -> float:
    """The quickest of a few steps, after one to warm up; infinite where this machine cannot run them so."""
    job.picked = way
    torch.set_num_threads(way.threads)
    try:
        trainer = job.trainer(job.fresh())
        trainer.module.train()
        steps = list(
            islice(steps_of(job.source("fit"), trainer.module, job.plan.training, job.plan.run.seed, 0), _STEPS + 1)
        )
        trainer.step(steps[0])
        times: list[float] = []
        for step in steps[1:] or steps:
            begin = time.perf_counter()
            trainer.step(step)
            if job.device.type == "cuda":
                torch.cuda.synchronize(job.device)
            times.append(time.perf_counter() - begin)
            if sum(times) > _ENOUGH_S:
                break
        return min(times)
    except RuntimeError:
        if way.compiled != "yes":
            raise
        return math.inf  # no compiler here
    finally:
        job.picked = None
        torch.set_num_threads(settings().threads)
