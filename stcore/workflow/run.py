"""Run an experiment: read, plan all models, train the cheap ones first, judge, join, detect, export."""

from __future__ import annotations

import errno
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from stcore.anomaly import spec as require_detector
from stcore.data.panel import Panel
from stcore.errors import Cancelled, ConfigError, ModelError, StcoreError, StoreError
from stcore.evaluation import coverages, recommend, skill_by_day, summary
from stcore.experiment import EnsembleConfig, Experiment, RunConfig
from stcore.records import Prediction
from stcore.training import cost, speeds
from stcore.training.device import require
from stcore.training.fit import fit, run_hash
from stcore.training.fitted import Fitted
from stcore.training.planning import Plan, plan
from stcore.training.trackers import FOLDER as CURVES
from stcore.training.trackers import tracked
from stcore.training.trial import PICKED
from stcore.workflow.result import RECOMMENDATION, Result, write_json

Progress = Callable[[Mapping[str, Any]], None]
#: Trains models by label with ``train_member``; each label as its model is finished, with what went wrong or None.
Elsewhere = Callable[[Sequence[str]], Iterable[tuple[str, StcoreError | None]]]
_LEFT_BY_A_RUN = (
    "metrics.json", "failed.json", "done.json", "recommendation.json", "predictions*.parquet", "validation*.parquet", "forecast*.parquet",
    "anomalies.parquet", "events.csv", "report.html",
)  # fmt: skip
_ORDER = {"nothing": 0, "solving": 1, "gradient": 2}


def run(
    experiment: Experiment | Mapping[str, Any] | str | Path,
    out: str | Path | None = None,
    panel: Panel | Mapping[str, Panel] | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    resume: bool = False,
    exports: bool = True,
    elsewhere: Elsewhere | None = None,
) -> Result:
    """Train and judge every model of an experiment and leave all of it in a folder.

    Args:
        experiment: the record, a mapping, or the path of an experiment file.
        out: folder for the results (made when missing); None: a new temporary one.
        panel: the data, when they are already read.
        progress: gets JSON-able events: plan, model, epoch, note.
        should_stop: read every step; True raises ``Cancelled`` and leaves the last checkpoint.
        resume: keep what is finished in ``out`` and go on from checkpoints of the same run.
        exports: also write predictions.parquet, anomalies, tables and report.html.
        elsewhere: trains all models but naive ones in other processes; None: here, one by one.

    Returns:
        Result; a model that failed stands in ``failed`` while the others go on.

    Raises:
        ConfigError, DataError: before anything starts, or when no model at all could be trained.
        StoreError: the folder cannot be written.
    """
    settled = _experiment(experiment)
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="fieldcast-"))
    tell = progress or (lambda event: None)
    if panel is None:
        panel, settled = _read(settled.located(Path.cwd()))
    if settled.anomalies is not None:
        require_detector(settled.anomalies.detector)
    entries, refused = _plan_all(panel, settled)
    try:
        if not isinstance(experiment, (Experiment, Mapping)):
            _refuse_overwriting(Path(experiment), folder)
        _prepare(folder, resume)
        complete = _complete(settled, entries)
        (folder / "experiment.yaml").write_text(complete.to_yaml(), encoding="utf-8")
        job = _Run(folder, panel, complete, entries, tell, should_stop or (lambda: False), dict(refused))
        job.go(elsewhere or _in_turn)
        if exports:
            from stcore.workflow.exports import export

            export(Result.open(folder), panel, complete)
        write_json(folder / "done.json", {"schema_version": 1})
    except OSError as error:
        full = error.errno == errno.ENOSPC
        raise StoreError(
            f"The results could not be written to {folder} ({'the disk is full' if full else error.strerror or error}).",
            "Free space and run again with --resume; finished models are kept.",
        ) from error
    return Result.open(folder)


