"""Coordinates: swapped, at zero, in the sea, far away; and the mask of land behind that."""

from __future__ import annotations

import numpy as np
import pytest

from stcore.data.land import on_land
from stcore.data.panel import Panel
from stcore.data.places import make_places
from stcore.data.quality import value_findings
from stcore.data.roles import Roles
from tests.data.quality import made
from tests.data.quality.made import found, panel

FRANCE = np.column_stack([np.linspace(1, 6, 12), 45 + np.arange(12) * 0.31 % 3])


def at(lonlat: np.ndarray, name: str = "speed_mph") -> Panel:
    return panel(made.speed(np.random.default_rng(0), places=len(lonlat)), name, "5min", lonlat)


@pytest.mark.parametrize(
    ("name", "lon", "lat", "land"),
    [
        ("Berlin", 13.4, 52.5, True), ("Honolulu", -157.86, 21.31, True), ("Malta", 14.5, 35.9, True), ("Singapore", 103.85, 1.29, True),
        ("Fiji, past the date line", 538.44 - 360, -18.14, True), ("Fiji, counted on", 178.44 + 360, -18.14, True),
        ("South Pole", 0, -90, True), ("North Pole", 0, 90, False), ("Gulf of Guinea", 0, 0, False), ("North Sea", 3, 56, False),
        ("Pacific", -140, 30, False), ("nowhere", np.nan, 50, False), ("no latitude", 10, 95, False),
    ],
)  # fmt: skip
def test_land_and_sea(name: str, lon: float, lat: float, land: bool) -> None:
    assert on_land(np.array([[lon, lat]])).tolist() == [land], name


def test_swapped_columns_are_told_by_the_sea_they_lie_in() -> None:
    england = np.column_stack([np.linspace(-3, 0.5, 12), 51 + np.arange(12) * 0.31 % 3])
    swapped = at(england[:, ::-1])
    told = {finding.code: finding for finding in value_findings(swapped, roles=Roles(lat="y", lon="x"))}["swapped"]
    assert told.count == 12
    assert told.fix is not None
    assert (told.fix.setting, told.fix.value) == ("data", {"lat": "x", "lon": "y"})
    assert "swapped" not in found(at(england))
    new_york = np.column_stack([np.linspace(-79, -74, 12), 41 + np.arange(12) * 0.31 % 3])
    assert "swapped" in found(at(new_york[:, ::-1]))
    assert "swapped" not in found(at(new_york))


def test_latitudes_that_do_not_exist_are_swapped_where_they_fit_the_other_way() -> None:
    import pandas as pd

    points = pd.DataFrame({"place": [0, 1], "lat": [-118.2, -118.4], "lon": [34.0, 34.1], "rows": [5, 5]})
    (told, *_) = make_places(["a", "b"], points, ("y", "x")).findings
    assert (told.code, told.fix and told.fix.value) == ("swapped", {"lat": "x", "lon": "y"})
    points["lon"] = [134.0, 134.1]
    (told, *_) = make_places(["a", "b"], points, ("y", "x")).findings
    assert (told.code, told.fix) == ("coordinates", None)


def test_buoys_may_lie_in_the_sea() -> None:
    sea = np.column_stack([np.linspace(-40, -30, 8), np.linspace(40, 45, 8)])
    assert "at_sea" not in found(at(sea))
    assert not {"swapped", "at_sea"} & set(found(at(sea[:, ::-1] + [0, 60], "sea_temperature_c")))


def test_a_point_in_the_sea_among_places_on_land() -> None:
    places = FRANCE.copy()
    places[3] = [-4.0, 46.0]
    assert found(at(places))["at_sea"].where == "p3"


def test_middles_of_cells_are_not_judged() -> None:
    cells = np.array([[x, y] for x in range(-1, 6) for y in range(42, 48) if (x + y) % 3], float)
    assert set(found(at(cells))) <= {"stuck"}


def test_no_coordinates_written_as_zeros() -> None:
    places = FRANCE.copy()
    places[[2, 5]] = 0
    told = found(at(places))
    assert (told["at_zero"].count, told["at_zero"].where) == (2, "p2, p5")
    assert "at_sea" not in told


def test_one_place_far_from_all_others_with_its_coordinates_swapped() -> None:
    places = FRANCE.copy()
    places[7] = places[7, ::-1]
    told = found(at(places))["stray_place"]
    assert (told.where, "swapped" in told.suggestion) == ("p7", True)


def test_a_place_that_moves_by_a_kilometre_is_told() -> None:
    import pandas as pd

    points = pd.DataFrame({"place": [0, 0, 1], "lat": [50.0, 50.1, 50.0], "lon": [8.0, 8.0, 8.2], "rows": [9, 1, 5]})
    (told,) = make_places(["a", "b"], points).findings
    assert (told.code, told.severity, told.count) == ("moving", "look", 1)
    assert "11.1 km apart" in told.message, "0.1 degrees north: 111.2 km / 10"
