"""Maps: places coloured by a value, places coloured by a kind of anomaly; offline ground, ids on every layer for clicks.

Every deck is new on each call: Streamlit changes the object it draws. Layers that answer clicks carry the chosen place in
their id: Streamlit drops a selection whose layer is gone, and with it the fading of everything that was not clicked.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pydeck as pdk
from pydeck.bindings.json_tools import default_serialize
from pydeck.types import String as _String

from stcore import words
from stcore.plots import binned
from stcore.plots.ground import Ground, cities, graticule
from stcore.plots.scale import Scale
from stcore.plots.theme import FONT, Theme, mix, rgb

Way = Literal["points", "areas", "squares", "hexagons", "columns"]
PLACES = "places"
MOST_INLINE = 10_000
FEW = 12
STYLE = "/app/static/map/{theme}.json"
_TOOLTIP = "<b>{name}</b><br>{words}"


@dataclass(frozen=True)
class Choice:
    """How a map of values is drawn.

    Attributes:
        selected: id of the chosen place, or None.
        unit: for the tooltip.
        way: one of ``ways(ground)``; empty = the first of them.
        rings: id of a place that is compared -> colour of its curve.
    """

    selected: str | None = None
    unit: str = ""
    way: Way | Literal[""] = ""
    rings: Mapping[str, str] = field(default_factory=dict)


def ways(ground: Ground) -> dict[Way, str]:
    """The ways in which these places can be drawn, in words, the one that fits best first.

    Above 10,000 places single ones are neither sent nor seen: they are joined to hexagons or squares on the server.
    """
    areas: dict[Way, str] = {"areas": "Grid cells" if ground.corners is not None else "Districts"}
    if len(ground.ids) > MOST_INLINE:
        return {"squares": "Squares", "hexagons": "Hexagons", "columns": "Columns"}
    if ground.corners is not None or ground.shapes is not None:
        return {**areas, "points": "Points", "hexagons": "Hexagons", "columns": "Columns"}
    many: dict[Way, str] = {"hexagons": "Hexagons"} if len(ground.ids) > FEW else {}
    return {"points": "Points", **many, "columns": "Columns"}


def value_map(
    ground: Ground, values: np.ndarray, scale: Scale, theme: Theme, selected: str | None = None, unit: str = ""
) -> pdk.Deck:
    """Places coloured by their value, drawn in the way that fits them best.

    Args:
        ground: places, view, network.
        values: [location]; NaN = missing now, drawn as a hollow ring.
        scale: colours, fixed over the whole series.
        theme: colours.
        selected: id of the chosen place, or None.
        unit: for the tooltip.
    """
    return drawn_map(ground, values, scale, theme, Choice(selected, unit))


def drawn_map(ground: Ground, values: np.ndarray, scale: Scale, theme: Theme, choice: Choice) -> pdk.Deck:
    """Places coloured by their value as points, areas, squares, hexagons or columns; see ``value_map``."""
    values = np.asarray(values, dtype=float)
    offered = ways(ground)
    way = choice.way if choice.way in offered else next(iter(offered))
    marks = [*_rings(ground, choice.rings), *_selected(ground, choice.selected, theme)]
    if way == "squares":
        return _deck(ground, [binned.squares(ground, values, scale, choice.unit), *marks], theme, choice.selected)
    if way == "hexagons":
        return _deck(ground, [binned.hexagons(ground, values, scale, choice.unit), *marks], theme, choice.selected)
    if way == "columns":
        many = len(ground.ids) > MOST_INLINE
        return _deck(
            ground, [binned.columns(ground, values, scale, choice.unit, many)], theme, choice.selected, pitch=45
        )
    rows = _rows(ground, [words.measure(v, choice.unit) if np.isfinite(v) else "no reading" for v in values])
    for row, colour in zip(rows, scale.colour(values), strict=True):
        row["fill"] = [int(c) for c in colour]
    there = np.isfinite(values)
    draw = _areas if way == "areas" else _dots
    layers = [*draw(ground, rows, there, theme), *_names(ground, choice.selected, theme), *marks]
    return _deck(ground, layers, theme, choice.selected)


def class_map(
    ground: Ground, label: np.ndarray, classes: Sequence[tuple[str, str]], theme: Theme, selected: str | None = None
) -> pdk.Deck:
    """Places coloured by the class they belong to.

    Args:
        ground: places, view, network.
        label: int [location], position in ``classes``; -1 = none, drawn as a hollow ring.
        classes: name and colour of each; above 10,000 places squares show the most frequent one.
        theme: colours.
        selected: id of the chosen place, or None.
    """
    if len(ground.ids) > MOST_INLINE:
        return _deck(
            ground, [binned.majority(ground, label, classes), *_selected(ground, selected, theme)], theme, selected
        )
    rows = _rows(ground, [classes[one][0] if one >= 0 else "none" for one in label])
    for row, one in zip(rows, label, strict=True):
        row["fill"] = list(rgb(classes[one][1])) if one >= 0 else []
    draw = _areas if ground.corners is not None or ground.shapes is not None else _dots
    layers = [*draw(ground, rows, np.asarray(label) >= 0, theme), *_names(ground, selected, theme)]
    return _deck(ground, [*layers, *_selected(ground, selected, theme)], theme, selected)


def kind_map(
    ground: Ground,
    kinds: Mapping[str, str],
    theme: Theme,
    selected: str | None = None,
    notes: Mapping[str, str] | None = None,
) -> pdk.Deck:
    """Places that behave as expected small and grey; others in the colour and shape of their kind of anomaly.

    Args:
        ground: places, view, network.
        kinds: location id -> fault, local or regional; all others are as expected.
        theme: colours.
        selected: id of the chosen place, or None.
        notes: location id -> words for the tooltip.
    """
    notes = notes or {}
    rows = _rows(ground, [notes.get(i, kinds.get(i, "as expected")) for i in ground.ids])
    if ground.corners is not None or ground.shapes is not None:
        for row in rows:
            row["fill"] = list(rgb(theme.kind(kinds[row["id"]]).mark)) if row["id"] in kinds else []
        layers = _areas(ground, rows, np.array([row["id"] in kinds for row in rows]), theme)
        return _deck(ground, [*layers, *_selected(ground, selected, theme)], theme, selected)
    calm = [row for row in rows if row["id"] not in kinds]
    loud = [row for row in rows if row["id"] in kinds]
    layers = [_circle(PLACES, calm, 4.2, ground, fill=[*rgb(theme.baseline), 150], width=0)]
    local = [row for row in loud if kinds[row["id"]] not in ("fault", "regional")]
    layers.append(_circle("local", local, 7.0, ground, fill=[*rgb(theme.local.mark), 255], line=list(theme.outline)))
    regional = [row for row in loud if kinds[row["id"]] == "regional"]
    ring = _circle(
        "regional", regional, 5.5, ground, fill=[*rgb(theme.panel), 255], line=list(rgb(theme.regional.mark))
    )
    ring.stroked, ring.get_line_width = True, 2.4
    layers.append(ring)
    layers.append(_squares([row for row in loud if kinds[row["id"]] == "fault"], theme))
    return _deck(
        ground, [*layers, *_names(ground, selected, theme), *_selected(ground, selected, theme)], theme, selected
    )


def clicked(event: Any) -> str | None:
    """Id of the place a click chose, from what ``st.pydeck_chart(on_select="rerun")`` returns; None without a choice."""
    selection = (event or {}).get("selection") or {}
    for objects in (selection.get("objects") or {}).values():
        for chosen in objects or []:
            if isinstance(chosen, dict):
                chosen = chosen.get("properties") or chosen
                if chosen.get("id"):
                    return str(chosen["id"])
    return None


def radius(places: int) -> float:
    """Pixels of a point at the first view: fewer places, larger points."""
    return 9.0 if places <= FEW else 6.5 if places <= 200 else 5.0 if places <= 600 else 3.5


def _rows(ground: Ground, notes: list[str]) -> list[dict[str, Any]]:
    """One record a place; ids stay whole (they answer clicks), names are shortened for the tooltip."""
    return [
        {"id": identity, "name": words.short(identity), "words": note, "at": _place(at)}
        for identity, note, at in zip(ground.ids, notes, ground.lonlat, strict=True)
    ]


def _place(lonlat: np.ndarray) -> list[float] | None:
    return [round(float(lonlat[0]), 5), round(float(lonlat[1]), 5)] if np.isfinite(lonlat).all() else None


def _dots(ground: Ground, rows: list[dict[str, Any]], there: np.ndarray, theme: Theme) -> list[pdk.Layer]:
    size = radius(len(rows))
    known = [row for row, ok in zip(rows, there, strict=True) if ok and row["at"]]
    gone = [row for row, ok in zip(rows, there, strict=True) if not ok and row["at"]]
    hollow = _circle(
        "missing", gone, size - 1, ground, fill=[*rgb(theme.map_ground), 160], line=list(rgb(theme.baseline))
    )
    hollow.get_line_width = 1.4
    return [hollow, _circle(PLACES, known, size, ground, fill="fill", line=list(theme.outline))]


def _circle(
    name: str,
    rows: list[dict[str, Any]],
    pixels: float,
    ground: Ground,
    fill: Any,
    line: Any = None,
    width: float = 1.0,
) -> pdk.Layer:
    """Circles that have ``pixels`` at the first view and grow with the zoom up to 10."""
    return pdk.Layer(
        "ScatterplotLayer", [row for row in rows if row["at"]], id=name, get_position="at", get_fill_color=fill, pickable=True,
        get_radius=pixels / 2**ground.view.zoom, radius_units=_String("common"), radius_min_pixels=pixels, radius_max_pixels=max(10.0, pixels),
        stroked=bool(width), get_line_color=line or [0, 0, 0, 0], get_line_width=width, line_width_units=_String("pixels"),
        auto_highlight=False,
    )  # fmt: skip


def _squares(rows: list[dict[str, Any]], theme: Theme) -> pdk.Layer:
    """Squares of 13 px for faulty sensors."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><rect x="2" y="2" width="28" height="28" rx="2" '
        f'fill="{theme.fault.mark}" stroke="{theme.ink}" stroke-opacity=".45" stroke-width="2"/></svg>'
    )
    address = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    icon = {"url": address, "width": 32, "height": 32, "anchorY": 16, "anchorX": 16}
    data = [{**row, "icon": icon} for row in rows if row["at"]]
    return pdk.Layer("IconLayer", data, id="fault", get_position="at", get_icon="icon", get_size=14, pickable=True)


