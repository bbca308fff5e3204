"""The one shape all data take: values over time, location and feature, with their mask, clock, schema and space."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

from stcore.data import arrays, steps
from stcore.data.schema import FeatureSchema, guess_schema
from stcore.data.space import EDGE_COLUMNS, Space, matrix_edges
from stcore.errors import DataError

LABEL_COLUMNS = ("start", "end", "location", "kind", "by")


@dataclass(frozen=True, eq=False)
class Panel:
    """A regular view of a dataset.

    Attributes:
        values: float32 [time, location, feature], NaN where missing; may be a memory map.
        time: regular DatetimeIndex in the panel's own clock.
        step: pandas offset alias of the index ("5min", "1D", "1MS").
        locations: GeoDataFrame indexed by location id (text), in order of first appearance; static covariates as columns.
        features: names of the last axis.
        schema: feature -> FeatureSchema.
        space: geometry, edges, grid, parents.
        labels: spans with columns start, end (inclusive), location (None = all), kind, by.
        clock: time zone name, or None: wall clock as written, never localised.
        name: words for titles ("Los Angeles loop"); not part of the identity.
        observed: bool as values once a fill stored it; None: observed means not NaN.
    """

    values: np.ndarray
    time: pd.DatetimeIndex
    step: str
    locations: gpd.GeoDataFrame
    features: tuple[str, ...]
    schema: Mapping[str, FeatureSchema]
    space: Space = field(default_factory=Space)
    labels: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LABEL_COLUMNS)))
    clock: str | None = None
    name: str = ""
    observed: np.ndarray | None = None

    def __post_init__(self) -> None:
        expected = (len(self.time), len(self.locations), len(self.features))
        if self.values.shape != expected:
            raise DataError(
                f"Values have the shape {self.values.shape}; {expected[0]} times, {expected[1]} locations and "
                f"{expected[2]} features need {expected}.",
                "Give values as [time, location, feature].",
            )
        if len(set(self.features)) < len(self.features):
            raise DataError(
                f"Two values have the same name ({', '.join(self.features)}).", "Give every value a name of its own."
            )

    @property
    def mask(self) -> np.ndarray:
        """bool [time, location, feature], True where observed; filled values are never taken for observed."""
        return self.observed if self.observed is not None else ~np.isnan(self.values)

    def measured(self, rows: int | None = None) -> np.ndarray:
        """The first ``rows`` steps as they were measured: float32 as ``values``, NaN also where something was filled in."""
        return self.measured_between(0, rows)

    def measured_between(self, start: int, end: int | None) -> np.ndarray:
        """Steps ``start`` to before ``end`` as they were measured."""
        values = self.values[start:end]
        return values if self.observed is None else np.where(self.observed[start:end], values, np.float32(np.nan))

    def seen(self, rows: slice) -> np.ndarray:
        """The mask of some steps, bool [time, location, feature]; a large panel is asked in blocks."""
        return np.asarray(self.observed[rows]) if self.observed is not None else ~np.isnan(self.values[rows])

    @property
    def shape(self) -> tuple[int, int, int]:
        """(steps, locations, features)."""
        steps_, locations, features = self.values.shape
        return steps_, locations, features

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of the content: values, mask, time, ids, features, clock. Names and labels do not count."""
        state = hashlib.sha256()
        for rows in arrays.blocks(self.values):
            # Adding zero makes one zero of -0 and 0; a NaN may have come with other bits from another reader.
            block = self.values[rows] + np.float32(0)
            state.update(np.where(np.isnan(block), np.float32(np.nan), block).tobytes())
            if self.observed is not None:
                state.update(np.packbits(self.observed[rows]).tobytes())
        first = str(self.time[0]) if len(self.time) else ""
        state.update(repr((first, self.step, self.clock, list(self.locations.index), self.features)).encode())
        return state.hexdigest()[:16]

    @cached_property
    def curves(self) -> np.ndarray | None:
        """The values place by place, float32 [location, feature, time], where a file holds them so; else None."""
        return None  # set on opening; a panel made from this one has other values and starts without

    def curve(self, location: str, feature: str, start: int = 0) -> np.ndarray:
        """float32 [time] of one place from row ``start`` on, read alone where the values lie on disk.

        Raises:
            KeyError: no such place.   ValueError: no such feature.
        """
        place, column = self.locations.index.get_loc(location), self.features.index(feature)
        if self.curves is not None:
            return np.array(self.curves[place, column, start:])
        return np.array(self.values[start:, place, column])

    @classmethod
    def from_arrays(
        cls,
        values: Any,
        time: Any,
        locations: gpd.GeoDataFrame | pd.DataFrame | Sequence[str] | None = None,
        features: Sequence[str] | None = None,
        adjacency: np.ndarray | pd.DataFrame | None = None,
        mask: np.ndarray | None = None,
        clock: str | None = None,
    ) -> Panel:
        """A panel from arrays.

        Args:
            values: [time], [time, location] or [time, location, feature]; infinite values become NaN. A float32
                memory map stays on disk.
            time: regular times, sorted; with a zone only together with the same ``clock``.
            locations: ids, or a (Geo)DataFrame indexed by id; lat and lon columns become points.
            features: names; default value, or value_1, value_2, ...
            adjacency: square weights [location, location], or an edge table with from, to and optional weight, length_km.
            mask: bool as values, False = missing (set to NaN).
            clock: time zone of the times; None = as written.

        Raises:
            DataError: shapes do not match, or the times are not regular.
        """
        array = arrays.numbers(values)
        if mask is not None:
            array = np.array(array)
            array[~arrays.mask(mask, array.shape)] = np.nan
        index = arrays.clocked(arrays.times(time), clock)
        table = locations_table(locations, array.shape[1])
        names = tuple(features) if features is not None else _feature_names(array.shape[2])
        if not index.is_monotonic_increasing or index.has_duplicates:
            raise DataError(
                "The times do not follow each other: some come twice, or earlier than the one before.",
                "Sort them, or use stcore.read, which lays them on a grid.",
            )
        step = steps.infer(index) if len(index) > 1 else "1D"
        if len(index) and not index.equals(steps.index(index[0], len(index), step)):
            raise DataError(
                f"The times are not regular (step {step} found).", "Use stcore.read, which lays them on a grid."
            )
        space = Space(geometry=table.geometry if "geometry" in table else None)
        if adjacency is not None:
            space = space.with_edges("given", edge_table(adjacency, table.index))
        return cls(array, index, step, table, names, {n: guess_schema(n) for n in names}, space, clock=clock)

    def called(self, name: str) -> Panel:
        """The same panel under another name, with what is already known of it."""
        panel = replace(self, name=name)
        for known in ("digest", "curves"):
            if known in self.__dict__:
                panel.__dict__[known] = self.__dict__[known]
        return panel

    def select(self, features: Sequence[str]) -> Panel:
        """The same panel with these features only, in this order.

        Raises:
            DataError: a feature that is not there.
        """
        if tuple(features) == self.features:
            return self
        missing = [name for name in features if name not in self.features]
        if missing:
            raise DataError(f"There is no value called {', '.join(missing)}.", f"Known: {', '.join(self.features)}.")
        which = [self.features.index(name) for name in features]
        observed = None if self.observed is None else self.observed[:, :, which]
        return replace(
            self, values=self.values[:, :, which], features=tuple(features),
            schema={name: self.schema[name] for name in features}, observed=observed,
        )  # fmt: skip

    def between(self, start: Any = None, end: Any = None) -> Panel:
        """The panel from ``start`` to ``end``, both included."""
        rows = slice(*self.time.slice_indexer(start, end).indices(len(self.time))[:2])
        observed = None if self.observed is None else self.observed[rows]
        return replace(self, values=self.values[rows], time=self.time[rows], observed=observed)


