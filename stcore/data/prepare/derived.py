"""Further values of a panel, worked out for the models: from the series' past, from the clock, from the map.

What was fitted (neighbours, countries, the span of the trend, numbers of the places) comes from the train part and is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from stcore.data import steps
from stcore.data.panel import Panel
from stcore.data.prepare import past_features, time_features
from stcore.data.prepare.holiday import countries, holiday
from stcore.data.prepare.neighbours import Neighbours, by_network
from stcore.data.schema import FeatureSchema
from stcore.data.space import coordinates, great_circle_km
from stcore.errors import ConfigError, DataError, nearest
from stcore.preparation import DerivedConfig, PrepareConfig
from stcore.settings import settings

Column = tuple[str, np.ndarray, FeatureSchema]


@dataclass(frozen=True, eq=False)
class Derived:
    """What is worked out for one panel, with what was fitted for it.

    Attributes:
        of: values the past features are worked out from.
        reach: steps beyond the end that known-ahead features are worked out for.
        cycles: day, week, year as far as there are waves and phases of them.
        span: first and last time of the train part.
        codes: country of each place, or nothing.
        static: name -> float32 [location].
        near: neighbours, or None.
    """

    config: DerivedConfig
    of: tuple[str, ...]
    reach: int
    step: str
    cycles: tuple[str, ...]
    span: tuple[pd.Timestamp, pd.Timestamp]
    codes: tuple[str, ...]
    static: Mapping[str, np.ndarray]
    near: Neighbours | None
    places: int

    @classmethod
    def fit(
        cls, panel: Panel, train_rows: int, prepare: PrepareConfig, targets: tuple[str, ...], reach: int
    ) -> Derived | None:  # fmt: skip
        """From the first ``train_rows`` steps of a cleaned panel; None when nothing is to be worked out.

        Raises:
            ConfigError: something these data do not have.
        """
        config = prepare.derived
        if config.nothing:
            return None
        of = tuple(config.of) or targets
        for name in of:
            if name not in panel.features:
                raise ConfigError(f"prepare.derived.of names “{name}”, which is no value of these data.",
                                  nearest(name, panel.features))  # fmt: skip
        span = (panel.time[0], panel.time[train_rows - 1])
        near = None
        if config.neighbours_mean:
            if len(panel.locations) < 2:
                raise ConfigError("One place alone has no neighbours.", "Turn the neighbours' mean off.")
            train = panel.select(of[:1]).measured(train_rows)[..., 0]
            near = by_network(panel, train, prepare.neighbours)
        found = cls(
            config=config, of=of, reach=reach, step=panel.step,
            cycles=time_features.resolved(panel.step, span[1] - span[0]), span=span,
            codes=countries(panel, config.country) if config.holidays else (), static=_static(panel, config), near=near,
            places=len(panel.locations),
        )  # fmt: skip
        clash = set(found.names) & set(panel.features)
        if clash:
            raise ConfigError(
                f"The data have a value called {', '.join(sorted(clash))} already.",
                "Rename it, or leave that feature out.",
            )
        return found

    @cached_property
    def meanings(self) -> Mapping[str, FeatureSchema]:
        """Name of each value that is worked out -> its schema."""
        blank = np.zeros((1, self.places, len(self.of)), np.float32)
        return {name: meaning for name, _, meaning in self._columns(blank, pd.DatetimeIndex(self.span[:1]))}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that are worked out."""
        return tuple(self.meanings)

    @property
    def pooled(self) -> frozenset[str]:
        """Those that are scaled over all places together: alike everywhere, or without a change in time."""
        blank = np.zeros((1, self.places), np.float32)
        own = {column[0] for name in self.of for column in self._of_the_past(name, blank)}
        return frozenset(self.names) - own

    def apply(self, panel: Panel, known: np.ndarray) -> Panel:
        """The panel with the derived values, and ``reach`` more steps where some of them are known ahead.

        Args:
            known: float32 as the values of ``of``, as they are known at their own time; NaN where they are not.

        Raises:
            DataError: it would not fit into memory.
        """
        names = self.names
        more = self.reach if any(map(self._reaches, self.meanings.values())) else 0
        steps_, places, features = panel.shape
        _refuse_memory((steps_ + more) * places * (features + len(names)))
        times = panel.time.append(steps.following(panel.time[-1], more, panel.step)) if more else panel.time
        values = np.full((steps_ + more, places, features + len(names)), np.nan, np.float32)
        values[:steps_, :, :features] = panel.values
        longer = np.concatenate([known, np.full((more, *known.shape[1:]), np.nan, np.float32)]) if more else known
        for number, (_, column, meaning) in enumerate(self._columns(longer, times), features):
            rows = slice(None) if self._reaches(meaning) else slice(steps_)
            values[rows, :, number] = np.broadcast_to(column, (len(times), places))[rows]
        observed = None
        if panel.observed is not None:
            observed = ~np.isnan(values)
            observed[:steps_, :, :features] = panel.observed
        return replace(
            panel, values=values, time=times, features=(*panel.features, *names), observed=observed,
            schema={**panel.schema, **self.meanings},
        )  # fmt: skip

    def _reaches(self, schema: FeatureSchema) -> bool:
        ahead = schema.known_ahead
        return ahead if isinstance(ahead, bool) else ahead >= self.reach

    def _columns(self, known: np.ndarray, times: pd.DatetimeIndex) -> Iterator[Column]:
        """Name, values [time, location] (or what broadcasts to it) and meaning of each, one after the other."""
        for number, name in enumerate(self.of):
            yield from self._of_the_past(name, known[..., number])
        ahead = FeatureSchema(known_ahead=True)
        for name, column in self._of_the_clock(times):
            yield name, column.astype(np.float32)[:, None], ahead
        if self.codes:
            yield "holiday", holiday(times, self.step, self.codes), ahead
        for name, numbers in self.static.items():
            yield name, numbers[None], FeatureSchema()

    def _of_the_past(self, name: str, values: np.ndarray) -> Iterator[Column]:
        config, plain = self.config, FeatureSchema()
        for count in config.lags:
            yield f"{name}_lag_{count}", past_features.lag(values, count), FeatureSchema(known_ahead=count)
        for count in config.changes:
            yield f"{name}_change_{count}", past_features.change(values, count), plain
        for kind in config.rolling:
            for count in config.rolling_steps:
                yield f"{name}_{kind}_{count}", past_features.rolling(values, kind, count), plain
        if self.near is not None:
            yield f"{name}_neighbours", self.near.mean(values), plain

    def _of_the_clock(self, times: pd.DatetimeIndex) -> Iterator[tuple[str, np.ndarray]]:
        for cycle in self.cycles:
            yield from time_features.waves(times, cycle, self.config.waves).items()
            if self.config.phase:
                yield f"{cycle}_phase", time_features.phase(times, cycle)
        if self.config.trend:
            yield "trend", time_features.trend(times, *self.span)

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays by name."""
        found = {f"static.{name}": numbers for name, numbers in self.static.items()}
        return found | ({} if self.near is None else {"near.index": self.near.index, "near.weight": self.near.weight})

    def about(self) -> dict[str, Any]:
        """The rest as JSON."""
        return {
            "config": self.config.model_dump(mode="json"), "of": list(self.of), "reach": self.reach,
            "cycles": list(self.cycles), "span": [str(time.isoformat()) for time in self.span], "codes": list(self.codes),
            "static": list(self.static), "places": self.places, "zone": str(self.span[0].tz) if self.span[0].tz else None,
        }  # fmt: skip

    @classmethod
    def of_stored(cls, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray], step: str) -> Derived:
        """What ``about()`` and ``arrays()`` say."""
        first, last = (pd.Timestamp(text) for text in about["span"])
        if about["zone"]:
            first, last = first.tz_convert(about["zone"]), last.tz_convert(about["zone"])
        near = Neighbours(arrays["near.index"], arrays["near.weight"]) if "near.index" in arrays else None
        return cls(
            config=DerivedConfig.parse(about["config"]), of=tuple(about["of"]), reach=about["reach"], step=step,
            cycles=tuple(about["cycles"]), span=(first, last), codes=tuple(about["codes"]),
            static={name: arrays[f"static.{name}"] for name in about["static"]}, near=near, places=about["places"],
        )  # fmt: skip


def _static(panel: Panel, config: DerivedConfig) -> dict[str, np.ndarray]:
    """Numbers of the places: distances to points and own columns; a missing number is the mean of the others."""
    found = {}
    lonlat = coordinates(panel.locations) if config.distance_to else None
    for name, (lat, lon) in config.distance_to.items():
        if lonlat is None:
            raise ConfigError("These data have no coordinates, so there are no distances.", "Leave distance_to empty.")
        found[f"km_to_{name}"] = great_circle_km(lonlat, np.array([lon, lat]))
    for name in config.static:
        columns = [column for column in panel.locations.columns if column != "geometry"]
        if name not in columns:
            raise ConfigError(f"The places have no column “{name}”.", nearest(name, columns) if columns else
                              "Give a file with the places and their columns.")  # fmt: skip
        column = panel.locations[name]
        if not (is_numeric_dtype(column) or is_bool_dtype(column)):
            raise ConfigError(f"The column “{name}” of the places holds no numbers.", "Choose one that does.")
        found[f"place_{name}"] = column.to_numpy(np.float64, na_value=np.nan)
    return {name: _without_holes(numbers) for name, numbers in found.items()}


def _without_holes(numbers: np.ndarray) -> np.ndarray:
    known = numbers[np.isfinite(numbers)]
    usual = float(known.mean()) if len(known) else 0.0
    return np.where(np.isfinite(numbers), numbers, usual).astype(np.float32)


def _refuse_memory(cells: int) -> None:
    limit = settings().max_cells
    if cells > limit:
        raise DataError(
            f"With the features that are worked out there would be {cells:,} numbers; the limit is {limit:,}.",
            "Work out fewer, take a coarser step or fewer places, or raise FIELDCAST_MAX_CELLS.",
        )
