"""The script behind every address: frame, navigation, guard, then the page. Started by ``app.py``."""

from __future__ import annotations

import streamlit as st

from stcore.ui import frame, guard, pages

frame.begin()
found = {
    door: [
        st.Page(
            pages.path(e.address), title=e.title, url_path=e.address, default=e.address == "home", help=e.help or None
        )
        for e in entries
    ]
    for door, entries in pages.listed().items()
}
page = st.navigation(found, position="top")
with guard.shown(page.title):
    page.run()
