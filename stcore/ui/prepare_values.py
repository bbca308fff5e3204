"""What the sections of Prepare about values do to the data: cleaned, filled, scaled; one place before and after."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.data.prepare.clean import RULES
from stcore.data.prepare.fill_scores import block_length, score_fills
from stcore.errors import DataError
from stcore.plots import curves, prepared
from stcore.preparation import PrepareConfig
from stcore.ui import parts, state
from stcore.ui.prepare_shown import SHOWN_STEPS, Shown, busiest, last, place_of
from stcore.workflow.rehearsal import Course, Rehearsal, there


def clean(shown: Shown) -> None:
    """The stretch of a place in which most was set aside, and how many readings each rule set aside."""
    number = shown.number()
    raw, kept = shown.done.raw, shown.done.cleaned.panel
    aside = np.zeros(raw.shape[:2], dtype=bool)
    if kept is not raw:
        aside = there(raw, number) & ~there(kept, number)
    place = place_of(
        shown, aside.sum(axis=0), "Set aside", [parts.key("observed", "kept"), parts.key("fault", "set aside")]
    )
    column = shown.data.panel.locations.index.get_loc(place)
    course = shown.done.course(shown.feature, place, busiest(aside[:, column]))
    drawn = prepared.cleaned(course.time, course.raw, course.kept, parts.theme(), shown.unit)
    count = int(aside[:, column].sum())
    parts.chart(drawn, "prepare-clean", f"{words.count(count, 'reading')} of {words.short(place)} set aside")
    counts, total = shown.done.cleaned.counts, max(1, shown.done.readings)
    if not counts:
        parts.text("No rule is on; every reading stays.", small=True)
        return
    rows = [[words.sentence(RULES[rule]), f"{one:,}", words.percent(one / total)] for rule, one in counts.items()]
    parts.table([parts.Column("Rule"), parts.Column("Set aside, readings", number=True), parts.Column("Share", number=True)],
                rows, caption="Readings set aside by each rule, all places and values")  # fmt: skip


def fill(shown: Shown) -> None:
    """The longest gap of a place with what stands in it, and by how much each fill misses hidden readings."""
    number = shown.number()
    missing = ~there(shown.done.cleaned.panel, number)
    most = np.where(missing.all(axis=0), 0, missing.sum(axis=0))
    place = place_of(shown, most, "Gaps filled", [parts.key("observed", "measured"), parts.key("forecast", "filled")])
    gap = shown.done.longest_gap(shown.feature, place)
    first, length = gap or (max(0, len(shown.data.panel.time) - SHOWN_STEPS), 0)
    around = max(2 * length, 40)
    course = shown.done.course(shown.feature, place, slice(max(0, first - around), first + min(length, 4000) + around))
    drawn = prepared.filled(course.time, course.kept, course.filled, parts.theme(), shown.unit)
    told = f"a gap of {steps.describe_span(length, shown.data.panel.step)}" if gap else "no gap after its first reading"
    parts.chart(drawn, "prepare-fill", f"{words.short(place)} has {told}")
    parts.text(_about_gap(shown, gap, course), small=True)


def _about_gap(shown: Shown, gap: tuple[int, int] | None, course: Course) -> str:
    if gap is None:
        return "This place has no gap after its first reading."
    length = steps.describe_span(gap[1], shown.data.panel.step)
    if not course.gaps.any():
        return f"Its longest gap, {length}, stays a gap: models see the last value there, and errors skip it."
    ends = (
        " A start time inside the gap, which does not know its end, sees the last value."
        if shown.done.each.pipeline.ends
        else ""
    )
    return f"Its longest gap, {length}. Errors skip what was filled.{ends}"


def fill_scores(shown: Shown) -> None:
    """Table: fill, error on single hidden readings, error on hidden blocks; the chosen one bold."""
    run = shown.done.plan.run
    with st.spinner("Hiding readings and filling them"):
        table = _scores((shown.id, shown.data.row.digest, run.prepare.cleaning, str(run.prepare.neighbours), str(run.prepare.rank)),
                        state.owner(), shown.done, run.prepare)  # fmt: skip
    if isinstance(table, str):
        parts.text(table, small=True)
        return
    own = table[table["feature"] == shown.feature]
    if own.empty:
        parts.text("This value is not filled: only measured numbers are.", small=True)
        return
    rows, best = [], own.groupby("hidden")["error"].min()
    for _, part in own.groupby("fill", sort=False):
        error = part.set_index("hidden")["error"]
        cells = [_error(error[kind], best[kind], shown.unit) for kind in ("single", "block")]
        rows.append([part["title"].iloc[0], *cells])
    names = list(own["fill"].drop_duplicates())
    length = steps.describe_span(block_length(shown.done.cleaned.panel), shown.data.panel.step)
    chosen = names.index(run.prepare.fill) if run.prepare.fill in names else -1
    parts.table([parts.Column("Fill"), parts.Column("Single readings", number=True), parts.Column(f"{words.sentence(length)} in a row", number=True)],
                rows, chosen, caption="Mean error of each fill on readings hidden from the train part")  # fmt: skip
    parts.text("Readings of the train part were hidden and filled; the smallest error is marked.", small=True)


def _error(error: float, best: float, unit: str) -> object:
    if not np.isfinite(error):
        return parts.muted("not for these data")
    told = words.measure(error, unit)
    return parts.strong(told, "good") if error <= best * 1.0001 else told


@st.cache_data(max_entries=8, ttl="2h", show_spinner=False)
def _scores(key: tuple[str, ...], owner: str, _done: Rehearsal, _prepare: PrepareConfig) -> pd.DataFrame | str:
    try:
        return score_fills(_done.raw, _done.each.train_rows, _prepare)
    except DataError as error:
        return f"{error.message} {error.hint}"


def scale(shown: Shown) -> None:
    """A place's values in their unit, and as models see them."""
    place = place_of(shown, None, "Before", [])
    course = shown.done.course(shown.feature, place, last(shown))
    theme = parts.theme()
    parts.chart(curves.series(course.time, course.kept, theme, shown.unit, 200), "prepare-unit",
                shown.data.in_words(shown.feature, place, course.time, course.kept))  # fmt: skip
    known = course.scaled[np.isfinite(course.scaled)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)
    parts.heading(
        "As models see it", "Without a unit: 0 is the usual value, 1 a usual distance from it, by the scale chosen."
    )
    parts.chart(
        prepared.scaled(course.time, course.scaled, theme),
        "prepare-scaled",
        f"Scaled values {words.between(low, high)}",
    )
