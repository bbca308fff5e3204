"""What a run will cost: from the speed measured on this machine, else from usual costs a window; without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stcore import words
from stcore.data.memory import limit_bytes
from stcore.data.window_arrays import numbers
from stcore.findings import Finding
from stcore.models.surroundings import MOST_PAIRED
from stcore.training import speeds
from stcore.training.surrounding import compares_all

if TYPE_CHECKING:
    from stcore.training.planning import Plan

_WINDOW = 24.0  # ``ModelSpec.cost`` is that of 12 + 12 steps
_LOOK = 1 / 3  # a look without learning costs about a third
_MANY = 500  # places whose pairs take a megabyte or more
_CHECKED = 60_000  # windows that one check of the unseen error takes at most


def seconds(settled: Plan) -> float:
    """Seconds of one model: training, its checks, and the forecasts of the tested part; rough until measured here."""
    each = speeds.known(settled) or settled.spec.cost * 1e-6 * (settled.lookback + settled.horizon) / _WINDOW
    tested = sum(len(part.test) * len(part.panel.locations) for part in settled.panels.values())
    if settled.spec.fitted_by != "gradient":
        return each * looked_at(settled) + each * _LOOK * tested
    training = settled.training
    looked = training.epochs * min(training.steps_per_epoch * training.batch_windows, settled.windows)
    unseen = sum(len(part.choose) * len(part.panel.locations) for part in settled.panels.values())
    again = 2 if settled.run.model.refit else 1
    return each * (again * looked + _LOOK * (training.epochs * min(unseen, _CHECKED) + tested))


def looked_at(settled: Plan) -> int:
    """Windows that a model solved at once learns from: all, or as many as its settings draw."""
    return max(1, min(settled.windows, getattr(settled.settings, "cases", settled.windows)))


def finding(settled: Plan) -> Finding:
    """The cost as something to read; ``count`` is the number of windows a fit may use."""
    return Finding(
        code="cost", count=settled.windows,
        message=f"{settled.spec.title}: {settled.windows:,} windows of {settled.lookback} steps of history and "
        f"{settled.horizon} ahead, about {words.lasting(seconds(settled))} of processor time.",
    )  # fmt: skip


def memory_bytes(settled: Plan) -> int:
    """Rough bytes that windows take while a model is trained: the panel on the device once, and one batch."""
    targets = len(settled.run.targets or ())
    kept, batch = 0.0, 0.0
    for each in settled.panels.values():
        steps_, places, features = each.panel.shape
        ahead = sum(bool(each.panel.schema[name].known_ahead) for name in each.panel.features)
        ends = 0 if settled.run.prepare.fill == "none" else each.pipeline.ends or -1
        cell = numbers(features, targets, ahead, ends) + (0 if settled.run.prepare.difference == "none" else targets)
        kept += cell * steps_ * places * 4
        one = settled.lookback * features * 1.25 + settled.horizon * (3 * targets + ahead)
        batch = max(batch, one * min(settled.training.batch_windows, len(each.fit) * places) * 4)
    return int(kept + batch)


def square_findings(settled: Plan) -> list[Finding]:
    """What of a run grows with the square of the places: said before it starts, where the pairs are many."""
    places = sum(len(each.panel.locations) for each in settled.panels.values())
    found = []
    if settled.spec.paired and _MANY <= places <= MOST_PAIRED:
        found.append(
            f"{settled.spec.title} keeps a number for each of the {places**2:,} pairs of places: up to {MOST_PAIRED:,} places its "
            "time and memory grow with their square, above with the places."
        )
    most = max(
        (len(each.panel.locations) for each in settled.panels.values() if compares_all(each.panel, settled)), default=0
    )
    if most >= _MANY:
        found.append(
            f"Each of {most:,} places is compared with every other to find those that move alike: the time for it grows with "
            "the square of the places. Coordinates or a network spare it."
        )
    return [Finding(code="square", severity="note", count=places, message=message) for message in found]


def in_files(settled: Plan) -> bool:
    """Whether windows take more than they may of this machine's memory, so that they lie in temporary files."""
    return memory_bytes(settled) > limit_bytes()


def files_finding(settled: Plan) -> Finding:
    """That training goes through temporary files."""
    return Finding(
        code="in_files", severity="note",
        message=f"The windows take about {words.size(memory_bytes(settled))}, more than the {words.size(limit_bytes())} of memory "
        "set aside for them: they lie in temporary files while the model is trained, which is slower.",
        suggestion="Choose fewer places or a longer step, or raise FIELDCAST_MEMORY_MB where the machine has more memory.",
    )  # fmt: skip