def _areas(ground: Ground, rows: list[dict[str, Any]], there: np.ndarray, theme: Theme) -> list[pdk.Layer]:
    """Grid cells or districts, filled by value; missing ones only outlined."""
    features, points = [], []
    for place, (row, ok) in enumerate(zip(rows, there, strict=True)):
        shape = _shape(ground, place)
        if shape is None or shape["type"] == "Point":
            points.append(place)
        else:
            fill = [*row["fill"], 235] if ok else [*rgb(theme.baseline), 40]
            known = {"id": row["id"], "name": row["name"], "words": row["words"], "fill": fill}
            features.append({"type": "Feature", "geometry": shape, "properties": known} | known)
    cells = ground.corners is not None
    layer = pdk.Layer(
        "GeoJsonLayer", {"type": "FeatureCollection", "features": features}, id=PLACES, pickable=True, filled=True,
        get_fill_color="properties.fill", stroked=True, get_line_color=[*rgb(theme.map_ground), 255 if not cells else 120],
        get_line_width=1 if not cells else 0.6, line_width_units=_String("pixels"),
    )  # fmt: skip
    if not points:
        return [layer]
    dots = _dots(
        ground, [rows[place] for place in points], there[points], theme
    )  # places without a district of their own
    for dot in dots:
        dot.id = f"{dot.id}-dots"
    return [layer, *dots]


