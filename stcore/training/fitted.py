"""A fitted run: weights, what was fitted beside them, what was learnt about its errors; saved without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as pack

from stcore.data.prepare.event_labels import EventLabels
from stcore.data.prepare.features import Profile, calendar_cycles
from stcore.data.prepare.pipeline import Pipeline
from stcore.data.prepare.recipe import Recipe
from stcore.data.prepare.scale import Scaler
from stcore.data.prepare.transforms import Transform
from stcore.data.schema import FeatureSchema
from stcore.errors import ModelError, StoreError, storing
from stcore.experiment import RunConfig
from stcore.findings import Finding
from stcore.models import MODELS
from stcore.models.contract import Shapes
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.heads import Head, Units, make_head
from stcore.models.surroundings import Surroundings
from stcore.records import Prediction, Spread

SCHEMA_VERSION = 1


@dataclass(frozen=True, eq=False)
class PanelFit:
    """What was fitted for one panel.

    Attributes:
        recipe: scaler, profile, season, locations.
        spread: conformal offsets, or None.
        test_start: first time of the test part.
        schema: of the targets, with the range forecasts are kept in.
        events: what counts as an event, where the answer is its chance.
    """

    recipe: Recipe
    spread: Spread | None
    test_start: pd.Timestamp
    schema: Mapping[str, FeatureSchema]
    events: EventLabels | None = None


@dataclass(frozen=True, eq=False)
class Fitted:
    """A run that has been fitted; forecasts, saves and serves. An ensemble is one too.

    Attributes:
        run: the complete RunConfig.
        hash: of run and data.
        module: the forecaster, or None for an ensemble.
        panels: name -> what was fitted for that panel.
        validation: Prediction on the whole validation part, made before any refit (a mapping for several panels).
        history: DataFrame: epoch, train_loss, validation_loss, baseline_loss, seconds, windows_per_s, cpu_s, learning_rate.
        chosen: what was chosen on validation (epochs, strength), JSON-able.
        cpu_s: processor seconds of the whole fit.
        share: part of the train windows that were looked at.
        device: where it was trained and why.
        members, weights: of an ensemble: label -> Fitted, label -> weight.
        around: how the places belong together, for models that see a network or a grid.
        shares: of the classes of an event in the train part, where the answer is its chance.
    """

    run: RunConfig
    hash: str
    module: Forecaster | None
    panels: Mapping[str, PanelFit]
    validation: Prediction | Mapping[str, Prediction]
    history: pd.DataFrame
    chosen: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    cpu_s: float = 0.0
    share: float = 1.0
    device: str = ""
    members: Mapping[str, Fitted] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    around: Surroundings | None = None
    shares: tuple[float, ...] = ()

    @property
    def head(self) -> Head:
        """Meaning of the module's output."""
        return head_of(self.run, {name: fit.recipe for name, fit in self.panels.items()}, self.shares)

    def panel_fit(self, name: str | None) -> PanelFit:
        """What was fitted for a panel; the only one when there is one."""
        if len(self.panels) == 1:
            return next(iter(self.panels.values()))
        if name is None or name not in self.panels:
            raise ModelError(
                f"The model knows no panel called “{name}”.", f"It was fitted on: {', '.join(self.panels)}."
            )
        return self.panels[name]

    def save(self, folder: str | Path, shared: str | Path | None = None) -> None:
        """Write model.json, weights.safetensors, history.csv and validation/ into ``folder``.

        Args:
            shared: folder of another saved model of the same data and windows, to keep truth and baselines once.

        Raises:
            StoreError: the folder cannot be written to, or the disk is full.
        """
        with storing(f"The model “{self.run.model.label}” in {folder}"):
            self._write(Path(folder), shared)

    def _write(self, folder: Path, shared: str | Path | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, np.ndarray] = {}
        if self.module is not None:
            arrays |= {f"module.{k}": v.detach().cpu().numpy() for k, v in self.module.state_dict().items()}
        if self.around is not None:
            arrays |= {f"around.{k}": v for k, v in self.around.arrays().items()}
        about = {
            "schema_version": SCHEMA_VERSION, "run": self.run.model_dump(mode="json", by_alias=True), "hash": self.hash,
            "panels": [_pack(name, number, fit, arrays) for number, (name, fit) in enumerate(self.panels.items())],
            "chosen": dict(self.chosen), "findings": [f.model_dump(mode="json") for f in self.findings],
            "cpu_s": self.cpu_s, "share": self.share, "device": self.device, "weights": dict(self.weights),
            "members": list(self.members), "shares": list(self.shares),
        }  # fmt: skip
        (folder / "weights.safetensors").write_bytes(pack({k: np.ascontiguousarray(v) for k, v in arrays.items()}))
        self.history.to_csv(folder / "history.csv", index=False)
        several = len(self.panels) > 1
        for number, prediction in enumerate(_by_panel(self.validation).values()):
            part = Path("validation") / str(number) if several else Path("validation")
            prediction.save(folder / part, Path(shared) / part if shared else None)
        for number, member in enumerate(self.members.values()):
            member.save(folder / "members" / str(number), shared)
        (folder / "model.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")


