"""Ways of drawing a map: squares, hexagons, columns and classes; above 10,000 places joined on the server."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.data.panel import Panel
from stcore.data.space import coordinates, recognise_grid
from stcore.plots import binned, ground, maps
from stcore.plots.ground import Ground
from stcore.plots.maps import Choice
from stcore.plots.scale import Scale
from stcore.plots.theme import LIGHT

SCALE = Scale(0, 10, LIGHT.sequential)


def layers(deck: object) -> dict[str, dict]:
    return {part["id"].split("-")[0]: part for part in json.loads(deck.to_json())["layers"]}  # type: ignore[attr-defined]


def scattered(count: int, spread: float = 0.05) -> Ground:
    lonlat = np.random.default_rng(0).normal([8, 47], spread, (count, 2))
    return Ground(tuple(f"p{i}" for i in range(count)), lonlat, ground.fit(lonlat, 440, 600), np.empty((0, 4)))


def gridded(columns: int, rows: int) -> Ground:
    mesh = np.stack([axis.ravel() for axis in np.meshgrid(np.arange(columns) * 0.5, np.arange(rows) * 0.5)], axis=1)
    places = pd.DataFrame({"lat": mesh[:, 1], "lon": mesh[:, 0]}, index=[f"c{i}" for i in range(len(mesh))])
    made = Panel.from_arrays(np.zeros((1, len(mesh))), ["2026-01-01"], places)
    return ground.ground(made.locations, replace(made.space, grid=recognise_grid(coordinates(made.locations))))


def test_ways_fit_the_places() -> None:
    assert list(maps.ways(scattered(5))) == ["points", "columns"]
    assert list(maps.ways(scattered(200))) == ["points", "hexagons", "columns"]
    assert maps.ways(gridded(5, 4))["areas"] == "Grid cells"
    assert list(maps.ways(scattered(maps.MOST_INLINE + 1))) == ["squares", "hexagons", "columns"]


@pytest.mark.parametrize(("way", "layer"), [("points", "places"), ("hexagons", "hexagons"), ("columns", "columns")])
def test_each_way_has_its_layer(way: str, layer: str) -> None:
    made = scattered(150)
    assert layer in layers(maps.drawn_map(made, np.arange(150.0), SCALE, LIGHT, Choice("p3", "mph", way)))  # type: ignore[arg-type]


def test_a_way_that_is_not_offered_is_passed_over() -> None:
    assert "places" in layers(maps.drawn_map(scattered(5), np.arange(5.0), SCALE, LIGHT, Choice(way="squares")))


def test_hexagons_hold_every_place_once_and_give_means() -> None:
    made, values = scattered(500), np.random.default_rng(1).uniform(0, 10, 500)
    values[7] = np.nan
    centre, size, place, _ = binned._hexed(made, binned._known(made, np.isfinite(values)))
    at = binned._plane(made.lonlat[np.isfinite(values)])
    assert np.linalg.norm(at - centre[place], axis=1).max() <= size * (1 + 1e-9)  # inside the circle around its hexagon
    own = np.linalg.norm(at - centre[place], axis=1)
    assert all((np.linalg.norm(at - other, axis=1) >= own - 1e-12).all() for other in centre)  # and in no other
    rows = layers(maps.drawn_map(made, values, SCALE, LIGHT, Choice(way="hexagons")))["hexagons"]["data"]
    assert sum(int(row["name"].split()[0]) if "place" in row["name"] else 1 for row in rows) == 499
    assert all(row["id"] in made.ids for row in rows)
    assert 20 < len(rows) < 400


def test_columns_rise_from_zero_or_from_the_lower_end() -> None:
    assert binned.base(Scale(2, 10, LIGHT.sequential)) == 0
    assert binned.base(Scale(70, 90, LIGHT.sequential)) == 70
    assert binned.base(Scale(-5, 5, LIGHT.sequential)) == -5
    deck = maps.drawn_map(scattered(20), np.linspace(0, 10, 20), SCALE, LIGHT, Choice(way="columns"))
    up = [row["up"] for row in layers(deck)["columns"]["data"]]
    assert up == sorted(up)
    assert up[10] == pytest.approx(up[-1] * 10 / 19, rel=0.01)
    assert json.loads(deck.to_json())["initialViewState"]["pitch"] == 45
    flat = maps.drawn_map(scattered(20), np.linspace(0, 10, 20), SCALE, LIGHT, Choice())
    assert json.loads(flat.to_json())["initialViewState"]["pitch"] == 0


def test_a_large_grid_is_joined_by_whole_cells() -> None:
    made = gridded(120, 100)
    values = (np.arange(120) // 2 % 2 * 10.0)[None].repeat(100, axis=0).ravel()  # columns in pairs
    rows = layers(maps.value_map(made, values, SCALE, LIGHT))["squares"]["data"]
    assert len(rows) == 60 * 50
    assert {row["name"] for row in rows} == {"4 places"}
    assert {row["words"] for row in rows} == {"mean 0", "mean 10"}  # pairs were not cut


def test_compared_places_have_rings_in_the_colour_of_their_curve() -> None:
    deck = maps.drawn_map(
        scattered(30), np.ones(30), SCALE, LIGHT, Choice("p1", rings={"p4": "#DE7618", "x": "#000000"})
    )
    assert [row["line"] for row in layers(deck)["compared"]["data"]] == [[0xDE, 0x76, 0x18]]


def test_classes_have_their_colours_and_none_is_hollow() -> None:
    label = np.array([0, 1, -1, *[0] * 27])
    parts = layers(maps.class_map(scattered(30), label, [("A", "#111111"), ("B", "#222222")], LIGHT, "p1"))
    assert [row["id"] for row in parts["missing"]["data"]] == ["p2"]
    assert parts["places"]["data"][1]["fill"] == [0x22] * 3
    areas = layers(maps.class_map(gridded(5, 4), np.zeros(20, int), [("A", "#111111")], LIGHT))
    assert len(areas["places"]["data"]["features"]) == 20


def test_many_classes_show_the_most_frequent() -> None:
    made = gridded(120, 100)
    label = np.where(np.arange(12_000) % 120 < 60, 0, 1)
    label[:240:2] = -1
    rows = layers(maps.class_map(made, label, [("A", "#111111"), ("B", "#222222")], LIGHT))["squares"]["data"]
    assert {row["words"] for row in rows} == {"mostly A", "mostly B"}
    assert sum(row["fill"] == [0x11] * 3 for row in rows) == 30 * 50


def test_a_deck_is_sent_without_spaces() -> None:
    text = maps.value_map(scattered(30), np.ones(30), SCALE, LIGHT).to_json()
    assert "\n" not in text
    assert '": ' not in text
