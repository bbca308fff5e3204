"""Anomalies planted into a panel from a seed: known kinds, sizes, places and times, so that a detector can be tried out.

What is caught of them says what would be noticed; it does not say which detector experts' labels would favour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from stcore.anomaly.thresholds import quantile
from stcore.data import steps
from stcore.data.panel import LABEL_COLUMNS, Panel
from stcore.errors import ConfigError, DataError, nearest

#: Kind -> sizes: multiples of the usual spread, or for kinds that last (``LASTING``) shares of a day.
SIZES: Mapping[str, tuple[float, ...]] = MappingProxyType({
    "spike": (2, 4, 8, 16), "shift": (1, 2, 4, 8), "drift": (2, 4, 8, 16), "burst": (1, 2, 4, 8),
    "dropout": (1 / 16, 1 / 4, 1 / 2), "stuck": (1 / 16, 1 / 4, 1 / 2), "swap": (1 / 16, 1 / 4, 1 / 2),
})  # fmt: skip
KIND_WORDS = {
    "spike": "Spikes", "shift": "Level shifts", "drift": "Slow drifts", "burst": "Bursts of noise", "dropout": "Dropouts",
    "stuck": "Stuck readings", "swap": "Readings of another hour",
}  # fmt: skip
LASTING = frozenset({"dropout", "stuck", "swap"})
_LONG = {"shift": 1 / 4, "drift": 1 / 2, "burst": 1 / 8}  # shares of a day
_LEAST_LONG = {"spike": 1, "shift": 6, "drift": 8, "burst": 6, "dropout": 2, "stuck": 4, "swap": 4}
_LEAST_STEPS = 64


@dataclass(frozen=True)
class Planting:
    """One anomaly to be planted: a kind of ``SIZES`` and its size."""

    kind: str
    size: float


@dataclass(frozen=True, eq=False)
class Planted:
    """A panel with anomalies in it.

    Attributes:
        panel: its labels are the planted spans.
        spans: one row each: kind, size, first, last (rows), place (position), feature (name).
        left: plantings there was no room for.
    """

    panel: Panel
    spans: pd.DataFrame
    left: tuple[Planting, ...]

    @property
    def labels(self) -> np.ndarray:
        """bool [time, location], True where something was planted."""
        out = np.zeros(self.panel.shape[:2], bool)
        for span in self.spans.itertuples():
            out[span.first : span.last + 1, span.place] = True
        return out


def plan(kinds: Sequence[str] | None = None, each: int = 4) -> tuple[Planting, ...]:
    """Every size of these kinds (None: all), ``each`` times; the first round of all of them comes first.

    Raises:
        ConfigError: a kind that is not known.
    """
    unknown = [kind for kind in kinds or () if kind not in SIZES]
    if unknown:
        raise ConfigError(f"There is no kind of anomaly called “{unknown[0]}”.", nearest(unknown[0], list(SIZES)))
    return tuple(Planting(kind, size) for kind in kinds or SIZES for size in SIZES[kind]) * each


def plant(panel: Panel, plantings: Sequence[Planting], seed: int = 0) -> Planted:
    """Put anomalies into a panel, far enough apart that each stands alone; missing values stay missing.

    - spike: one step beside the others. shift: all of a quarter of a day. drift: growing over half a day, then over.
      burst: noise on top for an eighth of a day. These by ``size`` times the usual spread, up or down.
    - dropout: readings fall to the lowest one known. stuck: the first reading stays. swap: readings of half a day later.
      These last ``size`` days.

    The usual spread is that of changes from the same time a day before; without a day in the data, from the step before.
    Values stay inside the range of the schema, and counts whole.

    Raises:
        DataError: fewer than 64 steps, or no value that can be changed.
    """
    random = np.random.default_rng(seed)
    features = [n for n, name in enumerate(panel.features) if panel.schema[name].kind in ("numeric", "count")]
    day = day_length(panel)
    if len(panel.time) < _LEAST_STEPS or not features or not panel.mask[..., features].any():
        raise DataError(
            f"Nothing can be planted into {len(panel.time)} steps of {len(features)} values with numbers.",
            f"Take data with at least {_LEAST_STEPS} steps of a measured value.",
        )
    values = panel.measured().copy()
    usual = usual_spread(values, day)
    places = random.permutation(np.flatnonzero(np.isfinite(usual[:, features]).all(axis=1)))
    laid, left = _laid(plantings, places, len(panel.time), day, random)
    rows = []
    for planting, place, first, last in laid:
        feature = int(random.choice(features))
        series, part = values[:, place, feature], slice(first, last + 1)
        wild = _changed(planting, series, part, float(usual[place, feature]), day, random)
        series[part] = np.where(np.isnan(series[part]), np.nan, _possible(wild, panel, feature))
        rows.append((planting.kind, planting.size, first, last, place, panel.features[feature]))
    spans = pd.DataFrame(rows, columns=["kind", "size", "first", "last", "place", "feature"])
    return Planted(replace(panel, values=values, observed=None, labels=_labels(spans, panel)), spans, left)


def day_length(panel: Panel) -> int:
    """Steps of the shortest calendar cycle, at most an eighth of the panel."""
    known = [cycle.period for cycle in steps.cycles(panel.step) if cycle.period]
    return max(8, min(known[0] if known else 24, len(panel.time) // 8))


def usual_spread(values: np.ndarray, day: int) -> np.ndarray:
    """Robust standard deviation of each series about what it was a day before: [location, feature].

    Where nothing changes most of the time, that of all values; NaN where a series is constant or has hardly a value.
    """
    change = np.abs(values[day:] - values[:-day])
    found = 1.4826 * quantile(change, 0.5) / np.sqrt(2)
    about = np.abs(values - quantile(values, 0.5))
    wide = np.nanmean(np.where(np.isnan(about), 0, about), axis=0)
    found = np.where(found > 0, found, wide)
    seen = np.isfinite(values).mean(axis=0) >= 0.5
    return np.where(seen & (found > 0), found, np.nan)


def _laid(
    plantings: Sequence[Planting], places: np.ndarray, size: int, day: int, random: np.random.Generator
) -> tuple[list[tuple[Planting, int, int, int]], tuple[Planting, ...]]:
    """Planting, place, first and last row, one place after the other; and those there was no room for.

    Each keeps two to six times its length from the one before, so that at most a third of a place is planted.
    """
    out, left = [], []
    head = min(day, size // 8)
    free = np.full(len(places), head)
    if len(places) >= len(plantings):  # one a place: anywhere
        free = head + (random.random(len(places)) * max(0, size - head - 5 * day)).astype(int)
    turn = 0
    for planting in plantings:
        length = _length(planting, day)
        gap = int(length * random.uniform(2, 6)) + day // 8
        tried = [(turn + n) % len(places) for n in range(len(places))] if len(places) else []
        chosen = next((n for n in tried if free[n] + gap + length < size), None)
        if chosen is None:
            left.append(planting)
            continue
        first = int(free[chosen]) + gap
        free[chosen] = first + length
        turn = chosen + 1
        out.append((planting, int(places[chosen]), first, first + length - 1))
    return out, tuple(left)


def _length(planting: Planting, day: int) -> int:
    """Steps a planting takes."""
    share = planting.size if planting.kind in LASTING else _LONG.get(planting.kind, 0)
    return max(round(share * day), _LEAST_LONG[planting.kind])


def _changed(
    planting: Planting, series: np.ndarray, part: slice, usual: float, day: int, random: np.random.Generator
) -> np.ndarray:
    """The values of a part of a series [time] as they are with the anomaly."""
    given = series[part]
    height = planting.size * usual * random.choice([-1.0, 1.0])
    if planting.kind in ("spike", "shift"):
        return given + height
    if planting.kind == "drift":
        return given + height * np.linspace(1 / len(given), 1, len(given))
    if planting.kind == "burst":
        return given + random.normal(0, planting.size * usual, len(given))
    if planting.kind == "dropout":
        return np.full(len(given), np.nanmin(series))
    if planting.kind == "stuck":
        known = given[np.isfinite(given)]
        return np.full(len(given), known[0] if len(known) else np.nan)
    later = np.minimum(np.arange(part.start, part.stop) + day // 2, len(series) - 1)
    return np.where(np.isnan(series[later]), given, series[later])


def _possible(values: np.ndarray, panel: Panel, feature: int) -> np.ndarray:
    """Inside the range of the schema, and whole and not negative where they count."""
    schema = panel.schema[panel.features[feature]]
    low, high = schema.range
    if schema.kind == "count":
        values, low = np.round(values), 0.0 if low is None else low
    return values if low is None and high is None else np.clip(values, low, high)


def _labels(spans: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """The spans as the labels of a panel."""
    ids = panel.locations.index.to_numpy()
    table = pd.DataFrame({
        "start": panel.time[spans["first"].to_numpy(int)], "end": panel.time[spans["last"].to_numpy(int)],
        "location": ids[spans["place"].to_numpy(int)], "kind": spans["kind"], "by": "planted",
    })  # fmt: skip
    return table[list(LABEL_COLUMNS)]
