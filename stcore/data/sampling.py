"""Which step suits readings that do not come regularly: how full the cells would be, and why."""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.data.axis import NICE, find_step, find_stray, in_clock
from stcore.data.lay import some_places, stamps_of
from stcore.data.observations import Observations
from stcore.data.roles import Choice

#: A step is asked about where less of the cells is filled, or fewer of the gaps are whole steps.
LEAST_FILLED, LEAST_REGULAR = 0.5, 0.8
#: Enough: no longer step is tried.
WELL_FILLED = 0.9
FEWEST_STEPS, MOST_OPTIONS = 20, 5


class StepOption(NamedTuple):
    """One step that may be chosen: the share of cells (place and step) with a reading, 0 to 1, and the reason in words."""

    step: str
    filled: float
    reason: str


def suggest_steps(seen: Observations) -> list[StepOption]:
    """Steps from the data's own on, until nine tenths of the cells hold a reading, which makes the last one the suggestion.

    Shares are those of up to 30 places, each within its own span: a place that starts late is no reason for a longer step.

    Raises:
        DataError: fewer than two different times.
    """
    return _options(*_sampled(seen))


def step_choice(seen: Observations, chosen: str) -> Choice | None:
    """The question how long a step should be, where readings come irregularly or leave most cells empty; else None.

    Args:
        chosen: step of the panel.
    """
    natural, per_place = _sampled(seen)
    options = _options(natural, per_place)
    if len(options) < 2 or (options[0].filled >= LEAST_FILLED and _regular(per_place, natural) >= LEAST_REGULAR):
        return None
    words = {option.step: f"{steps.describe(option.step).capitalize()}: {option.reason}" for option in options}
    words.setdefault(chosen, steps.describe(chosen).capitalize())
    return Choice(code="step", question="How long is a step?", options=list(words), chosen=chosen, words=words)


def event_choices(seen: Observations, chosen: str, by: str) -> list[Choice]:
    """Where events are counted and how long a step is, with what speaks for each.

    Args:
        chosen: step of the panel.
        by: grid, h3, regions or location, as they were counted.
    """
    words = {"grid": "Squares of equal degrees", "h3": "Hexagons of equal size"} if seen.roles.lat else {}
    if by == "regions":
        words["regions"] = "Districts"
    if seen.roles.location and (by == "location" or len(seen.places) < 0.1 * _count(seen)):
        words["location"] = "The places they name"
    found = []
    if len(words) > 1:
        options: list[str | bool] = list(words)
        found.append(
            Choice(code="by", question="Where are the events counted?", options=options, chosen=by, words=words)
        )
    lengths = [*dict.fromkeys(["1h", "6h", "1D", "7D", "1MS", chosen])]
    lengths.sort(key=lambda step: steps.typical(step))
    at = lengths.index(chosen)
    span = _span(seen)
    mean = {step: _count(seen) * (steps.typical(step) / span) for step in lengths[max(0, at - 2) : at + 3]}
    told = {
        step: f"{steps.describe(step).capitalize()}: {_amount(number)} events a step on average"
        for step, number in mean.items()
    }
    return [*found, Choice(code="step", question="How long is a step?", options=list(told), chosen=chosen, words=told)]


def _amount(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _count(seen: Observations) -> int:
    return int(seen.connection.execute(f"SELECT count(*) FROM {seen.source()}").fetchall()[0][0])


def _span(seen: Observations) -> pd.Timedelta:
    low, high = seen.connection.execute(f"SELECT min(stamp), max(stamp) FROM {seen.source()}").fetchall()[0]
    return pd.Timedelta(max(1, high - low), unit="ns")


def _sampled(seen: Observations) -> tuple[str, list[pd.DatetimeIndex]]:
    """The data's own step, and the times of up to 30 places."""
    stamps, rows = stamps_of(seen, None)
    low, high = find_stray(stamps, rows)
    times = in_clock(stamps[low:high], seen.clock)
    some = some_places(seen, None, stamps[low:high], np.arange(len(seen.places)))
    natural = seen.counted_step or find_step(times, some)
    return natural, [each for each in some if len(each) > 1] or [times]


def _options(natural: str, per_place: list[pd.DatetimeIndex]) -> list[StepOption]:
    own = steps.typical(natural)
    longest = max(each[-1] - each[0] for each in per_place) / FEWEST_STEPS
    coarser = [step for step in (*NICE, "1MS") if 1.5 * own < steps.typical(step) <= longest]
    found: list[StepOption] = []
    for step in (natural, *coarser):
        filled = _filled(per_place, step)
        if found and filled < found[-1].filled + 0.02:
            continue
        found.append(StepOption(step, filled, _reason(filled, _usual_gap(per_place) if step == natural else None)))
        if filled >= WELL_FILLED:
            break
    return found if len(found) <= MOST_OPTIONS else [found[0], *found[1 - MOST_OPTIONS :]]


def _usual_gap(per_place: list[pd.DatetimeIndex]) -> pd.Timedelta:
    gaps = np.concatenate([np.diff(each.asi8) for each in per_place])
    return pd.Timedelta(int(np.median(gaps)), unit="ns")


def _regular(per_place: list[pd.DatetimeIndex], natural: str) -> float:
    """Share of the gaps between readings of a place that are whole steps, to a tenth of one."""
    gaps = np.concatenate([np.diff(each.asi8) for each in per_place]) / steps.typical(natural).value
    if steps.duration(natural) is None:
        return 1.0  # calendar steps differ in length by themselves
    return float((np.abs(gaps - np.maximum(np.round(gaps), 1)) <= 0.1).mean())


def _filled(per_place: list[pd.DatetimeIndex], step: str) -> float:
    """Mean share of the steps between its first and last reading in which a place has one."""
    length = steps.typical(step).value
    shares = []
    for each in per_place:
        number = (
            np.round((each.asi8 - each.asi8[0]) / length)
            if steps.duration(step) is None
            else (each.asi8 - each.asi8[0]) // length
        )
        shares.append(len(np.unique(number)) / (number[-1] + 1))
    return float(np.mean(shares))


def _reason(filled: float, usual: pd.Timedelta | None) -> str:
    share = f"{100 * filled:.0f} % of the cells hold a reading"
    if usual is None:
        return share
    unit = next((unit for unit in ("D", "h", "min", "s") if usual >= 3 * pd.Timedelta(1, unit=unit)), "ms")
    gap = usual.round(unit)
    return f"{share}; readings of a place are usually {steps.describe_duration(gap)} apart"
