"""The folder an experiment leaves behind, opened while it grows or when it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from stcore.errors import NotFound, StoreError
from stcore.evaluation import Recommendation
from stcore.experiment import Experiment
from stcore.records import Prediction

if TYPE_CHECKING:
    from stcore.training.fitted import Fitted

Part = Literal["test", "validation", "forecast"]
RECOMMENDATION = "recommendation.json"


@dataclass(frozen=True, eq=False)
class Result:
    """Results of an experiment.

    Attributes:
        folder: where they lie (layout in README).
        experiment: complete, every default written out.
        metrics: label -> numbers on the test part, of the models that are done.
        failed: label -> message of the models that could not be trained.
    """

    folder: Path
    experiment: Experiment
    metrics: Mapping[str, Mapping[str, Any]]
    failed: Mapping[str, str]

    @classmethod
    def open(cls, folder: str | Path) -> Result:
        """Open a folder, also one that is still being filled.

        Raises:
            NotFound: there is no experiment in it. StoreError: a file in it cannot be read.
        """
        folder = Path(folder)
        if not (folder / "experiment.yaml").exists():
            raise NotFound(f"There are no results in {folder.name} yet.", "Start a run, or wait for its first model.")
        experiment = Experiment.load(folder / "experiment.yaml")
        return cls(folder, experiment, _read(folder / "metrics.json"), _read(folder / "failed.json"))

    @property
    def models(self) -> list[str]:
        """Labels of the finished models: baselines first, then in the order of the experiment."""
        return list(self.metrics)

    @property
    def done(self) -> bool:
        """True when the whole experiment is finished."""
        return (self.folder / "done.json").exists()

    @property
    def recommended(self) -> Recommendation | None:
        """Which model to rely on, and for which steps ahead; None where that was not worked out."""
        found = _read(self.folder / RECOMMENDATION)
        return Recommendation.of(found) if found else None

    def model_folder(self, label: str) -> Path:
        """Folder of one finished model.

        Raises:
            NotFound: no such model is finished.
        """
        if label not in self.metrics:
            raise NotFound(
                f"“{label}” is not finished in this run.", f"Finished: {', '.join(self.models) or 'none yet'}."
            )
        return self.folder / "models" / label

    def prediction(self, label: str, part: Part = "test") -> Prediction:
        """Forecasts of one model on the test part, the validation part, or beyond the data (arrays stay on disk).

        With several panels: those of the first; ``predictions`` gives all.
        """
        return next(iter(self.predictions(label, part).values()))

    def predictions(self, label: str, part: Part = "test") -> dict[str, Prediction]:
        """Forecasts by panel name."""
        home = self.model_folder(label) / part
        if (home / "prediction.json").exists():
            return {"": Prediction.load(home)}
        folders = sorted((each for each in home.glob("*") if each.is_dir()), key=lambda each: int(each.name))
        if not folders:
            raise StoreError(f"The {part} forecasts of “{label}” are missing.", "Train the model again.")
        names = _read(home / "panels.json")
        return {names.get(each.name, each.name): Prediction.load(each) for each in folders}

    def fitted(self, label: str) -> Fitted:
        """The model itself (imports torch)."""
        from stcore.training.fitted import load

        return load(self.model_folder(label))

    def about(self, label: str) -> dict[str, Any]:
        """model.json of one model: run, what was chosen, findings, share of the windows used, device."""
        return _read(self.model_folder(label) / "model.json")

    def history(self, label: str) -> pd.DataFrame:
        """One row an epoch; empty for models that are not trained in epochs."""
        path = self.model_folder(label) / "history.csv"
        return pd.read_csv(path) if path.exists() and path.stat().st_size > 1 else pd.DataFrame()


def _read(path: Path) -> dict[str, Any]:
    """A JSON file, or {} when it is not there.

    Raises:
        StoreError: it is torn.
    """
    if not path.exists():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path.name} cannot be read ({error}).", "Run the experiment again.") from error
    return found


def write_json(path: Path, body: Any) -> None:
    """Write JSON aside and rename it, so that a reader never sees half of it."""
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    aside.replace(path)
