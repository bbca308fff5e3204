"""Forecast: what comes next, or what was said in the tested past: a map and a curve that show the same instant."""

import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.data.schema import readable
from stcore.plots import curves, instant, pictures, scale
from stcore.ui import cached, forecast_view, frame, jobs, opening, parts, pickers, results, state

row = pickers.dataset("Forecast")
work = results.current(row.id)
if work is None or not (work.models or work.active):
    frame.header("Forecast", row.name)
    if work is not None and work.job is not None:
        jobs.card(work.job)
    if parts.empty(
        f"No forecast for {words.short(row.name, 40)} yet", "A first one takes about a minute and needs no settings.",
        pictures.empty_forecast, "Forecast this",
    ):  # fmt: skip
        opening.forecast(row.id)
    st.stop()

model = work.shown()
if model is None:
    frame.header("Forecast", row.name)
    parts.verdict("The first forecasts are being made; the simple ones come within seconds.")
    jobs.card(work.job)
    st.stop()

theme, owner = parts.theme(), state.owner()
shown = forecast_view.view(work, model, st.session_state.get("forecast-target"), str(row.about.get("place", "place")))
actions = frame.header("Forecast", row.name, forecast_view.facts(shown))
parts.verdict(*forecast_view.sentence(shown), small=forecast_view.small_print(shown, results.share(work, model)))
if work.job is not None:
    jobs.card(work.job)

label, plus, axis = forecast_view.lead_words(shown)
horizon = shown.test.horizon
with parts.row():
    next_words = f"Next {steps.describe_span(horizon, shown.test.step)}".replace("Next 1 ", "Next ")
    period = pickers.segmented("Period", {"next": next_words, "past": "Tested past"}, "forecast-period")
    if len(shown.test.targets) > 1:
        st.selectbox("Value", shown.test.targets, format_func=readable, key="forecast-target", width=150)
    shows = pickers.segmented(
        "Map shows",
        {"value": words.sentence(shown.name), "change": "Change from start" if period == "past" else "Change from now", "spread": "Uncertainty"},
        "forecast-shows",
    )  # fmt: skip
    source, origin = shown.ahead, len(shown.ahead.origins) - 1
    if period == "past":
        source, choices = shown.test, forecast_view.starts(shown)
        origin = st.select_slider(
            "Start", choices, choices[len(choices) // 2], key="forecast-start", width=250,
            format_func=lambda start: words.moment(shown.test.origins[start], shown.test.step),
        )  # fmt: skip
    lead = horizon
    if horizon > 1:
        lead = st.select_slider(
            label, range(1, horizon + 1), (horizon + 1) // 2, format_func=plus, key="forecast-lead",
            width=190 if period == "past" else 270,
        )  # fmt: skip
    with st.popover(shown.title(), key="forecast-more", help="Another model"):
        pickers.box("model", work.models, model, "Model", shown.title)

one = source.select(origins=slice(origin, origin + 1))
when = one.times(lead)[0]
values = instant.map_values(one, lead, shown.position, shows)
colours = cached.value_scale(row.id, row.digest, shown.target, theme.name, owner)
colours = instant.map_scale(one, shown.position, shows, theme, colours)
ground = cached.place_ground(row.id, row.digest, owner, 490)
chosen = pickers.current_place(one.locations, one.locations.index[instant.telling_place(one, shown.position)])

left, right = st.columns([1.18, 1])
clicked = None
with left:
    head = {
        "value": words.sentence(shown.name),
        "change": f"Change of {shown.name}",
        "spread": f"Width of the 90 % band of {shown.name}",
    }[shows]
    second = f"{plus(lead).lstrip('+')} {label.lower()}{f', {shown.unit}' if shown.unit else ''}. "
    second += scale.reading(theme, shown.target, source.schema[shown.target].attention, shows)
    with parts.panel(f"{head} at {words.moment(when, one.step)}", second, parts.legend(colours), key="forecast-map"):
        clicked = parts.place_map(
            ground, values, colours, selected=chosen, unit=shown.unit, key="forecast-places",
            alt=f"Map of {shown.name}, {len(ground.ids)} places, {second}",
        )  # fmt: skip
with right, parts.panel("", key="forecast-curve"):
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        parts.heading(words.sentence(f"{shown.word} {words.place_name(one.locations, chosen)}"), shown.quantity)
        chosen = pickers.place(one.locations, clicked, chosen, words.sentence(shown.word))
    place = one.locations.index.get_loc(chosen)
    future = instant.future(one, place, shown.position, lead if horizon > 1 else 0, tested=period == "past")
    past = instant.history(
        cached.panel(row.id, owner), one.origins[0], chosen, shown.target, min(max(36, 3 * horizon), 400)
    )
    parts.chart(
        curves.forecast(*past, future, theme, shown.unit), key="forecast-line",
        alt=f"{shown.quantity} at {words.short(chosen)}: last value {words.number(future.last)}, forecast {words.number(float(future.values[-1]))}",
    )  # fmt: skip
    if horizon > 1:
        parts.heading(
            "How the error grows",
            f"Mean error on the tested part{f', {shown.unit}' if shown.unit else ''}, by {label.lower()}",
        )
        lines = forecast_view.errors_by_lead(shown)
        parts.chart(
            curves.error_by_lead(lines, {name: shown.title(name) for name in lines}, theme, axis), key="forecast-errors",
            alt=f"Mean error by {label.lower()}, {shown.title()} against the last value",
        )  # fmt: skip

with parts.panel("", key="forecast-numbers"):
    parts.metrics(*forecast_view.metric_row(shown))

with actions:
    st.download_button(
        "Download CSV", lambda: forecast_view.csv(one), f"forecast-{model}.csv", "text/csv", on_click="ignore"
    )
    if st.button("Find anomalies", type="primary"):
        state.go("anomalies")
