"""A detector on disk: detector.json, detector.safetensors and the last rows it saw. Nothing is pickled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stcore.anomaly.linear import Calendar
from stcore.anomaly.rows import Scope
from stcore.data import steps
from stcore.data.panel import Panel, locations_table
from stcore.data.schema import FeatureSchema
from stcore.errors import StoreError

SCHEMA_VERSION = 1


@dataclass(frozen=True, eq=False)
class Parts:
    """What ``write`` was given."""

    about: Mapping[str, Any]
    arrays: dict[str, np.ndarray]
    calendar: Calendar
    scope: Scope
    tail: Panel


def write(
    folder: Path,
    about: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    calendar: Calendar,
    scope: Scope,
    tail: Panel,
) -> None:
    """Write a fitted detector; each file aside and renamed, so that a torn one is never found.

    Args:
        about: detector (registry name), settings, threshold and what else is no array.
        arrays: what was learnt, any shapes; the name “tail” is taken.
        calendar, scope, tail: as in ``Parts``.

    Raises:
        StoreError: the folder cannot be written to.
    """
    told: dict[str, Any] = {
        **about, "step": scope.step, "clock": tail.clock,
        "calendar": {"cycle": calendar.cycle and asdict(calendar.cycle), "weekend": calendar.weekend},
        "locations": scope.locations, "features": scope.features, "tail_start": tail.time[0].isoformat(),
        "schema": {name: tail.schema[name].model_dump(mode="json") for name in scope.features},
    }  # fmt: skip
    write_state(folder, "detector", told, {**arrays, "tail": tail.values})


@contextmanager
def reading(folder: Path) -> Iterator[Parts]:
    """What was written; whatever goes wrong with it inside the ``with`` is told as a torn file.

    Raises:
        StoreError: files missing, torn, or of another schema version.
    """
    with reading_state(folder, "detector") as (about, arrays):
        yield _parts(about, arrays)


def write_state(folder: Path, name: str, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write NAME.json and NAME.safetensors; each file aside and renamed, so that a torn one is never found.

    Raises:
        StoreError: the folder cannot be written to.
    """
    from safetensors.numpy import save

    every = {each: np.ascontiguousarray(array) for each, array in arrays.items()}
    told = json.dumps({"schema_version": SCHEMA_VERSION, **about}, ensure_ascii=False, indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / f"{name}.safetensors", save(every))
        _replace(folder / f"{name}.json", told.encode())
    except OSError as error:
        raise StoreError(
            f"The {name} cannot be saved in {folder} ({error.strerror}).", "Free space, or choose another folder."
        ) from error


@contextmanager
def reading_state(folder: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    """What ``write_state`` wrote; whatever goes wrong with it inside the ``with`` is told as a torn file.

    Raises:
        StoreError: files missing, torn, or of another schema version.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        about = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if about.get("schema_version") != SCHEMA_VERSION:
            raise StoreError(
                f"The {name} in {folder.name} has schema version {about.get('schema_version')}; this version reads "
                f"{SCHEMA_VERSION}.",
                "Fit it again with this version.",
            )
        yield about, load_file(folder / f"{name}.safetensors")
    except (OSError, ValueError, KeyError, AttributeError, TypeError, SafetensorError) as error:
        raise StoreError(f"The {name} in {folder} cannot be read ({error}).", "Fit it again.") from error


def _parts(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Parts:
    cycle = about["calendar"]["cycle"]
    scope = Scope(about["step"], tuple(about["locations"]), tuple(about["features"]))
    start = pd.Timestamp(about["tail_start"])
    start = start.tz_convert(about["clock"]) if about["clock"] else start
    values = arrays.pop("tail")
    time = pd.DatetimeIndex(steps.index(start, len(values), scope.step)).as_unit("ns")
    tail = Panel(
        values, time, scope.step, locations_table(scope.locations, len(scope.locations)), scope.features,
        {name: FeatureSchema.parse(schema) for name, schema in about["schema"].items()}, clock=about["clock"],
    )  # fmt: skip
    return Parts(about, arrays, Calendar(cycle and steps.Cycle(**cycle), about["calendar"]["weekend"]), scope, tail)


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_suffix(path.suffix + ".part")
    aside.write_bytes(content)
    aside.replace(path)


def saved_name(folder: Path) -> str:
    """Registry name of the detector saved in a folder.

    Raises:
        StoreError: there is none, or its file cannot be read.
    """
    try:
        return str(json.loads((folder / "detector.json").read_text(encoding="utf-8"))["detector"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"There is no readable detector in {folder} ({error}).", "Fit it again.") from error
