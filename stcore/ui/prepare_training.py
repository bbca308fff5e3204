"""What the sections of Prepare about training show: features, event labels, varied windows, windows."""

from __future__ import annotations

import numpy as np
import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.data.prepare.suggest import suggest_windows
from stcore.errors import StcoreError
from stcore.plots import curves, prepared
from stcore.ui import parts, state
from stcore.ui.prepare_shown import Shown, busiest, last, place_of
from stcore.workflow.rehearsal import Rehearsal
from stcore.workflow.variations import examples


def features(shown: Shown) -> None:
    """One of the values that are worked out, below the value it comes from."""
    made = shown.done.each.pipeline.made
    place = place_of(shown, None, "Measured", [])
    course = shown.done.course(shown.feature, place, last(shown))
    parts.chart(curves.series(course.time, course.kept, parts.theme(), shown.unit, 190), "prepare-value",
                shown.data.in_words(shown.feature, place, course.time, course.kept))  # fmt: skip
    if not made:
        parts.text("Nothing further is worked out yet; networks know the calendar as it is.", small=True)
        return
    chosen = st.selectbox("Feature", made, format_func=_said, key=f"prepare-made-{shown.id}", width=330)
    derived = shown.done.course(chosen, place, last(shown))
    ahead = shown.done.panel.schema[chosen].known_ahead
    parts.chart(prepared.scaled(derived.time, derived.filled, parts.theme()), "prepare-made", _said(chosen))
    known = (
        "Known ahead of time"
        if ahead is True or (ahead and ahead >= shown.done.recipe.reach)
        else "Known up to the start of a forecast"
    )
    parts.text(f"{known}. {words.count(len(made), 'value')} worked out in all.", small=True)


def _said(name: str) -> str:
    return words.short(words.sentence(name.replace("_", " ")), 44)


def events(shown: Shown) -> None:
    """The stretch of a place with most events, and the share of each class."""
    classes, labels = shown.done.classes, shown.done.labels
    if classes is None or labels is None:
        place_of(shown, None, "No event is described", [])
        parts.text("Choose what counts as an event; the levels are then suggested from the data.", small=True)
        return
    place = place_of(
        shown, (classes > 0).sum(axis=0), "Events", [parts.key("observed", "measured"), parts.key("local", "event")]
    )
    column = shown.data.panel.locations.index.get_loc(place)
    rows = busiest(classes[:, column] > 0)
    course = shown.done.course(shown.feature, place, rows)
    drawn = prepared.events(course.time, course.kept, classes[rows, column], parts.theme(), shown.unit)
    parts.chart(
        drawn,
        "prepare-events",
        f"{words.count(int((classes[:, column] > 0).sum()), 'step')} of an event at {words.short(place)}",
    )
    train = labels.shares(classes[: shown.done.each.train_rows])
    whole = labels.shares(classes)
    parts.table([parts.Column("Class"), parts.Column("Train part", number=True), parts.Column("All", number=True)],
                [[words.sentence(name), words.percent(train[name]), words.percent(whole[name])] for name in labels.classes],
                caption="Share of the readings in each class")  # fmt: skip
    parts.text(
        "A label says what had happened by its own time. Models that forecast classes come with a later version.",
        small=True,
    )


