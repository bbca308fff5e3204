"""What the rooms hand to each other: predictions, detections. They know no model, page or store."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.errors import NotYet, StoreError, storing
from stcore.findings import Finding

if TYPE_CHECKING:
    from stcore.data.schema import FeatureSchema

PREDICTION_SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Spread:
    """How far truths lay from forecasts on rows no fit had seen, by how high the forecast stood at its place.

    A forecast's height is its distance from the place's usual forecast; errors of a slow road are not those of a free one,
    nor those of a wet hour those of a dry one. Few rows: one height for all.

    Attributes:
        levels: [level] increasing quantile levels in 0..1.
        offsets: [level, horizon, target, height] quantiles of residual / scale (residual = observed - predicted), in units
            of the target.
        scale: [horizon, location, target] how much larger a place's errors are than those of all, without a unit.
        centre: [location, target] usual forecast.
        edges: [horizon, target, height - 1] where the next height begins, increasing.
    """

    levels: np.ndarray
    offsets: np.ndarray
    scale: np.ndarray
    centre: np.ndarray
    edges: np.ndarray

    def heights(self, values: np.ndarray) -> np.ndarray:
        """Number of the height of each forecast: uint8, the shape of values [origin, horizon, location, target]."""
        above = values - self.centre
        found = np.zeros(values.shape, np.uint8)
        for number in range(self.edges.shape[-1]):
            found += above >= self.edges[:, None, :, number]
        return found

    def at(self, level: float, values: np.ndarray) -> np.ndarray:
        """Offset in units of the target at one quantile level for each forecast, the shape of ``values``."""
        right = int(np.clip(np.searchsorted(self.levels, level), 1, len(self.levels) - 1))
        low, high = self.levels[right - 1], self.levels[right]
        share = np.clip((level - low) / (high - low), 0, 1)
        table = (1 - share) * self.offsets[right - 1] + share * self.offsets[right]
        heights = self.heights(values)
        out = np.empty(values.shape, np.float32)
        for lead in range(values.shape[1]):
            for target in range(values.shape[3]):
                out[:, lead, :, target] = table[lead, target][heights[:, lead, :, target]]
        return out * self.scale

    def select(self, leads: Any = slice(None), locations: Any = slice(None), targets: Any = slice(None)) -> Spread:
        """The spread of some leads, locations and targets (slices or positions)."""
        return Spread(
            self.levels, self.offsets[:, leads][:, :, targets], self.scale[leads][:, locations][..., targets],
            self.centre[locations][..., targets], self.edges[leads][:, targets],
        )  # fmt: skip

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name, to be kept in a file; ``Spread(**arrays)`` is it again."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, eq=False)
class Prediction:
    """Forecasts from many origins, with everything needed to judge and draw them.

    Attributes:
        values: float32 [origin, horizon, location, target] point forecasts.
        truth: the same shape, NaN where unknown; may be a view on the panel.
        origins: last observed time of each forecast, in the panel's clock.
        step: pandas offset alias; lead h is origin + gap + h steps.
        locations: GeoDataFrame indexed by location id.
        targets, schema, clock: as in the panel.
        baselines: persistence and seasonal_naive, the shape of values.
        season: words of the seasonal baseline ("same time last week").
        model, run_hash: who made it.
        spread: conformal offsets, or None.
        bands: quantiles from a head [origin, horizon, location, target, level], or None.
        band_levels: levels of ``bands``.
        classes, probabilities: event classes (the first is “no event”) and [origin, horizon, location, class], or () and
            None. ``values`` are the chance of any event then, ``truth`` and the baselines 1 where one was.
        labels: int8 [origin, horizon, location] class that came true, -1 = not known; None where there are no classes.
        findings: what the reader should know (a stride that was taken, ...).
        gap: steps between the origin and the first step that is forecast; 0 = it is the next one.

    ``lead`` is the number of a forecast step, 1..horizon, where it says a position here; in ``to_frame``, in errors by lead
    and on pages it counts steps after the origin, gap included, so that time = origin + lead steps.
    """

    values: np.ndarray
    truth: np.ndarray
    origins: pd.DatetimeIndex
    step: str
    locations: gpd.GeoDataFrame
    targets: tuple[str, ...]
    schema: Mapping[str, FeatureSchema]
    baselines: Mapping[str, np.ndarray]
    clock: str | None = None
    season: str = ""
    model: str = ""
    run_hash: str = ""
    spread: Spread | None = None
    bands: np.ndarray | None = None
    band_levels: tuple[float, ...] = ()
    classes: tuple[str, ...] = ()
    probabilities: np.ndarray | None = None
    findings: tuple[Finding, ...] = field(default=())
    gap: int = 0
    labels: np.ndarray | None = None

    @property
    def horizon(self) -> int:
        """Number of steps ahead."""
        return int(self.values.shape[1])

    def quantile(self, level: float) -> np.ndarray:
        """The forecast quantile float32 [origin, horizon, location, target]; 0.05 is the lower end of the 90 % band.

        Kept inside the schema's range and never crossing the point forecast. NaN where there is no spread.
        """
        out = np.full(self.values.shape, np.nan, np.float32)
        if self.bands is not None and len(self.band_levels):
            out = between_bands(self.bands, self.band_levels, level)
            if self.spread is not None:
                out = out + self.spread.at(level, self.values)
        elif self.spread is not None:
            out = self.values + self.spread.at(level, self.values)
        out = np.minimum(out, self.values) if level < 0.5 else np.maximum(out, self.values) if level > 0.5 else out
        return self._in_range(out)

    def interval(self, percent: float = 90) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end of the central band that should hold ``percent`` % of truths."""
        tail = (1 - percent / 100) / 2
        return self.quantile(tail), self.quantile(1 - tail)

    def _in_range(self, values: np.ndarray) -> np.ndarray:
        for position, target in enumerate(self.targets):
            low, high = self.schema[target].range
            if low is not None or high is not None:
                np.clip(values[..., position], low, high, out=values[..., position])
        return values

    def times(self, lead: int) -> pd.DatetimeIndex:
        """Target times of one lead (1 = the first step that is forecast) for every origin."""
        from stcore.data.steps import offset

        return pd.DatetimeIndex(self.origins + offset(self.step) * (self.gap + lead))

    def select(self, origins: Any = slice(None), leads: Any = slice(None), locations: Any = slice(None)) -> Prediction:
        """A part of it by position (slices; views where possible)."""

        def cut(array: np.ndarray) -> np.ndarray:
            return array[origins][:, leads][:, :, locations]

        def maybe(array: np.ndarray | None) -> np.ndarray | None:
            return None if array is None else cut(array)

        spread = self.spread and self.spread.select(leads, locations)
        return replace(
            self, values=cut(self.values), truth=cut(self.truth), origins=self.origins[origins],
            locations=self.locations.iloc[locations], baselines={k: cut(v) for k, v in self.baselines.items()},
            spread=spread, bands=maybe(self.bands), probabilities=maybe(self.probabilities),
            labels=maybe(self.labels),
        )  # fmt: skip

    def to_frame(self, levels: Sequence[int] = ()) -> pd.DataFrame:
        """One row an origin, lead, location and target: origin, lead, time, location, target, truth, forecast, lower_90, upper_90.

        Args:
            levels: percent of further bands, each with two more columns (lower_50, upper_50).
        """
        origins, horizon, locations, targets = self.values.shape
        bands: dict[str, np.ndarray] = {}
        for level in dict.fromkeys((90, *levels)):
            lower, upper = self.interval(level)
            bands |= {f"lower_{level}": lower.ravel(), f"upper_{level}": upper.ravel()}
        utc = np.stack([self.times(lead).as_unit("ns").asi8 for lead in range(1, horizon + 1)], axis=1)
        each = horizon * locations * targets
        inner = locations * targets
        ids = pd.Categorical.from_codes(
            np.tile(np.repeat(np.arange(locations), targets), origins * horizon), list(self.locations.index)
        )
        names = pd.Categorical.from_codes(
            np.tile(np.arange(targets), origins * horizon * locations), list(self.targets)
        )
        return pd.DataFrame(
            {
                "origin": self.origins.repeat(each),
                "lead": np.tile(np.repeat(self.gap + np.arange(1, horizon + 1, dtype=np.int32), inner), origins),
                "time": _in_zone_of(self.origins, np.repeat(utc.ravel(), inner)),
                "location": ids, "target": names, "truth": np.asarray(self.truth).ravel(),
                "forecast": self.values.ravel(), **bands,
            }
        )  # fmt: skip

    def save(self, folder: str | Path, shared: str | Path | None = None) -> None:
        """Write arrays (.npy) and a readable prediction.json; ``load`` opens them memory-mapped.

        Args:
            shared: folder of another saved prediction with the same truth and baselines: those are hard links to its files
                where the file system has them, so that twenty models on one test part keep them once.

        Raises:
            StoreError: the folder cannot be written to, or the disk is full.
        """
        with storing(f"The forecast of “{self.model}” in {folder}"):
            self._write(Path(folder), None if shared is None else Path(shared))

    def _write(self, folder: Path, shared: Path | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in (folder / "prediction.json", *folder.glob("*.npy")):
            old.unlink(missing_ok=True)  # never written over: it may be open here, or a link that others share
        alike = shared is not None and _targets_of(shared) == list(self.targets)
        for name, array in self._arrays().items():
            same = shared / f"{name}.npy" if alike and shared and name.startswith(("truth", "baseline_")) else None
            if same is None or not _linked(same, folder / f"{name}.npy"):
                np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
        self.locations.to_parquet(folder / "locations.parquet")
        utc = self.origins if self.clock is None else self.origins.tz_convert("UTC")
        about = {
            "schema_version": PREDICTION_SCHEMA, "origins": [str(t.isoformat()) for t in utc], "step": self.step,
            "targets": list(self.targets), "schema": {k: v.model_dump(mode="json") for k, v in self.schema.items()},
            "clock": self.clock, "season": self.season, "model": self.model, "run_hash": self.run_hash,
            "band_levels": list(self.band_levels), "classes": list(self.classes), "gap": self.gap,
            "findings": [finding.model_dump(mode="json") for finding in self.findings],
        }  # fmt: skip
        (folder / "prediction.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    def _arrays(self) -> dict[str, np.ndarray]:
        """Name of each array that is there, for its file."""
        arrays = {"values": self.values, "truth": self.truth, "bands": self.bands, "probabilities": self.probabilities}
        arrays["labels"] = self.labels
        arrays |= {f"baseline_{name}": array for name, array in self.baselines.items()}
        if self.spread is not None:
            arrays |= {f"spread_{part}": array for part, array in self.spread.arrays().items()}
        return {name: array for name, array in arrays.items() if array is not None}

    @classmethod
    def load(cls, folder: str | Path) -> Prediction:
        """Open a saved prediction; arrays stay on disk until they are read.

        Raises:
            StoreError: a file is missing or of another schema version.
        """
        folder = Path(folder)
        try:
            about = json.loads((folder / "prediction.json").read_text(encoding="utf-8"))
            if about.get("schema_version") != PREDICTION_SCHEMA:
                raise StoreError(
                    f"The forecast in {folder.name} has schema version {about.get('schema_version')}; this version reads "
                    f"{PREDICTION_SCHEMA}.",
                    "Train again with this version.",
                )
            arrays = {p.stem: np.load(p, mmap_mode="r", allow_pickle=False) for p in folder.glob("*.npy")}
            return cls._from(about, arrays, gpd.read_parquet(folder / "locations.parquet"))
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise StoreError(
                f"The forecast in {folder} cannot be read ({type(error).__name__}: {error}).", "Train again."
            ) from error

    @classmethod
    def _from(
        cls, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray], locations: gpd.GeoDataFrame
    ) -> Prediction:
        """The record of what its files hold."""
        from stcore.data.schema import FeatureSchema

        origins = pd.DatetimeIndex(pd.to_datetime(about["origins"], format="ISO8601")).as_unit("ns")
        spread = None
        if "spread_levels" in arrays:
            spread = Spread(**{each.name: arrays[f"spread_{each.name}"] for each in fields(Spread)})
        return cls(
            values=arrays["values"], truth=arrays["truth"], step=about["step"], locations=locations,
            origins=origins.tz_convert(about["clock"]) if about["clock"] else origins,
            targets=tuple(about["targets"]), schema={k: FeatureSchema.parse(v) for k, v in about["schema"].items()},
            baselines={k.removeprefix("baseline_"): v for k, v in arrays.items() if k.startswith("baseline_")},
            clock=about["clock"], season=about["season"], model=about["model"], run_hash=about["run_hash"], spread=spread,
            bands=arrays.get("bands"), band_levels=tuple(about["band_levels"]), classes=tuple(about["classes"]),
            probabilities=arrays.get("probabilities"), findings=tuple(Finding.parse(f) for f in about["findings"]),
            gap=about.get("gap", 0), labels=arrays.get("labels"),
        )  # fmt: skip


def _in_zone_of(origins: pd.DatetimeIndex, nanoseconds: np.ndarray) -> pd.DatetimeIndex:
    """Times from nanoseconds since 1970 (UTC where there is a zone)."""
    times = pd.DatetimeIndex(nanoseconds.view("datetime64[ns]"))
    return times if origins.tz is None else times.tz_localize("UTC").tz_convert(origins.tz)


def _targets_of(folder: Path) -> list[str]:
    """Targets of a saved prediction; none where it is not one."""
    try:
        return list(json.loads((folder / "prediction.json").read_text(encoding="utf-8"))["targets"])
    except (OSError, ValueError, KeyError):
        return []


def _linked(source: Path, target: Path) -> bool:
    """Make ``target`` a hard link to ``source``; False where that is not possible."""
    try:
        os.link(source, target)
    except OSError:
        return False
    return True


def between_bands(bands: np.ndarray, levels: tuple[float, ...], level: float) -> np.ndarray:
    """Linear interpolation between the quantiles of a head."""
    right = int(np.clip(np.searchsorted(levels, level), 1, len(levels) - 1))
    low, high = levels[right - 1], levels[right]
    share = float(np.clip((level - low) / (high - low), 0, 1))
    return np.asarray((1 - share) * bands[..., right - 1] + share * bands[..., right], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Detection:
    """Degree of strangeness of every step at every location.

    Attributes:
        scores: float32 [time, location], finite, higher = stranger, in units of the usual error.
        threshold: cut above which a step is an alarm.
        observed: bool [time, location]; an unobserved step is never an alarm.
        time, locations, step, clock: as in the panel.
        events: one row an event: event, start, end, kind, locations (list of ids), peak.
        contributions: [time, location, feature] share of each feature in the score, or None.
        edges: edge table used to join alarms of neighbours, or None.
        detector, findings: registry name; what the reader should know.
        hysteresis: share of the threshold a score must fall to before its alarm ends; 1 = the threshold itself.
        least_steps: an alarm that ends sooner is none.
        alone: [time, location, feature] signed deviation that the whole network does not share, or None; names the events.
        raised: float32 [time, location] in the unit of ``scores``, or None: a second measure that raises alarms, without an order.
        since: int [location] steps that an alarm of each place had lasted before the first row, or None: there was none.
    """

    scores: np.ndarray
    threshold: float
    observed: np.ndarray
    time: pd.DatetimeIndex
    locations: gpd.GeoDataFrame
    step: str
    events: pd.DataFrame
    clock: str | None = None
    contributions: np.ndarray | None = None
    edges: pd.DataFrame | None = None
    detector: str = ""
    findings: tuple[Finding, ...] = ()
    hysteresis: float = 1.0
    least_steps: int = 1
    alone: np.ndarray | None = None
    raised: np.ndarray | None = None
    since: np.ndarray | None = None

    @property
    def heights(self) -> np.ndarray:
        """float32 [time, location] held against the threshold: the larger of score and ``raised``."""
        return self.scores if self.raised is None else np.asarray(np.fmax(self.scores, self.raised))

    @property
    def alarms(self) -> np.ndarray:
        """bool [time, location]: height above the threshold where something was observed, held and long enough."""
        from stcore.anomaly.alarming import alarmed

        return alarmed(self.heights, self.observed, self.threshold, self.hysteresis, self.least_steps, self.since)

    def rethreshold(self, threshold: float, **rules: Any) -> Detection:
        """The same scores under another threshold, and ``hysteresis`` and ``least_steps`` where given; nothing is computed again."""
        from stcore.anomaly.events import with_events

        return with_events(replace(self, threshold=float(threshold), since=None, **rules))

    def to_frame(self) -> pd.DataFrame:
        """time, location, score, threshold, alarm: one row a step and location."""
        steps_, count = self.scores.shape
        return pd.DataFrame(
            {
                "time": self.time.repeat(count),
                "location": pd.Categorical.from_codes(np.tile(np.arange(count), steps_), list(self.locations.index)),
                "score": self.scores.ravel(), "threshold": np.float32(self.threshold), "alarm": self.alarms.ravel(),
            }
        )  # fmt: skip


__all__ = ["Detection", "Finding", "NotYet", "Prediction", "Spread"]
