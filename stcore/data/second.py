"""The files beside a table: coordinates of its places, their network, their districts; kept in the folder of the dataset.

Each goes by the setting of ``data`` that names it: ``<dataset>/second/places``, ``second/adjacency``, ``second/geometry``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data.sources import keep

SETTINGS = ("places", "adjacency", "geometry")
#: Where datasets of earlier versions keep them.
_BEFORE = {"places": "second/original", "geometry": "districts.parquet"}


def keep_second(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Paths of what is given beside a table, copied into the folder of a dataset: files as they came, arrays and tables as files.

    Args:
        given: setting -> as ``ingest.read`` takes it, or None.

    Raises:
        DataError: not there.
    """
    room = folder / "second"
    kept: dict[str, Any] = {}
    for setting, source in given.items():
        if source is None:
            continue
        room.mkdir(exist_ok=True)
        kept[setting] = _keep(setting, source, room).rename(room / setting)
    return kept


def second_files(folder: Path) -> dict[str, Path]:
    """Setting -> file beside the table, of those that the folder of a dataset holds."""
    places = {setting: (folder / "second" / setting, folder / _BEFORE.get(setting, "")) for setting in SETTINGS}
    found = {setting: next(filter(Path.is_file, paths), None) for setting, paths in places.items()}
    return {setting: path for setting, path in found.items() if path is not None}


def apart(roles: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Path]]:
    """What was said about a table without the files beside it, and these by their setting."""
    said = {key: value for key, value in roles.items() if key not in SETTINGS}
    return said, {key: Path(roles[key]) for key in SETTINGS if roles.get(key)}


def _keep(setting: str, source: Any, room: Path) -> Path:
    target = room / "original"
    if setting == "adjacency" and _is_matrix(source):
        with target.open("wb") as file:
            np.save(file, np.asarray(source, dtype=float), allow_pickle=False)
        return target
    if isinstance(source, gpd.GeoDataFrame):
        _plain_properties(source).to_parquet(target)
        return target
    return keep(source, room)[0]


def _is_matrix(network: Any) -> bool:
    if isinstance(network, pd.DataFrame):
        return not ({"from", "to"} <= set(network) or {"source", "target"} <= set(network))
    return isinstance(network, (np.ndarray, list, tuple))


def _plain_properties(shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Districts whose nested properties are text, as a column of Parquet must be of one kind."""
    odd = [name for name in shapes.columns if name != shapes.geometry.name and shapes[name].dtype == object]
    return shapes.assign(**{n: shapes[n].map(lambda cell: None if cell is None else str(cell)) for n in odd})