def augment(shown: Shown) -> None:
    """A training window and three variations of it."""
    place = place_of(
        shown, None, "One training window", [parts.key("observed", "as measured"), parts.key("forecast", "varied")]
    )
    config = shown.done.plan.run.prepare.augment
    if config.nothing:
        parts.text("No window is varied. Raise one of the numbers to see examples.", small=True)
        return
    recipe, each = shown.done.recipe, shown.done.each
    seed = int(state.kept(f"varied-{shown.id}", 0))
    past, ahead = _some_windows(shown, place)
    with st.spinner("Drawing examples"):
        found = _examples(
            (shown.id, place, config.digest(), str(seed), f"{past.shape}{float(past.sum())}"), past, ahead, shown.done
        )
    drawn = prepared.varied(np.r_[past[0], ahead[0]], list(found), recipe.lookback, parts.theme())
    parts.chart(drawn, "prepare-varied", f"A window of {recipe.lookback} + {recipe.horizon} steps and three variations")
    parts.text("Scaled values against steps from the start of the forecast. Only networks are trained with variations; "
               f"{words.percent(config.share)} of the {len(each.fit):,} start times are varied, anew each time.", small=True)  # fmt: skip
    if st.button("Draw others", key=f"varied-again-{shown.id}"):
        state.keep(f"varied-{shown.id}", seed + 3)
        st.rerun()


def _some_windows(shown: Shown, place: str) -> tuple[np.ndarray, np.ndarray]:
    """Scaled windows of one place [window, L] and [window, H] from the train part, the last one first."""
    recipe, each = shown.done.recipe, shown.done.each
    origins = each.fit[np.linspace(len(each.fit) - 1, 0, min(12, len(each.fit))).astype(int)]
    rows = slice(0, int(origins.max()) + recipe.reach + 1)
    scaled = np.nan_to_num(shown.done.course(shown.feature, place, rows).scaled)
    past = scaled[origins[:, None] + np.arange(1 - recipe.lookback, 1)]
    return past, scaled[origins[:, None] + recipe.gap + np.arange(1, recipe.horizon + 1)]


@st.cache_data(max_entries=16, ttl="2h", show_spinner=False)
def _examples(key: tuple[str, ...], _past: np.ndarray, _ahead: np.ndarray, _done: Rehearsal) -> np.ndarray:
    return examples(_past, _ahead, _done.plan.run.prepare.augment, int(key[3]))


def windows(shown: Shown) -> None:
    """What one window looks like, how many each part has, what they cost, and what the autocorrelation suggests."""
    recipe, data = shown.done.recipe, shown.data
    place = place_of(
        shown, None, "One window", [parts.key("observed", "history used"), parts.key("forecast", "to be forecast")]
    )
    origin = int(shown.done.each.test[-1])
    first = origin - recipe.lookback + 1
    course = shown.done.course(shown.feature, place, slice(first, origin + recipe.reach + 1))
    drawn = prepared.window(course.time, course.kept, recipe.lookback, recipe.gap, parts.theme(), shown.unit)
    see, reach = (steps.describe_span(count, data.panel.step) for count in (recipe.lookback, recipe.horizon))
    parts.chart(drawn, "prepare-window", f"A forecast sees {see} and says the {reach} after it")
    found = shown.done.windows
    parts.metrics(
        parts.Metric("To learn from", f"{found['train']:,}", "windows"), parts.Metric("To choose on", f"{found['validation']:,}", "windows"),
        parts.Metric("To test on", f"{found['test']:,}", "windows"),
        parts.Metric("Memory while training", words.size(shown.done.memory_bytes), "", "about"),
    )  # fmt: skip
    _suggestion(shown)


def _suggestion(shown: Shown) -> None:
    try:
        found = suggest_windows(shown.done.cleaned.panel, shown.feature, shown.done.each.train_rows)
    except StcoreError as error:
        parts.text(f"{error.message}", small=True)
        return
    recipe, step = shown.done.recipe, shown.data.panel.step
    parts.heading(
        "What the past tells", "Likeness of values to those so many steps before; 1 = the same, 0 = nothing in common."
    )
    most = min(len(found.correlation), max(4 * found.lookback, 3 * recipe.reach, 2 * (found.period or 0), 48))
    drawn = prepared.resemblance(
        found.correlation[:most], found.deviation[:most], parts.theme(), {"suggested": found.lookback}
    )
    parts.chart(
        drawn, "prepare-past", f"Deviations are mostly forgotten after {steps.describe_span(found.lookback, step)}"
    )
    parts.text(" ".join(found.reasons), small=True)
