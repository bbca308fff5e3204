"""The views of Explore and which of them these data can fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from streamlit.delta_generator import DeltaGenerator

from stcore.data.explore.groups import LEAST_PLACES
from stcore.ui import (
    explore_groups,
    explore_map,
    explore_neighbours,
    explore_seasons,
    explore_values,
    parts,
    pickers,
)
from stcore.ui.opened import Opened

View: TypeAlias = Callable[[Opened, str, DeltaGenerator, DeltaGenerator], None]
_VIEWS: dict[str, tuple[str, View]] = {
    "map": ("Map", explore_map.view), "seasons": ("Seasons", explore_seasons.view), "values": ("Values", explore_values.view),
    "neighbours": ("Neighbours", explore_neighbours.view), "groups": ("Groups", explore_groups.view),
}  # fmt: skip
_NO_DIRECTIONS = ("seasons", "neighbours", "groups")


def offered(data: Opened) -> dict[str, str]:
    """Views that make sense for these data: name -> words."""
    many = len(data.panel.locations)
    fits = {
        "map": True,
        "seasons": True,
        "values": True,
        "neighbours": data.has_map and many >= 5,
        "groups": many >= LEAST_PLACES,
    }
    names = {name: words_ for name, (words_, _) in _VIEWS.items() if fits[name]}
    return names if data.has_map else {**names, "map": "Curves"}


def choose(data: Opened) -> str:
    """The view that is shown; kept in the address."""
    return pickers.segmented("View", offered(data), key="view", linked=True)


def show(name: str, data: Opened, feature: str, picks: DeltaGenerator, saying: DeltaGenerator) -> None:
    """Draw a view: its own pickers into ``picks``, its sentence into ``saying``, its panels below."""
    if name in _NO_DIRECTIONS and data.panel.schema[feature].kind == "angle":
        with saying:
            parts.verdict(f"{data.named(feature)} is a direction: 359° and 1° lie together. Choose another value here.")
        return
    _VIEWS[name][1](data, feature, picks, saying)
