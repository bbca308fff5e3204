"""The settings of each section of Prepare: at most three in sight, the others under “More settings”."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import streamlit as st

from stcore import words
from stcore.data.prepare.features import calendar_cycles
from stcore.data.schema import readable
from stcore.experiment import WindowsConfig
from stcore.preparation import AugmentConfig, CleanConfig, DerivedConfig, EventsConfig, PrepareConfig
from stcore.ui import forms, parts, pickers
from stcore.ui.opened import Opened
from stcore.ui.prepare_draft import Draft, key

MOST_PLACES = 5000
_CYCLES = {"time_of_day": "Time of day", "day_of_week": "Day of the week", "day_of_year": "Day of the year"}

Form = Callable[[Opened, Draft, str], Draft]


def clean(data: Opened, draft: Draft, feature: str) -> Draft:
    """Zeros, spikes, stuck; the range and largest change of the chosen value; places left out."""
    at, now = key(data.row.id, "clean"), draft.prepare.clean
    values = _only(PrepareConfig, f"{at}-z", draft.prepare, ("zeros_are_missing",))
    rules = _only(CleanConfig, at, now, ("spikes", "stuck"))
    with st.expander("More settings", key=f"{at}-more"):
        rules |= _only(CleanConfig, f"{at}-m", now, ("spike_steps",))
        rules |= _range(data, draft, feature, at)
        places = list(data.panel.locations.index[:MOST_PLACES])
        field = CleanConfig.model_fields["leave_out"]
        rules["leave_out"] = st.multiselect(
            forms.label(field), places, [place for place in now.leave_out if place in places], key=f"{at}-places",
            help=field.description, format_func=pickers.words_of(data.panel.locations),
        )  # fmt: skip
    return draft.with_prepare(values | {"zeros_are_missing": values.get("zeros_are_missing", False)}).with_prepare(
        rules, "clean"
    )


def _range(data: Opened, draft: Draft, feature: str, at: str) -> dict[str, Any]:
    """Limits and largest change of one value; those of other values stay."""
    now, unit = draft.prepare.clean, data.unit(feature)
    tail = f", {unit}" if unit else ""
    low, high = now.limits.get(feature, (None, None))
    name = words.short(words.sentence(readable(feature)), 30)
    left, middle, right = st.columns(3)
    low = left.number_input(f"Smallest possible{tail}", value=low, key=f"{at}-low-{feature}", help=f"{name} below it is set aside.", placeholder="none", format="%g")  # fmt: skip
    high = middle.number_input(f"Largest possible{tail}", value=high, key=f"{at}-high-{feature}", help=f"{name} above it is set aside.", placeholder="none", format="%g")  # fmt: skip
    jump = right.number_input(f"Largest change{tail} a step", value=now.jump.get(feature), key=f"{at}-jump-{feature}", help=CleanConfig.model_fields["jump"].description, placeholder="none", min_value=0.0, format="%g")  # fmt: skip
    limits = {name: limit for name, limit in now.limits.items() if name != feature}
    jumps = {name: limit for name, limit in now.jump.items() if name != feature}
    if low is not None or high is not None:
        limits[feature] = (low, high)
    if jump:
        jumps[feature] = jump
    return {"limits": limits, "jump": jumps}


def fill(data: Opened, draft: Draft, feature: str) -> Draft:
    """The way of filling; what it may need."""
    at = key(data.row.id, "fill")
    values = _only(PrepareConfig, at, draft.prepare, ("fill",))
    with st.expander("More settings", key=f"{at}-more"):
        values |= _only(PrepareConfig, f"{at}-m", draft.prepare, ("neighbours", "rank"))
    return draft.with_prepare(_whole(values, ("fill", "neighbours", "rank")))


def scale(data: Opened, draft: Draft, feature: str) -> Draft:
    """Transform, scale, difference."""
    names = ("transform", "scale", "transform_over", "scale_over", "difference")
    at = key(data.row.id, "scale")
    drawn = forms.edit(PrepareConfig, at, draft.prepare.model_dump(), _others(PrepareConfig, names), columns=1)
    return draft.with_prepare(_whole(drawn, names))


def features(data: Opened, draft: Draft, feature: str) -> Draft:
    """Calendar and values worked out."""
    at, now = key(data.row.id, "features"), draft.prepare.derived
    apart = ("of", "distance_to", "static")
    offered = {cycle.name: _CYCLES.get(cycle.name, cycle.name) for cycle in calendar_cycles(data.panel.step)}
    first = {name: now.model_dump()[name] for name in ("lags", "rolling", "holidays")}
    values = forms.edit(DerivedConfig, at, first, _others(DerivedConfig, first), columns=1)
    with st.expander("More settings", key=f"{at}-more"):
        more = [name for name in DerivedConfig.model_fields if name not in (*first, *apart)]
        values |= _only(DerivedConfig, f"{at}-m", now, more, columns=2)
        values |= _of_the_data(data, draft, at)
        calendar = None
        if offered:
            field = PrepareConfig.model_fields["features"]
            shown = [name for name in offered if draft.prepare.features is None or name in draft.prepare.features]
            calendar = st.pills(
                forms.label(field), list(offered), selection_mode="multi", default=shown, key=f"{at}-calendar",
                format_func=lambda name: offered[name], help=field.description,
            )  # fmt: skip
    every = calendar is None or len(calendar) == len(offered)
    return draft.with_prepare({"features": None if every else list(calendar or ())}).with_prepare(values, "derived")


def _of_the_data(data: Opened, draft: Draft, at: str) -> dict[str, Any]:
    """Which values, which columns of the places, which points: what only these data know."""
    found: dict[str, Any] = {}
    now = draft.prepare.derived
    measured = [name for name in data.panel.features if not data.panel.schema[name].known_ahead]
    if len(measured) > 1:
        field = DerivedConfig.model_fields["of"]
        found["of"] = st.multiselect(forms.label(field), measured, [name for name in now.of if name in measured],
                                     format_func=readable, key=f"{at}-of", help=field.description)  # fmt: skip
    columns = [str(name) for name in data.panel.locations.select_dtypes(["number", "bool"]).columns]
    if columns:
        field = DerivedConfig.model_fields["static"]
        found["static"] = st.multiselect(forms.label(field), columns, [name for name in now.static if name in columns],
                                         key=f"{at}-static", help=field.description)  # fmt: skip
    if data.has_map:
        shown = "\n".join(f"{name} {lat:g} {lon:g}" for name, (lat, lon) in now.distance_to.items())
        given = st.text_area("Distance to points, km", shown, key=f"{at}-points", height=80, max_chars=2000,
                             help="One a line: name, latitude, longitude.", placeholder="harbour 52.4 4.9")  # fmt: skip
        found["distance_to"] = {
            " ".join(line[:-2]): line[-2:] for line in map(str.split, given.splitlines()) if len(line) > 2
        }
    return found


def augment(data: Opened, draft: Draft, feature: str) -> Draft:
    """How training windows are varied."""
    drawn = forms.edit(AugmentConfig, key(data.row.id, "augment"), draft.prepare.augment.model_dump(), columns=1)
    return draft.with_prepare(drawn, "augment")


def events(data: Opened, draft: Draft, feature: str) -> Draft:
    """What counts as an event; levels are suggested where none is given."""
    at, now = key(data.row.id, "events"), draft.prepare.events
    values = _only(EventsConfig, at, now, ("rule",))
    rule = values.get("rule", "none")
    if rule == "none":
        return draft.with_prepare({}, "events")
    if rule == "column":
        return draft.with_prepare(values | {"column": _label_column(data, now, at)}, "events")
    values |= _only(
        EventsConfig,
        f"{at}-{rule}",
        now if now.rule == rule else _suggested(data, feature, rule, now),
        ("side", "levels"),
    )
    with st.expander("More settings", key=f"{at}-more"):
        values |= _only(EventsConfig, f"{at}-m", now, ("steps", "levels_over"))
    first = next((name for name in data.panel.features if not data.panel.schema[name].known_ahead), feature)
    values["value"] = None if feature == first else feature
    if not values.get("levels"):
        values["levels"] = _suggested(data, feature, rule, EventsConfig.model_construct(**values)).levels
    return draft.with_prepare(values, "events")


def _label_column(data: Opened, now: EventsConfig, at: str) -> str:
    kinds = [str(kind) for kind in data.panel.labels["kind"].dropna().unique()]
    offered = [*kinds, *data.panel.features]
    field = EventsConfig.model_fields["column"]
    index = offered.index(now.column) if now.column in offered else 0
    return st.selectbox(forms.label(field), offered, index, key=f"{at}-column", help=field.description)


def _suggested(data: Opened, feature: str, rule: str, now: EventsConfig) -> EventsConfig:
    """A first level, from a sample of the values: one in twenty reaches it."""
    side = getattr(now, "side", "above")
    if rule == "quantile":
        level = 0.95 if side == "above" else 0.05
    else:
        values = data.panel.values[:: max(1, len(data.panel.time) // 2000), :, data.panel.features.index(feature)]
        known = values[np.isfinite(values)]
        share = 0.95 if side == "above" else 0.05
        level = float(np.quantile(known, share)) if len(known) else 0.0
        level = float(known.std()) or 1.0 if rule == "rise" and len(known) else level
    return EventsConfig.model_construct(rule=rule, side=side, levels=[float(f"{level:.3g}")])


def windows(data: Opened, draft: Draft, feature: str) -> Draft:
    """History used, steps ahead, steps left out."""
    at = key(data.row.id, "windows")
    now = draft.windows.model_dump()
    drawn = forms.edit(WindowsConfig, at, now, ("stride",), columns=1, folded=False)
    with st.expander("More settings", key=f"{at}-more"):
        drawn |= _only(WindowsConfig, f"{at}-m", draft.windows, ("stride",))
    parts.text("Left open: suggested from the step of the data.", small=True)
    return draft.with_windows(drawn)


def _only(cls: Any, at: str, now: Any, names: Collection[str], columns: int = 1) -> dict[str, Any]:
    """These settings of a record, drawn without folding."""
    return forms.edit(cls, at, dict(now), _others(cls, names), columns=columns, folded=False)


def _others(cls: Any, names: Collection[str]) -> list[str]:
    return [name for name in cls.model_fields if name not in names]


def _whole(drawn: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """What was drawn, with the defaults that a form leaves out."""
    fields = PrepareConfig.model_fields
    return {name: drawn.get(name, fields[name].default) for name in names}
