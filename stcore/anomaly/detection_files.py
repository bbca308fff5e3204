"""A detection on disk: detection.json, arrays that are opened memory-mapped, and the places. Events are found anew on opening."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.anomaly.events import empty_events, with_events
from stcore.errors import StoreError, storing
from stcore.findings import Finding
from stcore.records import Detection

SCHEMA_VERSION = 1
_ABOUT = "detection.json"
_ARRAYS = ("scores", "observed", "contributions", "alone", "raised")


def write_detection(detection: Detection, folder: str | Path, about: Mapping[str, Any]) -> Path:
    """Write a detection whole or not at all; one that lies there already is replaced.

    Args:
        about: what else the reader should know (settings, when it was made), as JSON.

    Raises:
        StoreError: the folder cannot be written to, or the disk is full.
    """
    folder = Path(folder)
    with storing(f"What “{detection.detector}” found"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(mkdtemp(prefix=".new-", dir=folder.parent))
        try:
            _write(detection, aside, about)
            shutil.rmtree(folder, ignore_errors=True)
            aside.replace(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return folder


def _write(detection: Detection, folder: Path, about: Mapping[str, Any]) -> None:
    for name in _ARRAYS:
        array = getattr(detection, name)
        if array is not None:
            np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
    detection.locations.to_parquet(folder / "locations.parquet")
    if detection.edges is not None:
        pd.DataFrame(detection.edges).to_parquet(folder / "edges.parquet")
    time = detection.time if detection.clock is None else detection.time.tz_convert("UTC")
    np.save(folder / "time.npy", time.tz_localize(None).as_unit("ns").asi8, allow_pickle=False)
    told = {
        "schema_version": SCHEMA_VERSION, "threshold": detection.threshold, "step": detection.step, "clock": detection.clock,
        "detector": detection.detector, "hysteresis": detection.hysteresis, "least_steps": detection.least_steps,
        "findings": [finding.model_dump(mode="json") for finding in detection.findings], "about": dict(about),
    }  # fmt: skip
    (folder / _ABOUT).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def about_detection(folder: str | Path) -> dict[str, Any]:
    """What was said beside a stored detection; empty where there is none that this version reads."""
    try:
        told = json.loads((Path(folder) / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = isinstance(told, dict) and told.get("schema_version") == SCHEMA_VERSION
    return {"detector": told["detector"], **told["about"]} if known else {}


def read_detection(folder: str | Path) -> Detection:
    """Open a stored detection, with its events; arrays stay on disk until they are read.

    Raises:
        StoreError: files are missing, torn, or of another schema version.
    """
    folder = Path(folder)
    try:
        told = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        if told.get("schema_version") != SCHEMA_VERSION:
            raise ValueError(f"schema version {told.get('schema_version')}, this version reads {SCHEMA_VERSION}")
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in _ARRAYS if (folder / f"{name}.npy").exists()
        }  # fmt: skip
        time = pd.DatetimeIndex(np.load(folder / "time.npy", allow_pickle=False).view("datetime64[ns]"))
        time = time.tz_localize("UTC").tz_convert(told["clock"]) if told["clock"] else time
        edges = folder / "edges.parquet"
        found = Detection(
            **arrays, time=time, locations=gpd.read_parquet(folder / "locations.parquet"), events=empty_events(time),
            edges=pd.read_parquet(edges) if edges.exists() else None,
            findings=tuple(Finding.parse(each) for each in told["findings"]),
            **{name: told[name] for name in ("threshold", "step", "clock", "detector", "hysteresis", "least_steps")},
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise StoreError(
            f"What was found in {folder.name} cannot be read ({type(error).__name__}: {error}).", "Look for it again."
        ) from error
    return with_events(found)
