"""What preparing does to a data set, before anything is trained: readings set aside, gaps filled, values scaled, windows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from stcore.data.panel import Panel
from stcore.data.prepare.clean import Cleaned
from stcore.data.prepare.event_labels import EventLabels
from stcore.data.prepare.features import calendar_cycles
from stcore.data.prepare.recipe import Recipe, make_recipe
from stcore.experiment import ModelEntry, RunConfig, WindowsConfig
from stcore.preparation import PrepareConfig
from stcore.training.cost import memory_bytes
from stcore.training.planning import PanelPlan, Plan, plan
from stcore.training.preparing import cleaned


@dataclass(frozen=True, eq=False)
class Course:
    """One place's values of one feature over a stretch of time.

    Attributes:
        time: [time].
        raw: as read.   kept: after cleaning.   filled: after filling; NaN where nothing is known.
        scaled: as a model sees them, without a unit.
    """

    time: pd.DatetimeIndex
    raw: np.ndarray
    kept: np.ndarray
    filled: np.ndarray
    scaled: np.ndarray

    @property
    def aside(self) -> np.ndarray:
        """bool [time], set aside as wrong."""
        return np.isfinite(self.raw) & ~np.isfinite(self.kept)

    @property
    def gaps(self) -> np.ndarray:
        """bool [time], not measured but filled."""
        return ~np.isfinite(self.kept) & np.isfinite(self.filled)


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """A preparation carried out.

    Attributes:
        raw: as read.
        cleaned: without the readings that were set aside.
        plan: of a run on the prepared panel.
    """

    raw: Panel
    cleaned: Cleaned
    plan: Plan

    @property
    def each(self) -> PanelPlan:
        """The panel's share of the plan: prepared values, parts, origins."""
        return next(iter(self.plan.panels.values()))

    @property
    def panel(self) -> Panel:
        """Prepared, with the values that were worked out."""
        return self.each.panel

    @cached_property
    def recipe(self) -> Recipe:
        """Transform, scale and profile, fitted on the train part."""
        cycles = calendar_cycles(self.raw.step, self.plan.run.prepare.features)
        return make_recipe(self.panel, self.each.train_rows, self.plan.run, cycles, 0, self.each.pipeline)

    @cached_property
    def labels(self) -> EventLabels | None:
        """Event labels, where the settings describe an event."""
        events = self.plan.run.prepare.events
        if events.rule == "none":
            return None
        return EventLabels.fit(self.cleaned.panel, self.each.train_rows, events, self.recipe.targets[0])

    @cached_property
    def classes(self) -> np.ndarray | None:
        """int8 [time, location], class of each time, -1 unknown."""
        return None if self.labels is None else self.labels.label(self.cleaned.panel)

    @property
    def windows(self) -> dict[str, int]:
        """Windows (one start time at one place) of each part: train, validation, test."""
        places = len(self.raw.locations)
        found = self.each.origins
        unseen = 0 if len(found.choose) == 0 else len(found.choose) + len(found.calibrate)
        return {"train": len(found.fit) * places, "validation": unseen * places, "test": len(found.test) * places}

    @property
    def memory_bytes(self) -> int:
        """What windows take while a model is trained, about."""
        return memory_bytes(self.plan)

    def course(self, feature: str, place: str, rows: slice) -> Course:
        """One place's values of a measured or worked-out feature, before and after."""
        column = self.raw.locations.index.get_loc(place)
        number = self.panel.features.index(feature)
        rows = slice(*rows.indices(len(self.raw.time)))
        filled = np.asarray(self.panel.values[rows, column, number], dtype=float)
        raw, kept = (
            _column(panel, rows, column, feature, filled) for panel in (self.raw, self.cleaned.panel)
        )  # fmt: skip
        return Course(self.raw.time[rows], raw, kept, filled, self._scaled(feature, column, rows))

    def _scaled(self, feature: str, column: int, rows: slice) -> np.ndarray:
        """As a model sees it: scaled, and where the settings say so, as a change."""
        recipe = self.recipe
        number = recipe.features.index(feature)
        lag = {"first": 1, "season": recipe.season}.get(recipe.difference, 0) if feature in recipe.targets else 0
        first = max(0, rows.start - lag)
        values = self.panel.values[first : rows.stop, column, self.panel.features.index(feature)]
        one = recipe.scaler.select([number])
        block = np.full((len(values), len(recipe.locations), 1), np.nan, np.float32)
        block[:, column, 0] = values
        scaled = one.forward(block)[:, column, 0].astype(float)
        if lag:
            scaled[lag:] -= scaled[:-lag].copy()
            scaled[:lag] = np.nan
        return scaled[rows.start - first :]

    @cached_property
    def readings(self) -> int:
        """Readings of the data as read, all places and values; counted in blocks, since the panel may lie on disk."""
        blocks = range(0, len(self.raw.time), 4096)
        return sum(int(np.isfinite(self.raw.measured_between(start, start + 4096)).sum()) for start in blocks)

    def longest_gap(self, feature: str, place: str) -> tuple[int, int] | None:
        """First row and number of rows of the longest gap of a place that begins after a reading, once cleaned."""
        column = self.raw.locations.index.get_loc(place)
        number = self.cleaned.panel.features.index(feature)
        missing = ~there(self.cleaned.panel, number)[:, column]
        if missing.all() or not missing.any():
            return None
        edges = np.flatnonzero(np.diff(np.r_[False, missing, False].astype(np.int8)))
        starts, ends = edges[::2], edges[1::2]
        starts, ends = (starts[1:], ends[1:]) if starts[0] == 0 else (starts, ends)
        if not len(starts):
            return None
        longest = int(np.argmax(ends - starts))
        return int(starts[longest]), int(ends[longest] - starts[longest])


def rehearse(
    panel: Panel, prepare: PrepareConfig, windows: WindowsConfig, targets: list[str] | None = None
) -> Rehearsal:  # fmt: skip
    """Carry a preparation out on one panel, without torch.

    Raises:
        ConfigError, DataError: it cannot be done so, with the numbers and a way out.
    """
    run = RunConfig(prepare=prepare, windows=windows, targets=targets, model=ModelEntry(name="ridge"))
    return Rehearsal(panel, cleaned(panel, prepare), plan(panel, run))


def there(panel: Panel, number: int) -> np.ndarray:
    """bool [time, location], where one value was measured."""
    return np.isfinite(panel.values[:, :, number]) if panel.observed is None else panel.observed[:, :, number]


def _column(panel: Panel, rows: slice, column: int, feature: str, worked_out: np.ndarray) -> np.ndarray:
    if feature not in panel.features:
        return worked_out
    return np.asarray(panel.select([feature]).values[rows, column, 0], dtype=float)