def train_member(
    experiment: Experiment, label: str, folder: Path, panel: Panel | Mapping[str, Panel],
    progress: Progress | None = None, should_stop: Callable[[], bool] | None = None,
) -> None:  # fmt: skip
    """Train and judge one model of an experiment in the folder of a ``run``, which takes it as it is; several may do so at once.

    Raises:
        As ``run``; for one model.
    """
    (config,) = (config for config in experiment.runs() if config.model.label == label)
    alone = _Run(folder, panel, experiment, [], progress or (lambda event: None), should_stop or (lambda: False), {})
    alone.train(label, config, plan(panel, config))


def _in_turn(labels: Sequence[str]) -> Iterable[tuple[str, StcoreError | None]]:
    return ((label, None) for label in labels)


def _experiment(given: Experiment | Mapping[str, Any] | str | Path) -> Experiment:
    if isinstance(given, (str, Path)):
        return Experiment.load(given)
    return Experiment.parse(given)


def _read(experiment: Experiment) -> tuple[Panel | Mapping[str, Panel], Experiment]:
    """Read the data of an experiment; roles that were found are written into it."""
    from stcore.data import ingest

    data = experiment.data
    if not data.source:
        raise ConfigError("The experiment names no data.", "Add `data: {source: file.csv}`.")
    with ingest.loaded(data.source, data) as loaded:
        found = loaded.report.roles.model_dump()
        roles = {
            key: value for key, value in found.items() if key in type(data).model_fields and value not in ("", None)
        }
        complete = data.model_copy(update={**roles, "step": data.step, "clock": loaded.report.clock})
        panel = loaded.panels if loaded.several else next(iter(loaded.panels.values()))
    return panel, experiment.model_copy(update={"data": complete})


def _plan_all(
    panel: Panel | Mapping[str, Panel], experiment: Experiment
) -> tuple[list[tuple[RunConfig, Plan]], list[tuple[str, str]]]:
    """Plans of all models, cheap ones first; models that do not apply to these data apart, with the reason.

    Raises:
        ConfigError, DataError: settings that cannot work.
    """
    planned, refused = [], []
    for config in experiment.runs():
        try:
            settled = plan(panel, config)
            require(settled.training.device)
            planned.append((config, settled))
        except ModelError as error:
            refused.append((config.model.label, f"{error.message} {error.hint}"))
    planned.sort(key=lambda pair: _ORDER[pair[1].spec.fitted_by])
    return planned, refused


def _complete(experiment: Experiment, entries: list[tuple[RunConfig, Plan]]) -> Experiment:
    """The experiment with every default written out, models in the order they were given."""
    first = entries[0][1].run
    by_label = {settled.run.model.label: settled.run.model for _, settled in entries}
    models = [by_label.get(config.model.label, config.model) for config in experiment.runs()]
    return experiment.model_copy(update={"windows": first.windows, "targets": first.targets, "models": models})


def _refuse_overwriting(given: Path, folder: Path) -> None:
    """The complete experiment.yaml must not replace the one that a person wrote."""
    there = folder / "experiment.yaml"
    if there.exists() and there.samefile(given) and not (folder / "failed.json").exists():
        raise ConfigError(
            f"{given} would be replaced by the complete experiment.yaml of the results.",
            "Name another folder for the results, or another file for the experiment.",
        )


def _prepare(folder: Path, resume: bool) -> None:
    """Make the folder; without ``resume`` what an earlier run left in it is removed first."""
    folder.mkdir(parents=True, exist_ok=True)
    if resume or not (folder / "failed.json").exists():  # what no run has left here is not ours to remove
        return
    for name in ("models", "checkpoints", CURVES):
        shutil.rmtree(folder / name, ignore_errors=True)
    for pattern in _LEFT_BY_A_RUN:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


