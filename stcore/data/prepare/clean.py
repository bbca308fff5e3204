"""Readings that cannot be right are set aside: they become gaps. No rule looks past the reading it judges.

Exact zeros and ranges judge a reading by itself, the other rules by the readings before it at the same place: what comes
later cannot change what a model saw at its origin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from stcore.data import arrays
from stcore.data.panel import Panel
from stcore.data.prepare import gaps
from stcore.data.schema import FeatureSchema
from stcore.errors import ConfigError, nearest
from stcore.preparation import PrepareConfig

RULES: Mapping[str, str] = {
    "left_out": "places left out", "zeros": "zeros", "limits": "out of range", "jump": "jumps", "stuck": "stuck",
    "spikes": "spikes",
}  # fmt: skip
"""Name of a rule -> its word, in the order in which they are applied."""

_BLOCK_CELLS = 2_000_000
_WINDOW_CELLS = 8_000_000
_TO_DEVIATION = 1.4826  # of a normal distribution: standard deviation over median absolute deviation

Rule = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A panel without the readings that were set aside.

    Attributes:
        panel: their cells are NaN and not observed.
        counts: rule -> readings it set aside; rules that are off are not there.
    """

    panel: Panel
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Readings set aside."""
        return sum(self.counts.values())


def clean(panel: Panel, config: PrepareConfig) -> Cleaned:
    """Set aside what the settings call wrong; the panel itself when no rule is on.

    Angles, yes/no values, categories and what is known ahead keep zeros, repeats and spikes: a range or a largest change
    that names them holds.
    """
    rules = {name: _rules(name, panel.schema[name], config) for name in panel.features}
    out = np.flatnonzero(panel.locations.index.isin(config.clean.leave_out))
    if not len(out) and not any(rules.values()):
        return Cleaned(panel, {})
    counts: dict[str, int] = {}
    values = arrays.by_place(
        panel.values, lambda block, places: _cleaned(block, places, out, rules, counts), _BLOCK_CELLS
    )
    observed = None
    if panel.observed is not None:
        observed = arrays.spacious(values.shape, bool)
        for rows in arrays.blocks(values):
            observed[rows] = panel.observed[rows] & ~np.isnan(values[rows])
    return Cleaned(replace(panel, values=values, observed=observed), {r: counts[r] for r in RULES if r in counts})


def _cleaned(
    block: np.ndarray, places: slice, out: np.ndarray, rules: Mapping[str, Mapping[str, Rule]], counts: dict[str, int]
) -> np.ndarray:
    """Some places [time, place, feature] without what is wrong; what each rule set aside is added to ``counts``.

    Args:
        out: positions of the places that are left out.
        rules: value -> its rules, in the order of the features.
    """
    gone = out[(out >= places.start) & (out < places.stop)] - places.start
    if len(gone):
        counts["left_out"] = counts.get("left_out", 0) + int((~np.isnan(block[:, gone])).sum())
        block[:, gone] = np.nan
    for number, of_value in enumerate(rules.values()):
        part = np.ascontiguousarray(block[:, :, number])
        for rule, wrong in _applied(part, of_value):
            counts[rule] = counts.get(rule, 0) + wrong
        block[:, :, number] = part
    return block


def check_names(panels: Iterable[Panel], config: PrepareConfig) -> None:
    """Refuse cleaning of values or places that none of the panels has.

    Raises:
        ConfigError
    """
    panels = list(panels)
    features = panels[0].features
    for group, names in (("limits", config.clean.limits), ("jump", config.clean.jump)):
        for name in names:
            if name not in features:
                raise ConfigError(
                    f"prepare.clean.{group} names “{name}”, which is no value of these data.", nearest(name, features)
                )
    places = {str(place) for panel in panels for place in panel.locations.index} if config.clean.leave_out else set()
    for place in config.clean.leave_out:
        if place not in places:
            raise ConfigError(f"prepare.clean.leave_out names “{place}”, which is no place of these data.",
                              nearest(place, places))  # fmt: skip


def measured(schema: FeatureSchema) -> bool:
    """A number that a sensor measures or counts, not known ahead."""
    return schema.kind in ("numeric", "count") and not schema.known_ahead


def _rules(name: str, schema: FeatureSchema, config: PrepareConfig) -> dict[str, Rule]:
    """The rules that are on for one value, in order."""
    found: dict[str, Rule] = {}
    wrong, own = config.clean, measured(schema)
    if config.zeros_are_missing and own:
        found["zeros"] = lambda block: block == 0
    if name in wrong.limits:
        low, high = wrong.limits[name]
        found["limits"] = lambda block: _outside(block, low, high)
    if name in wrong.jump:
        found["jump"] = lambda block: jumps(block, wrong.jump[name], schema.kind == "angle")
    if wrong.stuck and own:
        found["stuck"] = lambda block: stuck(block, wrong.stuck)
    if wrong.spikes and own:
        found["spikes"] = lambda block: spikes(block, wrong.spikes, wrong.spike_steps)
    return found


def _applied(block: np.ndarray, rules: Mapping[str, Rule]) -> Iterator[tuple[str, int]]:
    """Apply rules in turn to [time, place], in place; each sees what those before it left."""
    for name, rule in rules.items():
        wrong = rule(block)
        block[wrong] = np.nan
        yield name, int(wrong.sum())


def _outside(block: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    wrong = np.zeros(block.shape, dtype=bool)
    if low is not None:
        wrong |= block < low
    if high is not None:
        wrong |= block > high
    return wrong


def jumps(block: np.ndarray, largest: float, angle: bool = False) -> np.ndarray:
    """Readings [time, place] too far from the reading before them: bool.

    A change may be ``largest`` a step. After a reading that jumped itself the one before that counts too, so that of a
    lone wrong reading only itself is set aside; a lasting change loses its first reading.
    """
    there = ~np.isnan(block)
    first = gaps.earlier(there)
    second = np.where(first >= 0, np.take_along_axis(first, np.maximum(first, 0), axis=0), np.int32(-1))
    rows = np.arange(len(block), dtype=np.int32)[:, None]

    def near(row: np.ndarray) -> np.ndarray:
        change = np.abs(block - gaps.at(block, row))
        change = np.minimum(change, 360 - change) if angle else change
        return change <= np.float32(largest) * (rows - row)  # False where there is no reading

    far = there & (first >= 0) & ~near(first)
    doubtful = np.take_along_axis(far, np.maximum(first, 0), axis=0) & (first >= 0)
    return far & ~(doubtful & near(second))


def stuck(block: np.ndarray, most: int) -> np.ndarray:
    """Readings [time, place] that repeat the one before them for more than ``most`` times in a row; zeros may: bool."""
    there = ~np.isnan(block)
    same = there & (block == gaps.at(block, gaps.earlier(there)))
    repeats = np.cumsum(same, axis=0, dtype=np.int32)
    begin = np.maximum.accumulate(np.where(there & ~same, repeats, 0), axis=0)
    return same & (repeats - begin > most) & (block != 0)


def spikes(block: np.ndarray, limit: float, steps: int) -> np.ndarray:
    """Readings [time, place] far from the median of the ``steps`` before them: bool.

    Far is more than ``limit`` robust deviations (1.4826 x median absolute deviation). Nothing is said where half of those
    steps have no reading, or where they are mostly alike.

    Source: F. R. Hampel, "The Influence Curve and its Role in Robust Estimation", JASA 69, 1974; trailing window.
    """
    wrong = np.zeros(block.shape, dtype=bool)
    padded = np.concatenate([np.full((steps, block.shape[1]), np.nan, np.float32), block])
    windows = np.lib.stride_tricks.sliding_window_view(padded, steps, axis=0)  # [time + 1, place, step]
    size = max(1, _WINDOW_CELLS // (steps * block.shape[1]))
    for start in range(0, len(block), size):
        rows = slice(start, min(start + size, len(block)))
        past = np.sort(windows[rows], axis=-1)
        count = (~np.isnan(past)).sum(axis=-1)
        middle = _median(past, count)
        usual = _median(np.sort(np.abs(past - middle[..., None]), axis=-1), count)
        known = (count >= max(2, steps // 2)) & (usual > 0)
        wrong[rows] = known & (np.abs(block[rows] - middle) > limit * _TO_DEVIATION * usual)
    return wrong


def _median(ordered: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Median over the last axis of sorted values, NaN last; ``count`` of them are numbers."""
    low, high = np.maximum(count - 1, 0) // 2, np.maximum(count, 1) // 2
    pair = np.take_along_axis(ordered, np.stack([low, np.minimum(high, ordered.shape[-1] - 1)], axis=-1), axis=-1)
    return np.asarray(pair.mean(axis=-1))