def locations_table(locations: gpd.GeoDataFrame | pd.DataFrame | Sequence[str] | None, count: int) -> gpd.GeoDataFrame:
    """A GeoDataFrame indexed by text ids; points from lat and lon columns where there is no geometry.

    Raises:
        DataError: not ``count`` rows, or an id twice.
    """
    if locations is None:
        locations = [str(number) for number in range(1, count + 1)]
    table = locations.copy() if isinstance(locations, pd.DataFrame) else pd.DataFrame(index=list(locations))
    table.index = pd.Index([str(name) for name in table.index], dtype=object, name="location")
    if len(table) != count:
        raise DataError(f"There are {len(table)} location names for {count} locations.", "Give one name a location.")
    if table.index.has_duplicates:
        twice = table.index[table.index.duplicated()][0]
        raise DataError(f"Location “{twice}” is there twice.", "Give every location a name of its own.")
    table.columns = [str(name) for name in table.columns]
    for name in table.columns:
        if name != "geometry" and infer_dtype(table[name], skipna=True).startswith("mixed"):
            table[name] = table[name].where(table[name].isna(), table[name].astype(str))  # files keep one type a column
    if isinstance(table, gpd.GeoDataFrame):
        return table
    if {"lat", "lon"} <= set(table.columns):
        points = gpd.points_from_xy(table["lon"], table["lat"])
        return gpd.GeoDataFrame(table.drop(columns=["lat", "lon"]), geometry=points, crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([None] * len(table), index=table.index, crs="EPSG:4326"))


