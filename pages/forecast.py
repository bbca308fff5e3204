"""Forecast: what comes next, or what was said in the tested past: a map and a curve that show the same instant."""

import streamlit as st

from stcore import words
from stcore.plots import curves, instant, pictures, scale
from stcore.ui import (
    cached,
    first_forecast,
    forecast_chances,
    forecast_choices,
    forecast_view,
    frame,
    jobs,
    parts,
    pickers,
    results,
    state,
)

row = pickers.dataset("Forecast")
heading = f"No forecast for {words.short(row.name, 40)} yet"
line = "A first one takes about a minute and needs no settings."
work, model = first_forecast.or_begin("Forecast", row, heading, line, pictures.empty_forecast)

theme, owner = parts.theme(), state.owner()
shown = forecast_view.view(work, model, state.kept("forecast-target"), str(row.about.get("place", "place")))
actions = frame.header("Forecast", row.name, forecast_view.facts(shown))
says = forecast_chances if shown.chances else forecast_view
parts.verdict(*says.sentence(shown), small=forecast_view.small_print(shown, results.share(work, model)))
if work.job is not None:
    jobs.card(work.job)
choice = forecast_choices.choose(shown)

one, lead = choice.one, choice.lead
values = instant.map_values(one, lead, shown.position, choice.shows)
colours = forecast_view.colours(shown, one, row, choice.shows, theme)
ground = cached.place_ground(row.id, row.digest, owner, 490)
first = one.locations.index[instant.telling_place(one, shown.position)]
chosen = pickers.current_place(one.locations, first)

left, right = st.columns([1.18, 1])
with left:
    reading = scale.reading(theme, shown.target, one.schema[shown.target].attention, choice.shows)
    second = f"{choice.said}{shown.in_unit}. {reading}"
    heading = f"{shown.map_title(choice.shows)} at {words.moment(one.times(lead)[0], one.step)}"
    with parts.panel(heading, second, parts.legend(colours), key="forecast-map"):
        alt = f"Map of {shown.name}, {words.count(len(ground.ids), shown.word)}, {second}"
        clicked = parts.place_map(ground, values, colours, chosen, shown.unit, "forecast-places", alt)
with right, parts.panel("", key="forecast-curve"):
    with parts.titled():
        parts.heading(words.sentence(f"{shown.word} {words.place_name(one.locations, chosen)}"), shown.quantity)
        chosen = pickers.place(one.locations, clicked, chosen, words.sentence(shown.word))
    place = one.locations.index.get_loc(chosen)
    future = instant.future(one, place, shown.position, lead if one.horizon > 1 else 0, choice.tested)
    steps_back = min(max(36, 3 * one.horizon), 400)
    past = forecast_view.past(shown, one, chosen, steps_back)
    alt = f"{shown.quantity} at {words.short(chosen)}: last value {words.number(future.last)}, then the forecast"
    parts.chart(curves.forecast(*past, future, theme, shown.unit), "forecast-line", alt)
    if one.horizon > 1:
        parts.heading("How the error grows", f"{shown.measured}, by {choice.ahead.lower()}")
        lines = forecast_view.errors_by_lead(shown)
        named = {name: shown.title(name) for name in lines}
        alt = f"{shown.measured}, by {choice.ahead.lower()}, {shown.title()} against the last value"
        parts.chart(curves.error_by_lead(lines, named, theme, choice.axis), "forecast-errors", alt)

with parts.panel("", key="forecast-numbers"):
    parts.metrics(*says.metric_row(shown))

with actions:
    name = f"forecast-{model}.csv"
    st.download_button("Download CSV", lambda: forecast_view.csv(choice.raw), name, "text/csv", on_click="ignore")
    if st.button("Find anomalies", type="primary"):
        state.go("anomalies")
