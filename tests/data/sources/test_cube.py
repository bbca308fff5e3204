"""NetCDF and Zarr cubes: which axes are time and place, what becomes a column, and what is refused."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.data.sources import cube
from stcore.errors import DataError

TIMES = pd.date_range("2024-01-01", periods=6, freq="6h")
LAT, LON = np.array([50.0, 51.0, 52.0]), np.array([358.0, 359.0, 0.0, 1.0])
VALUES = np.arange(6 * 3 * 4, dtype=np.float32).reshape(6, 3, 4)


def grid(**variables: Any) -> xr.Dataset:
    """time x lat x lon with CF attributes under odd names; longitudes to 360, one cell without values."""
    values = VALUES.copy()
    values[:, 1, 2] = np.nan
    data = xr.Dataset({"t2m": (("step", "y", "x"), values)} | variables, {"step": TIMES, "y": LAT, "x": LON})
    data["y"].attrs["units"], data["x"].attrs["standard_name"] = "degrees_north", "longitude"
    return data


def saved(data: xr.Dataset, path: Path) -> Path:
    data.to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")
    return path


def read(source: object, **options: object) -> Panel:
    """One panel."""
    panel = ingest.read(source, **options)  # type: ignore[arg-type]
    assert isinstance(panel, Panel)
    return panel


def test_a_grid_becomes_places_without_its_empty_cell(tmp_path: Path) -> None:
    path = saved(grid(), tmp_path / "grid.bin")
    panel = read(path)
    assert panel.shape == (6, 11, 1)
    assert (panel.step, panel.features) == ("6h", ("t2m",))
    assert panel.locations.index[0] == "50.0,-2.0"
    assert sorted(set(panel.locations.geometry.x)) == [-2, -1, 0, 1]
    np.testing.assert_array_equal(panel.values[:, -1, 0], VALUES[:, 2, 3])
    assert panel.space.grid is not None
    assert panel.space.grid.shape == (3, 4)
    codes = {finding.code: finding.count for finding in ingest.inspect(path).findings}
    assert (codes["empty_cells"], codes["coordinates"]) == (1, 12)


def test_small_blocks_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(grid(), tmp_path / "grid.nc")
    whole = read(path)
    monkeypatch.setattr(cube, "_BLOCK_CELLS", 25)
    assert read(path).digest == whole.digest


def test_variables_and_levels_become_columns(tmp_path: Path) -> None:
    wind = np.stack([VALUES, VALUES + 1000], axis=1)
    data = grid(
        u=(("step", "level", "y", "x"), wind), once=(("step", "one", "y", "x"), VALUES[:, None]),
        height=(("y", "x"), VALUES[0]), y_edges=(("y", "nv"), np.stack([LAT - 0.5, LAT + 0.5], axis=1)),
    ).assign_coords(level=[850.0, 500.0])  # fmt: skip
    data["y"].attrs["bounds"] = "y_edges"
    panel = read(saved(data, tmp_path / "grid.nc"))
    assert panel.features == ("t2m", "u_level_850", "u_level_500", "once")
    np.testing.assert_array_equal(panel.values[:, 0, 2], wind[:, 1, 0, 0])


def test_any_order_of_axes_and_packed_numbers(tmp_path: Path) -> None:
    path = tmp_path / "grid.nc"
    data = grid().transpose("x", "step", "y")
    data.to_netcdf(path, engine="scipy", encoding={"t2m": {"dtype": "i2", "scale_factor": 0.5, "_FillValue": -999}})
    flat = read(saved(grid(), tmp_path / "plain.nc"))
    panel = read(path)
    assert set(panel.locations.index) == set(flat.locations.index)
    order = panel.locations.index.get_indexer(flat.locations.index)
    np.testing.assert_array_equal(panel.values[:, order], flat.values)


def test_stations_keep_their_names(tmp_path: Path) -> None:
    data = xr.Dataset(
        {"flow": (("time", "station"), VALUES[:, :, 0])},
        {"time": TIMES, "lat": ("station", LAT), "lon": ("station", LON[:3]), "station_name": ("station", ["007", "Süd", "c"])},
    )  # fmt: skip
    panel = read(saved(data, tmp_path / "stations.nc"))
    assert list(panel.locations.index) == ["007", "Süd", "c"]
    np.testing.assert_array_equal(panel.locations.geometry.y, LAT)
    np.testing.assert_array_equal(panel.values[..., 0], VALUES[:, :, 0])


def test_a_curved_grid_and_one_without_coordinates(tmp_path: Path) -> None:
    north, east = np.meshgrid(LAT, LON[:2], indexing="ij")
    curved = xr.Dataset(
        {"sst": (("time", "j", "i"), VALUES[:, :, :2])},
        {"time": TIMES, "latitude": (("j", "i"), north), "longitude": (("j", "i"), east)},
    )
    panel = read(saved(curved, tmp_path / "curved.nc"))
    assert panel.shape == (6, 6, 1)
    bare = xr.Dataset({"flow": (("time", "gauge"), VALUES[:, :, 0])}, {"time": TIMES})
    assert list(read(saved(bare, tmp_path / "bare.nc")).locations.index) == ["gauge 1", "gauge 2", "gauge 3"]


def refused(data: xr.Dataset, path: Path) -> str:
    with pytest.raises(DataError) as error:
        ingest.inspect(saved(data, path))
    assert error.value.hint
    return error.value.message


@pytest.mark.parametrize(
    ("units", "calendar", "words"),
    [
        ("days since 2000-01-01", "360_day", "360_day calendar"), ("months since 2000-01-01", "standard", "months since"),
        ("days since 0001-01-01", "noleap", "noleap calendar"),
    ],
)  # fmt: skip
def test_calendars_without_ordinary_days_are_refused(units: str, calendar: str, words: str, tmp_path: Path) -> None:
    data = grid().assign_coords(step=("step", np.arange(6), {"units": units, "calendar": calendar}))
    assert words in refused(data, tmp_path / "grid.nc")


def test_what_is_no_cube_of_times_is_refused(tmp_path: Path, write: Callable[..., Path]) -> None:
    assert "no axis of time" in refused(grid().isel(step=0, drop=True), tmp_path / "a.nc")
    assert "no value at all" in refused(grid() * np.nan, tmp_path / "b.nc")
    flat = xr.Dataset({"v": (("time", "a", "b"), VALUES)}, {"time": TIMES})
    assert "no latitude and longitude" in refused(flat, tmp_path / "c.nc")
    many = grid(u=(("step", "y", "x", "member"), np.ones((6, 3, 4, 70), np.float32)))
    assert "70 member" in refused(many, tmp_path / "d.nc")
    with pytest.raises(DataError, match="cannot be read"):
        ingest.inspect(write(b"CDF\x01" + b"x" * 50))


def test_a_missing_package_is_named(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="h5netcdf") as error:
        ingest.inspect(write(b"\x89HDF\r\n\x1a\n" + b"x" * 50))
    assert "pip install h5netcdf" in error.value.hint


# optional parts ----------------------------------------------------------------------------------------------------


def test_netcdf_4_gives_the_same_and_leads_nowhere_else(tmp_path: Path) -> None:
    pytest.importorskip("h5netcdf")
    h5py = pytest.importorskip("h5py")
    grid().to_netcdf(tmp_path / "grid4", engine="h5netcdf")
    assert read(tmp_path / "grid4").digest == read(saved(grid(), tmp_path / "grid3")).digest
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 100)
    with h5py.File(tmp_path / "grid4", "a") as file:
        file.create_dataset("leak", (72,), "u1", external=[(str(secret), 0, 72)])
    with pytest.raises(DataError, match="other files"):
        ingest.inspect(tmp_path / "grid4")
    with h5py.File(tmp_path / "linked", "w") as file:
        file["t2m"] = h5py.ExternalLink(str(tmp_path / "grid4"), "/t2m")
    with pytest.raises(DataError, match="other files"):
        ingest.inspect(tmp_path / "linked")


def test_zarr_gives_the_same_as_a_folder_zipped_and_kept(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    plain = read(saved(grid(), tmp_path / "grid.nc"))
    for version in (2, 3):
        store = tmp_path / f"cube{version}"
        grid().to_zarr(store, zarr_format=version)
        assert read(store).digest == plain.digest
        shutil.make_archive(str(store), "zip", store)
        assert read(f"{store}.zip").digest == plain.digest
        made = dataset.create(store, "cube")
        assert read(made.original).digest == plain.digest


def test_a_store_that_asks_to_unpickle_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    grid().to_zarr(tmp_path / "cube", zarr_format=2, consolidated=False)
    about = tmp_path / "cube" / "t2m" / ".zarray"
    told = json.loads(about.read_text()) | {"filters": [{"id": "pickle", "protocol": 5}]}
    about.write_text(json.dumps(told).replace("pickle", "p\\u0069ckle"))
    with pytest.raises(DataError, match="not safe"):
        ingest.inspect(tmp_path / "cube")
