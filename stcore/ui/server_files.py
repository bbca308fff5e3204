"""A path, folder or address that the server itself reads: shown only where the operator lists any in the settings."""

from __future__ import annotations

import streamlit as st

from stcore.data.sources import allowed
from stcore.operations import intake
from stcore.ui import guard, opening, state


def asked() -> None:
    """A line for the path or address, and for the query of a database; what is let in is read like a dropped file."""
    if not allowed.anything():
        return
    with st.form("server-file", border=False):
        given = st.text_input("Or a path, folder or address that this server may read", key="server-path")
        query = st.text_input("Query, for a database only", key="server-query", placeholder="SELECT time, place, ...")
        pressed = st.form_submit_button("Read it")
    if pressed and given.strip():
        with guard.shown():
            with st.spinner("Fetching"):
                token = intake.bring(given, query or None, state.owner())
            opening.uploaded(token)
