"""Layers of maps that join places: squares, hexagons, columns, and the most frequent class of a square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pydeck as pdk
from pydeck.types import String as _String

from stcore import words
from stcore.plots.ground import Ground
from stcore.plots.scale import Scale
from stcore.plots.theme import rgb

LAYERS = ("squares", "hexagons", "columns")
ACROSS = 90
_CORNERS = np.stack([[np.cos(a), np.sin(a)] for a in np.radians(np.arange(30, 390, 60))])


def squares(ground: Ground, values: np.ndarray, scale: Scale, unit: str) -> pdk.Layer:
    """Means over about 90 squares across; on a grid a square is a whole number of cells."""
    known = _known(ground, np.isfinite(values))
    corner, cell, place, first = _squared(ground, known)
    mean, amount = _means(place, values[known])
    ring = corner[:, None] + cell * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    rows = _cells(ring, known[first], ground, amount)
    return _polygons("squares", _filled(rows, mean, amount, scale, unit))


def hexagons(ground: Ground, values: np.ndarray, scale: Scale, unit: str) -> pdk.Layer:
    """Means over hexagons of equal size on the map, three places in a typical one."""
    known = _known(ground, np.isfinite(values))
    centre, size, place, first = _hexed(ground, known)
    mean, amount = _means(place, values[known])
    ring = centre[:, None] + size * 0.97 * _CORNERS
    rows = _cells(_lonlat(ring), known[first], ground, amount)
    return _polygons("hexagons", _filled(rows, mean, amount, scale, unit))


def columns(ground: Ground, values: np.ndarray, scale: Scale, unit: str, joined: bool) -> pdk.Layer:
    """A column a place, or a hexagon where they are ``joined``; it rises from ``base(scale)``, the upper end is 110 px high."""
    known = _known(ground, np.isfinite(values))
    at, value, first = ground.lonlat[known], values[known], np.arange(len(known))
    amount = np.ones(len(known), dtype=int)
    if joined:
        centre, _, place, first = _hexed(ground, known)
        (value, amount), at = _means(place, value), _lonlat(centre)
    height = 110 * ground.view.metres_per_pixel
    share = np.clip((value - base(scale)) / (scale.high - base(scale)), 0.01, 1.3)
    rows = _filled(_cells(at, known[first], ground, amount), value, amount, scale, unit)
    for row, up in zip(rows, share, strict=True):
        row["up"] = round(float(up * height), 1)
    across = 5.0 if joined else 7.0 if len(known) <= 200 else 4.0
    return pdk.Layer(
        "ColumnLayer", rows, id="columns", get_position="at", get_fill_color="fill", get_elevation="up", pickable=True,
        radius=across * ground.view.metres_per_pixel, disk_resolution=6 if joined else 14, extruded=True,
    )  # fmt: skip


def base(scale: Scale) -> float:
    """Where columns begin: 0 where the scale begins near it, else its lower end."""
    return 0.0 if 0 <= scale.low < 0.5 * scale.high else scale.low


def majority(ground: Ground, label: np.ndarray, classes: Sequence[tuple[str, str]]) -> pdk.Layer:
    """Squares in the colour of their most frequent class."""
    known = _known(ground, np.asarray(label) >= 0)
    corner, cell, place, first = _squared(ground, known)
    counts = np.zeros((len(first), len(classes)), dtype=np.int64)
    np.add.at(counts, (place, label[known]), 1)
    ring = corner[:, None] + cell * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    rows = _cells(ring, known[first], ground, counts.sum(axis=1))
    for row, winner in zip(rows, counts.argmax(axis=1), strict=True):
        row["fill"], row["words"] = list(rgb(classes[winner][1])), f"mostly {classes[winner][0]}"
    return _polygons("squares", rows)


def _known(ground: Ground, there: np.ndarray) -> np.ndarray:
    """Positions of the places that have a value and a position."""
    return np.flatnonzero(there & np.isfinite(ground.lonlat).all(axis=1))


def _squared(ground: Ground, known: np.ndarray) -> tuple[np.ndarray, float, np.ndarray, np.ndarray]:
    """Lower left corners [square, 2], side in degrees, square of each known place, first place of each square."""
    at = ground.lonlat[known]
    if not len(at):
        return np.empty((0, 2)), 1.0, np.empty(0, int), np.empty(0, int)
    low, reach = at.min(axis=0), np.ptp(at, axis=0).max() or 1.0
    side = reach / ACROSS
    if ground.corners is not None:
        step = float(np.abs(np.ptp(ground.corners[0], axis=0)).max())
        side, low = step * max(1, np.ceil(side / step)), low - step / 2
    index = np.floor((at - low) / side + 1e-9).astype(np.int64)
    cells, first, place = np.unique(index, axis=0, return_index=True, return_inverse=True)
    return low + cells * side, side, place.ravel(), first


def _hexed(ground: Ground, known: np.ndarray) -> tuple[np.ndarray, float, np.ndarray, np.ndarray]:
    """Centres [hexagon, 2] on the Mercator plane, circumradius there, hexagon of each known place, first place of each.

    Axial coordinates of pointy hexagons, rounded as cubes: A. Patel, "Hexagonal Grids", redblobgames.com, 2013.
    """
    at = _plane(ground.lonlat[known])
    if not len(at):
        return np.empty((0, 2)), 1.0, np.empty(0, int), np.empty(0, int)
    across = np.clip(np.sqrt(len(at) / 2), 5, 48)
    size = max(float(np.ptp(at, axis=0).max()), 1e-6) / across / np.sqrt(3)
    q = (np.sqrt(3) / 3 * at[:, 0] - at[:, 1] / 3) / size
    r = 2 / 3 * at[:, 1] / size
    cube = np.stack([q, r, -q - r], axis=1)
    near = np.rint(cube)
    off = np.abs(near - cube)
    worst = off.argmax(axis=1)
    rows = np.arange(len(at))
    near[rows, worst] = near[rows, worst] - near.sum(axis=1)
    cells, first, place = np.unique(near[:, :2], axis=0, return_index=True, return_inverse=True)
    centre = size * np.stack([np.sqrt(3) * (cells[:, 0] + cells[:, 1] / 2), 1.5 * cells[:, 1]], axis=1)
    return centre, size, place.ravel(), first


def _plane(lonlat: np.ndarray) -> np.ndarray:
    """Degrees -> Web Mercator in radians of longitude."""
    lat = np.radians(lonlat[:, 1].clip(-85, 85))
    return np.stack([np.radians(lonlat[:, 0]), np.log(np.tan(np.pi / 4 + lat / 2))], axis=1)


def _lonlat(plane: np.ndarray) -> np.ndarray:
    """Web Mercator in radians -> degrees, any shape [..., 2]."""
    return np.stack([np.degrees(plane[..., 0]), np.degrees(2 * np.arctan(np.exp(plane[..., 1])) - np.pi / 2)], axis=-1)


def _means(place: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and number of the values of each cell."""
    amount = np.bincount(place)
    return np.bincount(place, weights=values) / np.maximum(amount, 1), amount


def _cells(at: np.ndarray, first: np.ndarray, ground: Ground, amount: np.ndarray) -> list[dict[str, Any]]:
    """One record a cell: where it is, the id a click on it chooses (its first place), and its name."""
    rows = []
    for where, one, number in zip(np.round(at, 4).tolist(), first, amount, strict=True):
        identity = ground.ids[one]
        name = words.short(identity) if number == 1 else words.count(int(number), "place")
        rows.append({"at": where, "id": identity, "name": name})
    return rows


def _filled(
    rows: list[dict[str, Any]], mean: np.ndarray, amount: np.ndarray, scale: Scale, unit: str
) -> list[dict[str, Any]]:
    for row, average, number, colour in zip(rows, mean, amount, scale.colour(mean), strict=True):
        row["fill"] = [int(c) for c in colour]
        row["words"] = f"{'mean ' if number > 1 else ''}{words.measure(float(average), unit)}"
    return rows


def _polygons(name: str, rows: list[dict[str, Any]]) -> pdk.Layer:
    return pdk.Layer(
        "PolygonLayer", rows, id=name, get_polygon="at", get_fill_color="fill", pickable=True, stroked=False,
        line_width_units=_String("pixels"),
    )  # fmt: skip
