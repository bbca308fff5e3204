"""Which value, which stretch of time, which instant: the pickers of Explore, and the sentence above them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.data.explore import sample
from stcore.data.panel import Panel
from stcore.data.profile import week_profile
from stcore.data.schema import readable
from stcore.ui import explored, parts, pickers, state
from stcore.ui.opened import Opened

_LENGTHS = {"day": 1, "week": 7, "month": 31, "year": 366}
_WORDS = {"day": "Last day", "week": "Last week", "month": "Last month", "year": "Last year", "all": "Everything"}
MOST_INSTANTS = 1500
MOST_PLACES = 400  # looked at for the instant at which places differ most
TELLING = 0.4  # a week that explains less of the variance is not worth a sentence


def value(data: Opened) -> str:
    """The value that is shown; a picker only where there are several."""
    features = data.panel.features
    if len(features) == 1:
        return features[0]
    names = {name: words.short(words.sentence(readable(name)), 30) for name in features}
    if len(features) <= 4:
        return pickers.segmented("Value", names, key="value")
    return st.selectbox("Value", list(names), format_func=lambda name: names[name], key="value", width=260)


def period(data: Opened) -> pd.DatetimeIndex:
    """Times of the chosen stretch, which ends with the data; only stretches that make sense for the step are offered."""
    time = data.panel.time
    offered = offered_periods(time, data.panel.step)
    default = "week" if "week" in offered else next(iter(offered))
    chosen = pickers.segmented("Period", {name: _WORDS[name] for name in offered}, key="period", default=default)
    return time[offered[chosen] :]


def offered_periods(time: pd.DatetimeIndex, step: str) -> dict[str, int]:
    """Name of a stretch -> its first row: at least 12 steps long and shorter than the whole; the whole always."""
    length = steps.typical(step)
    rows = {name: round(pd.Timedelta(days=days) / length) for name, days in _LENGTHS.items()}
    fitting = {name: len(time) - count for name, count in rows.items() if 12 <= count < len(time)}
    return {**dict(list(fitting.items())[:3]), "all": 0}


def instants(period: pd.DatetimeIndex) -> list[pd.Timestamp]:
    """The instants of a period that a slider offers: every one, or about 1,500 evenly spaced ones that end with the last."""
    stride = max(1, -(-len(period) // MOST_INSTANTS))
    return list(period[(len(period) - 1) % stride :: stride])


def instant_slot(data: Opened, feature: str, options: list[pd.Timestamp]) -> str:
    """Session key of the slider over ``options``; first it stands where the places differ most."""
    slot = f"at-{data.row.id}-{feature}-{len(options)}-{options[0]:%Y%m%d%H%M%S}"
    if state.kept(slot) not in options:
        state.keep(slot, options[_telling(data.panel, data.row.digest, feature, len(options), options)])
    return slot


@st.cache_data(max_entries=64, show_spinner=False)
def _telling(_panel: Panel, digest: str, feature: str, count: int, _options: list[pd.Timestamp]) -> int:
    wide = len(_panel.locations)
    rows = _panel.time.get_indexer(pd.DatetimeIndex(_options))
    columns = np.unique(np.linspace(0, wide - 1, min(wide, MOST_PLACES)).astype(int))
    return telling_row(sample.read(_panel, feature, rows, columns))


def telling_row(values: np.ndarray) -> int:
    """Row of [time, location] at which the places differ most, among those with most readings; the last of equals."""
    there = np.isfinite(values)
    count = there.sum(axis=1)
    mean = np.where(there, values, 0).sum(axis=1) / np.maximum(count, 1)
    spread = np.where(there, (values - mean[:, None]) ** 2, 0).sum(axis=1) / np.maximum(count, 1)
    spread[count < 0.9 * count.max()] = -1
    return len(spread) - 1 - int(np.argmax(spread[::-1]))


def verdict(data: Opened, feature: str) -> None:
    """The sentence under the title: when the mean over all places is lowest and highest, else between what it lies."""
    panel, unit = data.panel, data.unit(feature)
    mean, places = explored.series(data, feature, "")
    name = words.short(words.sentence(readable(feature)), 40)
    of = f"{places:,} of " if places < len(panel.locations) else ""
    over = f"Mean of {of}{len(panel.locations):,} {data.places}." if len(panel.locations) > 1 else ""
    usual = week_profile(panel.time, mean)
    if usual is None or explained(panel.time, mean, usual) < TELLING:
        found, *_ = explored.spread(data, feature)
        if found is None:
            parts.verdict(f"{name} has no reading.")
            return
        ends = f"{words.number(float(found.levels[0]))} and {words.measure(float(found.levels[-1]), unit)}"
        parts.verdict(f"{name} lies between ", parts.strong(ends), " in nine of ten readings.")
        return
    (low_at, low), (high_at, high) = _hour(usual, np.nanargmin(usual)), _hour(usual, np.nanargmax(usual))
    parts.verdict(
        f"{name} is lowest on {low_at} (", parts.strong(words.measure(low, unit)), f") and highest on {high_at} (",
        parts.strong(words.measure(high, unit)), ").", small=over,
    )  # fmt: skip


def explained(time: pd.DatetimeIndex, mean: np.ndarray, usual: np.ndarray) -> float:
    """Share of the variance of a series [time] that its usual week [7, 24] explains."""
    expected = usual[np.asarray(time.day_of_week), np.asarray(time.hour)]
    known = np.isfinite(mean)
    total = float(np.var(mean[known]))
    return 1 - float(np.var((mean - expected)[known])) / total if total > 0 else 0.0


def _hour(usual: np.ndarray, cell: np.integer) -> tuple[str, float]:
    """Words and value of one cell of a week: “Thursdays at 17:00”."""
    day, hour = divmod(int(cell), 24)
    names = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
    return f"{names[day]} at {hour:02d}:00", float(usual[day, hour])
