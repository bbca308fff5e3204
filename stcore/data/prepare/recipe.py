"""What was fitted on the train part of one panel, so that windows of any stretch of it can be made. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from stcore.data.panel import Panel
from stcore.data.prepare.clean import measured
from stcore.data.prepare.features import Profile, season
from stcore.data.prepare.pipeline import Pipeline
from stcore.data.prepare.scale import Scaler
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
    train = panel.select(features).measured(train_rows)
    scaler = fit_scaler(train, panel, features, prepare, pipeline or Pipeline())
    scaled = scaler.forward(train)[:, :, : len(targets)]
    period = season(panel.step, train[:, :, 0], prepare.features)
    return Recipe(
        features=features, targets=targets, known_ahead=known, step=panel.step, lookback=int(windows.lookback or 1),
        horizon=horizon, cycles=cycles, scaler=scaler,
        profile=Profile.fit(scaled, panel.time[:train_rows], cycles), season=period[0], season_words=period[1],
        locations=tuple(panel.locations.index), first_location=first_location, pipeline=pipeline or Pipeline(),
        gap=windows.gap, difference=prepare.difference,
        changes=_changes(scaled) if prepare.difference == "first" else None,
    )  # fmt: skip


def fit_scaler(
    train: np.ndarray, panel: Panel, features: tuple[str, ...], prepare: PrepareConfig, pipeline: Pipeline
) -> Scaler:  # fmt: skip
    """Transform and scale of the train part [time, location, feature] as the settings say.

    Values that were worked out are always brought to spread 1: of those that are alike everywhere, or that stay as they
    are, over all places.
    """
    method, over = prepare.scale, prepare.scale_over
    own = [number for number, name in enumerate(features) if name not in pipeline.made]
    which = [number for number in own if measured(panel.schema[features[number]])]
    if prepare.transform == "none" or not which:
        scaler = Scaler.fit(train, method, over)
    else:
        curve = Transform.fit(train, prepare.transform, which, prepare.transform_over == "place")
        scaler = Scaler.transformed(train, curve, method, over)
    pooled = pipeline.derived.pooled if pipeline.derived else ()
    for number, name in enumerate(features):
        if name in pipeline.made:
            each = Scaler.fit(train[..., number : number + 1], "standard", "all" if name in pooled else "place")
            scaler.centre[:, number], scaler.spread[:, number] = each.centre[:, 0], each.spread[:, 0]
    return scaler


def _changes(scaled: np.ndarray) -> np.ndarray:
    """Root mean square of the change in one step [location, target], 1 where nothing changes."""
    change = np.diff(scaled, axis=0)
    count = (~np.isnan(change)).sum(axis=0)
    square = np.nansum(np.square(change), axis=0, dtype=np.float64) / np.maximum(count, 1)
    return np.sqrt(np.where(square > 0, square, 1)).astype(np.float32)


def _reaches(known_ahead: bool | int, steps: int) -> bool:
    """Whether a covariate is known for all steps ahead; one that is known for some of them counts as past only."""
    return known_ahead if isinstance(known_ahead, bool) else known_ahead >= steps