@dataclass
class _Run:
    """One experiment while it runs."""

    folder: Path
    panel: Panel | Mapping[str, Panel]
    experiment: Experiment
    entries: list[tuple[RunConfig, Plan]]
    tell: Progress
    should_stop: Callable[[], bool]
    failed: dict[str, str]
    metrics: dict[str, Any] = field(default_factory=dict)

    def go(self, elsewhere: Elsewhere) -> None:
        """All models, naive ones first, then the ensemble."""
        labels = [settled.run.model.label for _, settled in self.entries]
        share = min(settled.share for _, settled in self.entries)
        chances = any(each.labels is not None for _, settled in self.entries for each in settled.panels.values())
        self.tell({
            "event": "plan", "models": [*labels, *(["ensemble"] if self.experiment.ensemble else [])], "share": share,
            "chances": chances,
        })  # fmt: skip
        first_error: StcoreError | None = None
        known = dict(zip(labels, self.entries, strict=True))
        naive = [label for label in labels if known[label][1].spec.fitted_by == "nothing"]
        for label, went_wrong in chain(_in_turn(naive), elsewhere([label for label in labels if label not in naive])):
            try:
                if went_wrong is not None:
                    raise went_wrong
                self.train(label, *known[label])
            except (Cancelled, StoreError):
                raise
            except StcoreError as error:
                first_error = first_error or error
                self.failed[label] = f"{error.message} {error.hint}"
                self.tell(
                    {"event": "model", "model": label, "state": "failed", "message": error.message, "hint": error.hint}
                )
            self._write()
        if not self.metrics and first_error is not None:
            raise first_error
        if self.experiment.ensemble is not None:
            self._ensemble(self.experiment.ensemble)
            self._write()
        self._recommend()
        self._as_trained()
        shutil.rmtree(self.folder / "checkpoints", ignore_errors=True)

    def _as_trained(self) -> None:
        """Write what trials picked into experiment.yaml, so that it gives the same numbers again."""
        opened = Result.open(self.folder)
        trained = {
            label: opened.about(label)["run"]["model"]["training"] for label in self.metrics if label != "ensemble"
        }
        picked = {label: {name: how[name] for name in PICKED if how.get(name)} for label, how in trained.items()}
        models = [
            each.model_copy(update={"training": {**each.training, **picked[each.label]}})
            if picked.get(each.label)
            else each
            for each in self.experiment.models
        ]
        if models != self.experiment.models:
            self.experiment = self.experiment.model_copy(update={"models": models})
            (self.folder / "experiment.yaml").write_text(self.experiment.to_yaml(), encoding="utf-8")

    def _recommend(self) -> None:
        """Which model to rely on, by the validation part; of several panels by the first."""
        opened = Result.open(self.folder)
        found = recommend({label: opened.prediction(label, "validation") for label in opened.models})
        if found is not None:
            write_json(self.folder / RECOMMENDATION, found.to_json())

    def _write(self) -> None:
        order = [config.model.label for config in self.experiment.runs()] + ["ensemble"]
        write_json(
            self.folder / "metrics.json", {label: self.metrics[label] for label in order if label in self.metrics}
        )
        write_json(self.folder / "failed.json", self.failed)

    def train(self, label: str, config: RunConfig, settled: Plan) -> None:
        """Train one model, or take it as it is when an interrupted run has finished it."""
        done = self._finished(label, run_hash(settled))
        if done is not None:
            self.metrics[label] = done
            self.tell({"event": "model", "model": label, "state": "done", "metrics": done})
            return
        self.tell({"event": "model", "model": label, "state": "started"})
        begin = time.perf_counter()
        checkpoint = self.folder / "checkpoints" / label
        with tracked(self.folder, label, settled.run, self.tell) as tell:
            fitted = fit(
                self.panel, config, progress=lambda event: tell({**event, "model": label}),
                should_stop=self.should_stop, checkpoint=checkpoint,
            )  # fmt: skip
        remember_speed(settled, fitted.history)
        self._keep(label, fitted, begin)
        shutil.rmtree(checkpoint, ignore_errors=True)

    def _finished(self, label: str, identity: str) -> dict[str, Any] | None:
        from stcore.workflow.result import _read as read_json

        done = read_json(self.folder / "models" / label / "done.json")
        return done["metrics"] if done.get("hash") == identity else None

    def _keep(self, label: str, fitted: Fitted, begin: float) -> None:
        numbers = keep(self.folder, label, fitted, self.panel, begin)
        self.metrics[label] = numbers
        self.tell(
            {"event": "model", "model": label, "state": "done", "seconds": numbers["seconds"], "metrics": numbers}
        )

    def _ensemble(self, config: EnsembleConfig) -> None:
        """The combined row, where at least two members are there."""
        from stcore.training.ensemble import combine

        names = {entry.model.label: entry.model.name for entry in self.experiment.runs()}
        members = config.members or [
            label for label in self.metrics if names.get(label) not in ("persistence", "seasonal_naive")
        ]
        missing = [label for label in members if label not in self.metrics]
        if missing or len(members) < 2:
            reason = (
                f"{', '.join(missing)} not trained" if missing else f"{len(members)} member; at least two are needed"
            )
            self.failed["ensemble"] = f"No ensemble: {reason}."
            self.tell({"event": "model", "model": "ensemble", "state": "failed", "message": self.failed["ensemble"]})
            return
        begin = time.perf_counter()
        opened = Result.open(self.folder)
        joined = combine([opened.fitted(label) for label in members], config.method)
        self._keep("ensemble", joined, begin)


