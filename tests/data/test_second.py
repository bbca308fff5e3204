"""The files beside a table stay with the dataset and are read again with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from stcore.data import dataset, ingest
from stcore.data.outlines import read_districts
from stcore.data.panel import Panel
from stcore.data.places import read_network
from stcore.data.second import apart, second_files
from stcore.errors import DataError
from tests.data.tables import long_frame

Write = Callable[..., Path]

TABLE = long_frame(places=("c", "a", "b"))[["time", "sensor", "speed"]]
PLACES = "id,lat,lon\na,48,11\nb,49,12\nc,50,13\n"
EDGES = "from,to\nc,a\na,b\n"
SQUARES = gpd.GeoDataFrame({"name": ["a", "b", "c"]}, geometry=[box(n, 0, n + 1, 1) for n in range(3)], crs="EPSG:4326")


def one(panel: Panel | dict[str, Panel]) -> Panel:
    """A single panel."""
    assert isinstance(panel, Panel)
    return panel


@pytest.fixture
def files(write: Write) -> dict[str, Path]:
    """Setting -> file beside the table."""
    return {
        "places": write(PLACES, "places.csv"), "adjacency": write(EDGES, "edges.csv"),
        "geometry": write(SQUARES.to_json(), "squares.geojson"),
    }  # fmt: skip


@pytest.mark.parametrize("setting", ["places", "adjacency", "geometry"])
def test_each_file_is_kept_as_it_came_and_opens_the_same_panel(
    setting: str, files: dict[str, Path], write: Write
) -> None:
    content = files[setting].read_bytes()
    made = dataset.create(write(TABLE.to_csv(index=False)), "d", roles={setting: str(files[setting])})
    for path in files.values():
        path.unlink()
    again = dataset.open(made.id)
    assert list(again.second) == [setting]
    assert again.second[setting].read_bytes() == content
    assert again.original is not None
    read = one(ingest.read(again.original, roles={name: str(path) for name, path in again.second.items()}))
    assert read.digest == one(again.panel()).digest
    assert read.space.parts == one(again.panel()).space.parts == one(again.panel(step="2h")).space.parts != frozenset()


def test_runs_read_apart_have_all_of_them(files: dict[str, Path], write: Write) -> None:
    two = pd.concat([TABLE.assign(run="x"), TABLE[TABLE["sensor"] != "b"].assign(run="y")])
    roles = {name: str(path) for name, path in files.items()}
    made = dataset.create(
        write(two.to_csv(index=False)), "d", roles={**roles, "location": "sensor", "values": ["speed"]}, by="run"
    )
    for panels in (made.panel(), made.panel(by="run")):
        assert isinstance(panels, dict)
        assert [len(panels["x"].space.edges["given"]), len(panels["y"].space.edges["given"])] == [2, 1]
        assert panels["y"].locations.geometry["a"].equals(box(0, 0, 1, 1))


def test_a_run_whose_places_have_no_district_is_kept(files: dict[str, Path], write: Write) -> None:
    shapes = write(SQUARES[SQUARES["name"] != "b"].to_json(), "two.geojson")
    made = dataset.create(write(TABLE.to_csv(index=False)), "d", roles={"geometry": str(shapes)})
    panels = made.panel(by="sensor")
    assert isinstance(panels, dict)
    assert list(panels) == ["c", "a", "b"]
    assert panels["b"].locations.geometry["b"] is None


def test_arrays_and_tables_from_python_are_kept_as_files(write: Write, tmp_path: Path) -> None:
    matrix = np.array([[0, 0.1, 0], [0, 0, 2], [0, 0, 0]])
    nested = SQUARES.assign(more=[{"x": 1}, None, {"x": 2}])
    made = dataset.create(write(TABLE.to_csv(index=False)), "d", adjacency=matrix, geometry=nested)
    np.testing.assert_array_equal(read_network(made.second["adjacency"], tmp_path), matrix)
    assert read_districts(made.second["geometry"], tmp_path)["name"].tolist() == ["a", "b", "c"]
    frame = dataset.create(write(TABLE.to_csv(index=False)), "d", adjacency=pd.DataFrame(matrix, columns=list("cab")))
    assert one(frame.panel()).space.edges["given"]["weight"].tolist() == [0.1, 2.0]
    table = dataset.create(
        write(TABLE.to_csv(index=False)), "d", adjacency=pd.DataFrame({"source": ["a"], "target": ["b"]})
    )
    assert table.second["adjacency"].read_text() == "source,target\na,b\n"


def test_folders_of_earlier_versions_still_open(files: dict[str, Path], write: Write, tmp_path: Path) -> None:
    made = dataset.create(write(TABLE.to_csv(index=False)), "d", roles={"places": str(files["places"])})
    (made.folder / "second" / "places").rename(made.folder / "second" / "original")
    SQUARES.to_parquet(made.folder / "districts.parquet")
    found = dataset.open(made.id).second
    assert {name: path.name for name, path in found.items()} == {"places": "original", "geometry": "districts.parquet"}
    assert len(read_districts(found["geometry"], tmp_path)) == 3
    assert second_files(tmp_path) == {}


def test_places_in_another_order_keep_their_own_coordinates(files: dict[str, Path], write: Write) -> None:
    wide = TABLE.pivot(index="time", columns="sensor", values="speed")[["c", "a", "b"]].reset_index()
    made = dataset.create(write(wide.to_csv(index=False)), "d", roles={"places": str(files["places"])})
    panel = one(made.panel(step="2h"))
    assert panel.locations.geometry.y.to_dict() == {"a": 48.0, "b": 49.0, "c": 50.0}
    assert panel.space.geometry is not None
    assert list(panel.space.geometry.index) == list(panel.locations.index)


def test_an_array_or_a_parquet_that_is_none_is_refused(write: Write, tmp_path: Path) -> None:
    torn = tmp_path / "torn.npy"
    torn.write_bytes(b"\x93NUMPY\x01\x00nonsense")
    with pytest.raises(DataError, match="neither a square matrix"):
        read_network(torn, tmp_path)
    TABLE.to_parquet(tmp_path / "table.parquet")
    with pytest.raises(DataError, match="holds no districts"):
        read_districts(tmp_path / "table.parquet", tmp_path)


def test_what_was_said_and_what_lies_beside_come_apart() -> None:
    said, beside = apart({"time": "t", "places": "p.csv", "geometry": None, "join": "name"})
    assert said == {"time": "t", "join": "name"}
    assert beside == {"places": Path("p.csv")}
