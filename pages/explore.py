"""Explore: what is in the data: on the map, over the seasons, in its spread, between neighbours, in groups."""

import streamlit as st

from stcore.data.explore import components
from stcore.ui import explore_views, frame, opening, parts, periods, pickers
from stcore.ui.opened import opened

row = pickers.dataset("Explore")
data = opened(row)
buttons = frame.header("Explore", row.name, data.facts)
if buttons.button("Forecast this", type="primary", key="forecast"):
    opening.forecast(row.id)
saying = st.container()
picks = parts.row()
with picks:
    view = explore_views.choose(data)
    feature = periods.value(data)
components.warm()
explore_views.show(view, data, feature, picks, saying)