def remember_speed(settled: Plan, history: pd.DataFrame) -> None:
    """Keep how fast a model was, for the next estimate on this machine."""
    if settled.spec.fitted_by == "gradient" and len(history):
        speeds.remember(settled, 1 / float(history["windows_per_s"].median()))
    elif settled.spec.fitted_by == "solving" and len(history):
        speeds.remember(settled, float(history["seconds"].iloc[0]) / cost.looked_at(settled))


def keep(folder: Path, label: str, fitted: Fitted, panel: Panel | Mapping[str, Panel], begin: float) -> dict[str, Any]:
    """Judge a fitted model, leave it whole in a folder of results, and return its numbers.

    Args:
        begin: ``time.perf_counter()`` when work on it began.
    """
    from stcore.training.backtest import backtest, forecast

    test, future = backtest(fitted, panel), forecast(fitted, panel)
    numbers = judge(test, fitted, time.perf_counter() - begin)
    aside = folder / "models" / f".{label}.part"
    shutil.rmtree(aside, ignore_errors=True)
    # All models of a folder have the same windows and split, so truth and baselines are kept once.
    first = next((folder / "models" / other for other in Result.open(folder).models if other != label), None)
    fitted.save(aside, first)
    for part, predictions in (("test", test), ("forecast", future)):
        _save(predictions, aside / part, first / part if first else None)
    write_json(aside / "done.json", {"hash": fitted.hash, "metrics": numbers})
    final = folder / "models" / label
    shutil.rmtree(final, ignore_errors=True)
    aside.replace(final)
    return numbers


def judge(test: Prediction | Mapping[str, Prediction], fitted: Fitted, seconds: float) -> dict[str, Any]:
    """Numbers of a model on the test part, as metrics.json has them."""
    several = [test] if isinstance(test, Prediction) else list(test.values())
    further = [level for level in fitted.run.intervals.levels if level != 90]
    numbers = summary(*several) | coverages(further, *several)
    numbers |= {
        "skill_range": list(skill_by_day(several[0]) or ()) or None if len(several) == 1 else None, "season": several[0].season,
        "cpu_s": fitted.cpu_s, "seconds": seconds, "share": fitted.share, "hash": fitted.hash,
    }  # fmt: skip
    if fitted.weights:
        numbers["weights"] = dict(fitted.weights)
        numbers["members"] = {label: member.hash for label, member in fitted.members.items()}
    return numbers


def _save(predictions: Prediction | Mapping[str, Prediction], folder: Path, shared: Path | None) -> None:
    if isinstance(predictions, Prediction):
        predictions.save(folder, shared)
        return
    for number, prediction in enumerate(predictions.values()):
        prediction.save(folder / str(number), shared / str(number) if shared else None)
    write_json(folder / "panels.json", {str(number): name for number, name in enumerate(predictions)})
