"""The files beside a table on the Load page: what is there, a way to add one and to leave one out."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from stcore import words
from stcore.data import dataset
from stcore.ui import guard, opening, parts, upload
from stcore.ui.opened import Opened

_TABLES = ("csv", "tsv", "txt", "parquet", "xlsx", "json", "geojson", "gz", "zip")


@dataclass(frozen=True)
class Kind:
    """One kind of file beside a table: its name, what it needs, and the endings offered when it is chosen."""

    title: str
    needs: str
    types: tuple[str, ...]


#: Setting of ``data`` -> what it takes.
KINDS = {
    "places": Kind("Coordinates", "One row a place: its name, latitude and longitude. Other columns come along.", _TABLES),
    "adjacency": Kind(
        "Network", "One row a link: columns from and to. Or a square table of numbers without names.",
        ("csv", "tsv", "txt", "npy", "gz", "zip"),
    ),
    "geometry": Kind(
        "Districts", "Outlines with a name each: GeoJSON, GeoPackage, or a shapefile as zip.",
        ("geojson", "json", "gpkg", "zip", "gz", "parquet"),
    ),
}  # fmt: skip


def show(data: Opened) -> None:
    """The panel; nothing for data that came as a panel and cannot be read anew."""
    saved = dataset.open(data.row.id)
    if saved.original is None:
        return
    line = "Coordinates, a network or districts from a file of their own."
    if not data.has_map:
        line = "There is no map yet: add coordinates or districts."
    with parts.panel("More about the places", line, key="second", fill=False):
        for setting in (setting for setting in KINDS if setting in saved.second):
            _listed(data, setting)
        with st.popover("Add a file", key=f"second-{data.row.id}"):
            _add(data)


def _listed(data: Opened, setting: str) -> None:
    name = words.short(data.row.about.get("second", {}).get(setting, ""), 40)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        parts.text(f"{KINDS[setting].title}{f': {name}' if name else ''}")
        if st.button("Remove", key=f"second-remove-{setting}", help=f"Reads the file again without {name or 'it'}."):
            with guard.shown():
                opening.leave_out(data.row, setting)


def _add(data: Opened) -> None:
    setting = st.segmented_control(
        "What is in it", list(KINDS), default="places", required=True, key=f"second-kind-{data.row.id}",
        format_func=lambda one: KINDS[one].title, label_visibility="collapsed",
    )  # fmt: skip
    kind = KINDS[str(setting)]
    token = upload.zone("Drop the file here", kind.needs, kind.types, key=f"second-zone-{data.row.id}")
    if token is not None:
        with guard.shown():
            opening.add(data.row, str(setting), token)
