"""Choices that several pages share: the data set, the place, the model, the value that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stcore import words
from stcore.errors import NotFound
from stcore.operations import store
from stcore.operations.store import DatasetRow
from stcore.plots import pictures
from stcore.ui import markup, parts, results, state

MOST_OPTIONS = 5000


def dataset(page: str) -> DatasetRow:
    """The chosen data set, or the newest one; without any the page ends here with its empty state.

    Args:
        page: title of the page, for the header of the empty state.

    Raises:
        NotFound: the address names a data set, or a run alone, that does not exist.
    """
    from stcore.ui import frame

    owner = state.owner()
    known = store.datasets(owner)
    wanted, run = state.chosen("dataset"), None
    if wanted is None and (run := results.in_address()) is not None:
        wanted = run.dataset  # a link that names only a run
    if wanted is not None and wanted not in {row.id for row in known}:
        state.choose("dataset", None)
        raise NotFound(f"There is no data set “{wanted[:40]}”.", "Choose one on Home, or load the file again.")
    if not known:
        frame.header(page)
        if parts.empty("No data yet", "Drop a file or open a sample to begin.", pictures.empty_data, "Open Home"):
            state.go("home")
        st.stop()
    row = next((row for row in known if row.id == wanted), known[0])
    state.choose("dataset", row.id)
    if run is not None:
        state.choose("run", run.id)
    return row


def switch(name: str) -> None:
    """The data set's name above the title; opens the list of the others where there are any."""
    known, chosen = store.datasets(state.owner()), state.chosen("dataset")
    if len(known) < 2:
        st.html(markup.above(name))
        return
    with st.container(key="switch"), st.popover(words.short(name, 60), type="tertiary", key="switch-list"):
        for row in known[:20]:
            if st.button(words.short(row.name, 60), key=f"switch-{row.id}", type="tertiary", disabled=row.id == chosen):
                state.choose("dataset", row.id)
                st.rerun()


def place(locations: pd.DataFrame, clicked: str | None, first: str, label: str = "Place") -> str:
    """The chosen place: what was clicked on the map, else what the select box says. Kept in the address.

    Args:
        locations: table indexed by id.
        clicked: id from ``parts.map_`` of this run, or None.
        first: shown before anything was chosen.
        label: the data's own word ("Sensor").
    """
    chosen = current_place(locations, first)
    if clicked is None:
        st.session_state.pop("place_clicked", None)
    if clicked is not None and clicked in locations.index and clicked != st.session_state.get("place_clicked"):
        st.session_state["place_clicked"] = clicked
        if clicked != chosen:
            state.choose("place", clicked)
            st.rerun()
    options = list(locations.index[:MOST_OPTIONS])
    box("place", options if chosen in options else [chosen, *options], chosen, label, words_of(locations), width=190)
    return chosen


def words_of(locations: pd.DataFrame) -> Callable[[str], str]:
    """How a place is said in a list: “472, Harbour”."""
    return lambda identity: words.place_name(locations, identity)


def box(
    slot: str, options: Sequence[Any], chosen: Any, label: str, said: Callable[[Any], str], width: int = 260
) -> None:
    """A select box without a visible label for something that is also chosen elsewhere (a click, a better model).

    The widget's key changes with the choice: a polling fragment may send the box's old value once more, and under the
    same key that would pass for a choice of the person.

    Args:
        slot: an id of the address (“place”, “model”), or a name of the session (“event”).
        options, chosen: values.
        label: for those who do not see the box.
        said: words of a value.
        width: pixels.
    """
    name = f"box-{slot}-{chosen}"[:200]
    st.selectbox(
        label, options, list(options).index(chosen), said, key=name, width=width, label_visibility="collapsed",
        on_change=_from_box, args=(slot, name),
    )  # fmt: skip


def _from_box(slot: str, name: str) -> None:
    if slot in state.KEYS:
        state.choose(slot, st.session_state[name])
    else:
        st.session_state[slot] = st.session_state[name]


def current_place(locations: pd.DataFrame, first: str) -> str:
    """The place in the address, if these data have it, else ``first``."""
    wanted = state.chosen("place")
    return wanted if wanted is not None and wanted in locations.index else first


def segmented(
    label: str, options: Mapping[str, str] | Sequence[str], key: str, default: str | None = None, linked: bool = False
) -> str:
    """Two to five choices, always one chosen: value -> words; a ``linked`` one stands in the page's address under its key."""
    shown = dict(options) if isinstance(options, Mapping) else {name: name for name in options}
    first = default if default in shown else next(iter(shown))
    chosen = st.segmented_control(
        label,
        list(shown),
        default=first,
        required=True,
        format_func=lambda value: shown.get(value, str(value)),
        key=key,
        bind="query-params" if linked else None,
        wrap=True,
    )
    return chosen if chosen in shown else first


def pills(label: str, options: Mapping[str, str], key: str, default: Sequence[str] | None = None) -> list[str]:
    """Several on/off choices: value -> words; all on unless said otherwise."""
    chosen = st.pills(
        label, list(options), selection_mode="multi", default=list(default if default is not None else options),
        format_func=lambda value: options.get(value, str(value)), key=key,
    )  # fmt: skip
    return [value for value in chosen if value in options]
