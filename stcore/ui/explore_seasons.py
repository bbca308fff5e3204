"""The seasons view of Explore: calendar, usual course, trend and season taken apart, resemblance to itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from stcore import words
from stcore.data import steps
from stcore.data.explore import autocorrelation, calendars, cycles
from stcore.data.explore.autocorrelation import Period
from stcore.data.explore.cycles import Course, Cycle
from stcore.errors import DataError
from stcore.plots import seasons
from stcore.plots.bars import WEEKDAYS
from stcore.plots.scale import sequential, tidy
from stcore.ui import explored, parts, pickers, state
from stcore.ui.opened import Opened

_OVER = {"day": "Day", "week": "Week", "year": "Year"}
_DAYS = dict(
    zip(WEEKDAYS, ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"), strict=True)
)
_DAY = pd.Timedelta(days=1)
TELLING = 0.1  # a cycle that explains less is said to be hardly there


def view(data: Opened, feature: str, picks: DeltaGenerator, saying: DeltaGenerator) -> None:
    """One series, of a place or the mean of all, over its cycles."""
    offered = {cycle.name: cycle for cycle in cycles.offered(data.panel.time, data.panel.step)}
    with picks:
        first = st.container(width="content")
        place = _place(data)
    values, places = explored.series(data, feature, place)
    courses = {name: cycles.course(data.panel.time, values, cycle) for name, cycle in offered.items()}
    with first:
        course = _course(courses)
    cycle = _whole(course.cycle, offered) if course else None
    with saying:
        _verdict(data, feature, course, _whose(data, place, places))
    left, right = st.columns(2, gap="small")
    if course is not None:
        with left:
            _course_panel(data, feature, course)
    with right if course is not None else left:
        _calendar_panel(data, feature, values)
    left, right = st.columns(2, gap="small")
    if cycle is not None:
        with left:
            _components_panel(data, feature, place, cycle)
    with right if cycle is not None else left:
        _resemblance_panel(data, values)


def _course(courses: dict[cycles.Name, Course]) -> Course | None:
    """The chosen cycle's course, first the one that explains most; None where the step or the span has none."""
    if len(courses) < 2:
        return next(iter(courses.values()), None)
    best = max(courses.values(), key=lambda course: course.explained).cycle.name
    offered: dict[str, str] = {name: _OVER[name] for name in courses}
    return courses[pickers.segmented("Over a", offered, key=f"cycle-{best}", default=best)]  # type: ignore[index]


def _whole(cycle: Cycle, offered: dict[cycles.Name, Cycle]) -> Cycle:
    """The cycle itself where it is seen twice, else the longest that is: a series is taken apart by nothing else."""
    twice = [one for one in offered.values() if one.seen >= 2]
    return cycle if cycle.seen >= 2 or not twice else twice[-1]


def _place(data: Opened) -> str:
    """The chosen place, "" for the mean of all: what the address names, else all."""
    ids = list(data.panel.locations.index[: pickers.MOST_OPTIONS])
    if len(data.panel.locations) == 1:
        return str(ids[0])
    wanted = state.chosen("place")
    chosen = wanted if wanted is not None and wanted in data.panel.locations.index else ""
    options = ["", *([] if chosen in ["", *ids] else [chosen]), *ids]
    said, every = pickers.words_of(data.panel.locations), f"All {len(data.panel.locations):,} {data.places}"
    st.selectbox(
        words.sentence(data.place), options, options.index(chosen), lambda one: said(one) if one else every,
        key=f"season-place-{chosen}"[:200], width=210, on_change=_choose, args=(f"season-place-{chosen}"[:200],),
    )  # fmt: skip
    return chosen


def _choose(slot: str) -> None:
    state.choose("place", st.session_state[slot] or None)


def _whose(data: Opened, place: str, places: int) -> str:
    """Whose series it is and how long: “Mean of 120 sensors, 8,064 steps, 16 Feb – 15 Mar.”"""
    time, total = data.panel.time, len(data.panel.locations)
    some = f"{places:,} of " if places < total else ""
    whose = words.sentence(f"{data.place} {words.short(place)}") if place else f"Mean of {some}{total:,} {data.places}"
    return f"{f'{whose}, ' if total > 1 else ''}{len(time):,} steps, {words.span(time[0], time[-1])}."


def _verdict(data: Opened, feature: str, course: Course | None, small: str) -> None:
    """What the cycle explains, and when the values are lowest and highest in it."""
    name, unit = data.named(feature), data.unit(feature)
    if course is None or not np.isfinite(course.middle).any():
        parts.verdict(
            f"{name} is measured in steps too long, or over a time too short, to show a day, a week or a year.",
            small=small,
        )
        return
    share = parts.strong(words.percent(course.explained))
    over = f"The {course.cycle.name} explains"
    if course.explained < TELLING:
        parts.verdict(
            f"{name} hardly follows the {course.cycle.name}: it explains ", share, " of its ups and downs.", small=small
        )
        return
    ends = [int(np.nanargmin(course.middle)), int(np.nanargmax(course.middle))]
    low, high = (f"{_at(course, slot)} ({words.measure(float(course.middle[slot]), unit)})" for slot in ends)
    once = " It is seen once only." if course.cycle.seen < 2 else ""
    parts.verdict(
        f"{over} ", share, f" of the ups and downs of {name[:1].lower()}{name[1:]}: usually lowest {low} and highest {high}.{once}",
        small=small,
    )  # fmt: skip


