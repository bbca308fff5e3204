"""What was fitted on the train part of one panel, so that windows of any stretch of it can be made. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from stcore.data.panel import Panel
from stcore.data.prepare.clean import measured
from stcore.data.prepare.features import Profile, season
from stcore.data.prepare.pipeline import Pipeline
from stcore.data.prepare.scale import Scaler
from stcore.data.prepare.train_part import TrainPart
from stcore.data.prepare.transforms import Transform
from stcore.data.steps import Cycle
from stcore.experiment import RunConfig
from stcore.preparation import Difference, PrepareConfig


@dataclass(frozen=True, eq=False)
class Recipe:
    """Enough to make windows of a panel.

    Attributes:
        features: all values a model sees, targets first.
        targets: names of the targets.
        known_ahead: names of covariates known for the future.
        gap: steps between the origin and the first step that is forecast.
        cycles: of the calendar.
        season: period in steps of the seasonal baseline; ``season_words`` as people say it.
        first_location: where this panel's locations start in the embedding tables.
        pipeline: how gaps are filled and further values worked out before.
        difference: what the targets are shown and forecast as: values, or changes.
        changes: float32 [location, target] spread of a scaled value's change in one step, where differences are first ones.
    """

    features: tuple[str, ...]
    targets: tuple[str, ...]
    known_ahead: tuple[str, ...]
    step: str
    lookback: int
    horizon: int
    cycles: tuple[Cycle, ...]
    scaler: Scaler
    profile: Profile
    season: int
    season_words: str
    locations: tuple[str, ...]
    first_location: int = 0
    pipeline: Pipeline = field(default_factory=Pipeline)
    gap: int = 0
    difference: Difference = "none"
    changes: np.ndarray | None = None

    @property
    def target_scaler(self) -> Scaler:
        """Scaler of the targets [location, target]."""
        return self.scaler.select(list(range(len(self.targets))))

    @property
    def given(self) -> tuple[str, ...]:
        """Values that data must have; the others are worked out from them."""
        return tuple(name for name in self.features if name not in self.pipeline.made)

    @property
    def given_ahead(self) -> tuple[str, ...]:
        """Covariates whose future a person must know."""
        return tuple(name for name in self.known_ahead if name not in self.pipeline.made)

    @property
    def reach(self) -> int:
        """Steps from the origin to the last one that is forecast."""
        return self.gap + self.horizon


def make_recipe(
    panel: Panel, train_rows: int, run: RunConfig, cycles: tuple[Cycle, ...], first_location: int = 0,
    pipeline: Pipeline | None = None,
) -> Recipe:  # fmt: skip
    """Fit scaler and profile on the first ``train_rows`` steps: nothing later is looked at.

    Args:
        panel: prepared.
        run: with targets, lookback and horizon settled.
        cycles: calendar cycles the models see.
    """
    prepare, windows, targets = run.prepare, run.windows, tuple(run.targets or panel.features[:1])
    horizon = int(windows.horizon or 1)
    known = tuple(
        name
        for name in panel.features
        if name not in targets and _reaches(panel.schema[name].known_ahead, windows.gap + horizon)
    )
    features = (*targets, *(name for name in panel.features if name not in targets))
    train = TrainPart(panel, train_rows, features)
    scaler = fit_scaler(train, prepare, pipeline or Pipeline())
    scaled = TrainPart(panel, train_rows, targets), scaler.select(list(range(len(targets))))
    period = season_of(panel, targets[0], train_rows, prepare)
    return Recipe(
        features=features, targets=targets, known_ahead=known, step=panel.step, lookback=int(windows.lookback or 1),
        horizon=horizon, cycles=cycles, scaler=scaler,
        profile=_profile(*scaled, cycles), season=period[0], season_words=period[1],
        locations=tuple(panel.locations.index), first_location=first_location, pipeline=pipeline or Pipeline(),
        gap=windows.gap, difference=prepare.difference,
        changes=_changes(*scaled) if prepare.difference == "first" else None,
    )  # fmt: skip


def season_of(panel: Panel, target: str, train_rows: int, prepare: PrepareConfig) -> tuple[int, str]:
    """Period and words of the seasonal baseline of a target, from the train part."""
    blocks = TrainPart(panel, train_rows, (target,)).blocks()
    return season(panel.step, (block[..., 0] for _, block in blocks), prepare.features)


def fit_scaler(train: TrainPart, prepare: PrepareConfig, pipeline: Pipeline) -> Scaler:
    """Transform and scale of the train part as the settings say.

    Values that were worked out are always brought to spread 1: of those that are alike everywhere, or that stay as they
    are, over all places.
    """
    method, over, features = prepare.scale, prepare.scale_over, train.features
    own = [number for number, name in enumerate(features) if name not in pipeline.made]
    which = [number for number in own if measured(train.panel.schema[features[number]])]
    thinned = train.thinned()
    if prepare.transform == "none" or not which:
        scaler = Scaler.fit_parts((block for _, block in train.blocks()), thinned, method, over)
    else:
        scaler = _bent(train, thinned, prepare, which)
    pooled = pipeline.derived.pooled if pipeline.derived else ()
    for number, name in enumerate(features):
        if name in pipeline.made:
            parts = (block[..., number : number + 1] for _, block in train.blocks())
            over = "all" if name in pooled else "place"
            each = Scaler.fit_parts(parts, thinned[..., number : number + 1], "standard", over)
            scaler.centre[:, number], scaler.spread[:, number] = each.centre[:, 0], each.spread[:, 0]
    return scaler


def _bent(train: TrainPart, thinned: np.ndarray, prepare: PrepareConfig, which: list[int]) -> Scaler:
    """The scaler of transformed values; curves that all places share come from the thinned train part."""
    assert prepare.transform != "none"
    curve = Transform.fit(thinned, prepare.transform, which)
    if prepare.transform_over == "place":
        curve = curve.own(train.blocks(), prepare.transform, which)
    method, over = prepare.scale, prepare.scale_over
    bent = (curve.at(places).forward(block) for places, block in train.blocks())
    fitted = Scaler.fit_parts(bent, curve.forward(thinned), method, over)
    unit = Scaler.fit_parts((block for _, block in train.blocks()), thinned, "standard", over).spread
    return replace(fitted, transform=curve, unit=unit)


def _profile(train: TrainPart, scaler: Scaler, cycles: tuple[Cycle, ...]) -> Profile:
    """The usual course of the scaled targets."""
    times = train.panel.time[: train.rows]
    found = [Profile.fit(scaler.at(places).forward(block), times, cycles) for places, block in train.blocks()]
    return replace(found[0], table=np.concatenate([each.table for each in found], axis=1))


def _changes(train: TrainPart, scaler: Scaler) -> np.ndarray:
    """Root mean square of the change of a scaled value in one step [location, target], 1 where nothing changes."""
    squares = []
    for places, block in train.blocks():
        change = np.diff(scaler.at(places).forward(block), axis=0)
        count = (~np.isnan(change)).sum(axis=0)
        squares.append(np.nansum(np.square(change), axis=0, dtype=np.float64) / np.maximum(count, 1))
    square = np.concatenate(squares)
    return np.sqrt(np.where(square > 0, square, 1)).astype(np.float32)


def _reaches(known_ahead: bool | int, steps: int) -> bool:
    """Whether a covariate is known for all steps ahead; one that is known for some of them counts as past only."""
    return known_ahead if isinstance(known_ahead, bool) else known_ahead >= steps
