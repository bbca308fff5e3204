"""Rules about units: a place, or a time from which on, the readings sit at another scale by a known factor."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from stcore.data import steps as step_names
from stcore.data.quality.survey import Survey, named
from stcore.findings import Finding, Fix


@dataclass(frozen=True)
class Change:
    """A change of unit.

    Attributes:
        factor: from one unit to the other; looked for in both directions.
        units: what it may be, in words.
        of: names and units of quantities it is looked for in; empty = all. Small factors hide in nature.
    """

    factor: float
    units: str
    of: str = ""


_SPEED = r"speed|velocity|gust|^mph$|^km/h$|^m/s$|^kn$|速"
_LENGTH = r"elevation|depth|height|level|stage|visib|distance|^m$|^km$|^mi$|^ft$|水位"
CHANGES = (
    Change(10, "a shifted decimal point"),
    Change(100, "per cent and shares, or metres and centimetres"),
    Change(1000, "a unit and thousands of it"),
    Change(1.609344, "miles and kilometres", f"{_SPEED}|{_LENGTH}"),
    Change(3.6, "metres a second and kilometres an hour", _SPEED),
    Change(2.236936, "metres a second and miles an hour", _SPEED),
    Change(1.852, "knots and kilometres an hour", _SPEED),
    Change(3.28084, "metres and feet", _LENGTH),
    Change(25.4, "inches and millimetres", r"rain|precip|snow|^in$|^mm$|雨|降水"),
    Change(33.8639, "inches of mercury and hectopascals", r"pres|baro|^hPa$|^mb$|气压"),
    Change(35.3147, "cubic metres and cubic feet", r"flow|discharge|^ft³/s$|^m³/s$|流量"),
)
_DEGREES = "degrees Celsius and degrees Fahrenheit"
_IN_F, _IN_C = "in Fahrenheit instead of Celsius", "in Celsius instead of Fahrenheit"
_QUANTILES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
#: Largest mean and single deviation of the quantiles' log ratios from the factor, and largest drift before and after.
_NEAR, _ALIKE, _STEADY = 0.06, 0.10, 0.15
_MOST_BLOCKS, _A_BLOCK = 48, 120
_LEAST_PLACES = 5
#: Places whose levels differ more than this (robust deviation of their logarithms) are not compared with each other.
_HOMOGENEOUS = 0.35
#: Log of a factor that nature hardly brings between alike places.
_LARGE = math.log(5)


@dataclass(frozen=True)
class Break:
    """Another scale at a place from a step on (0: everywhere), as ratio in words and the units it may be."""

    place: int
    step: int
    words: str
    units: str


def _changes(survey: Survey, number: int) -> list[tuple[float, str, str]]:
    """Log of the factor, the ratio in words and the units, for all changes that a feature may have made, both ways."""
    name, unit = survey.panel.features[number], survey.unit(number) or ""
    counts = survey.panel.schema[name].kind == "count"
    found = []
    for one in CHANGES:
        if counts and one.factor <= 10:
            continue  # visits and cases grow tenfold by themselves
        if not one.of or re.search(one.of, name, re.I) or re.search(one.of, unit):
            found.append((math.log(one.factor), f"{one.factor:,.4g} times", one.units))
            found.append((-math.log(one.factor), f"1/{one.factor:,.4g} of", one.units))
    return found


def _has_degrees(survey: Survey, number: int) -> bool:
    """Whether a feature may be a temperature: its unit says so, or nothing says otherwise."""
    return (
        survey.unit(number) in ("°C", "°F", None)
        and survey.panel.schema[survey.panel.features[number]].kind == "numeric"
    )


def unit_breaks(survey: Survey) -> list[Finding]:
    """A place whose scale differs from all others by a known factor, or changes by one at some time."""
    found = []
    for number in range(len(survey.panel.features)):
        if number in survey.totals:
            continue
        schema = survey.panel.schema[survey.panel.features[number]]
        if schema.kind not in ("numeric", "count"):
            continue
        turned = _in_time(survey, number)
        odd = [] if turned else _among_places(survey, number)
        if turned:
            found.append(_turned(survey, number, turned))
        if odd:
            found.append(_odd(survey, number, odd))
    return found


# in time -----------------------------------------------------------------------------------------------------------


def _block_length(survey: Survey) -> int:
    """Steps of a block: whole days where a day has many steps, so that the rhythm of the day cancels out."""
    times = survey.sample.shape[0]
    cycles = step_names.cycles(survey.panel.step)
    period = next((cycle.period for cycle in cycles if cycle.period and cycle.period >= 6), None) or 12
    period = period if 6 * period <= times else 12
    return max(period * max(1, -(-times // (_MOST_BLOCKS * period))), 12)


def _block_quantiles(series: np.ndarray, length: int) -> np.ndarray:
    """[place, block, quantile] of [place, time]; NaN where under half the looked-at readings are there."""
    blocks = series.shape[1] // length
    cut = series[:, : blocks * length].reshape(len(series), blocks, length)
    some = cut[:, :, :: max(1, length // _A_BLOCK)] if blocks > 1 else cut
    ordered = np.sort(some, axis=2)  # NaN last
    count = (~np.isnan(ordered)).sum(axis=2)
    rank = (_QUANTILES * np.maximum(count[..., None] - 1, 0)).astype(np.int64)
    found = np.take_along_axis(ordered, rank, axis=2).astype(np.float64)
    return np.where((count >= max(6, some.shape[2] // 2))[..., None], found, np.nan)


def _in_time(survey: Survey, number: int) -> list[Break]:
    """Breaks in time of one feature."""
    length = _block_length(survey)
    series = survey.series(number)
    if series.shape[1] < 6 * length:
        return []
    quantiles = _block_quantiles(series, length)
    changes = _changes(survey, number)
    known = [(*one, _log_level) for one in _rescaled(quantiles, changes)]
    known += [(*one, _log_spread) for one in _shrunk(quantiles, changes)]
    known += [(*one, _level) for one in (_turned_degrees(quantiles) if _has_degrees(survey, number) else [])]
    found: dict[int, Break] = {}
    for words, units, matches, measure in known:
        for place, block in zip(*np.nonzero(matches), strict=True):
            if int(place) not in found and _lasts(measure(quantiles), int(place), int(block)):
                step = _first_step(series[place], quantiles[place], int(block), length)
                if step is None and measure is _log_spread:
                    step = (int(block) + 2) * length  # around zero both scales overlap: known to a block
                if step is not None:
                    found[int(place)] = Break(int(place), step, words, units)
    return [found[place] for place in sorted(found)]


def _level(quantiles: np.ndarray) -> np.ndarray:
    """[place, block] median of each block."""
    return np.asarray(quantiles[..., 2])


def _log_level(quantiles: np.ndarray) -> np.ndarray:
    """[place, block] its logarithm; NaN where it is not positive."""
    return np.log(np.where(quantiles[..., 2] > 0, quantiles[..., 2], np.nan))


def _log_spread(quantiles: np.ndarray) -> np.ndarray:
    """[place, block] logarithm of the spread of each block."""
    spread = quantiles[..., -1] - quantiles[..., 0]
    return np.log(np.where(spread > 0, spread, np.nan))


def _lasts(level: np.ndarray, place: int, block: int) -> bool:
    """Whether all that comes after a block lies beyond all that came before it: a new scale stays, a season does not.

    Judged as it is, or beside the other places where there are some, whose common ups and downs then cancel out.
    """
    views = [level[place]]
    if len(level) >= _LEAST_PLACES:
        views.append(level[place] - _middle_of_places(level))
    for view in views:
        before, after = view[: block + 2], view[block + 3 :]
        known = [part[np.isfinite(part)] for part in (before, after)]
        if any(len(some) < max(2, 0.5 * len(part)) for some, part in zip(known, (before, after), strict=True)):
            continue
        before, after = known
        low, high = np.quantile(before, [0.03, 0.97])
        if np.quantile(after, 0.03) > high or np.quantile(after, 0.97) < low:
            return True
    return False


def _middle_of_places(level: np.ndarray) -> np.ndarray:
    """[block] median over the places; NaN where none is there."""
    there = np.isfinite(level)
    ordered = np.sort(np.where(there, level, np.inf), axis=0)
    row = np.maximum(there.sum(axis=0) - 1, 0) // 2
    middle = ordered[row, np.arange(level.shape[1])]
    return np.where(np.isfinite(middle), middle, np.nan)


def _around(quantiles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Quantiles [place, block, quantile] two blocks before, one before, one after and two after each block."""
    return quantiles[:, :-4], quantiles[:, 1:-3], quantiles[:, 3:-1], quantiles[:, 4:]