def edge_table(adjacency: np.ndarray | pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Edge table from a square matrix, or from a table with from/to (or source/target), weight, length_km.

    Raises:
        DataError: wrong shape, or an edge to a location that does not exist.
    """
    if isinstance(adjacency, pd.DataFrame):
        table = adjacency.rename(columns={"source": "from", "target": "to"})
        if {"from", "to"} <= set(table.columns):
            table = table.assign(**{end: table[end].astype(str) for end in ("from", "to")})
            strangers = set(table["from"]) | set(table["to"])
            strangers -= set(ids)
            if strangers:
                shown = ", ".join(sorted(strangers)[:5])
                raise DataError(
                    f"The network names {len(strangers)} locations that are not in the data: {shown}.",
                    "Use the same location ids in both files.",
                )
            return table.assign(
                weight=table.get("weight", 1.0), length_km=table.get("length_km", np.nan)
            ).loc[:, list(EDGE_COLUMNS)]  # fmt: skip
        adjacency = adjacency.to_numpy()
    try:
        matrix = np.asarray(adjacency, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The network is neither a table with the columns from and to nor a matrix of numbers ({error}).",
            "Name the columns from, to and, where known, weight and length_km.",
        ) from error
    return matrix_edges(matrix, ids)


def _feature_names(count: int) -> tuple[str, ...]:
    return ("value",) if count == 1 else tuple(f"value_{number}" for number in range(1, count + 1))


def as_panels(panel: Panel | Mapping[str, Panel]) -> dict[str, Panel]:
    """Several panels by name; a single one under its own name.

    Raises:
        DataError: no panel, an empty mapping, panels of unlike features, or some without a clock.
    """
    if isinstance(panel, Panel):
        return {panel.name or "panel": panel}
    if not isinstance(panel, Mapping) or not all(isinstance(each, Panel) for each in panel.values()):
        raise DataError(
            f"This is no panel but {type(panel).__name__}.", "Make one with stcore.read or stcore.Panel.from_arrays."
        )
    if not panel:
        raise DataError("There is no panel in the mapping.", "Give at least one.")
    first = next(iter(panel.values()))
    for name, other in panel.items():
        if other.features != first.features:
            raise DataError(
                f"Panel “{name}” has the values {', '.join(other.features)}, the first one {', '.join(first.features)}.",
                "Select the same values in all of them (panel.select).",
            )
        if (other.clock is None) != (first.clock is None):
            raise DataError(
                f"Panel “{name}” has the clock {other.clock or 'as written'}, the first one {first.clock or 'as written'}.",
                "Give all of them a clock, or none.",
            )
    return dict(panel)
