"""Which model of a data set is best: finished models that were judged on the same start times, beside joined ones.

Models of several runs stand in one ranking when they forecast the same values over the same test part; of models that
were trained twice with the same settings the newest stays. Knows no torch and no page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from stcore.evaluation import skill_by_day, summary
from stcore.experiment import BASELINES, Experiment, ModelEntry, TrainingConfig, WindowsConfig
from stcore.models import MODELS
from stcore.preparation import PrepareConfig
from stcore.records import PREDICTION_SCHEMA, Prediction
from stcore.training.joined import Method, combine_predictions
from stcore.workflow.result import Result

MOST_JOINED_MB = 600  # forecasts of all members together, above which they are not joined beside a page


@dataclass(frozen=True)
class Basis:
    """What models must share to be ranked together.

    Attributes:
        horizon, gap, targets, split: of their runs.
        cleaning: digest of what was set aside as wrong, since that counts in no error.
        origins: number, first and last of the start times on the test part.
        event: digest of what counts as an event, where chances are forecast; empty for values.
    """

    horizon: int
    gap: int
    targets: tuple[str, ...]
    split: tuple[float, float, float]
    cleaning: str
    origins: tuple[int, str, str]
    event: str = ""


@dataclass(frozen=True, eq=False)
class Entrant:
    """One finished model of one run.

    Attributes:
        run, label: where it lies; together they are its key.
        model: registry name, or "ensemble".
        settings: everything it was trained with, as title -> value.
        numbers: on the test part, as metrics.json has them.
        single: its forecasts are of one panel, so that it can be joined with others.
    """

    run: str
    label: str
    model: str
    basis: Basis
    settings: Mapping[str, Any]
    numbers: Mapping[str, Any]
    single: bool

    @property
    def key(self) -> str:
        """Unique among entrants, and nowhere near a path."""
        return f"{self.run}:{self.label}"

    @property
    def identity(self) -> str:
        """The same for two trainings with the same settings on the same data."""
        return self.model if self.baseline else str(self.numbers.get("hash") or self.key)

    @property
    def baseline(self) -> bool:
        """It is a yardstick."""
        return self.model in BASELINES

    @property
    def joined(self) -> bool:
        """It is made of others."""
        return bool(self.numbers.get("weights"))


def entrants(run: str, result: Result) -> list[Entrant]:
    """The finished models of one run."""
    entries = {entry.model.label: entry.model for entry in result.experiment.runs()}
    found = []
    for label in result.models:
        basis = _basis(result, label)
        if basis is None:
            continue
        entry = entries.get(label)
        found.append(
            Entrant(run, label, entry.name if entry else "ensemble", basis, _settings(result.experiment, entry), result.metrics[label],
                    (result.folder / "models" / label / "test" / "prediction.json").exists())
        )  # fmt: skip
    return found


def groups(found: Iterable[Entrant]) -> dict[Basis, list[Entrant]]:
    """Entrants that can be ranked together, given newest run first; of the same model and settings the newest."""
    out: dict[Basis, list[Entrant]] = {}
    for entrant in found:
        group = out.setdefault(entrant.basis, [])
        if entrant.identity not in {other.identity for other in group}:
            group.append(entrant)
    return out


def _basis(result: Result, label: str) -> Basis | None:
    test = result.folder / "models" / label / "test"
    paths = [test / "prediction.json", test / "0" / "prediction.json"]
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        return None
    origins, chances = _stored(path, path.stat().st_mtime)
    if not origins[0]:
        return None
    experiment = result.experiment
    event = experiment.prepare.events.digest() if chances else ""
    split = experiment.split
    return Basis(
        int(experiment.windows.horizon or 0), experiment.windows.gap, tuple(experiment.targets or ()), (split.train, split.validation, split.test),
        experiment.prepare.cleaning, origins, event,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _stored(path: Path, stamp: float) -> tuple[tuple[int, str, str], bool]:
    """Number, first and last of the start times of a stored forecast, none when this version cannot read it; whether it says
    chances of an event."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        origins = about["origins"] if about["schema_version"] == PREDICTION_SCHEMA else []
    except (OSError, ValueError, KeyError):
        origins = []
    if not origins:
        return (0, "", ""), False
    return (len(origins), origins[0], origins[-1]), bool(about.get("classes"))