def _shape(ground: Ground, place: int) -> dict[str, Any] | None:
    """GeoJSON geometry of one place."""
    if ground.corners is not None:
        ring = [[round(float(x), 4), round(float(y), 4)] for x, y in ground.corners[place]]
        return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    assert ground.shapes is not None
    shape = ground.shapes.iloc[place]
    if shape is None or shape.is_empty:
        return None
    return dict(shape.__geo_interface__)


def _rings(ground: Ground, rings: Mapping[str, str]) -> list[pdk.Layer]:
    """A ring around each compared place in the colour of its curve."""
    place = {identity: _place(at) for identity, at in zip(ground.ids, ground.lonlat, strict=True) if identity in rings}
    rows = [{"at": at, "line": list(rgb(rings[identity]))} for identity, at in place.items() if at]
    if not rows:
        return []
    return [pdk.Layer(
        "ScatterplotLayer", rows, id="compared", get_position="at", filled=False, stroked=True, get_line_color="line",
        get_radius=radius(len(ground.ids)) + 3.5, radius_units=_String("pixels"), get_line_width=2.6, line_width_units=_String("pixels"),
    )]  # fmt: skip


def _names(ground: Ground, selected: str | None, theme: Theme) -> list[pdk.Layer]:
    """The ids of a handful of places, above their points; the chosen one has its plate instead."""
    if len(ground.ids) > FEW or ground.corners is not None:
        return []
    rows = [
        {"at": _place(at), "text": words.short(name)}
        for name, at in zip(ground.ids, ground.lonlat, strict=True)
        if name != selected and _place(at)
    ]
    return [pdk.Layer(
        "TextLayer", rows, id="names", get_position="at", get_text="text", get_size=13, font_family=_String(FONT),
        get_color=list(rgb(theme.muted)), get_pixel_offset=[0, -radius(len(ground.ids)) - 11], character_set=_String("auto"),
    )]  # fmt: skip


