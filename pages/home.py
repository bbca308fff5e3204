"""Home: drop a file or open a sample; recent work with its next step."""

import streamlit as st

from stcore.scenarios.samples import samples
from stcore.ui import frame, opening, parts, recent, server_files, state, upload

EXAMPLE = [["03-12 16:35", "418", "47.012", "7.962", "44.1"], ["03-12 16:40", "418", "47.012", "7.962", "42.7"]]

frame.header(
    "What would you like to forecast?",
    facts="Measurements with a time and a place. Fieldcast finds the columns, draws the map and makes a first forecast "
    "within a minute. Nothing leaves this machine.",
)

st.space("small")
drop, needs = st.columns([1.75, 1], gap="large")
with drop:
    token = upload.zone("Drop a file here", opening.taken(), opening.TYPES, key="upload")
    server_files.asked()
with needs:
    parts.heading("What a file needs", "A time, a place and a number. One row a reading, or one column a place.")
    with st.container(border=True, key="panel-example"):
        heads = ("time", "sensor", "lat", "lon", "speed")
        columns = [
            parts.Column(parts.mono(head), number=head == "speed", minor=head in ("lat", "lon")) for head in heads
        ]
        parts.table(columns, [[parts.mono(cell) for cell in row] for row in EXAMPLE], caption="A good file")
if token is not None:
    opening.uploaded(token)

parts.section("Or open a sample")
for sample, column in zip(samples(), st.columns(max(1, len(samples()))), strict=False):
    with column:
        drawing = sample.drawing(parts.theme().name)
        if parts.card(drawing, sample.title, sample.question, sample.size, key=sample.name):
            opening.sample(sample)

work = recent.work(state.owner())
parts.section("Recent work")
if not work:
    parts.text("What you load and train will stand here.")
else:
    with st.container(border=True, key="panel-recent"):
        parts.table(recent.COLUMNS, [recent.cells(item) for item in work], caption="Recent work")
