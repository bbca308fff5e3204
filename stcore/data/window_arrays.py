"""The arrays that windows are gathered from: scaled values without gaps, masks, usual values. Written some steps at a time,
into memory or, where they are large, into nameless files; both hold the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.data import arrays, steps
from stcore.data.panel import Panel
from stcore.data.prepare import gaps
from stcore.data.prepare.recipe import Recipe

_BLOCK = 8 << 20  # bytes of values that are scaled in one go
_BLOCK_CELLS = 8_000_000  # of cells whose fills are dated in one go


@dataclass(eq=False)
class WindowArrays:
    """What the windows of one panel are gathered from; t = steps that count, h = steps they reach beyond.

    Attributes:
        filled: float32 [t, N, F] scaled values, gaps filled with the last one (0 where there is none before).
        mask: bool [t, N, F] True where observed.
        carried: the last *measured* value [t, N, F or T] (targets alone where that is enough).
        known: int32 [t, N, F] row from which on a filled value is known; None where every fill is known at its own time.
        future: float32 [t + h, N, G] known-ahead covariates, gaps and the end filled with the last value.
        usual: float32 [t + h, N, T] usual value at each time.
        change: float32 [t, N, T] change of each target from the step, or the season, before; None where not asked for.
    """

    filled: np.ndarray
    mask: np.ndarray
    carried: np.ndarray
    known: np.ndarray | None
    future: np.ndarray
    usual: np.ndarray
    change: np.ndarray | None

    @property
    def told(self) -> np.ndarray:
        """Measured values: what a series is said to have been."""
        return self.filled if self.known is None else self.carried


def needed_bytes(panel: Panel, recipe: Recipe) -> int:
    """Bytes of the arrays of a panel, about."""
    filler, targets, features = recipe.pipeline.filler, len(recipe.targets), len(recipe.features)
    each = numbers(features, targets, len(recipe.known_ahead), 0 if filler is None else recipe.pipeline.ends or -1)
    changes = 0 if recipe.difference == "none" else targets
    return int((each + changes) * len(panel.time) * len(panel.locations) * 4)


def numbers(features: int, targets: int, ahead: int, ends: int) -> float:
    """Numbers of 4 bytes that windows keep a cell of time and place.

    Args:
        ends: readings after a gap that must be known before its fill is; -1: none of them; 0: gaps are not filled.
    """
    return 1.25 * features + targets + ahead + (0 if not ends else targets if ends < 0 else 2 * features)


def lay(panel: Panel, recipe: Recipe, rows: int, train_rows: int, in_files: bool) -> WindowArrays:
    """The arrays of a panel's first ``rows`` steps.

    Args:
        panel: prepared; later rows are known-ahead covariates only.
        train_rows: rows whose usual value leaves out their own day, since they are fitted on.
        in_files: whether they lie in temporary files, which go with them.

    Raises:
        StoreError: no space on the disk.
    """
    filler, ends, targets = recipe.pipeline.filler, recipe.pipeline.ends, len(recipe.targets)
    places, features = len(panel.locations), len(recipe.features)
    shape, length = (rows, places, features), rows + recipe.reach
    filled, mask = arrays.spacious(shape, in_file=in_files), arrays.spacious(shape, bool, in_file=in_files)
    measured = features if ends else targets
    carried = filled if filler is None else arrays.spacious((rows, places, measured), in_file=in_files)
    ahead = [recipe.features.index(name) for name in recipe.known_ahead]
    future = arrays.spacious((length, places, len(ahead)), in_file=in_files)
    before = [np.zeros(array.shape[1:], np.float32) for array in (filled, carried, future)]
    for part in _parts(min(length, len(panel.time)) if ahead else rows, rows, places * features):
        scaled = _scaled(panel, recipe, part)
        if ahead:
            future[part], before[2] = _carry(scaled[..., ahead], before[2])
        if part.start >= rows:
            continue
        filled[part], before[0] = _carry(scaled, before[0])
        mask[part] = ~np.isnan(scaled) if panel.observed is None else ~np.isnan(scaled) & _observed(panel, recipe, part)
        if filler is not None:
            seen = np.where(mask[part], scaled, np.float32(np.nan))[..., :measured]
            carried[part], before[1] = _carry(seen, before[1])
    future[len(panel.time) :] = before[2]
    known = _known_from(mask, ends, in_files) if filler is not None and ends else None
    usual = _usual(filled, mask, recipe, extended(panel.time, length, recipe.step), train_rows, in_files)
    found = WindowArrays(filled, mask, carried, known, future, usual, None)
    if recipe.difference != "none":
        found.change = _changes(found.told, recipe, in_files)
    return found


def _parts(end: int, rows: int, cells: int) -> Iterator[slice]:
    """Stretches of steps 0 to ``end`` that hold about ``_BLOCK`` bytes of float32; ``rows`` begins a new one."""
    each = max(1, _BLOCK // max(1, 4 * cells))
    for first, last in ((0, min(end, rows)), (min(end, rows), end)):
        for start in range(first, last, each):
            yield slice(start, min(start + each, last))


def _scaled(panel: Panel, recipe: Recipe, part: slice) -> np.ndarray:
    """Scaled values of some steps [time, location, feature], features in the recipe's order."""
    values = np.asarray(panel.values[part])
    if recipe.features != panel.features:
        values = values[..., [panel.features.index(name) for name in recipe.features]]
    return recipe.scaler.forward(values)