def _selected(ground: Ground, selected: str | None, theme: Theme) -> list[pdk.Layer]:
    """A ring in ink around the chosen place and its id on a plate above."""
    if selected is None or selected not in ground.ids:
        return []
    at = _place(ground.lonlat[ground.ids.index(selected)])
    if at is None:
        return []
    size = radius(len(ground.ids)) + 4.5 if ground.corners is None else 8.0
    row = [{"at": at, "text": words.short(selected)}]
    ring = pdk.Layer(
        "ScatterplotLayer", row, id="chosen", get_position="at", filled=False, stroked=True, get_radius=size,
        radius_units=_String("pixels"), get_line_color=list(rgb(theme.ink)), get_line_width=2.2, line_width_units=_String("pixels"),
    )  # fmt: skip
    plate = pdk.Layer(
        "TextLayer", row, id="plate", get_position="at", get_text="text", get_size=14, font_weight=600,
        font_family=_String(FONT), get_color=list(rgb(theme.ink)), get_pixel_offset=[0, -size - 13], background=True,
        get_background_color=[*rgb(theme.panel), 235], background_padding=[6, 3], background_border_radius=3, character_set=_String("auto"),
    )  # fmt: skip
    return [ring, plate]


def _under(ground: Ground, theme: Theme) -> list[pdk.Layer]:
    """What lies under the points: graticule of a close view, the network's lines, names of cities."""
    layers = []
    lines, _ = graticule(ground.view)
    if lines:
        layers.append(_paths("graticule", lines, [*rgb(theme.map_line), 90], 0.7))
    if len(ground.edges):
        paths = [[[float(a), float(b)], [float(c), float(d)]] for a, b, c, d in np.round(ground.edges, 5)]
        inner = theme.panel if theme.name == "light" else theme.map_line
        casing = theme.map_line if theme.name == "light" else mix(theme.map_line, theme.map_ground, 0.4)
        layers.append(_paths("network-edge", paths, [*rgb(casing), 255], 5.0))
        layers.append(_paths("network", paths, [*rgb(inner), 255], 3.4 if theme.name == "light" else 2.0))
    names = [{"at": [lon, lat], "text": name} for name, lon, lat in cities(ground)]
    if names:
        layers.append(pdk.Layer(
            "TextLayer", names, id="cities", get_position="at", get_text="text", get_size=12, font_family=_String(FONT),
            get_color=[*rgb(theme.muted), 200], character_set=_String("auto"),
        ))  # fmt: skip
    return layers


def _paths(name: str, paths: list[Any], colour: list[int], width: float) -> pdk.Layer:
    return pdk.Layer(
        "PathLayer", [{"path": path} for path in paths], id=name, get_path="path", get_color=colour, get_width=width,
        width_units=_String("pixels"), cap_rounded=True, joint_rounded=True,
    )  # fmt: skip


class _Deck(pdk.Deck):
    """A deck that is sent without line breaks and spaces: half the size."""

    def to_json(self) -> str:
        return json.dumps(self, sort_keys=True, default=default_serialize, separators=(",", ":"))


def _deck(
    ground: Ground, layers: list[pdk.Layer], theme: Theme, selected: str | None = None, pitch: int = 0
) -> pdk.Deck:
    """All layers over the offline ground; no rotation, and no pitch but for columns."""
    view = ground.view
    for layer in layers:
        if layer.id in (PLACES, "local", "regional", "fault", "missing", *binned.LAYERS):
            layer.id = f"{layer.id}-{zlib.crc32((selected or '').encode()):x}"
    tooltip = {
        "html": _TOOLTIP,
        "style": {
            "backgroundColor": theme.panel, "color": theme.ink, "border": f"1px solid {theme.line}", "borderRadius": "4px",
            "fontFamily": FONT, "fontSize": "13px", "padding": "6px 10px",
        },
    }  # fmt: skip
    camera = pdk.ViewState(
        longitude=view.longitude, latitude=view.latitude, zoom=view.zoom, pitch=pitch, bearing=0, max_pitch=pitch
    )
    map_view = pdk.View("MapView", controller={"dragRotate": False, "touchRotate": False})
    return _Deck(
        layers=[*_under(ground, theme), *layers], initial_view_state=camera, map_style=STYLE.format(theme=theme.name),
        map_provider="mapbox", tooltip=tooltip, views=[map_view],
    )  # fmt: skip
