"""From values to classes of events, one a time and place: what a classification learns to forecast.

A label says what had happened by its own time; nothing after it is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stcore import words
from stcore.data.panel import Panel
from stcore.data.prepare.past_features import rolling
from stcore.data.schema import readable
from stcore.errors import ConfigError, DataError, nearest
from stcore.preparation import EventsConfig

UNKNOWN = -1
MOST_CLASSES = 20


@dataclass(frozen=True, eq=False)
class EventLabels:
    """Classes of events, with levels that were fitted on the train part.

    Attributes:
        config: the rule.
        value: name of the value that is judged; empty for labels of their own.
        levels: float32 [location, class] in the value's unit, class 1 first; [location, 0] for labels of their own.
        classes: name of each class; class 0 is no event.
    """

    config: EventsConfig
    value: str
    levels: np.ndarray
    classes: tuple[str, ...]

    @classmethod
    def fit(cls, panel: Panel, train_rows: int, config: EventsConfig, first: str | None = None) -> EventLabels:
        """Levels of the first ``train_rows`` steps of a cleaned panel.

        Args:
            first: value that is judged when the settings name none.

        Raises:
            ConfigError: no rule, or names that these data do not have.
            DataError: the train part has no value, or too many classes.
        """
        if config.rule == "none":
            raise ConfigError("No event is described.", "Choose a rule in prepare.events.")
        if config.rule == "column":
            return cls(
                config, "", np.zeros((len(panel.locations), 0), np.float32), _own_classes(panel, config, train_rows)
            )
        value = config.value or first or panel.features[0]
        if value not in panel.features:
            raise ConfigError(
                f"prepare.events names “{value}”, which is no value of these data.", nearest(value, panel.features)
            )
        train = panel.select([value]).measured(train_rows)[..., 0]
        if np.isnan(train).all():
            raise DataError(f"{value} has no value in the train part.", "Choose another value.")
        levels = _levels(train, config)
        return cls(config, value, levels, ("none", *_names(config, value, panel.schema[value].unit)))

    def label(self, panel: Panel) -> np.ndarray:
        """int8 [time, location]: class of each time, 0 = no event, -1 = not known."""
        if self.config.rule == "column":
            return _own(panel, self.config, self.classes)
        values = panel.select([self.value]).measured()[..., 0]
        sign = np.float32(1 if self.config.side == "above" else -1)
        turned, levels = sign * values, sign * self.levels
        if self.config.rule == "rise":
            # A fall is a rise of the turned values; how much it must be is no level to be turned.
            turned, levels = turned - rolling(turned, "min", self.config.steps + 1), self.levels
        out = np.zeros(values.shape, np.int8)
        for number in range(levels.shape[1]):
            beyond = turned >= levels[:, number]
            if self.config.rule == "duration":
                beyond = _run_length(beyond) >= self.config.steps
            out += beyond
        out[np.isnan(values)] = UNKNOWN
        return out

    def shares(self, labels: np.ndarray) -> dict[str, float]:
        """Class -> its share of the known labels; NaN where none is known."""
        known = labels[labels != UNKNOWN]
        counts = np.bincount(known, minlength=len(self.classes))
        return {
            name: float(counts[number] / len(known)) if len(known) else np.nan
            for number, name in enumerate(self.classes)
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name."""
        return {"levels": self.levels}

    def about(self) -> dict[str, Any]:
        """The rest as JSON; with ``arrays()`` it makes them again."""
        return {"config": self.config.model_dump(mode="json"), "value": self.value, "classes": list(self.classes)}

    @classmethod
    def of(cls, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> EventLabels:
        """What ``about()`` and ``arrays()`` say."""
        return cls(EventsConfig.parse(about["config"]), about["value"], arrays["levels"], tuple(about["classes"]))


def _levels(train: np.ndarray, config: EventsConfig) -> np.ndarray:
    """[location, class] in units; a place without a value in the train part takes those of all."""
    places = train.shape[1]
    if config.rule != "quantile":
        return np.tile(np.asarray(config.levels, np.float32), (places, 1))
    whole = np.quantile(train[~np.isnan(train)], config.levels)
    out = np.tile(whole.astype(np.float32), (places, 1))
    if config.levels_over == "place":
        there = ~np.isnan(train).all(axis=0)
        out[there] = np.nanquantile(train[:, there], config.levels, axis=0).T
    return out


def _run_length(beyond: np.ndarray) -> np.ndarray:
    """How many steps in a row, this one included, are beyond [time, location]."""
    total = np.cumsum(beyond, axis=0, dtype=np.int32)
    return total - np.maximum.accumulate(np.where(beyond, 0, total), axis=0)


def _names(config: EventsConfig, value: str, unit: str | None) -> list[str]:
    """Words of the classes: “speed at most 20 mph”."""
    more = "at least" if config.side == "above" else "at most"
    named = readable(value)
    if config.rule == "quantile":
        return [f"{named} {more} its {words.percent(level)} mark" for level in config.levels]
    amounts = [words.measure(level, unit) for level in config.levels]
    span = words.count(config.steps, "step")
    if config.rule == "rise":
        way = "rises" if config.side == "above" else "falls"
        return [f"{named} {way} by {amount} within {span}" for amount in amounts]
    tail = f" for {span}" if config.rule == "duration" else ""
    return [f"{named} {more} {amount}{tail}" for amount in amounts]


# labels of their own ----------------------------------------------------------------------------------------------


def _own_classes(panel: Panel, config: EventsConfig, train_rows: int) -> tuple[str, ...]:
    """Names of the classes of a label column, or of the whole numbers of a value in the train part."""
    name = str(config.column)
    if name in panel.features:
        known = panel.select([name]).measured(train_rows)
        found = np.unique(known[~np.isnan(known)])
        if not len(found) or (found != np.round(found)).any() or found.min() < 0 or len(found) > MOST_CLASSES:
            raise DataError(
                f"“{name}” holds {len(found):,} different numbers in the train part, which are no classes.",
                f"A class is a whole number from 0 on, and there are at most {MOST_CLASSES}.",
            )
        return tuple(str(int(number)) for number in range(int(found.max()) + 1))
    kinds = list(dict.fromkeys(panel.labels["kind"].dropna().astype(str)))
    if name not in kinds:
        raise ConfigError(f"There are no labels called “{name}”.", nearest(name, [*kinds, *panel.features]))
    return "none", name


def _own(panel: Panel, config: EventsConfig, classes: tuple[str, ...]) -> np.ndarray:
    name = str(config.column)
    if name in panel.features:
        values = panel.select([name]).measured()[..., 0]
        fits = (values >= 0) & (values < len(classes)) & (values == np.round(values))
        return np.where(fits, np.nan_to_num(values), UNKNOWN).astype(np.int8)
    out = np.zeros(panel.shape[:2], np.int8)
    spans = panel.labels[panel.labels["kind"].astype(str) == name]
    for start, end, place in spans[["start", "end", "location"]].itertuples(index=False):
        rows = slice(panel.time.searchsorted(start), panel.time.searchsorted(end, side="right"))
        column = slice(None) if pd.isna(place) else panel.locations.index.get_indexer([place])[:1]
        if isinstance(column, slice) or column[0] >= 0:
            out[rows, column] = 1
    return out