def _settings(experiment: Experiment, entry: ModelEntry | None) -> dict[str, Any]:
    """Title -> value of every setting that can make two trainings of one model differ, the most telling first."""
    windows = experiment.windows
    out: dict[str, Any] = {"history": windows.lookback}
    if entry is not None:
        own = MODELS[entry.name].settings.model_fields if entry.name in MODELS else {}
        fields = {**TrainingConfig.model_fields, **own}
        given = {name: value for name, value in {**entry.training, **entry.settings}.items() if name in fields}
        out |= {str(fields[name].title).lower(): value for name, value in given.items() if name != "device"}
        out |= {"refit": entry.refit, "answer": entry.head}
    for name in ("fill", "transform", "scale", "difference"):
        out[str(PrepareConfig.model_fields[name].title).lower()] = getattr(experiment.prepare, name).replace("_", " ")
    return out | {str(WindowsConfig.model_fields["stride"].title).lower(): windows.stride, "seed": experiment.seed}


def differences(group: Sequence[Entrant], most: int = 3) -> dict[str, str]:
    """Key -> in what a model differs from others of its kind (“epochs 30, history 24”); nothing where it is the only one."""
    out = {}
    for entrant in group:
        alike = [other for other in group if other.model == entrant.model]
        if len(alike) == 1 or entrant.baseline or entrant.joined:
            continue
        told = [
            f"{title} {_word(value)}"
            for title, value in entrant.settings.items()
            if any(other.settings.get(title) != value for other in alike)
        ]
        out[entrant.key] = ", ".join(told[:most]) or entrant.label
    return out


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


@dataclass(frozen=True, eq=False)
class Joined:
    """Several models as one forecast.

    Attributes:
        weights: key of each member -> its weight.
        prediction: on the test part.
        numbers: as metrics.json has them.
    """

    method: Method
    weights: Mapping[str, float]
    prediction: Prediction
    numbers: Mapping[str, Any]


def join_tested(validation: Mapping[str, Prediction], test: Mapping[str, Prediction], method: Method) -> Joined:
    """Join members by key; weights and band come from the validation part alone.

    Raises:
        ConfigError: they do not forecast the same.
    """
    prediction, weights = combine_predictions(validation, test, method)
    return Joined(method, weights, prediction, judged(prediction))


def judged(prediction: Prediction) -> dict[str, Any]:
    """Numbers of a forecast with the range of its skill over days."""
    return summary(prediction) | {"skill_range": skill_by_day(prediction), "season": prediction.season}


def fits_beside_a_page(parts: Iterable[Prediction]) -> bool:
    """Whether joining needs little enough memory to be done while someone waits."""
    return sum(part.values.nbytes for part in parts) < MOST_JOINED_MB * 1e6


def one_target(prediction: Prediction, target: str) -> Prediction:
    """The forecast of one value alone, arrays as views."""
    at = prediction.targets.index(target)
    rows = slice(at, at + 1)
    spread = prediction.spread and prediction.spread.select(targets=rows)
    return replace(
        prediction, values=prediction.values[..., rows], truth=prediction.truth[..., rows], targets=(target,), spread=spread,
        baselines={name: array[..., rows] for name, array in prediction.baselines.items()},
        bands=None if prediction.bands is None else prediction.bands[..., rows, :],
    )  # fmt: skip


def ranking(numbers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Keys by skill, best first; those whose skill is unknown last."""
    return sorted(numbers, key=lambda key: (numbers[key].get("skill") is None, -(numbers[key].get("skill") or 0.0)))
