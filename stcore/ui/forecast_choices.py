"""The picker bar of the Forecast page: period, value, what the map shows, start time, lead, model."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.data.schema import readable
from stcore.plots.chances import in_percent
from stcore.plots.instant import Shows
from stcore.records import Prediction
from stcore.ui import forecast_view, parts, pickers
from stcore.ui.forecast_view import View


@dataclass(frozen=True, eq=False)
class Choice:
    """What is looked at.

    Attributes:
        one: the forecast from one start time; chances of events in per cent.
        raw: the same as it is stored.
        tested: that start time lies in the tested past.
        shows: what the map shows.
        lead: 1 = the first step ahead.
        ahead: label of the leads (“Minutes ahead”).
        said: the lead in words (“30 minutes ahead”).
        axis: words of all leads.
    """

    one: Prediction
    raw: Prediction
    tested: bool
    shows: Shows
    lead: int
    ahead: str
    said: str
    axis: list[str]


def choose(shown: View) -> Choice:
    """Draw the bar; every control has a useful preset."""
    label, plus, axis = forecast_view.lead_words(shown)
    with parts.row():
        tested = _period(shown) == "past"
        if len(shown.test.targets) > 1:
            st.selectbox("Value", shown.test.targets, format_func=readable, key="forecast-target", width=150)
        shows = _shows(shown, tested)
        raw = _tested(shown) if tested else shown.ahead.select(origins=slice(len(shown.ahead.origins) - 1, None))
        one = in_percent(raw) if shown.chances else raw
        lead = one.horizon
        if one.horizon > 1:
            lead = st.select_slider(
                label, range(1, one.horizon + 1), (one.horizon + 1) // 2, format_func=plus, key="forecast-lead",
                width=190 if tested else 270,
            )  # fmt: skip
        with st.popover(shown.title(), key="forecast-more", help="Another model"):
            pickers.box("model", shown.work.models, shown.model, "Model", shown.title)
    return Choice(one, raw, tested, shows, lead, label, f"{plus(lead).lstrip('+')} {label.lower()}", axis)


def _period(shown: View) -> str:
    span = steps.describe_span(shown.test.horizon, shown.test.step)
    ahead = f"Next {span}".replace("Next 1 ", "Next ")
    return pickers.segmented("Period", {"next": ahead, "past": "Tested past"}, "forecast-period")


def _shows(shown: View, tested: bool) -> Shows:
    """What the map shows; of chances only themselves."""
    if shown.chances:
        return "value"
    change = "Change from start" if tested else "Change from now"
    options: dict[Shows, str] = {"value": words.sentence(shown.name), "change": change, "spread": "Uncertainty"}
    chosen = pickers.segmented("Map shows", options, "forecast-shows")  # type: ignore[arg-type]
    return next(shows for shows in options if shows == chosen)


def _tested(shown: View) -> Prediction:
    """The forecast from the chosen start time of the tested part."""
    choices = forecast_view.starts(shown)
    origin = st.select_slider(
        "Start", choices, choices[len(choices) // 2], key="forecast-start", width=250,
        format_func=lambda start: words.moment(shown.test.origins[start], shown.test.step),
    )  # fmt: skip
    return shown.test.select(origins=slice(origin, origin + 1))
