"""Groups of cells and the sums over them: one pass over a prediction answers every question about its error.

State = sum of a statistic and number of cells, by group and target. States add up exactly and collapse to fewer keys,
so the weighted mean of any breakdown equals the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore.errors import ConfigError, nearest
from stcore.evaluation.metrics import METRICS
from stcore.evaluation.statistics import STATISTICS, Cells
from stcore.records import Prediction

CHUNK_CELLS = 1_000_000
CLOCK_KEYS = {"hour": "hour", "weekday": "day_of_week", "month": "month", "day": "day"}
TIME_KEYS = ("lead", "origin", *CLOCK_KEYS)
KEYS = (*TIME_KEYS, "location", "region", "target")


@dataclass(frozen=True, eq=False)
class State:
    """Sums of statistics and numbers of cells, indexed by (keys..., target), one column a statistic."""

    sums: pd.DataFrame
    cells: pd.DataFrame

    def __add__(self, other: State) -> State:
        """Join chunks, folds or batches of the same keys and statistics."""
        index = self.sums.index.union(other.sums.index, sort=False)

        def joined(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
            return left.reindex(index, fill_value=0.0) + right.reindex(index, fill_value=0.0)

        return State(joined(self.sums, other.sums), joined(self.cells, other.cells))

    def collapse(self, keys: Sequence[str]) -> State:
        """The state over fewer keys (target included only when named)."""
        if not keys:
            return State(self.sums.sum().to_frame().T, self.cells.sum().to_frame().T)
        sums, cells = (part.groupby(level=list(keys), sort=False).sum() for part in (self.sums, self.cells))
        return State(sums, cells)

    def means(self) -> pd.DataFrame:
        """Mean of each statistic; NaN where no cell counted."""
        return self.sums / self.cells.where(self.cells > 0)


def evaluate(
    prediction: Prediction | Mapping[str, Prediction],
    metrics: Sequence[str] = ("mae", "rmse", "skill"),
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """Metrics of a prediction, one row a group.

    Args:
        prediction: forecasts beside their truth, of one panel or of several together; missing truths count in no metric.
        metrics: names in ``METRICS``.
        by: lead, location, hour, weekday (0 = Monday), month, day, origin, target, region (the parent of a
            location), or any column of ``prediction.locations``. Hours and days are those of the target time.

    Returns:
        Columns: the keys, the metrics, ``cells`` (forecasts that were judged). Where targets have unlike units and
        ``target`` is no key, metrics with a unit are NaN and those without are the mean over the targets.

    Raises:
        ConfigError: an unknown metric or key, or something that is no prediction.
    """
    by, metrics = _names(by), _names(metrics)
    parts = list(prediction.values()) if isinstance(prediction, Mapping) else [prediction]
    if not parts or not all(isinstance(part, Prediction) for part in parts):
        raise ConfigError(
            f"Only predictions can be judged, not {type(prediction).__name__}.",
            "Give what stcore.backtest returned, or fitted.validation.",
        )
    states = [accumulate(part, metrics, by) for part in parts]
    return table(sum(states[1:], start=states[0]), metrics, by, same_units(parts[0]))


def accumulate(prediction: Prediction, metrics: Iterable[str], by: Sequence[str] = ()) -> State:
    """Sums of the statistics that ``metrics`` need, in blocks of origins, so that memory stays small."""
    needed = list(dict.fromkeys(["abs_error", *(s for name in metrics for s in METRICS[name].statistics)]))
    groups = _Groups.of(prediction, by)
    targets = len(prediction.targets)
    sums, cells = (np.zeros((len(needed), groups.count, targets)) for _ in range(2))
    for origins in chunks(prediction):
        block = Cells(prediction.select(origins=origins))
        codes = groups.codes(origins)
        for row, name in enumerate(needed):
            values = STATISTICS[name](block)
            there = np.isfinite(values)
            filled = np.where(there, values, 0.0)
            for target in range(targets):
                sums[row, :, target] += np.bincount(codes, filled[..., target].ravel(), groups.count)
                cells[row, :, target] += np.bincount(codes, there[..., target].ravel(), groups.count)
    index = groups.index(prediction.targets)
    frames = (pd.DataFrame(part.reshape(len(needed), -1).T, index, needed) for part in (sums, cells))
    return State(*frames)


def table(state: State, metrics: Sequence[str], by: Sequence[str], like_units: bool) -> pd.DataFrame:
    """Metrics of a state as the frame that ``evaluate`` returns."""
    keys = [key for key in by if key != "target"]
    pooled = like_units or "target" in by
    kept = state.collapse([*keys, "target"] if "target" in by or not pooled else keys)
    means = kept.means()
    columns = {name: np.asarray(METRICS[name].formula(means), dtype=float) for name in metrics}
    frame = pd.DataFrame({**columns, "cells": kept.cells["abs_error"].astype(np.int64)}, index=means.index)
    if not pooled:
        frame = _over_targets(frame, metrics, keys)
    if not by:
        return frame.reset_index(drop=True)
    frame = frame.reset_index().sort_values(list(by), key=_natural, kind="stable", ignore_index=True)
    return frame[[*by, *metrics, "cells"]]


def same_units(prediction: Prediction) -> bool:
    """Whether a mean over the targets has a unit: one target, or all in the same known unit and kind."""
    if len(prediction.targets) == 1:
        return True
    kinds = {(prediction.schema[t].unit, prediction.schema[t].kind) for t in prediction.targets}
    return len(kinds) == 1 and next(iter(kinds))[0] is not None


def _over_targets(frame: pd.DataFrame, metrics: Sequence[str], keys: list[str]) -> pd.DataFrame:
    """Mean over targets of the metrics without a unit; the others are NaN."""
    grouped = frame.groupby(level=keys, sort=False) if keys else frame.groupby(np.zeros(len(frame)))
    out = grouped.mean()
    out["cells"] = grouped["cells"].sum()
    for name in metrics:
        if not METRICS[name].scale_free:
            out[name] = np.nan
    return out


def _natural(column: pd.Series) -> pd.Series:
    """Sorting key: numbers and times by value, text in the order of first appearance (that of the panel)."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    return pd.Series(pd.factorize(column)[0], index=column.index)


