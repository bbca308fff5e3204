"""A panel as a folder: values.npy (time-major, memory-mapped on opening), locations.parquet, labels.parquet, panel.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.data.panel import LABEL_COLUMNS, Panel
from stcore.data.schema import FeatureSchema
from stcore.data.space import Grid, Space
from stcore.errors import StoreError

SCHEMA_VERSION = 1


def save_panel(panel: Panel, folder: Path) -> None:
    """Write a panel into a new folder; the caller makes the whole appear at once.

    Raises:
        OSError: no space, or no right to write.
    """
    folder.mkdir(parents=True)
    np.save(folder / "values.npy", np.ascontiguousarray(panel.values, dtype=np.float32), allow_pickle=False)
    if panel.observed is not None:
        np.save(folder / "observed.npy", np.ascontiguousarray(panel.observed), allow_pickle=False)
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
