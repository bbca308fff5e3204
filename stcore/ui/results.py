"""What a data set's runs have to show: the newest run, its job, its finished models, the best of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stcore.errors import NotFound, StoreError
from stcore.evaluation import Recommendation
from stcore.operations import jobs, store
from stcore.operations.store import Job, Run
from stcore.plots.theme import is_baseline
from stcore.ui import state


@dataclass(frozen=True)
class Work:
    """One run as a page sees it.

    Attributes:
        run: its row.
        job: its newest job; None when that was deleted.
        models: labels finished so far, in the order of the experiment.
        metrics: label -> numbers on the tested part.
    """

    run: Run
    job: Job | None
    models: tuple[str, ...]
    metrics: Mapping[str, Mapping[str, Any]]

    @property
    def active(self) -> bool:
        """Its job waits or runs."""
        return self.job is not None and self.job.active

    def skill(self, model: str) -> float:
        """Skill of a model against the last value; NaN when unknown."""
        value = self.metrics.get(model, {}).get("skill")
        return float(value) if value is not None else math.nan

    @property
    def best(self) -> str | None:
        """The finished model of the highest skill, a baseline only when nothing else is there."""
        real = [model for model in self.models if not is_baseline(model)]
        pool = real or list(self.models)
        return max(pool, key=lambda model: (_sortable(self.skill(model)), pool.index(model)), default=None)

    def shown(self) -> str | None:
        """The model in the address when it is finished, else the best one."""
        wanted = state.chosen("model")
        return wanted if wanted in self.models else self.best


def _sortable(value: float) -> float:
    return value if math.isfinite(value) else -math.inf


def in_address() -> Run | None:
    """The run whose id is in the address; None without one.

    Raises:
        NotFound: the id leads nowhere. It is forgotten, so that the next look shows the newest run.
    """
    wanted = state.chosen("run")
    if wanted is None:
        return None
    try:
        return store.run(wanted, state.owner())
    except NotFound:
        state.forget("run")
        raise


def current(dataset_id: str) -> Work | None:
    """The run in the address, else the newest one of the data set that has something to show or is under way.

    Raises:
        NotFound: the address names a run that does not exist.
    """
    wanted = in_address()
    if wanted is not None:
        if wanted.dataset == dataset_id:
            return work(wanted)
        state.forget("run")
    newest: Work | None = None
    for run in store.runs_of(dataset_id, state.owner())[:20]:
        found = work(run)
        if found.models or found.active:
            return found
        newest = newest or found
    return newest


def work(run: Run) -> Work:
    """What a run has to show so far."""
    from stcore import Result

    job = jobs.for_run(run.id, state.owner())
    try:
        result = Result.open(store.run_folder(run.id))
    except StoreError:
        return Work(run, job, (), {})
    return Work(run, job, tuple(result.models), dict(result.metrics))


def recommended(work: Work) -> Recommendation | None:
    """Which model of a finished run to rely on; None where that was not worked out."""
    from stcore import Result

    try:
        return Result.open(store.run_folder(work.run.id)).recommended
    except StoreError:
        return None


def share(work: Work, model: str) -> float | None:
    """Share of the start times a model learnt from, 0..1; None when unknown."""
    from stcore import Result

    try:
        found = Result.open(store.run_folder(work.run.id)).about(model).get("share")
    except StoreError:
        return None
    return float(found) if found is not None else None


def title(model: str, season: str = "") -> str:
    """A model's name as people read it: “STID”, “Last value”, “Same time last week”."""
    from stcore import words

    if model == "persistence":
        return "Last value"
    if model == "seasonal_naive":
        return words.sentence(season) if season else "Same time last season"
    if model == "ensemble_mean":
        return "Simple mean"
    if model.startswith("ensemble"):
        return "Weighted mean"
    return titles().get(model, words.sentence(model.replace("_", " ")))


def titles() -> dict[str, str]:
    """Registry name -> title of every model."""
    import stcore

    return {name: str(getattr(spec, "title", name)) for name, spec in stcore.list_models().items()}
