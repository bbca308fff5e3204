"""NetCDF and Zarr cubes as long tables: one row a time and place, one column a variable; read in blocks of time.

NetCDF 3 needs nothing else; NetCDF 4 needs the package h5netcdf, Zarr the package zarr. Coordinates are found by the CF
conventions (standard_name, units) and by their names; a cell without any value at any time is no place.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa

from stcore.data.magic import kind_of
from stcore.data.sources.asked import Asked
from stcore.data.sources.cube_axes import Axes, find_axes
from stcore.data.sources.typed import from_batches
from stcore.data.table import Table
from stcore.errors import DataError
from stcore.findings import Finding

if TYPE_CHECKING:
    import xarray as xr

_BLOCK_CELLS = 2_000_000
_MOST_COLUMNS = 60


def read(path: Path, folder: Path, asked: Asked) -> Table:
    """The table of a NetCDF file or a Zarr store.

    Raises:
        DataError: damaged, no times or no values, a package that is missing, or a calendar without ordinary dates.
    """
    import xarray as xr

    try:
        with closing(_opened(path)) as data:
            return _table(data, folder)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, IndexError, xr.MergeError) as error:
        raise DataError(
            f"The cube cannot be read ({str(error).splitlines()[0][:120] if str(error) else type(error).__name__}).",
            "Check it with ncdump -h, or convert it to CSV: one row a time and place.",
        ) from error


def _opened(path: Path) -> xr.Dataset:
    import xarray as xr

    if path.is_dir() or (kind := kind_of(path)) == "zarr":
        return _opened_zarr(path)
    if kind == "netcdf3":
        return xr.open_dataset(path, engine="scipy", decode_times=False, cache=False)
    _need("h5netcdf", "NetCDF 4")
    _refuse_links(path)
    return xr.open_dataset(path, engine="h5netcdf", decode_times=False, cache=False)


def _opened_zarr(path: Path) -> xr.Dataset:
    import xarray as xr

    _need("zarr", "Zarr")
    from zarr.storage import ZipStore

    store: Any = path if path.is_dir() else ZipStore(path, mode="r")
    _refuse_pickles(path)
    return xr.open_zarr(store, chunks=None, decode_times=False)


def _need(package: str, what: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise DataError(
            f"{what} files need the package {package}, which is not installed.",
            f"Run .venv/bin/pip install {package}, or convert the file to NetCDF 3 or CSV.",
        )


def _refuse_links(path: Path) -> None:
    """HDF5 may point into other files of this machine; nothing is read that way."""
    import h5py

    found: list[bool] = []  # a refusal inside h5py's own loop would be lost there
    with h5py.File(path, "r") as file:
        file.visititems_links(lambda name, link: found.append(isinstance(link, h5py.ExternalLink)))
        if not any(found):
            file.visititems(lambda name, item: found.append(_lies_elsewhere(item)))
    if any(found):
        raise DataError("Parts of the cube lie in other files.", "Save it as one whole file.")


def _lies_elsewhere(item: Any) -> bool:
    return bool(getattr(item, "external", None) or getattr(item, "is_virtual", False))


def _refuse_pickles(path: Path) -> None:
    """A store may ask for values to be unpickled, which can run anything; that is never done."""
    import zipfile

    if path.is_dir():
        texts = [each.read_bytes() for each in path.rglob("*") if each.name in _DESCRIPTIONS]
    else:
        with zipfile.ZipFile(path) as archive:
            texts = [archive.read(name) for name in archive.namelist() if name.rsplit("/", 1)[-1] in _DESCRIPTIONS]
    if any("pickle" in word for text in texts for word in _words(orjson.loads(text))):
        raise DataError(
            "The cube asks for values to be unpickled, which is not safe.", "Save it without object values."
        )


_DESCRIPTIONS = ("zarr.json", ".zarray", ".zmetadata", ".zgroup", ".zattrs")


def _words(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _words(item)


# rows --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layer:
    """One column of values: a variable at one position of the axes that are neither time nor place."""

    name: str
    variable: str
    at: Mapping[str, int]


def _table(data: xr.Dataset, folder: Path) -> Table:
    axes = find_axes(data)
    layers = _layers(data, axes)
    there = np.zeros(axes.cells, bool)
    for _, blocks in _blocks(data, axes, layers):
        for block in blocks:
            there |= np.isfinite(block).any(axis=0)
    if not there.any():
        raise DataError("The cube holds no value at all.", "Check its variables with ncdump -h.")
    fixed = {name: column[there] for name, column in axes.columns.items()}
    names = ["time", *fixed, *(layer.name for layer in layers)]
    head = next(_batches(data, axes, layers, there, fixed))
    table = from_batches(folder, head.schema, _batches(data, axes, layers, there, fixed), names)
    table.findings += axes.findings
    if lost := int((~there).sum()):
        message = (
            f"{lost:,} of {axes.cells:,} cells have no value at any time (land or sea, for example) and are left out."
        )
        table.findings.append(Finding(code="empty_cells", count=lost, message=message))
    return table


def _layers(data: xr.Dataset, axes: Axes) -> list[_Layer]:
    """The columns of values: numeric variables over time and all places.

    Raises:
        DataError: none, or more than a table can be told with.
    """
    needed = {axes.time_dim, *axes.space_dims}
    layers: list[_Layer] = []
    for name, variable in data.variables.items():
        skip = str(name) in axes.used or not np.issubdtype(variable.dtype, np.number)
        if skip or not needed <= set(variable.dims) or str(name) in data.dims:
            continue
        others = [str(dim) for dim in variable.dims if dim not in needed]
        sizes = [variable.sizes[dim] for dim in others]
        if len(layers) + int(np.prod(sizes)) > _MOST_COLUMNS:
            raise DataError(
                f"“{name}” has {' x '.join(f'{s} {d}' for s, d in zip(sizes, others, strict=True))} beside time and place.",
                f"Choose fewer of them first; at most {_MOST_COLUMNS} values a time and place are read.",
            )
        for position in np.ndindex(*sizes):
            at = dict(zip(others, (int(p) for p in position), strict=True))
            told = "".join(f"_{dim}_{_label(data, dim, n)}" for dim, n in at.items() if variable.sizes[dim] > 1)
            layers.append(_Layer(f"{name}{told}", str(name), at))
    if not layers:
        shown = ", ".join(f"{name}({', '.join(map(str, v.dims))})" for name, v in list(data.variables.items())[:8])
        raise DataError(f"No variable has values over time and place (found: {shown}).", "Check it with ncdump -h.")
    return layers


def _label(data: xr.Dataset, dim: str, position: int) -> str:
    """Value of an axis at a position ("850"), or the position."""
    cell = data[dim].values[position] if dim in data.variables else position
    return f"{cell:g}" if isinstance(cell, (int, float, np.number)) else str(cell)


def _blocks(data: xr.Dataset, axes: Axes, layers: list[_Layer]) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Values of all layers [time, cell] for one stretch of time after the other."""
    steps = max(1, _BLOCK_CELLS // max(1, axes.cells * len(layers)))
    for start in range(0, len(axes.times), steps):
        part = slice(start, min(start + steps, len(axes.times)))
        out: list[np.ndarray] = []
        for layer in layers:
            values = data[layer.variable].isel({axes.time_dim: part, **layer.at})
            values = values.transpose(axes.time_dim, *axes.space_dims)
            out.append(
                np.asarray(values.values, dtype=_float(values.dtype)).reshape(part.stop - part.start, axes.cells)
            )
        yield part, out


def _float(kind: np.dtype) -> type:
    return np.float32 if kind == np.float32 else np.float64


def _batches(
    data: xr.Dataset, axes: Axes, layers: list[_Layer], there: np.ndarray, fixed: Mapping[str, np.ndarray]
) -> Iterator[pa.RecordBatch]:
    for part, blocks in _blocks(data, axes, layers):
        count = int(there.sum())
        steps = part.stop - part.start
        columns = [pa.array(np.repeat(axes.times[part], count))]
        columns += [pa.array(np.tile(column, steps)) for column in fixed.values()]
        columns += [pa.array(block[:, there].ravel(), from_pandas=True) for block in blocks]
        yield pa.RecordBatch.from_arrays(columns, names=["time", *fixed, *(layer.name for layer in layers)])
