"""Jobs: everything that runs, waits or has ended; logs, cancel, retry."""

import streamlit as st

from stcore import words
from stcore.operations import jobs
from stcore.plots import pictures
from stcore.ui import frame, jobs_view, parts, state

MOST, MORE = 500, 20

listed = jobs.listing(state.owner(), limit=MOST)
frame.header("Jobs", facts="They run in worker processes beside this page; closing the tab does not stop them.")
if not listed:
    if parts.empty(
        "No job yet", "Training and other slow work will stand here with its log.", pictures.empty_models, "Open Home"
    ):
        state.go("home")
    st.stop()

parts.verdict(*jobs_view.sentence(listed))
active = [job for job in listed if job.active]
over = [job for job in listed if not job.active]
if active:
    jobs_view.active(tuple(job.id for job in active))
if over:
    if active:
        parts.section("Ended")
    count = MORE
    if len(over) > MORE:
        count = st.select_slider("Shown", [*range(MORE, len(over), MORE), len(over)], MORE, key="jobs-shown", width=300)
    for job in over[:count]:
        jobs_view.ended(job)
    if count < len(over):
        parts.text(f"{words.count(len(over) - count, 'older job')} not shown.", small=True)
