"""The parts a page is put together from. Pages call these and Streamlit's widgets; they write no HTML of their own.

A screen, top to bottom: ``frame.header`` -> ``verdict`` -> pickers -> ``panel`` pairs -> ``metrics`` -> ``table``.
See docs/guide/pages.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pydeck as pdk
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from stcore import words
from stcore.plots import figure as figures
from stcore.plots import maps
from stcore.plots import theme as themes
from stcore.plots.ground import Ground
from stcore.plots.scale import Scale
from stcore.plots.theme import Theme
from stcore.ui import markup
from stcore.ui.markup import (
    Column,
    Markup,
    Metric,
    chip,
    dot,
    join,
    judged,
    key,
    link,
    mono,
    muted,
    skill_bar,
    strong,
)

__all__ = [
    "Column",
    "Markup",
    "Metric",
    "bar",
    "card",
    "chart",
    "chip",
    "dot",
    "empty",
    "error",
    "finding",
    "heading",
    "join",
    "judged",
    "key",
    "kind_map",
    "legend",
    "link",
    "map_",
    "metrics",
    "mono",
    "muted",
    "panel",
    "picture",
    "place_map",
    "row",
    "section",
    "skill_bar",
    "strong",
    "table",
    "text",
    "theme",
    "titled",
    "verdict",
]  # fmt: skip


def theme() -> Theme:
    """Colours of the viewer's choice (light or dark)."""
    return themes.of(getattr(st.context.theme, "type", None))


def verdict(*pieces: object, small: str = "") -> None:
    """The sentence that answers: plain texts and ``strong``/``judged`` pieces; the small print is dropped on the phone."""
    st.html(markup.verdict(pieces, small))


def panel(title: str, unit: object = "", legend: object = "", key: str = "", fill: bool = True) -> DeltaGenerator:
    """A white panel with title, unit line and legend; use as ``with parts.panel(...):``.

    Args:
        title: says what and which place.
        unit: the quantity with its unit, or one line that explains.
        legend: ``legend(scale)`` or joined ``key(...)`` entries.
        key: name on the page, unique; default from the title.
        fill: as high as its neighbour in a row of columns.
    """
    name = key or "".join(letter if letter.isalnum() else "-" for letter in title.lower())[:40]
    box = st.container(border=True, key=f"panel-{name}", height="stretch" if fill else "content", gap="xsmall")
    if title or legend:
        box.html(markup.panel_title(title, unit, legend))
    return box


def heading(title: str, unit: object = "", legend: object = "") -> None:
    """A second title inside a panel (a curve under a curve)."""
    st.html(markup.panel_title(title, unit, legend))


def section(title: str) -> None:
    """Heading between rows of panels."""
    st.html(markup.section(title))