def _observed(panel: Panel, recipe: Recipe, part: slice) -> np.ndarray:
    assert panel.observed is not None
    return np.asarray(panel.observed[part])[..., [panel.features.index(name) for name in recipe.features]]


def _carry(scaled: np.ndarray, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Last value carried forward over some steps [time, N, F], ``before`` [N, F] where there is none yet; and the last row."""
    mask = ~np.isnan(scaled)
    if mask.all():
        return scaled, scaled[-1].copy()
    rows = gaps.before(mask)
    filled = np.where(rows >= 0, np.take_along_axis(scaled, np.maximum(rows, 0), axis=0), before)
    return filled, filled[-1].copy()


def _known_from(mask: np.ndarray, ends: int, in_files: bool) -> np.ndarray:
    """``gaps.known_from`` of some places at a time: it looks at what comes after."""
    out = arrays.spacious(mask.shape, np.int32, in_file=in_files)
    width = max(1, _BLOCK_CELLS // max(1, len(mask) * mask.shape[2]))
    for first in range(0, mask.shape[1], width):
        out[:, first : first + width] = gaps.known_from(np.ascontiguousarray(mask[:, first : first + width]), ends)
    return out


def _usual(
    filled: np.ndarray, mask: np.ndarray, recipe: Recipe, times: pd.DatetimeIndex, train_rows: int, in_files: bool
) -> np.ndarray:  # fmt: skip
    """Usual value at each time; that of train rows as the other days, weeks or years have it."""
    count = len(recipe.targets)
    usual = arrays.spacious((len(times), filled.shape[1], count), in_file=in_files)

    def train(part: slice) -> np.ndarray:
        return np.where(mask[part, :, :count], filled[part, :, :count], np.float32(np.nan))

    if train_rows:
        recipe.profile.leave_one_out(train, times[:train_rows], usual[:train_rows])
    for part in _parts(len(times), train_rows, filled.shape[1] * count):
        if part.start >= train_rows:
            usual[part] = recipe.profile.usual(times[part])
    return usual


def _changes(told: np.ndarray, recipe: Recipe, in_files: bool) -> np.ndarray:
    """Change of each target from the step, or the season, before [t, N, T]; 0 where there is none."""
    count, lag = len(recipe.targets), 1 if recipe.difference == "first" else recipe.season
    change = arrays.spacious((*told.shape[:2], count), in_file=in_files)
    change[:lag] = 0
    for part in _parts(len(told), min(lag, len(told)), told.shape[1] * count):
        if part.start >= lag:
            change[part] = told[part, :, :count] - told[part.start - lag : part.stop - lag, :, :count]
            if recipe.changes is not None:
                change[part] /= recipe.changes
    return change


def extended(times: pd.DatetimeIndex, length: int, step: str) -> pd.DatetimeIndex:
    """The first ``length`` times, continued beyond the end where needed."""
    if length <= len(times):
        return times[:length]
    return times.append(steps.following(times[-1], length - len(times), step))
