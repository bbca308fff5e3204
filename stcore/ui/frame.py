"""The frame around every page: page settings, logo, style sheet, header row."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from stcore.ui import markup, parts, pickers

HERE = Path(__file__).parent
_DRAWN = "frame_header_drawn"
STATIC = HERE / "static"


def begin() -> None:
    """Settings, logo and style, before the page runs."""
    st.set_page_config(page_title="Fieldcast", page_icon=str(STATIC / "favicon.svg"), layout="wide")
    theme = parts.theme()
    st.logo((STATIC / f"logo-{theme.name}.svg").read_text(encoding="utf-8"), size="large", link=None)
    st.html(f"<style>{markup.colours(theme)}{style()}</style>")


@lru_cache(maxsize=1)
def style() -> str:
    """The one style sheet; colours come in as variables."""
    return (HERE / "style.css").read_text(encoding="utf-8")


def header(title: str, dataset: str = "", facts: object = "") -> DeltaGenerator:
    """The header row; returns the place for at most two buttons: one secondary, one primary = the next step.

    Args:
        title: one or two words.
        dataset: name of the data set.
        facts: one line: size, step, until when.
    """
    st.session_state[_DRAWN] = True
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="medium"):
        with st.container(gap=None, key="header-words"):
            if dataset:
                pickers.switch(dataset)
            st.html(markup.title(title, facts))
        return st.container(horizontal=True, width="content", vertical_alignment="bottom", gap="small")


def expect_header() -> None:
    """A page begins: it has no header yet."""
    st.session_state[_DRAWN] = False


def has_header() -> bool:
    """Whether this page has drawn its header."""
    return bool(st.session_state.get(_DRAWN))
