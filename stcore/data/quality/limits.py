"""Rules about what a value can be: impossible readings, and zeros that mean missing."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from stcore import words
from stcore.data.quality.survey import Survey, blocks, named, stamp
from stcore.data.schema import guess_schema
from stcore.findings import Finding, Fix

Range = tuple[float | None, float | None]

#: Shares and percentages that cannot leave 0 to 100.
_SHARE = re.compile(r"humid|^rh$|rel_?hum|occupancy|cloud|state_of_charge|^soc$|battery_(level|pct)|湿度", re.I)
_CHANGE = re.compile(r"change|growth|rate|return|delta|diff|anomal|trend|deviation|残差|变化", re.I)
_SPEED = re.compile(r"speed|velocity|gust|风速|车速|速度", re.I)
_COMPONENT = re.compile(r"(^|_)[uvw](_|$)|component|vertical", re.I)
_AMOUNT = re.compile(r"rain|precip|snow(fall|_depth)|pm_?2|pm_?10|^(so2|no2|co|o3|nox)(_|$)|降水|雨", re.I)
_PRESSURE = re.compile(r"pres|baro|slp|气压", re.I)
_AIR = re.compile(r"temp|tmax|tmin|tavg|dew|气温|温度", re.I)
_HOT = re.compile(
    r"oil|engine|cpu|gpu|motor|machine|battery|water|coolant|transformer|furnace|body|surface|油|机", re.I
)

#: Range of atmospheric pressure from the highest towns to the strongest high, and of air temperature on Earth, by unit.
_AIR_PRESSURE: dict[str, Range] = {"hPa": (400, 1100), "mb": (400, 1100), "Pa": (40_000, 110_000)}
_AIR_TEMPERATURE: dict[str, Range] = {"°C": (-95, 65), "°F": (-139, 149), "K": (178, 338)}
#: A range is believed where at least this share of the readings lies inside: otherwise the name was misunderstood.
_BELIEVED = 0.95


def possible(name: str, unit: str | None) -> Range | None:
    """The range a value cannot leave, from its name and unit; None where nothing is known.

    Humidity and other shares 0 to 100 %, speeds, amounts and counts from 0, angles 0 to 360°, pressure and temperature of
    the air within what was ever measured on Earth (World Meteorological Organization, archive of weather extremes).
    """
    schema = guess_schema(name)
    if _CHANGE.search(name):
        return None
    if _SHARE.search(name):
        return (0, 100)
    if schema.kind == "angle":
        return (0, 360)
    if schema.kind == "count" or _AMOUNT.search(name) or (_SPEED.search(name) and not _COMPONENT.search(name)):
        return (0, None)
    if _PRESSURE.search(name):
        return _AIR_PRESSURE.get(unit or "")
    if _AIR.search(name) and not _HOT.search(name):
        return _AIR_TEMPERATURE.get(unit or "")
    return None


@dataclass(frozen=True)
class Outside:
    """Readings outside a range: how many, the farthest, at which places, the first times."""

    count: int
    farthest: float
    places: np.ndarray
    times: list[str]


def impossible(survey: Survey) -> list[Finding]:
    """Readings that cannot be: humidity of 140 %, a negative speed, air of 200 °C."""
    found = []
    for number, name in enumerate(survey.panel.features):
        low, high = _bounds(survey, number)
        if float(survey.low[:, number].min()) >= low and float(survey.high[:, number].max()) <= high:
            continue
        outside = _outside(survey, number, low, high, suspicious_zeros(survey, number))
        if 0 < outside.count <= (1 - _BELIEVED) * max(int(survey.count[:, number].sum()), 1):
            found.append(_impossible(survey, number, name, (low, high), outside))
    return found


def _bounds(survey: Survey, number: int) -> tuple[float, float]:
    """The range of a feature, open ends as infinities; degrees may also run from -180 to 180."""
    name = survey.panel.features[number]
    low, high = possible(name, survey.unit(number)) or (None, None)
    readings = survey.readings[number]
    if (low, high) == (0, 360) and len(readings) and readings[0] < -1 and readings[-1] <= 180:
        low, high = -180, 180
    if (low, high) == (0, 100) and len(readings) and readings[int(0.99 * (len(readings) - 1))] <= 1.5:
        high = 1.5 if readings[-1] <= 1.5 else 100  # a share of 1 rather than of 100
    return -math.inf if low is None else low, math.inf if high is None else high


def _outside(survey: Survey, number: int, low: float, high: float, zeros_told: bool) -> Outside:
    """Readings outside a range, over the whole panel in blocks; only places whose extremes leave it are read.

    Zeros that are told as missing are not told again.
    """
    places = np.flatnonzero((survey.low[:, number] < low) | (survey.high[:, number] > high))
    places = places[survey.count[places, number] > 0]
    count, farthest, beyond, times = 0, 0.0, -1.0, []
    for start, block in blocks(survey.panel.values):
        part = block[:, places, number]
        bad = ((part < low) | (part > high)) & ~(zeros_told & (part == 0))
        if not bad.any():
            continue
        count += int(bad.sum())
        wrong = part[bad].astype(np.float64)
        distance = np.maximum(low - wrong, wrong - high)
        if distance.max() > beyond:
            beyond, farthest = float(distance.max()), float(wrong[int(np.argmax(distance))])
        times += [
            stamp(survey.panel.time[start + row], survey.panel.step) for row in np.flatnonzero(bad.any(axis=1))[:10]
        ]
    return Outside(count, farthest, places, times[:10])


def _impossible(survey: Survey, number: int, name: str, limits: tuple[float, float], outside: Outside) -> Finding:
    low, high = (None if math.isinf(limit) else limit for limit in limits)
    unit = survey.unit(number)
    allowed = (
        f"between {low:g} and {words.measure(high, unit)}" if high is not None and low is not None else "0 or more"
    )
    over = max((limits[0] - outside.farthest), (outside.farthest - limits[1]))
    slight = high is not None and over <= 0.05 * abs(high)
    return Finding(
        code="impossible", severity="note" if slight else "look", count=outside.count, times=outside.times,
        where=named(survey.ids(outside.places[:6])),
        message=f"{words.count(outside.count, 'value')} of “{name[:60]}” {'is' if outside.count == 1 else 'are'} not {allowed} "
        f"(for example {words.measure(outside.farthest, unit)}), at {words.count(len(outside.places), 'place')}.",
        fix=Fix(words="Set these readings aside", setting="prepare.clean.limits", value={name: [low, high]}),
    )  # fmt: skip


# zeros -------------------------------------------------------------------------------------------------------------


def suspicious_zeros(survey: Survey, number: int) -> bool:
    """Whether exact zeros of a feature stand where every other reading is far from zero.

    Between them and the lowest other readings there must be a hole, and they must come out of the blue: the readings next
    to true zeros are small (calm wind, a quiet night), those next to missing ones are like any others.
    """
    zeros, count = int(survey.zeros[:, number].sum()), int(survey.count[:, number].sum())
    if not zeros or not 2e-6 < zeros / max(count, 1) < 0.5 or number in survey.totals:
        return False
    readings = survey.readings[number]
    others = readings[readings != 0]
    if len(others) < 20 or others[0] < 0:
        return False
    low, middle = np.quantile(others, [0.01, 0.5])
    if low < 0.15 * middle or middle < 4 * _quantum(others):
        return False
    beside = _beside_zeros(survey.series(number))
    return bool(len(beside) and np.median(beside) > 0.6 * middle)


def _quantum(readings: np.ndarray) -> float:
    """The smallest usual difference of sorted readings: 1 for whole numbers."""
    change = np.diff(np.unique(readings))
    return float(np.quantile(change, 0.1)) if len(change) else 0.0


def _beside_zeros(series: np.ndarray) -> np.ndarray:
    """Readings just before and just after stretches of zeros, [place, time] looked at."""
    zero = series == 0
    before, after = series[:, :-1][zero[:, 1:] & ~zero[:, :-1]], series[:, 1:][zero[:, :-1] & ~zero[:, 1:]]
    beside = np.concatenate([before, after])
    return np.asarray(beside[~np.isnan(beside)])


def zeros(survey: Survey) -> list[Finding]:
    """Exact zeros that may mean missing."""
    found = []
    for number, name in enumerate(survey.panel.features):
        schema = survey.panel.schema[name]
        if schema.kind not in ("numeric", "count") or schema.known_ahead or not suspicious_zeros(survey, number):
            continue
        count = int(survey.zeros[:, number].sum())
        here = np.flatnonzero(survey.zeros[:, number])
        lowest = float(np.quantile(survey.readings[number][survey.readings[number] > 0], 0.01))
        found.append(
            Finding(
                code="zeros", severity="look", where=name[:80], count=count,
                message=f"{words.count(count, 'value')} of “{name[:60]}” {'is' if count == 1 else 'are'} exactly 0 at {words.count(len(here), 'place')} while the others "
                f"start at {words.measure(lowest, survey.unit(number))}: they may mean missing.",
                suggestion="If so, they should become gaps.",
                fix=Fix(words="Treat zeros as missing", setting="prepare.zeros_are_missing", value=True),
            )
        )  # fmt: skip
    return found
