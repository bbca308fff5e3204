"""How fast models were on this machine: seconds a window, measured in training or by a single step, kept between sessions.

One small JSON file in the data folder; a torn or foreign one counts as empty. Nothing but estimates depends on it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from stcore.settings import settings

if TYPE_CHECKING:
    from stcore.training.planning import Plan

FILE = "speeds.json"
_MOST = 2000


def key(settled: Plan) -> str:
    """What a speed depends on: model, its settings, sizes of a window, width of the network it sees, where it is trained."""
    panel = next(iter(settled.panels.values())).panel
    training = settled.training.model_dump(
        include={"batch_windows", "chunk", "device", "threads", "precision", "compiled"}
    )
    sizes = [settled.lookback, settled.horizon, panel.shape[2], len(settled.run.targets or ())]
    places = sum(len(each.panel.locations) for each in settled.panels.values()) if settled.spec.mixes else 0
    about = [
        settled.run.model.head,
        settled.settings.model_dump(mode="json"),
        training,
        sizes,
        places,
        settings().threads,
    ]
    return f"{settled.spec.name}-{sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:12]}"


def known(settled: Plan) -> float | None:
    """Seconds that one window took in training on this machine; None where that was never measured."""
    return _read().get(key(settled))


def remember(settled: Plan, seconds_a_window: float) -> None:
    """Keep a measured speed; a folder that cannot be written to is left alone."""
    if 0 < seconds_a_window < float("inf"):
        _keep({key(settled): seconds_a_window})


def picked(settled: Plan, name: str) -> int | None:
    """A number that a trial picked on this machine; None where none was made."""
    found = _read().get(f"{key(settled)}#{name}")
    return None if found is None else int(found)


def remember_picked(settled: Plan, numbers: Mapping[str, int]) -> None:
    """Keep what a trial picked, so that the next run of this kind goes the same way."""
    _keep({f"{key(settled)}#{name}": float(number) for name, number in numbers.items()})


def _keep(numbers: Mapping[str, float]) -> None:
    found = {name: value for name, value in _read().items() if name not in numbers} | dict(numbers)
    path = settings().home / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}.part")
        aside.write_text(json.dumps(dict(list(found.items())[-_MOST:])), encoding="utf-8")
        aside.replace(path)
    except OSError:
        return


def changed() -> float:
    """When the file was last written; 0 where there is none."""
    try:
        return (settings().home / FILE).stat().st_mtime
    except OSError:
        return 0.0


def _read() -> dict[str, float]:
    try:
        found = json.loads((settings().home / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): float(value) for name, value in found.items() if isinstance(value, (int, float))}
