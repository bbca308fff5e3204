"""A page with every Streamlit part that our style sheet speaks of, drawn by Streamlit alone."""

import streamlit as st

st.set_page_config(layout="wide")
with st.container(border=True, key="panel-probe"):
    st.button("Primary", type="primary", key="primary")
    st.multiselect("Many", ["a", "b"], default=["a"], key="many")
st.button("Play", key="play")
with st.container(key="switch-probe"):
    st.button("Switch", type="tertiary", key="switch")
with st.container(horizontal=True), st.container(key="header-words"):
    st.text("Words")
with st.form("form"):
    st.form_submit_button("Send", type="primary")