def _at(course: Course, slot: int) -> str:
    """“at 17:15”, “on Thursdays at 17:00”, “in Jul”, “in the week of 2 Jul”."""
    name = seasons.slot_name(course, slot)
    if course.cycle.name == "day":
        return f"at {name}"
    if course.cycle.name == "week":
        day, _, clock = name.partition(" ")
        return f"on {_DAYS[day]}" + (f" at {clock}" if clock else "")
    return f"in the {name}" if name.startswith("week") else f"in {name}"


def _course_panel(data: Opened, feature: str, course: Course) -> None:
    name, unit = course.cycle.name, data.unit(feature)
    band = "The band holds the middle half of the readings."
    with parts.panel(f"The usual {name}", f"{data.quantity(feature)}. {band}", key="course"):
        low, high = int(np.nanargmin(course.middle)), int(np.nanargmax(course.middle))
        alt = (
            f"{data.quantity(feature)} over a {name}: lowest {_at(course, low)}, {words.measure(float(course.middle[low]), unit)}; "
            f"highest {_at(course, high)}, {words.measure(float(course.middle[high]), unit)}"
        )
        parts.chart(seasons.course(course, parts.theme(), unit, height=340), "course", alt)


def _calendar_panel(data: Opened, feature: str, values: np.ndarray) -> None:
    found = calendars.calendar(data.panel.time, values, data.panel.step)
    with parts.panel("", key="calendar"):
        if found is None or not np.isfinite(found.values).any():
            parts.heading("Calendar", "A calendar needs steps of at most a month, and readings.")
            return
        scale = tidy(sequential(found.values, parts.theme(), data.panel.schema[feature].attention))
        row, column = {"hours": ("day", "hour"), "days": ("month", "day"), "months": ("year", "month")}[found.kind]
        cut = f" The last {len(found.rows)} {row}s." if found.shortened else ""
        line = f"{data.quantity(feature)}. {data.meaning(feature)}{cut}"
        parts.heading(f"Mean of each {column}, a row a {row}", line, parts.legend(scale, data.unit(feature)))
        low, high = (words.measure(float(end(found.values)), data.unit(feature)) for end in (np.nanmin, np.nanmax))
        drawn = seasons.calendar(found, scale, parts.theme(), data.unit(feature), height=340)
        parts.chart(drawn, "calendar", f"Mean of each {column} from {low} to {high}")


def _components_panel(data: Opened, feature: str, place: str, cycle: Cycle) -> None:
    found = explored.components(data, feature, place, cycle)
    with parts.panel("", key="components"):
        if isinstance(found, DataError):
            parts.heading("Trend, season and rest", f"{found.message} {found.hint}")
            return
        strong = f"trend {words.percent(found.trend_strength)}, {cycle.name} {words.percent(found.season_strength)}"
        step = words.lasting(found.merged * steps.typical(data.panel.step).total_seconds())
        joined = f" In steps of {step}." if found.merged > 1 or found.left_out else ""
        cut = f" The last {len(found.time):,} of these." if found.left_out else ""
        line = f"{data.quantity(feature)}. Strength of the {strong}.{joined}{cut}"
        parts.heading("Trend, season and rest", line)
        drawn = seasons.components(found, f"Usual {cycle.name}, changing slowly", parts.theme(), data.unit(feature))
        parts.chart(drawn, "components", f"Strength of the {strong}")


def _resemblance_panel(data: Opened, values: np.ndarray) -> None:
    """Autocorrelation up to a bit more than two of the longest cycle that the span holds well."""
    step, length = steps.typical(data.panel.step), len(values)
    offered = cycles.offered(data.panel.time, data.panel.step)
    known = [cycle for cycle in offered if cycle.seen >= 3.5]
    least = length // 4 if known and known[-1].name == "year" else 0
    most = int(min(length // 2, max(2.2 * known[-1].period, least) if known else length // 3))
    with parts.panel("", key="resemblance"):
        title = "How it resembles itself later"
        if most < 3 or not np.isfinite(found := autocorrelation.autocorrelation(values, most))[1:].any():
            parts.heading(title, "Too few readings to compare the series with itself.")
            return
        periods = [
            (period, _lasting(period, step))
            for period in autocorrelation.periods(found, [cycle.period for cycle in offered])
        ]
        told = words.listing([f"{name} ({period.strength:.2f})" for period, name in periods])
        line = f"It repeats after {told}." if periods else "No period stands out."
        parts.heading(title, f"1 = the same, 0 = no relation. {line}")
        parts.chart(seasons.resemblance(found, periods, step, parts.theme(), height=400), "resemblance", line)


def _lasting(period: Period, step: pd.Timedelta) -> str:
    """“a day”, “a week”, “a year” where it is about one, else the time it lasts."""
    length = period.lag * step
    for name, whole in (("a day", _DAY), ("a week", 7 * _DAY), ("a year", 365.2425 * _DAY)):
        if autocorrelation.near(period.lag, whole / step):
            return name
    if length >= 90 * _DAY:
        years = length / (365.2425 * _DAY)
        return f"{words.number(years, 2)} years" if years >= 2 else f"{round(length / (30.437 * _DAY))} months"
    return words.lasting(length.total_seconds())