def row(gap: str = "medium") -> DeltaGenerator:
    """A horizontal row of pickers, labels above, bottoms aligned; wraps on the phone."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap=gap)  # type: ignore[arg-type]


def titled() -> DeltaGenerator:
    """A row inside a panel: a heading at the left, a box at its right end; use with ``with``."""
    return st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")


def legend(scale: Scale, unit: str = "", low: str = "", high: str = "") -> Markup:
    """Strip of a scale with its two end values (or words) from calm to attention."""
    both = scale.low < 0 < scale.high
    left, right = (f"+{words.plain(value)}" if both and value > 0 else words.plain(value) for value in scale.ends)
    return markup.strip(scale.strip, low or left, high or f"{right}{f' {unit}' if unit else ''}")


def metrics(*items: Metric) -> None:
    """At most four numbers in a row, each with unit and baseline."""
    st.html(markup.metrics(items[:4]))


def table(columns: Sequence[Column], rows: Sequence[Sequence[object]], strong_row: int = -1, caption: str = "") -> None:
    """A table for reading; where rows must be sorted or chosen use ``st.dataframe``."""
    st.html(markup.table(columns, rows, strong_row, caption))


def text(value: object, small: bool = False) -> None:
    """One paragraph, escaped."""
    st.html(markup.paragraph(value, small))


def bar(share: float, label: str = "") -> None:
    """A bar of work done, 0..1."""
    st.html(markup.progress(share, label))


def finding(severity: str, message: str, more: str = "", where: str = "") -> None:
    """One finding of a report."""
    st.html(markup.finding(severity, message, more, where))


def error(message: str, hint: str, reference: str = "", changed: bool = False, heading: str = "") -> None:
    """An error with its hint; buttons that do what the hint says follow below."""
    st.html(markup.error(message, hint, reference, changed, heading))


def empty(heading: str, line: str, drawing: Callable[[Theme], str], button: str = "", key: str = "empty") -> bool:
    """A page's or panel's empty state: grey drawing, one sentence, one button. True when the button was pressed."""
    with st.container(border=True, key=f"panel-{key}", gap="small"):
        st.image(drawing(theme()), width=136)
        st.html(markup.waiting(heading, line))
        return bool(button) and st.button(button, type="primary", key=f"{key}-button")


def picture(svg: str, width: str | int = "stretch") -> None:
    """A drawing as SVG text (``st.html`` would strip it); captions are real text beside it."""
    st.image(svg, width=width)  # type: ignore[arg-type]


def card(svg: str, name: str, question: str, size: str, key: str, button: str = "Open") -> bool:
    """A sample's card: picture, name, question, size line, button. True when pressed."""
    with st.container(border=True, key=f"panel-card-{key}", height="stretch", gap="xsmall"):
        st.image(svg, width="stretch")
        st.html(
            Markup(
                f'<div class="fc-card"><p><b>{markup.text(name)}</b></p><p class="fc-question">{markup.text(question)}</p>'
                f'<p class="fc-small">{markup.text(size)}</p></div>'
            )
        )
        st.space("stretch")
        return st.button(button, key=f"open-{key}", width="stretch")


def chart(figure: go.Figure, key: str, alt: str, on_select: Any = "ignore", selects: Any = "points") -> Any:
    """A plotly figure as all charts are shown; ``alt`` says the finding, not the kind of chart."""
    return st.plotly_chart(
        figure, theme=None, config=figures.CONFIG, key=key, alt=alt, on_select=on_select, selection_mode=selects
    )


def map_(deck: pdk.Deck, key: str, alt: str, height: int = 440) -> str | None:
    """A map; returns the id of the place that was clicked, or None.

    A list or select box with the same places must stand beside it for those who do not use a mouse.
    """
    event = st.pydeck_chart(deck, height=height, key=key, alt=alt, on_select="rerun", selection_mode="single-object")
    return maps.clicked(event)


def place_map(
    ground: Ground,
    values: np.ndarray,
    scale: Scale,
    selected: str | None,
    unit: str,
    key: str,
    alt: str,
    height: int = 490,
) -> str | None:
    """Places coloured by a value; without coordinates the places that need attention most, as a list.

    Returns:
        Id of the place that was clicked, or None.
    """
    if not ground.empty:
        deck = maps.value_map(ground, values, scale, theme(), selected, unit)
        return map_(deck, key, alt, height)
    order = np.argsort(np.where(np.isfinite(values), values if scale.calm == "low" else -values, -np.inf))[::-1][:14]
    rows = [[words.short(ground.ids[row]), words.measure(float(values[row]), unit)] for row in order]
    chosen = [row for row, place in enumerate(order) if ground.ids[place] == selected]
    table(
        [Column("Place"), Column("Value", number=True)], rows, chosen[0] if chosen else -1, "Places without coordinates"
    )
    text("These data have no coordinates, so there is no map.", small=True)
    return None


def kind_map(
    ground: Ground, marks: Mapping[str, str], selected: str | None, key: str, alt: str, height: int = 490
) -> str | None:
    """Places out of line in colour and shape, the others small and grey; without coordinates a list of those out of line.

    Returns:
        Id of the place that was clicked, or None.
    """
    if not ground.empty:
        return map_(maps.kind_map(ground, marks, theme(), selected), key, alt, height)
    rows = [[words.short(place), chip(mark, mark)] for place, mark in list(marks.items())[:14]]
    if rows:
        table([Column("Place"), Column("Kind")], rows, caption="Places out of line")
    text("These data have no coordinates, so there is no map.", small=True)
    return None