Matches = list[tuple[str, str, np.ndarray]]


def _rescaled(quantiles: np.ndarray, changes: list[tuple[float, str, str]]) -> Matches:
    """Per known factor: [place, block] where the quantiles after a block are those before times just that, and else steady.

    A small factor must fit all quantiles closely; of a large one the upper ones tell enough (nights may be zero).
    """
    found = []
    for log, words, units in changes:
        large = abs(log) > _LARGE
        earlier, before, after, later = _around(quantiles[..., 2:] if large else quantiles)
        loose = 4.0 if large else 1.0
        with np.errstate(invalid="ignore", divide="ignore"):
            positive = (np.fmin(np.fmin(before, after), np.fmin(earlier, later)) > 0).all(axis=2)
            off = np.log(after) - np.log(before) - log
            steady = np.fmax(_drift(earlier, before), _drift(after, later)) < loose * _STEADY
            fits = (np.abs(off.mean(axis=2)) < loose * _NEAR) & (np.abs(off).max(axis=2) < loose * _ALIKE)
        found.append((words, units, positive & steady & fits))
    return found


def _shrunk(quantiles: np.ndarray, changes: list[tuple[float, str, str]]) -> Matches:
    """The same for readings on both sides of zero, by their middle and their spread; large factors only."""
    around = _around(quantiles)
    found = []
    with np.errstate(invalid="ignore", divide="ignore"):
        earlier, before, after, later = (np.log(part[..., -1] - part[..., 0]) for part in around)
        middle_before, middle_after = around[1][..., 2], around[2][..., 2]
        signed = (np.fmin(around[1], around[2]) < 0).any(axis=2)
        steady = np.fmax(np.abs(before - earlier), np.abs(later - after)) < 0.6
        for log, words, units in changes:
            if abs(log) > _LARGE:
                near = np.abs(np.exp(log) * middle_before - middle_after) < np.exp(np.fmax(before + log, after))
                found.append((words, units, signed & steady & near & (np.abs(after - before - log) < 0.5)))
    return found