def _names(given: Sequence[str] | str) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))


def chunks(prediction: Prediction) -> Iterator[slice]:
    """Blocks of origins small enough for memory."""
    origins = len(prediction.origins)
    each = max(1, CHUNK_CELLS // max(1, int(np.prod(prediction.values.shape[1:]))))
    return (slice(start, min(start + each, origins)) for start in range(0, origins, each))


@dataclass(frozen=True, eq=False)
class _Groups:
    """Group number of every cell: a time part [origin, horizon] and a location part [location]."""

    time: np.ndarray
    location: np.ndarray
    labels: pd.DataFrame  # one row a group, one column a key
    by: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, prediction: Prediction, by: Sequence[str]) -> _Groups:
        origins, horizon, locations, _ = prediction.values.shape
        time_keys = {key: _time_key(prediction, key) for key in by if key in TIME_KEYS}
        space_keys = {key: _space_key(prediction, key) for key in by if key not in (*TIME_KEYS, "target")}
        time, when = _joined(time_keys, (origins, horizon))
        location, where = _joined(space_keys, (locations,))
        labels = when.merge(where, how="cross")
        return cls(time, location, labels, tuple(key for key in by if key != "target"))

    def codes(self, origins: slice) -> np.ndarray:
        """Group of each cell of these origins, flattened [origin, horizon, location]."""
        spaces = int(self.location.max()) + 1 if len(self.location) else 1
        return (self.time[origins, :, None] * spaces + self.location).ravel()

    def index(self, targets: Sequence[str]) -> pd.MultiIndex:
        names = pd.DataFrame({"target": list(targets)})
        whole = self.labels.merge(names, how="cross")
        return pd.MultiIndex.from_frame(whole[[*self.by, "target"]])


def _joined(keys: dict[str, tuple[np.ndarray, pd.Index]], shape: tuple[int, ...]) -> tuple[np.ndarray, pd.DataFrame]:
    """One code from several keys, numbered without holes, and the labels of each code."""
    if not keys:
        return np.zeros(shape, np.int64), pd.DataFrame(index=[0])
    sizes = tuple(max(1, len(categories)) for _, categories in keys.values())
    parts = [np.broadcast_to(codes, shape) for codes, _ in keys.values()]
    present, codes = np.unique(np.ravel_multi_index(parts, sizes), return_inverse=True)
    labels = {
        name: categories.take(part)
        for (name, (_, categories)), part in zip(keys.items(), np.unravel_index(present, sizes), strict=True)
    }
    return codes.reshape(shape), pd.DataFrame(labels)


def _time_key(prediction: Prediction, key: str) -> tuple[np.ndarray, pd.Index]:
    """Codes [origin, horizon] (or what broadcasts to it) and their categories in order."""
    origins, horizon = prediction.values.shape[:2]
    if key == "lead":
        return np.arange(horizon)[None], pd.Index(prediction.gap + np.arange(1, horizon + 1))
    if key == "origin":
        return np.arange(origins)[:, None], pd.Index(prediction.origins)
    fields = [_clock(prediction.times(lead), key) for lead in range(1, horizon + 1)]
    categories, codes = np.unique(np.stack(fields, axis=1), return_inverse=True)
    return codes.reshape(origins, horizon), pd.Index(categories)


def _clock(times: pd.DatetimeIndex, key: str) -> np.ndarray:
    wall = times.tz_localize(None) if times.tz is not None else times
    return (wall.normalize() if key == "day" else getattr(wall, CLOCK_KEYS[key])).to_numpy()


def _space_key(prediction: Prediction, key: str) -> tuple[np.ndarray, pd.Index]:
    """Codes [location] and their categories; text keeps the order of first appearance."""
    locations = prediction.locations
    if key == "location":
        return np.arange(len(locations)), pd.Index(locations.index)
    column = "parent" if key == "region" and "parent" in locations else key
    if column not in locations or column == "geometry":
        known = [*KEYS, *(name for name in locations.columns if name != "geometry")]
        if key == "region":
            raise ConfigError("The places have no region.", "Give a column “region” or “parent” with the places.")
        raise ConfigError(f"Errors cannot be broken down by “{key}”.", nearest(key, map(str, known)))
    codes, categories = pd.factorize(locations[column].where(locations[column].notna(), "(none)"))
    return codes, pd.Index(categories)
