"""“I have five minutes”: which models fit into a time, and how long they take on this machine."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from stcore import words
from stcore.data.panel import Panel
from stcore.experiment import Experiment
from stcore.models import MODELS
from stcore.training import speeds
from stcore.ui import parts, pickers, state
from stcore.ui.opened import Opened
from stcore.workflow import measuring
from stcore.workflow.budget import Proposal, propose
from stcore.workflow.outlook import Outlook

MINUTES: Mapping[str, str] = {"": "Any", "2": "2 min", "5": "5 min", "15": "15 min", "60": "1 h"}


def dial(data: Opened, panels: Mapping[str, Panel], experiment: Experiment) -> None:
    """The time at hand; where one is chosen, the round that fits into it and the way to take it.

    Args:
        experiment: what the form says; of it all but the models counts.
    """
    key = f"train-{data.row.id}"
    minutes = pickers.segmented("Time at hand", MINUTES, f"{key}-minutes")
    if not minutes:
        return
    found = _propose((data.row.id, data.row.digest, experiment.digest(), speeds.changed()), minutes, panels, experiment)
    names = words.listing([MODELS[name].title for name in found.models], most=12)
    left_out = [MODELS[name].title for name in found.left_out[:3]]
    more = f" More time would add {words.listing(left_out)}." if left_out else ""
    parts.text(
        parts.join([
            "In about ", parts.strong(words.lasting(found.seconds)), f": {names}; effort {found.effort}.{more}",
        ])
    )  # fmt: skip
    st.button("Take these models", key=f"{key}-take", on_click=_take, args=(found, key))


def timing(data: Opened, experiment: Experiment, settled: Outlook) -> None:
    """Whether the times shown were measured on this machine; if not, the way to measure them."""
    guessed = [
        label
        for label, plan in settled.plans.items()
        if plan.spec.fitted_by == "gradient" and speeds.known(plan) is None
    ]
    if not guessed:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.text("Times are rough until a model was trained or timed on this machine.", small=True)
        if st.button("Time them here", key=f"train-{data.row.id}-time", type="tertiary"):
            with st.spinner("A few steps of each model are timed."):
                measuring.measure(data.row.id, experiment)
            st.rerun()


def _take(found: Proposal, key: str) -> None:
    """Tick the models of a proposal in the form."""
    common = [name for name in found.models if MODELS[name].common]
    st.session_state[f"{key}-models"] = common
    st.session_state[f"{key}-others"] = [name for name in found.models if name not in common]
    st.session_state[f"{key}-effort"] = found.effort
    st.session_state[f"{key}-minutes"] = ""


@st.cache_resource(max_entries=32, ttl="2h", show_spinner=False)
def _cached(
    key: tuple[object, ...], owner: str, minutes: str, _panels: Mapping[str, Panel], _experiment: Experiment
) -> Proposal:
    return propose(_panels, _experiment, float(minutes))


def _propose(key: tuple[object, ...], minutes: str, panels: Mapping[str, Panel], experiment: Experiment) -> Proposal:
    return _cached(key, state.owner(), minutes, panels, experiment)
