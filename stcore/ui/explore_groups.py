"""The groups view of Explore: places whose series have a similar shape, on the map and as curves."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from stcore import words
from stcore.data.explore.groups import Groups
from stcore.data.schema import readable
from stcore.plots import alike, maps
from stcore.ui import cached, explored, parts, pickers, state
from stcore.ui.opened import Opened

CLEAR, HARDLY = 0.5, 0.25  # Kaufman and Rousseeuw, "Finding Groups in Data", 1990


def view(data: Opened, feature: str, picks: DeltaGenerator, saying: DeltaGenerator) -> None:
    """Groups on the map beside their shapes; without a map the shapes only."""
    found = explored.groups(data, feature)
    with saying:
        _verdict(data, feature, found)
    if found is None:
        return
    names = [f"Group {'ABCDEF'[group]}" for group in range(len(found.sizes))]
    left, right = st.columns([1.18, 1], gap="small") if data.has_map else (None, st.container())
    if left is not None:
        with left:
            _map_panel(data, found, names)
    with right:
        _shapes_panel(data, feature, found, names)


def _verdict(data: Opened, feature: str, found: Groups | None) -> None:
    name = words.short(readable(feature), 40)
    if found is None:
        parts.verdict(f"Too few {data.places} with enough readings of {name} to be grouped.")
        return
    what = "shape of their day" if found.shape == "day" else "shape of their series"
    sizes = words.listing([f"{size:,}" for size in found.sizes], most=6)
    how = (
        "stand clearly apart"
        if found.silhouette >= CLEAR
        else "overlap"
        if found.silhouette >= HARDLY
        else "hardly stand apart"
    )
    of = "All" if found.steps == len(data.panel.time) else f"The last {found.steps:,} of"
    left_out = int((found.label < 0).sum())
    small = f"{of} {len(data.panel.time):,} steps; level and spread of a {data.place} do not count."
    small += f" {words.count(left_out, data.place, data.places)} with too few readings." if left_out else ""
    parts.verdict(
        f"By the {what} the {data.places} fall into ", parts.strong(f"{words.in_words(len(found.sizes))} groups"),
        f" of {sizes}; the groups {how} ({words.fixed(found.silhouette, 2)} on a scale to 1).", small=small,
    )  # fmt: skip


def _map_panel(data: Opened, found: Groups, names: list[str]) -> None:
    theme = parts.theme()
    keys = parts.join([parts.dot(theme.categorical[group], name[-1]) for group, name in enumerate(names)])
    classes = [(name, theme.categorical[group]) for group, name in enumerate(names)]
    place = pickers.current_place(data.panel.locations, data.first_place)
    own = found.label[data.panel.locations.index.get_loc(place)]
    line = f"{words.sentence(data.place)} {words.short(place)} belongs to {names[own] if own >= 0 else 'no group'}."
    with parts.panel(f"Groups of similar {data.places}", line, keys, key="groups"):
        ground = cached.place_ground(data.row.id, data.row.digest, state.owner())
        alt = f"Groups of {words.listing([str(size) for size in found.sizes], most=6)} {data.places}"
        clicked = parts.map_(
            maps.class_map(ground, found.label, classes, theme, place), f"groups-{data.row.id}", alt, 490
        )
        if clicked is not None and clicked != place:
            state.choose("place", clicked)
            st.rerun()


def _shapes_panel(data: Opened, feature: str, found: Groups, names: list[str]) -> None:
    over = "Mean day" if found.shape == "day" else "Mean series"
    line = f"{over} of each group, in standard deviations of a {data.place}; 0 = its own mean."
    with parts.panel(f"{data.named(feature)} in each group", line, key="shapes"):
        drawn = alike.group_shapes(found, parts.theme(), names)
        parts.chart(drawn, "shapes", f"{over} of {words.in_words(len(names))} groups of {data.places}")
