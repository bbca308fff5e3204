"""A residual detector on disk: detector.json, detector.safetensors and the last rows it saw. Nothing is pickled."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stcore.anomaly.linear import Calendar, Linear
from stcore.data import steps
from stcore.data.panel import Panel, locations_table
from stcore.data.schema import FeatureSchema
from stcore.errors import StoreError

if TYPE_CHECKING:
    from stcore.anomaly.residual import Learnt, Residual, ResidualSettings

SCHEMA_VERSION = 1


def write(detector: Residual, folder: Path) -> None:
    """Write a fitted detector; each file aside and renamed, so that a torn one is never found.

    Raises:
        StoreError: the folder cannot be written to.
    """
    from safetensors.numpy import save

    learnt, tail = detector.learnt, detector.tail
    assert tail is not None
    arrays = {
        "profile": learnt.model.profile, "clip": learnt.model.clip, "weights": learnt.model.weights,
        "scale": learnt.scale, "tail": tail.values,
    }  # fmt: skip
    about: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION, "detector": detector.name, "settings": detector.settings.model_dump(mode="json"),
        "threshold": learnt.threshold, "leads": learnt.model.leads, "step": learnt.step, "clock": tail.clock,
        "calendar": {"cycle": learnt.calendar.cycle and asdict(learnt.calendar.cycle), "weekend": learnt.calendar.weekend},
        "locations": learnt.locations, "features": learnt.features, "tail_start": tail.time[0].isoformat(),
        "schema": {name: tail.schema[name].model_dump(mode="json") for name in learnt.features},
    }  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / "detector.safetensors", save({k: np.ascontiguousarray(v) for k, v in arrays.items()}))
        _replace(folder / "detector.json", json.dumps(about, ensure_ascii=False, indent=1).encode())
    except OSError as error:
        raise StoreError(
            f"The detector cannot be saved in {folder} ({error.strerror}).", "Free space, or choose another folder."
        ) from error


def read(folder: Path) -> tuple[ResidualSettings, Learnt, Panel]:
    """Settings, what was learnt, and the last rows seen.

    Raises:
        StoreError: files missing, torn, or of another schema version.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        about = json.loads((folder / "detector.json").read_text(encoding="utf-8"))
        if about.get("schema_version") != SCHEMA_VERSION:
            raise StoreError(
                f"The detector in {folder.name} has schema version {about.get('schema_version')}; this version reads "
                f"{SCHEMA_VERSION}.",
                "Fit it again with this version.",
            )
        arrays = load_file(folder / "detector.safetensors")
        return _rebuilt(about, arrays)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, SafetensorError) as error:
        raise StoreError(f"The detector in {folder} cannot be read ({error}).", "Fit it again.") from error


def _rebuilt(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[ResidualSettings, Learnt, Panel]:
    from stcore.anomaly.residual import Learnt, ResidualSettings

    cycle = about["calendar"]["cycle"]
    learnt = Learnt(
        Linear(arrays["profile"], arrays["clip"], arrays["weights"], tuple(about["leads"])), arrays["scale"],
        Calendar(cycle and steps.Cycle(**cycle), about["calendar"]["weekend"]), float(about["threshold"]), about["step"],
        tuple(about["locations"]), tuple(about["features"]),
    )  # fmt: skip
    start = pd.Timestamp(about["tail_start"])
    start = start.tz_convert(about["clock"]) if about["clock"] else start
    time = pd.DatetimeIndex(steps.index(start, len(arrays["tail"]), learnt.step)).as_unit("ns")
    tail = Panel(
        arrays["tail"], time, learnt.step, locations_table(learnt.locations, len(learnt.locations)), learnt.features,
        {name: FeatureSchema.parse(schema) for name, schema in about["schema"].items()}, clock=about["clock"],
    )  # fmt: skip
    return ResidualSettings.parse(about["settings"]), learnt, tail


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
