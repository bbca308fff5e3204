"""A panel as a folder: values.npy (time-major, memory-mapped on opening), locations.parquet, labels.parquet, panel.json.

Where the values are many, curves.npy holds them once more place by place: a strided read of the time-major file for one
place's curve would pull the whole file in.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data import arrays, steps
from stcore.data.panel import LABEL_COLUMNS, Panel
from stcore.data.schema import FeatureSchema
from stcore.data.space import Grid, Space
from stcore.errors import StoreError

SCHEMA_VERSION = 1
#: From this many bytes of values on, curves are kept apart.
CURVES_FROM = 64 << 20
#: Bytes that are looked at in one go when a large array is written.
_BLOCK = 64 << 20


def save_panel(panel: Panel, folder: Path) -> None:
    """Write a panel into a new folder; the caller makes the whole appear at once.

    Raises:
        OSError: no space, or no right to write.
    """
    folder.mkdir(parents=True)
    _write(folder / "values.npy", panel.values, np.dtype(np.float32))
    if panel.observed is not None:
        _write(folder / "observed.npy", panel.observed, np.dtype(bool))
    if panel.values.nbytes >= CURVES_FROM:
        _write_curves(folder)
    panel.locations.to_parquet(folder / "locations.parquet")
    for name, table in panel.space.edges.items():
        table.to_parquet(folder / f"edges_{name}.parquet")
    if panel.space.grid is not None:
        grid = panel.space.grid
        np.savez(
            folder / "grid.npz",
            rows=grid.rows,
            columns=grid.columns,
            latitudes=grid.latitudes,
            longitudes=grid.longitudes,
        )
    labels = panel.labels.assign(location=panel.labels["location"].astype("string"))
    labels.to_parquet(folder / "labels.parquet")
    start = panel.time[0] if panel.clock is None else panel.time[0].tz_convert("UTC")
    about = {
        "schema_version": SCHEMA_VERSION, "name": panel.name, "step": panel.step, "clock": panel.clock,
        "start": start.isoformat(), "periods": len(panel.time), "features": list(panel.features),
        "schema": {name: schema.model_dump(mode="json") for name, schema in panel.schema.items()},
        "edges": list(panel.space.edges), "parent": panel.space.parent is not None,
        "grid_shape": None if panel.space.grid is None else list(panel.space.grid.shape), "digest": panel.digest,
        "points": "geometry" in panel.space.parts,
    }  # fmt: skip
    (folder / "panel.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")


def reserved(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.memmap:
    """A new .npy file as memory map whose space is taken at once: a disk that fills up later would end the process.

    Raises:
        OSError: no space, or no right to write.
    """
    with path.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_2_0(file, header)
        begin = file.tell()
        length = begin + dtype.itemsize * math.prod(shape)
        if hasattr(os, "posix_fallocate"):
            file.flush()
            os.posix_fallocate(file.fileno(), 0, length)
        else:
            for start in range(begin, length, _BLOCK):
                file.write(b"\0" * min(_BLOCK, length - start))
    return np.memmap(path, dtype=dtype, mode="r+", offset=begin, shape=shape)


def _write(path: Path, array: np.ndarray, dtype: np.dtype[Any]) -> None:
    """An array as .npy, block by block: one that is a memory map itself is never in memory as a whole."""
    out = reserved(path, dtype, array.shape)
    rows = max(1, _BLOCK // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        out[start : start + rows] = array[start : start + rows]
    out.flush()


def _write_curves(folder: Path) -> None:
    """values.npy [time, location, feature] once more as curves.npy [location, feature, time]."""
    values = np.load(folder / "values.npy", mmap_mode="r", allow_pickle=False)
    steps_, places, features = values.shape
    out = reserved(folder / "curves.npy", np.dtype(np.float32), (places, features, steps_))
    arrays.turn(values.reshape(steps_, places * features), out.reshape(places * features, steps_))
    out.flush()


def open_panel(folder: Path) -> Panel:
    """The panel in a folder; values stay on disk until they are read.

    Raises:
        StoreError: a file is missing or torn, or of another schema version.
    """
    try:
        about = json.loads((folder / "panel.json").read_text(encoding="utf-8"))
        if about.get("schema_version") != SCHEMA_VERSION:
            raise StoreError(
                f"The panel has schema version {about.get('schema_version')}; this version reads {SCHEMA_VERSION}.",
                "Save the dataset again with this version.",
            )
        values = np.load(folder / "values.npy", mmap_mode="r", allow_pickle=False)
        observed = folder / "observed.npy"
        locations = gpd.read_parquet(folder / "locations.parquet")
        labels = pd.read_parquet(folder / "labels.parquet")
        space = _space(folder, about, locations)
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(f"The saved panel cannot be read ({error}).", "Load the file again.") from error
    labels["location"] = labels["location"].astype(object).where(labels["location"].notna(), None)
    start = pd.Timestamp(about["start"]).as_unit("ns")
    start = start if about["clock"] is None else start.tz_convert(about["clock"])
    panel = Panel(
        values=values, time=steps.index(start, about["periods"], about["step"])._with_freq(None), step=about["step"],
        locations=locations, features=tuple(about["features"]), clock=about["clock"], name=about["name"], space=space,
        schema={name: FeatureSchema.parse(schema) for name, schema in about["schema"].items()},
        labels=labels.loc[:, list(LABEL_COLUMNS)],
        observed=np.load(observed, mmap_mode="r", allow_pickle=False) if observed.exists() else None,
    )  # fmt: skip
    panel.__dict__["digest"] = about["digest"]  # known already: no need to read all values for it
    curves = folder / "curves.npy"
    panel.__dict__["curves"] = np.load(curves, mmap_mode="r", allow_pickle=False) if curves.exists() else None
    return panel


def _space(folder: Path, about: dict[str, Any], locations: gpd.GeoDataFrame) -> Space:
    grid = None
    if about["grid_shape"] is not None:
        with np.load(folder / "grid.npz", allow_pickle=False) as arrays:
            grid = Grid(
                arrays["rows"], arrays["columns"], tuple(about["grid_shape"]), arrays["latitudes"], arrays["longitudes"]
            )
    edges = {name: pd.read_parquet(folder / f"edges_{name}.parquet") for name in about["edges"]}
    parent = locations["parent"] if about["parent"] and "parent" in locations else None
    return Space(geometry=locations.geometry if about["points"] else None, edges=edges, grid=grid, parent=parent)