def load(folder: str | Path) -> Fitted:
    """Open a saved model.

    Raises:
        StoreError: files are missing, torn or of another schema version.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if about.get("schema_version") != SCHEMA_VERSION:
            raise StoreError(
                f"The model in {folder.name} has schema version {about.get('schema_version')}; this version reads "
                f"{SCHEMA_VERSION}.",
                "Train it again with this version.",
            )
        arrays = load_file(folder / "weights.safetensors")
        history = pd.read_csv(folder / "history.csv") if (folder / "history.csv").stat().st_size > 1 else pd.DataFrame()
        return _unpack(folder, about, arrays, history)
    except StoreError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError, RuntimeError) as error:
        raise StoreError(
            f"The model in {folder} cannot be read ({type(error).__name__}: {error}).",
            "Check that weights.safetensors and model.json are whole, or train again.",
        ) from error


def head_of(run: RunConfig, panels: Mapping[str, Recipe], shares: tuple[float, ...] = (), device: str = "cpu") -> Head:
    """What the numbers of a run's model mean, with the units of its targets."""
    import torch

    scalers = [recipe.target_scaler for recipe in panels.values()]
    centre, spread = (
        torch.from_numpy(np.concatenate([getattr(each, part) for each in scalers])).to(device)
        for part in ("centre", "spread")
    )
    options = {name: run.model.training.get(name, 0) for name in ("class_weight", "focal")}
    return make_head(
        run.model.head, Units(centre, spread), torch.tensor(shares, device=device),
        balanced=options["class_weight"] == "balanced", focal=float(options["focal"]),
    )  # fmt: skip


def build(
    run: RunConfig, panels: Mapping[str, Recipe], around: Surroundings | None = None, shares: tuple[float, ...] = (),
    saved: bool = False,
) -> Forecaster:  # fmt: skip
    """The module of a complete run: untrained, or about to be given the state of a saved one."""
    spec = MODELS[run.model.name]
    first = next(iter(panels.values()))
    shapes = Shapes(
        lookback=first.lookback, horizon=first.horizon, locations=sum(len(r.locations) for r in panels.values()),
        features=len(first.features), targets=len(first.targets), future=len(first.known_ahead),
        slots=tuple(cycle.slots for cycle in first.cycles), outputs=head_of(run, panels, shares).outputs,
        answer=run.model.head, shares=shares,
    )  # fmt: skip
    settings = {**run.model.settings, **(spec.when_saved if saved else {})}
    return spec.build(spec.settings.parse(settings), shapes, around)


