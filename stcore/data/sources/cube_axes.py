"""Which axes of a cube are time and place, by the CF conventions and by names.

Source: NetCDF Climate and Forecast (CF) Metadata Conventions 1.11, chapters 4 and 9.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from stcore.data import names as named
from stcore.errors import DataError
from stcore.findings import Finding

if TYPE_CHECKING:
    import xarray as xr

_NORTH = {"degrees_north", "degree_north", "degrees_n", "degree_n", "degreen", "degreesn"}
_EAST = {"degrees_east", "degree_east", "degrees_e", "degree_e", "degreee", "degreese"}
_ORDINARY = {"standard", "gregorian", "proleptic_gregorian", "none", ""}


@dataclass
class Axes:
    """Time and place of a cube.

    Attributes:
        time_dim, space_dims: names of dimensions; none for one place.
        times: [time] datetime64, or what stands there where it is no count since a date.
        columns: what names a place, each [cell]: lat and lon in degrees, or ids.
        used: variables that are coordinates or bounds, not values.
    """

    time_dim: str
    space_dims: tuple[str, ...]
    times: np.ndarray
    columns: dict[str, np.ndarray]
    used: set[str]
    cells: int
    findings: list[Finding] = field(default_factory=list)


def find_axes(data: xr.Dataset) -> Axes:
    """Time and place of a cube.

    Raises:
        DataError: no time, or a calendar without ordinary dates.
    """
    time = next((name for name in _likely(data) if _is_time(name, data[name])), None)
    if time is None:
        raise DataError("The cube has no axis of time.", "Give it a variable with units like “hours since 2020-01-01”.")
    lat = next((name for name in _likely(data) if _is(data[name], "latitude", _NORTH) or named.is_lat(name)), None)
    lon = next((name for name in _likely(data) if _is(data[name], "longitude", _EAST) or named.is_lon(name)), None)
    used = {time} | _bounds(data)
    time_dim = str(data[time].dims[0])
    if lat is None or lon is None:
        return _by_ids(data, time, time_dim, used)
    used |= {lat, lon}
    dims = tuple(dict.fromkeys(str(dim) for dim in (*data[lat].dims, *data[lon].dims) if dim != time_dim))
    north, east = _spread(data, lat, dims, time_dim), _spread(data, lon, dims, time_dim)
    axes = Axes(time_dim, dims, _times(data, time), {}, used, north.size)
    if (east > 180).any():
        east = (east + 180) % 360 - 180
        message = "Longitudes ran from 0 to 360 degrees east; they were turned to -180 to 180."
        axes.findings.append(Finding(code="coordinates", where=lon, count=east.size, message=message))
    if len(dims) == 1 and (ids := _ids(data, dims[0], used)) is not None:
        axes.columns["location"] = ids
    axes.columns |= {"lat": np.round(north, 6), "lon": np.round(east, 6)}
    return axes


def _likely(data: xr.Dataset) -> Iterator[str]:
    """Variables that may be coordinates: those named as such first."""
    first = [str(name) for name in data.coords]
    yield from first
    yield from (str(name) for name in data.variables if str(name) not in first)


def _is(variable: xr.DataArray, standard_name: str, units: set[str]) -> bool:
    told = variable.attrs
    return told.get("standard_name") == standard_name or str(told.get("units", "")).lower() in units


def _is_time(name: str, variable: xr.DataArray) -> bool:
    """A count since a date along one axis, or an axis that is called time."""
    if variable.ndim != 1:
        return False
    since = " since " in str(variable.attrs.get("units", ""))
    return (
        since or variable.attrs.get("standard_name") == "time" or (named.time_score(name) > 0 and name in variable.dims)
    )


def _bounds(data: xr.Dataset) -> set[str]:
    """Variables that hold the edges of cells."""
    return {str(v.attrs[key]) for v in data.variables.values() for key in ("bounds", "climatology") if key in v.attrs}


def _spread(data: xr.Dataset, name: str, dims: tuple[str, ...], time_dim: str) -> np.ndarray:
    """A coordinate at every cell [cell]; where it moves with time, the first place counts."""
    variable = data[name].isel({time_dim: 0}) if time_dim in data[name].dims else data[name]
    shape = tuple(data.sizes[dim] for dim in dims)
    own = [str(dim) for dim in variable.dims]
    values = variable.transpose(*[dim for dim in dims if dim in own]).values.astype(np.float64)
    index = tuple(slice(None) if dim in own else np.newaxis for dim in dims)
    return np.broadcast_to(values[index] if dims else values, shape).reshape(-1)


def _by_ids(data: xr.Dataset, time: str, time_dim: str, used: set[str]) -> Axes:
    """A cube without coordinates: at most one axis beside time, whose entries are the places."""
    dims = [
        dict.fromkeys(str(d) for d in v.dims if d != time_dim) for v in data.data_vars.values() if time_dim in v.dims
    ]
    widest = max(dims, key=len, default={})
    if len(widest) > 1:
        raise DataError(
            f"The cube has the axes {', '.join(widest)} and no latitude and longitude.",
            "Give it coordinates with units degrees_north and degrees_east.",
        )
    if not widest:
        return Axes(time_dim, (), _times(data, time), {}, used, 1)
    (dim,) = widest
    ids = _ids(data, dim, used)
    count = data.sizes[dim]
    places = ids if ids is not None else np.array([f"{dim} {n + 1}" for n in range(count)])
    return Axes(time_dim, (dim,), _times(data, time), {"location": places}, used, count)


def _ids(data: xr.Dataset, dim: str, used: set[str]) -> np.ndarray | None:
    """What names the entries of an axis, as text [cell], or None."""
    for name in _likely(data):
        variable = data[name]
        if variable.dims != (dim,) or name in used:
            continue
        role = variable.attrs.get("cf_role") == "timeseries_id"
        if role or (variable.dtype.kind in "OSUi" and (name == dim or named.place_score(name) > 0)):
            used.add(name)
            return np.array([_text(cell) for cell in variable.values])
    return None


def _text(cell: Any) -> str:
    return cell.decode("utf-8", "replace").strip() if isinstance(cell, bytes) else str(cell).strip()


def _times(data: xr.Dataset, name: str) -> np.ndarray:
    """Points in time [time].

    Raises:
        DataError: a calendar without ordinary dates, or a count of something else than seconds to weeks.
    """
    import xarray as xr

    variable = data[name]
    units, calendar = str(variable.attrs.get("units", "")), str(variable.attrs.get("calendar", "")).lower()
    if calendar not in _ORDINARY:
        raise DataError(
            f"The times count in a {calendar} calendar, which has other days than ours.",
            "Convert the cube to the standard calendar first (cdo setcalendar,standard).",
        )
    if " since " not in units:
        return np.asarray(variable.values)
    told = xr.Dataset({"time": ("time", variable.values, {"units": units})})
    try:
        times = xr.decode_cf(told)["time"].values
    except (ValueError, OverflowError, ImportError) as error:
        raise DataError(
            f"The times cannot be read as “{units[:60]}”.", "Write them as days or hours since a date after 1678."
        ) from error
    if not np.issubdtype(times.dtype, np.datetime64):
        raise DataError("The times lie outside the ordinary calendar.", "Write times after the year 1678.")
    return times
