"""Prepare: readings set aside, gaps, scale, features, windows; one place before and after, then kept for every run."""

import streamlit as st

from stcore.ui import frame, parts, periods, pickers, prepare_draft, prepare_views, state
from stcore.ui.opened import opened

row = pickers.dataset("Prepare")
data = opened(row)
actions = frame.header("Prepare", row.name, data.facts)
saying = st.container()
with parts.row():
    section = prepare_views.choose()
    feature = periods.value(data)

left, right = st.columns([1, 1.32], gap="small")
with left:
    draft, wrong = prepare_views.ask(section, data, feature)
done, refused = (None, wrong) if wrong is not None else prepare_views.carried_out(data, draft)
kept = prepare_draft.stored(row.id)
changed = draft != kept
if done is not None:
    with saying:
        prepare_views.verdict(data, done, changed)
    with right:
        prepare_views.show(section, data, feature, done)
    with left:
        prepare_views.below(section, data, feature, done)
elif refused is not None:
    with saying:
        parts.error(refused.message, refused.hint, heading="This cannot be done")

if changed:
    if actions.button("Undo", key="prepare-undo"):
        prepare_draft.drop(row.id)
        st.rerun()
    if actions.button("Keep", type="primary", key="prepare-keep", disabled=done is None):
        prepare_draft.keep(row.id, draft)
        st.rerun()
else:
    if kept != prepare_draft.Draft() and actions.button("As read", key="prepare-plain"):
        prepare_draft.drop(row.id, prepare_draft.Draft())
        st.rerun()
    if actions.button("Train", type="primary", key="prepare-train"):
        state.go("train")
