"""What is to be done, as one value: an ``Experiment`` (the YAML file) and the ``RunConfig`` of each model in it.

Both are frozen and strict, nest alike, and lie beside the weights they led to. Nothing here reads data: what is
left out (None) is suggested from the data by ``stcore.training.planning``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, field_serializer, field_validator, model_validator

from stcore.answers import Answer
from stcore.config import Config, TopConfig, setting
from stcore.errors import ConfigError, masked, nearest
from stcore.findings import Fix
from stcore.learning import ModelEntry, TrainingConfig
from stcore.preparation import PrepareConfig
from stcore.spatial import JoinConfig, NeighboursConfig, Rule

SCHEMA_VERSION = 1
DEFAULT_MODELS: tuple[str, ...] = ("persistence", "seasonal_naive", "ridge", "lightgbm", "stid")
BASELINES: tuple[str, ...] = ("persistence", "seasonal_naive")
ENSEMBLE = "ensemble"


def _known_version(version: int) -> int:
    if version != SCHEMA_VERSION:
        raise ValueError(f"this version of Fieldcast reads settings of schema version {SCHEMA_VERSION}")
    return version


Version = Annotated[int, AfterValidator(_known_version)]


class DataConfig(Config):
    """Where the table lies and what its columns mean; a role left out is found from names and content."""

    source: str | list[str] | None = setting(
        None, title="File",
        help="Path of the table, relative to the experiment file; or a folder, a pattern, a list of paths, an address.",
    )  # fmt: skip
    time: str | None = setting(None, title="Time", help="Column with the time.")
    time_parts: list[str] | None = setting(
        None,
        title="Time in several columns",
        help="Columns that hold the time together, such as date and hour; [] = none.",
    )
    location: str | None = setting(None, title="Place", help="Column that names the place.")
    lat: str | None = setting(None, title="Latitude", help="Column with degrees north.")
    lon: str | None = setting(None, title="Longitude", help="Column with degrees east.")
    values: list[str] | None = setting(None, title="Values", help="Columns with the measured numbers.")
    labels: list[str] | None = setting(None, title="Labels", help="0/1 columns that mark anomalies or events.")
    known_ahead: list[str] | None = setting(
        None, title="Known ahead", help="Value columns that are known for the future, such as a weather forecast."
    )
    crs: str | None = setting(
        None, title="System of coordinates", level="advanced",
        help="Where latitude and longitude hold metres north and east: their system, such as EPSG:25832.",
    )  # fmt: skip
    adjacency: str | None = setting(None, title="Network", help="File with a square matrix or an edge list.")
    step: str | None = setting(None, title="Step", help="Time between rows, such as 5min, 1h or 1D.")
    by: str | None = setting(None, title="Apart", help="Column whose values are separate runs or machines.")
    clock: str | None = setting(None, title="Clock", help="Time zone of the times, such as Europe/Berlin.")
    how: str | None = setting(None, title="Events to values", help="How events become values: count, mean, sum, max.")
    cell: float | None = setting(None, title="Cell", help="Size of the cells events are counted in.", unit="°", gt=0)
    geometry: str | None = setting(None, title="Districts", help="GeoJSON file with the outlines of the places.")
    places: str | None = setting(
        None, title="Places", help="Second file with coordinates and what else describes the places, by their ids."
    )
    matches: dict[str, str] | None = setting(
        None, title="Matched by hand", help="Place in the table: the same place in the second file.", level="advanced"
    )
    join: JoinConfig | None = setting(
        None,
        title="Joined by",
        help="Property of the outlines that holds the place's id, or a group: on, parent, matches.",
    )
    rules: dict[str, Rule] | None = setting(
        None, title="Several readings", level="advanced",
        help="Value -> how its readings of one step become one: mean, sum, last, max, min, count or angle.",
    )  # fmt: skip
    differences: list[str] | None = setting(
        None, title="Totals", level="advanced", help="Values that only grow, to be read as their growth from step to step."
    )  # fmt: skip
    neighbours: NeighboursConfig | None = setting(
        None, title="Neighbours", help="Network to build where none is given.", level="advanced"
    )
    form: Literal["long", "wide", "single", "events"] | None = setting(
        None, title="Form", help="long: one row a reading; wide: one column a place; single: one place; events."
    )
    day_first: bool | None = setting(None, title="Day first", help="Whether 03/04/2020 is the third of April.")
    delimiter: str | None = setting(None, title="Delimiter", help="Character between columns.", level="advanced")
    missing: list[float | str] | None = setting(
        None, title="Means missing",
        help="Numbers and words that mean “no value”, such as -999. Left out: numbers that surely do so are found; [] = none.",
    )  # fmt: skip
    decimal: str | None = setting(None, title="Decimal mark", help="Point or comma.", level="advanced")
    header: bool | None = setting(
        None, title="Header", help="Whether the first line names the columns.", level="advanced"
    )
    sheet: str | None = setting(None, title="Sheet", help="Name of the sheet of a workbook.")
    files: Literal["places", "parts"] | None = setting(
        None, title="Several files", help="places: each file is one place, named by it; parts: parts of one table."
    )
    query: str | None = setting(None, title="Query", help="SELECT that a database is asked.", level="advanced")

    @field_serializer("source", when_used="json")
    def _without_password(self, source: str | list[str] | None) -> str | list[str] | None:
        return masked(source) if isinstance(source, str) else source

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return ((name, masked(value) if isinstance(value, str) else value) for name, value in super().__repr_args__())

    @field_validator("join", mode="before")
    @classmethod
    def _by_property(cls, join: Any) -> Any:
        return {"on": join} if isinstance(join, str) else join


class WindowsConfig(Config):
    """How much history a forecast sees and how far it reaches."""

    lookback: int | None = setting(
        None, title="History used", help="Steps before the forecast that a model sees. Left out: suggested.",
        unit="steps", ge=1, le=100_000,
    )  # fmt: skip
    horizon: int | None = setting(
        None, title="Steps ahead", help="Steps that are forecast. Left out: suggested.", unit="steps", ge=1, le=10_000
    )
    stride: int = setting(
        1, title="Every n-th start", help="Distance between training windows.", unit="steps", ge=1, level="advanced"
    )
    gap: int = setting(
        0, title="Steps left out", help="Steps between the last reading a forecast sees and the first step it says, for data "
        "that come late. Steps ahead count from there; `lead` in results counts from the last reading.", unit="steps", ge=0,
        le=10_000, level="advanced",
    )  # fmt: skip


class SplitConfig(Config):
    """Chronological shares of the time axis. Ends at floor(cumulative share x steps + 1e-9)."""

    train: float = setting(0.7, title="Train", help="Share the models learn from.", gt=0, lt=1)
    validation: float = setting(0.1, title="Validation", help="Share that choices are made on.", ge=0, lt=1)
    test: float = setting(0.2, title="Test", help="Last share, kept for the result.", ge=0, lt=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the three shares add up to {total:.4g}, not 1")
        return self


class EnsembleConfig(Config):
    """One more row made of the others."""

    method: Literal["mean", "weighted"] = setting(
        "weighted", title="Weights", help="mean: all alike; weighted: chosen on the validation part."
    )
    members: list[str] | None = setting(
        None, title="Members", help="Names of the members; left out: all but baselines."
    )


class IntervalsConfig(Config):
    """Bands around the forecast."""

    method: Literal["conformal"] = setting(
        "conformal", title="Method", help="Split-conformal: widths come from errors on the validation part."
    )
    levels: list[int] = setting([90], title="Levels", help="Share of truths a band should hold.", unit="%")

    @field_validator("levels")
    @classmethod
    def _between(cls, levels: list[int]) -> list[int]:
        if not levels or any(not 1 <= level <= 99 for level in levels):
            raise ValueError("levels lie between 1 and 99")
        return sorted(set(levels))


class AnomaliesConfig(Config):
    """How anomalies are found."""

    detector: str = setting("auto", title="Detector", help="Name in the registry of detectors.")


class RunConfig(TopConfig):
    """One model on one data set: together with the data it determines the numbers."""

    data: DataConfig = DataConfig()
    prepare: PrepareConfig = PrepareConfig()
    windows: WindowsConfig = WindowsConfig()
    split: SplitConfig = SplitConfig()
    targets: list[str] | None = setting(None, title="Forecast", help="Values to forecast; left out: all.")
    model: ModelEntry = ModelEntry(name="stid")
    intervals: IntervalsConfig = IntervalsConfig()
    seed: int = setting(
        0, title="Seed", help="Start of the random numbers; same seed, same result.", ge=0, le=2**31 - 1
    )
    schema_version: Version = SCHEMA_VERSION

    @field_validator("model", mode="before")
    @classmethod
    def _named(cls, model: Any) -> Any:
        return {"name": model} if isinstance(model, str) else model

    @classmethod
    def of(cls, value: RunConfig | Mapping[str, Any]) -> RunConfig:
        """Accept the record or a mapping of the same shape."""
        return cls.parse(value, "run")


def _located(source: str | list[str], folder: Path) -> str | list[str]:
    """Paths meant from a folder as absolute ones; addresses stay what they are."""
    if isinstance(source, list):
        return [str((folder / path).resolve()) for path in source]
    return source if "://" in source else str((folder / source).resolve())


def _with_weights(entry: ModelEntry, folder: Path) -> ModelEntry:
    """A model whose weights are a folder beside the file; what is no folder is a name on a hub and stays."""
    weights = entry.settings.get("weights")
    if not weights or not (folder / str(weights)).is_dir():
        return entry
    return entry.model_copy(update={"settings": {**entry.settings, "weights": str((folder / str(weights)).resolve())}})


class Experiment(TopConfig):
    """The YAML file: data, preparation and a list of models, with optional ensemble and anomalies."""

    data: DataConfig = DataConfig()
    prepare: PrepareConfig = PrepareConfig()
    windows: WindowsConfig = WindowsConfig()
    split: SplitConfig = SplitConfig()
    targets: list[str] | None = None
    models: list[ModelEntry] = [ModelEntry(name=name) for name in DEFAULT_MODELS]
    ensemble: EnsembleConfig | None = None
    intervals: IntervalsConfig | None = None
    anomalies: AnomaliesConfig | None = None
    seed: int = setting(
        0, title="Seed", help="Start of the random numbers; same seed, same result.", ge=0, le=2**31 - 1
    )
    schema_version: Version = SCHEMA_VERSION

    @field_validator("models", mode="before")
    @classmethod
    def _named(cls, models: Any) -> Any:
        if isinstance(models, list):
            return [{"name": entry} if isinstance(entry, str) else entry for entry in models]
        return models

    @field_validator("models", mode="after")
    @classmethod
    def _distinct(cls, models: list[ModelEntry]) -> list[ModelEntry]:
        labels = [entry.label for entry in models]
        folded = [label.casefold() for label in labels]  # folders of some systems do not tell Ridge from ridge
        doubled = sorted({label for label in labels if folded.count(label.casefold()) > 1})
        if doubled:
            raise ValueError(f"two models are called {', '.join(doubled)}; give one of them `as:` another name")
        for entry in models:
            if entry.label != entry.name and entry.label.casefold() in {ENSEMBLE, *BASELINES}:
                raise ValueError(f"“{entry.label}” is the name of another row of the results; give `as:` another name")
        return models

    @model_validator(mode="after")
    def _answers_are_alike(self) -> Self:
        chances = {entry.head == "classes" for entry in self.models}
        if len(chances) > 1:
            other = next(entry.label for entry in self.models if entry.head != "classes")
            raise ValueError(
                f"“{other}” says values where another model says chances of an event; give all models the head classes, or none"
            )
        return self

    @model_validator(mode="after")
    def _members_are_there(self) -> Self:
        members = self.ensemble.members if self.ensemble else None
        labels = {*BASELINES, *(entry.label for entry in self.models)}
        for member in members or ():
            if member not in labels:
                raise ValueError(
                    f"the ensemble has no member “{member}” to take. {nearest(member, labels)}".rstrip(".")
                )
        if members is not None and len(set(members)) < 2:
            raise ValueError(f"an ensemble needs at least two members, and {len(set(members))} is named")
        return self

    @classmethod
    def load(cls, path: str | Path) -> Experiment:
        """Read an experiment file; paths in ``data`` become absolute.

        Raises:
            ConfigError: no such file, not YAML, or a setting that is unknown or out of bounds.
        """
        path = Path(path)
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                f"Cannot read {path}: {error.strerror}.", "Check the path of the experiment file."
            ) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            first = str(error).splitlines()[0]
            raise ConfigError(f"{path.name} is not readable YAML: {first}.", "Check indentation and quotes.") from error
        if not isinstance(raw, dict):
            raise ConfigError(f"{path.name} holds no settings.", "Start with `data: {source: file.csv}`.")
        experiment = cls.parse(raw)
        return experiment.located(path.parent)

    def located(self, folder: Path) -> Experiment:
        """The same with paths that do not depend on where it is read: relative ones are meant from ``folder``."""
        given = {key: getattr(self.data, key) for key in ("source", "adjacency", "geometry", "places")}
        absolute = {key: _located(value, folder) for key, value in given.items() if value}
        models = [_with_weights(entry, folder) for entry in self.models]
        return self.model_copy(update={"data": self.data.model_copy(update=absolute), "models": models})

    def mended(self, fixes: Iterable[Fix]) -> Experiment:
        """The same with fixes of findings written into it.

        Raises:
            ConfigError: a fix that does not fit the settings.
        """
        body = self.model_dump(mode="json", by_alias=True)
        body["data"]["source"] = self.data.source  # with its password, which is left out of everything that is written
        for fix in fixes:
            fix.write_into(body)
        return type(self).parse(body)

    def to_yaml(self) -> str:
        """The complete file: every default written out."""
        body = self.model_dump(mode="json", by_alias=True)
        return yaml.safe_dump(body, sort_keys=False, allow_unicode=True)

    def runs(self) -> list[RunConfig]:
        """One ``RunConfig`` a model, with the same nesting; the two baselines come first and are always there."""
        entries = {entry.label: entry for entry in self.models}
        answer: Answer = "classes" if any(entry.head == "classes" for entry in self.models) else "point"
        missing = [ModelEntry(name=name, head=answer) for name in BASELINES if name not in entries]
        shared: dict[str, Any] = {
            "data": self.data, "prepare": self.prepare, "windows": self.windows, "split": self.split,
            "targets": self.targets, "intervals": self.intervals or IntervalsConfig(), "seed": self.seed,
        }  # fmt: skip
        return [RunConfig(**shared, model=entry) for entry in (*missing, *self.models)]


__all__ = [
    "AnomaliesConfig", "DataConfig", "EnsembleConfig", "Experiment", "IntervalsConfig", "ModelEntry", "RunConfig", "SplitConfig",
    "TrainingConfig", "WindowsConfig",
]  # fmt: skip
