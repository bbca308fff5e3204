"""Maps: the view fits, the date line, shapes of places, missing ones, clicks, nothing from outside."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from stcore.data.panel import Panel
from stcore.data.space import coordinates, recognise_grid
from stcore.plots import ground, lanes, maps, pictures
from stcore.plots import scale as scales
from stcore.plots.theme import DARK, LIGHT


def panel(lonlat: np.ndarray, **more: object) -> Panel:
    count = len(lonlat)
    values = np.random.default_rng(0).normal(50, 9, (30, count))
    places = pd.DataFrame({"lat": lonlat[:, 1], "lon": lonlat[:, 0]}, index=[f"p{i}" for i in range(count)])
    return Panel.from_arrays(values, pd.date_range("2026-01-01", periods=30, freq="h"), places, ["speed_mph"], **more)


def gridded(lon: list[float], lat: list[float]) -> Panel:
    mesh = np.stack([axis.ravel() for axis in np.meshgrid(lon, lat)], axis=1)
    made = panel(mesh)
    return replace(made, space=replace(made.space, grid=recognise_grid(coordinates(made.locations))))


CITY = np.random.default_rng(1).normal([8.0, 47.0], 0.02, (40, 2))


def drawn(deck: object) -> dict:
    return json.loads(deck.to_json())  # type: ignore[attr-defined]


def layer(deck: object, name: str) -> dict:
    return next(part for part in drawn(deck)["layers"] if part["id"].startswith(name))


def test_the_view_holds_all_places_with_air() -> None:
    view = ground.fit(CITY, 440, 600)
    shown = ground._screen(CITY, view)
    assert np.abs(shown[:, 0]).max() <= 300
    assert np.abs(shown[:, 1]).max() <= 220
    assert max(np.abs(shown[:, 0]).max() / 300, np.abs(shown[:, 1]).max() / 220) > 0.7


@pytest.mark.parametrize(
    "lonlat", [np.array([[8.0, 47.0]]), np.full((3, 2), np.nan), np.array([[8.0, 47.0], [8.0, 47.0]])]
)
def test_one_place_or_none_has_a_view(lonlat: np.ndarray) -> None:
    view = ground.fit(lonlat, 440, 600)
    assert 0 < view.zoom <= 13.5


def test_places_on_both_sides_of_the_date_line_lie_together() -> None:
    moved = ground.unwrapped(np.array([[179.0, 0], [-179.0, 0], [np.nan, 0]]))
    assert np.ptp(moved[:2, 0]) == pytest.approx(2)
    grid = ground.ground(
        gridded([170, 175, 180, -175, -170], [-5, 0, 5]).locations,
        gridded([170, 175, 180, -175, -170], [-5, 0, 5]).space,
    )
    assert grid.corners is not None
    assert np.ptp(grid.corners[..., 0]) == pytest.approx(25)
    assert -180 <= grid.view.longitude <= 180


def test_a_network_is_drawn_once_an_edge() -> None:
    edges = pd.DataFrame({"from": ["p0", "p1", "p1"], "to": ["p1", "p0", "p2"]})
    made = panel(CITY, adjacency=edges)
    assert len(ground.ground(made.locations, made.space).edges) == 2
    under = drawn(
        maps.value_map(
            ground.ground(made.locations, made.space),
            made.values[0, :, 0],
            scales.sequential(made.values, LIGHT),
            LIGHT,
        )
    )
    assert [part["id"] for part in under["layers"]].index("network") < len(under["layers"]) - 1


def test_missing_places_are_hollow_and_never_coloured() -> None:
    made = panel(CITY)
    values = made.values[0, :, 0].copy()
    values[3] = np.nan
    deck = maps.value_map(
        ground.ground(made.locations), values, scales.sequential(made.values, LIGHT, "low"), LIGHT, "p1"
    )
    assert [row["id"] for row in layer(deck, "missing")["data"]] == ["p3"]
    assert len(layer(deck, maps.PLACES)["data"]) == 39
    assert layer(deck, "plate")["data"][0]["text"] == "p1"


def test_nothing_is_asked_from_outside() -> None:
    made = panel(CITY)
    for theme in (LIGHT, DARK):
        text = maps.value_map(
            ground.ground(made.locations), made.values[0, :, 0], scales.sequential(made.values, theme), theme
        ).to_json()
        assert f"/app/static/map/{theme.name}.json" in text
        assert "http" not in text.replace("http://www.w3.org", "")


def test_kinds_have_their_shapes() -> None:
    made = panel(CITY)
    deck = maps.kind_map(ground.ground(made.locations), {"p1": "fault", "p2": "local", "p3": "regional"}, LIGHT, "p2")
    assert layer(deck, "fault")["@@type"] == "IconLayer"
    assert [row["id"] for row in layer(deck, "local")["data"]] == ["p2"]
    assert [row["id"] for row in layer(deck, "regional")["data"]] == ["p3"]
    assert len(layer(deck, maps.PLACES)["data"]) == 37


def test_grid_cells_and_districts_are_areas() -> None:
    grid = gridded([5, 6, 7], [45, 46, 47, 48])
    deck = maps.value_map(
        ground.ground(grid.locations, grid.space), grid.values[0, :, 0], scales.sequential(grid.values, LIGHT), LIGHT
    )
    assert len(layer(deck, maps.PLACES)["data"]["features"]) == 12
    shapes = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], index=["a", "b"], crs="EPSG:4326")
    deck = maps.kind_map(ground.ground(shapes), {"a": "local"}, LIGHT)
    assert len(layer(deck, maps.PLACES)["data"]["features"]) == 2


def test_places_without_a_district_of_their_own_stay_points() -> None:
    shapes = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), Point(2, 1), None], index=["a", "b", "c"], crs="EPSG:4326")
    deck = maps.value_map(ground.ground(shapes), np.array([1.0, 2.0, 3.0]), scales.Scale(0, 4, LIGHT.sequential), LIGHT)
    assert [one["id"] for one in layer(deck, maps.PLACES)["data"]["features"]] == ["a"]
    dots = next(one for one in json.loads(deck.to_json())["layers"] if one["id"].endswith("places-dots"))
    assert [row["id"] for row in dots["data"]] == ["b"]


def test_many_places_are_gathered_into_squares() -> None:
    many = np.random.default_rng(0).normal([5, 45], 0.5, (maps.MOST_INLINE + 1, 2))
    made = ground.Ground(tuple(str(i) for i in range(len(many))), many, ground.fit(many, 440, 600), np.empty((0, 4)))
    deck = maps.value_map(made, np.ones(len(many)), scales.Scale(0, 2, LIGHT.sequential), LIGHT)
    assert len(layer(deck, "squares")["data"]) < 9000


def test_a_click_gives_an_id() -> None:
    event = {"selection": {"indices": {"places-1": [3]}, "objects": {"places-1": [{"id": "<b>", "name": "x"}]}}}
    assert maps.clicked(event) == "<b>"
    assert maps.clicked({"selection": {"objects": {"places": [{"properties": {"id": "7"}}]}}}) == "7"
    assert maps.clicked(None) is None
    assert maps.clicked({"selection": {"indices": {}, "objects": {}}}) is None


def test_the_selection_ends_with_its_layer() -> None:
    made = panel(CITY)
    scale = scales.sequential(made.values, LIGHT)
    ids = {
        layer(maps.value_map(ground.ground(made.locations), made.values[0, :, 0], scale, LIGHT, name), maps.PLACES)[
            "id"
        ]
        for name in ("p1", "p2")
    }
    assert len(ids) == 2


def test_scales_put_attention_at_the_end_that_stands_out() -> None:
    values = np.linspace(0, 100, 1000)
    low = scales.sequential(values, LIGHT, "low")
    assert low.ends[0] > low.ends[1]
    assert tuple(low.colour(np.array([0.0]))[0]) == tuple(int(LIGHT.sequential[-1][i : i + 2], 16) for i in (1, 3, 5))
    both = scales.diverging(values - 30, LIGHT)
    assert both.low == -both.high
    flat = scales.sequential(np.full(9, 7.0), LIGHT)
    assert flat.low < 7 < flat.high
    assert scales.sequential(np.full(4, np.nan), LIGHT).high == 1
    assert scales.tidy(scales.Scale(21.7, 70.3, LIGHT.sequential)).high == 71


def test_swim_lanes_keep_their_ids_and_stay_inside() -> None:
    start, end = pd.Timestamp("2026-03-12 06:00"), pd.Timestamp("2026-03-12 22:00")
    bars = [
        lanes.Bar(str(i), start - pd.Timedelta(hours=1), start + pd.Timedelta(hours=i), "local", f"<b>{i}")
        for i in range(20)
    ]
    figure = lanes.lanes(bars, start, end, LIGHT, "3", start)
    assert len(figure.data[0].y) == lanes.MOST_LANES
    assert min(figure.data[0].base) >= start
    assert "3" in [row[0] for row in figure.data[0].customdata]
    assert not any("<b><b>" in annotation.text for annotation in figure.layout.annotations)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_pictures_are_drawn_from_the_data(theme: object) -> None:
    made = [panel(CITY), gridded([5, 6, 7], [45, 46, 47]), panel(np.array([[8.0, 47.0], [8.1, 47.0]]))]
    for one in made:
        svg = pictures.sample(one, theme)  # type: ignore[arg-type]
        assert svg.startswith("<svg")
        assert "nan" not in svg
    assert "circle" in pictures.sample(made[0], theme)  # type: ignore[arg-type]
    for drawing in (pictures.empty_forecast, pictures.empty_data, pictures.empty_anomalies, pictures.empty_models):
        assert drawing(theme).startswith("<svg")  # type: ignore[arg-type]