def _pack(name: str, number: int, fit: PanelFit, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """JSON of one panel's fit; its arrays go to ``arrays`` under its number."""
    recipe = fit.recipe
    parts = {"profile": recipe.profile.table, **_scaler_arrays(recipe.scaler)}
    if recipe.changes is not None:
        parts["changes"] = recipe.changes
    if fit.spread is not None:
        parts |= {f"conformal.{part}": array for part, array in fit.spread.arrays().items()}
    parts |= {f"pipeline.{part}": array for part, array in recipe.pipeline.arrays().items()}
    if fit.events is not None:
        parts |= {f"events.{part}": array for part, array in fit.events.arrays().items()}
    arrays |= {f"panel.{number}.{key}": value for key, value in parts.items()}
    return {
        "name": name, "features": list(recipe.features), "targets": list(recipe.targets), "step": recipe.step,
        "known_ahead": list(recipe.known_ahead), "lookback": recipe.lookback, "horizon": recipe.horizon,
        "cycles": {cycle.name: cycle.slots for cycle in recipe.cycles}, "split_week": recipe.profile.split_week,
        "season": recipe.season, "season_words": recipe.season_words, "locations": list(recipe.locations),
        "first_location": recipe.first_location, "test_start": fit.test_start.isoformat(),
        "schema": {k: v.model_dump(mode="json") for k, v in fit.schema.items()}, "pipeline": recipe.pipeline.about(),
        "gap": recipe.gap, "difference": recipe.difference, "events": fit.events.about() if fit.events else None,
    }  # fmt: skip


def _unpack(folder: Path, about: dict[str, Any], arrays: dict[str, np.ndarray], history: pd.DataFrame) -> Fitted:
    panels = {}
    for number, entry in enumerate(about["panels"]):
        panels[entry["name"]] = _unpack_panel(entry, _under(arrays, f"panel.{number}."))
    run = RunConfig.of(about["run"])
    module, around = None, Surroundings.of(_under(arrays, "around."))
    if not about["members"]:
        import torch

        recipes = {name: fit.recipe for name, fit in panels.items()}
        module = build(run, recipes, around, tuple(about.get("shares", ())), saved=True)
        state = {k.removeprefix("module."): torch.from_numpy(v) for k, v in arrays.items() if k.startswith("module.")}
        module.load_state_dict(state)
        module.eval()
    home = folder / "validation"
    several = len(panels) > 1
    opened = {name: Prediction.load(home / str(n) if several else home) for n, name in enumerate(panels)}
    members = {label: load(folder / "members" / str(n)) for n, label in enumerate(about["members"])}
    return Fitted(
        run=run, hash=about["hash"], module=module, panels=panels,
        validation=opened if several else next(iter(opened.values())), history=history, chosen=about["chosen"],
        findings=tuple(Finding.parse(f) for f in about["findings"]), cpu_s=about["cpu_s"], share=about["share"],
        device=about["device"], members=members, weights=about["weights"], around=around, shares=tuple(about.get("shares", ())),
    )  # fmt: skip


def _unpack_panel(entry: Mapping[str, Any], own: Mapping[str, np.ndarray]) -> PanelFit:
    known = {cycle.name: cycle for cycle in calendar_cycles(entry["step"])}
    cycles = tuple(replace(known[name], slots=slots) for name, slots in entry["cycles"].items())
    profile = Profile(own["profile"], entry["split_week"], cycles[0] if cycles else None)
    recipe = Recipe(
        features=tuple(entry["features"]), targets=tuple(entry["targets"]), known_ahead=tuple(entry["known_ahead"]),
        step=entry["step"], lookback=entry["lookback"], horizon=entry["horizon"], cycles=cycles,
        scaler=_scaler(own), profile=profile, season=entry["season"],
        season_words=entry["season_words"], locations=tuple(entry["locations"]), first_location=entry["first_location"],
        pipeline=Pipeline.of(entry.get("pipeline"), _under(own, "pipeline."), entry["step"]), gap=entry.get("gap", 0),
        difference=entry.get("difference", "none"), changes=own.get("changes"),
    )  # fmt: skip
    conformal = _under(own, "conformal.")
    spread = Spread(**conformal) if conformal else None
    schema = {name: FeatureSchema.parse(value) for name, value in entry["schema"].items()}
    events = EventLabels.of(entry["events"], _under(own, "events.")) if entry.get("events") else None
    return PanelFit(recipe, spread, pd.Timestamp(entry["test_start"]), schema, events)


def _scaler_arrays(scaler: Scaler) -> dict[str, np.ndarray]:
    """Arrays of a scaler by name; ``_scaler`` makes it again."""
    arrays = {"centre": scaler.centre, "spread": scaler.spread}
    if scaler.unit is not None:
        arrays["unit"] = scaler.unit
    if scaler.transform is not None:
        arrays |= {f"transform.{name}": array for name, array in scaler.transform.arrays().items()}
    return arrays


def _scaler(own: Mapping[str, np.ndarray]) -> Scaler:
    curve = _under(own, "transform.")
    return Scaler(own["centre"], own["spread"], Transform(**curve) if curve else None, own.get("unit"))


def _under(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Those whose name begins so, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _by_panel(validation: Prediction | Mapping[str, Prediction]) -> Mapping[str, Prediction]:
    return {"only": validation} if isinstance(validation, Prediction) else validation
