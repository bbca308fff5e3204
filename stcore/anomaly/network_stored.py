"""A network detector on disk: detector.json, detector.safetensors and the last rows it saw. Nothing is pickled."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stcore.anomaly.evidence import Norm
from stcore.anomaly.linear import Calendar
from stcore.anomaly.network import Learnt, Network, NetworkSettings
from stcore.data import steps
from stcore.data.panel import Panel, locations_table
from stcore.data.schema import FeatureSchema
from stcore.errors import StoreError, storing

SCHEMA_VERSION = 1


def write(detector: Network, folder: Path) -> None:
    """Write a fitted detector; each file aside and renamed, so that a torn one is never found.

    Raises:
        StoreError: the folder cannot be written to.
    """
    from safetensors.numpy import save

    learnt, tail = detector.learnt, detector.tail
    assert tail is not None
    arrays = {
        "cuts": learnt.cuts,
        "wide": learnt.wide,
        "stuck": learnt.stuck,
        "beside": learnt.beside,
        "tail": tail.values,
    }
    for part in fields(Norm):
        arrays[part.name] = np.stack([getattr(norm, part.name) for norm in learnt.norms])
    about: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION, "detector": detector.name, "settings": detector.settings.model_dump(mode="json"),
        "step": learnt.step, "clock": tail.clock, "locations": learnt.locations, "features": learnt.features,
        "calendar": {"cycle": learnt.calendar.cycle and asdict(learnt.calendar.cycle), "weekend": learnt.calendar.weekend},
        "tail_start": tail.time[0].isoformat(),
        "schema": {name: tail.schema[name].model_dump(mode="json") for name in learnt.features},
    }  # fmt: skip
    with storing(f"The detector in {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / "detector.safetensors", save({k: np.ascontiguousarray(v) for k, v in arrays.items()}))
        _replace(folder / "detector.json", json.dumps(about, ensure_ascii=False, indent=1).encode())


def read(folder: Path) -> tuple[NetworkSettings, Learnt, Panel]:
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
        return _rebuilt(about, load_file(folder / "detector.safetensors"))
    except (OSError, ValueError, KeyError, AttributeError, TypeError, SafetensorError) as error:
        raise StoreError(f"The detector in {folder} cannot be read ({error}).", "Fit it again.") from error


def _rebuilt(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[NetworkSettings, Learnt, Panel]:
    cycle, features = about["calendar"]["cycle"], tuple(about["features"])
    names = [part.name for part in fields(Norm)]
    norms = tuple(Norm(*(arrays[name][number] for name in names)) for number in range(len(features)))
    learnt = Learnt(
        norms, arrays["cuts"], arrays["wide"], arrays["stuck"], arrays["beside"], Calendar(cycle and steps.Cycle(**cycle), about["calendar"]["weekend"]),
        about["step"], tuple(about["locations"]), features,
    )  # fmt: skip
    start = pd.Timestamp(about["tail_start"])
    start = start.tz_convert(about["clock"]) if about["clock"] else start
    time = pd.DatetimeIndex(steps.index(start, len(arrays["tail"]), learnt.step)).as_unit("ns")
    tail = Panel(
        arrays["tail"], time, learnt.step, locations_table(learnt.locations, len(learnt.locations)), features,
        {name: FeatureSchema.parse(schema) for name, schema in about["schema"].items()}, clock=about["clock"],
    )  # fmt: skip
    return NetworkSettings.parse(about["settings"]), learnt, tail


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_suffix(path.suffix + ".part")
    aside.write_bytes(content)
    aside.replace(path)