def _turned_degrees(quantiles: np.ndarray) -> Matches:
    """[place, block] where degrees turn from Celsius to Fahrenheit or back."""
    earlier, before, after, later = _around(quantiles)
    found = []
    with np.errstate(invalid="ignore"):
        spread = np.fmax(after[..., -1] - after[..., 0], 1e-6)
        moved = np.abs(after - before).min(axis=2) > 1.5 * np.fmax(spread, before[..., -1] - before[..., 0])
        calm = (_shift(earlier, before) < 0.8) & (_shift(after, later) < 0.8)
        for turned, words in ((before * 1.8 + 32, _IN_F), ((before - 32) / 1.8, _IN_C)):
            found.append((words, _DEGREES, (np.abs(turned - after).max(axis=2) < 0.8 * spread) & moved & calm))
    return found


def _drift(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Largest log ratio between the quantiles of neighbouring blocks."""
    return np.asarray(np.abs(np.log(other) - np.log(one)).max(axis=2))


def _shift(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Largest shift between the quantiles of neighbouring blocks, in spreads of the first."""
    spread = np.fmax(one[..., -1] - one[..., 0], 1e-6)
    return np.asarray(np.abs(other - one).max(axis=2) / spread)


def _first_step(series: np.ndarray, quantiles: np.ndarray, block: int, length: int) -> int | None:
    """The step at which the readings change scale, or None where the change takes longer than a moment.

    The step that splits the readings around best into two levels; the last readings before it must lie at the first level
    and the first ones after it at the second.
    """
    low, high = quantiles[block + 1, 2], quantiles[block + 3, 2]
    start, end = (block + 1) * length, min((block + 4) * length, len(series))
    part = series[start:end].astype(np.float64)
    there = np.flatnonzero(~np.isnan(part))
    nearer = np.where(np.abs(part[there] - low) < np.abs(part[there] - high), 1, -1)
    cut = int(np.argmax(np.cumsum(nearer))) + 1
    ratio = max(high / low, low / high) if low * high > 0 else math.inf
    large = ratio > math.exp(_LARGE)
    few = max(6, min(length // 2, 24)) if large else max(6, length // 12)
    if cut < few or len(there) - cut < few:
        return None
    first, second = slice(cut - few, cut), slice(cut, cut + few)
    if not large:
        sure = nearer[first].mean() > 0.6 and nearer[second].mean() < -0.6
    else:  # growth passes through all that lies between, another unit does not
        sure = math.isinf(ratio) or (
            1 / 1.8 < np.median(part[there][first]) / low < 1.8
            and 1 / 1.8 < np.median(part[there][second]) / high < 1.8
        )
    return start + int(there[cut]) if sure else None


def _turned(survey: Survey, number: int, breaks: list[Break]) -> Finding:
    first = breaks[0]
    when = survey.moment(first.step)
    names = [survey.name(one.place) for one in breaks]
    more = "" if len(breaks) == 1 else f" and {len(breaks) - 1:,} more {'place' if len(breaks) == 2 else 'places'}"
    return Finding(
        code="unit_break", severity="look", where=named(names[:6]), count=len(breaks), times=[survey.moment(one.step) for one in breaks[:10]],
        message=f"{survey.title(number)} at {names[0]}{more} is {_said(first)} what it was before, from {when} on{survey.looked_at}.",
        suggestion=f"Probably {first.units}: bring the file to one unit.",
    )  # fmt: skip


def _said(one: Break) -> str:
    return one.words if not one.words.startswith("in ") else f"{one.words}, unlike"


# among places ------------------------------------------------------------------------------------------------------


def _among_places(survey: Survey, number: int) -> list[Break]:
    """Places whose whole series sits at another scale than all others by a known factor."""
    series = survey.series(number)
    if len(series) < _LEAST_PLACES:
        return []
    some = series[:, :: (series.shape[1] // 2000) | 1]  # an odd stride does not keep time with the day
    quantiles = _block_quantiles(some, some.shape[1])[:, 0]
    known = np.isfinite(quantiles).all(axis=1)
    if known.sum() < _LEAST_PLACES:
        return []
    found = _scaled(quantiles, known, _changes(survey, number))
    found += _degrees(quantiles, known) if _has_degrees(survey, number) else []
    return sorted(found, key=lambda one: one.place) if len(found) <= 0.2 * len(series) else []


def _scaled(quantiles: np.ndarray, known: np.ndarray, changes: list[tuple[float, str, str]]) -> list[Break]:
    """Places a known factor away from places that otherwise lie close together, on a logarithmic scale."""
    usable = known & (quantiles[:, 0] > 0)
    if usable.sum() < _LEAST_PLACES:
        return []
    logs = np.log(np.where(usable[:, None], quantiles, 1.0))
    middle = np.median(logs[usable], axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(logs[usable] - middle), axis=0), 0.02)
    away = logs - middle
    if spread[2] > _HOMOGENEOUS:
        return []  # places differ by nature: tens of pedestrians here, thousands there
    far = usable & (np.abs(away[:, 2]) > np.maximum(6 * spread[2], 0.4))
    above = logs[:, -1] - logs[usable & ~far, -1].max(initial=-np.inf)
    found = []
    for place in np.flatnonzero(far):
        # A slow street is no street in other units: a small factor must fit closely, and lead out of what the others reach.
        fits = [
            one
            for one in changes
            if (np.abs(away[place] - one[0]) < np.clip(1.5 * spread, 0.05, min(0.08 * abs(one[0]), 0.15))).all()
            and (abs(one[0]) > _LARGE or above[place] > 0.2)
        ]
        found += [Break(int(place), 0, words, units) for _, words, units in fits[:1]]
    return found


def _degrees(quantiles: np.ndarray, known: np.ndarray) -> list[Break]:
    """Places in Fahrenheit among places in Celsius, or the other way."""
    middle = np.median(quantiles[known], axis=0)
    spread = np.maximum(
        1.4826 * np.median(np.abs(quantiles[known] - middle), axis=0), 0.02 * (middle[-1] - middle[0]) + 1e-6
    )
    found = []
    for place in np.flatnonzero(known & (np.abs(quantiles[:, 2] - middle[2]) > 6 * spread[2])):
        own = quantiles[place]
        for back, words in (((own - 32) / 1.8, _IN_F), (own * 1.8 + 32, _IN_C)):
            if (np.abs(back - middle) < 3 * spread + 0.15 * (middle[-1] - middle[0])).all():
                found.append(Break(int(place), 0, words, _DEGREES))
    return found


def _odd(survey: Survey, number: int, odd: list[Break]) -> Finding:
    names = [survey.name(one.place) for one in odd]
    which = names[0] if len(odd) == 1 else f"{names[0]} and {len(odd) - 1:,} more"
    more = f" {'is' if len(odd) == 1 else 'are'} {odd[0].words} what it is at the other places" if not odd[0].words.startswith("in ") else (
        f" seems to be {odd[0].words}, unlike the other places")  # fmt: skip
    return Finding(
        code="unit_break", severity="look", where=named(names[:6]), count=len(odd),
        message=f"{survey.title(number)} at {which}{more}{survey.looked_at}.",
        suggestion=f"Probably {odd[0].units}: bring the file to one unit, or leave the place out.",
        fix=Fix(words=f"Leave {'it' if len(odd) == 1 else 'them'} out", setting="prepare.clean.leave_out", value=names),
    )  # fmt: skip
