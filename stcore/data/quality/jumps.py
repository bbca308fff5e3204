"""Rule about single readings that leap out of their neighbours in time and back: spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stcore import words
from stcore.data.quality.limits import suspicious_zeros
from stcore.data.quality.survey import Survey, named
from stcore.findings import Finding, Fix

#: A spike leaves its neighbours by this many times the change that 99 of 100 steps stay under.
TIMES = 4.0
#: ... while the two readings before and after it lie together within this share of the leap.
_TOGETHER = 0.3
#: Values that are zero more often than this (rain) jump by nature.
_DRY = 0.2
#: Strengths of the Hampel rule that are tried for the fix, the steps it looks back, and how many readings it may hit wrongly
#: for each spike it finds.
_STRENGTHS, _BACK, _WRONGLY = (8.0, 12.0, 20.0, 40.0), 12, 2
_TRIED_PLACES, _TRIED_STEPS = 6, 6000


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of one feature in the sample: place, step, times the usual largest change."""

    feature: int
    place: np.ndarray
    step: np.ndarray
    size: np.ndarray


def spikes(survey: Survey) -> list[Finding]:
    """Single readings far from those before and after, which agree with each other.

    A robust form of the second difference: the leap is measured against the 99th percentile of the place's own changes, so
    that bursts (rush hours, showers) are no spikes; skewed amounts are judged on a logarithmic scale.
    """
    known = (_spikes(survey, number) for number in range(len(survey.panel.features)))
    hit = [one for one in known if one is not None and len(one.place)]
    return [_told(survey, hit)] if hit else []


def _spikes(survey: Survey, number: int) -> Spikes | None:
    """Spikes of a feature; None where it is no continuous quantity."""
    schema = survey.panel.schema[survey.panel.features[number]]
    readings = survey.readings[number]
    if schema.kind in ("angle", "category", "binary") or len(readings) < 50 or survey.sample.shape[0] < 20:
        return None
    if np.mean(readings == 0) > _DRY:
        return None
    series = survey.series(number)
    if suspicious_zeros(survey, number):
        series = np.where(series == 0, np.float32(np.nan), series)
    scaled = _scaled(series, readings)
    leap = _leaps(scaled)
    usual = np.maximum(_usual_change(scaled), 1e-12)
    usual = np.maximum(usual, np.median(usual) / 3)[:, None]
    place, step = np.nonzero(leap > TIMES * usual)
    return Spikes(number, place, step + 2, leap[place, step] / usual[place, 0])


def _scaled(series: np.ndarray, readings: np.ndarray) -> np.ndarray:
    """Skewed amounts on a scale that is linear up to their median and logarithmic beyond (inverse hyperbolic sine)."""
    middle, high = np.quantile(readings, [0.5, 0.99])
    if readings[0] < 0 or high <= 5 * middle or middle <= 0:
        return series
    return np.arcsinh(series / np.float32(middle))


def _leaps(series: np.ndarray) -> np.ndarray:
    """[place, time - 4] distance of each reading to the nearer of its two neighbours, where it lies outside both and the two
    readings before and after it lie together; 0 elsewhere, and where one of the five is missing. A few places at a time, so
    that what is in between stays in the processor's cache."""
    out = np.empty((len(series), max(0, series.shape[1] - 4)), np.float32)
    few = max(1, 65_536 // max(1, series.shape[1]))
    for first in range(0, len(series), few):
        out[first : first + few] = _leaps_of(series[first : first + few])
    return out


def _leaps_of(series: np.ndarray) -> np.ndarray:
    a, b, here, d, e = (series[:, shift : series.shape[1] - 4 + shift] for shift in range(5))
    low, high = np.minimum(np.minimum(a, b), np.minimum(d, e)), np.maximum(np.maximum(a, b), np.maximum(d, e))
    leap = np.maximum(here - np.maximum(b, d), np.minimum(b, d) - here)
    with np.errstate(invalid="ignore"):
        return np.where((high - low < _TOGETHER * leap) & (leap > 0), leap, np.float32(0))


def _usual_change(series: np.ndarray, most: int = 5_000) -> np.ndarray:
    """[place] 99th percentile of the changes from one reading to the next; NaN becomes 0."""
    every = max(1, series.shape[1] // most)
    change = np.abs(series[:, 1::every] - series[:, :-1:every][:, : series[:, 1::every].shape[1]])
    there = np.isfinite(change)
    ordered = np.sort(np.where(there, change, np.inf), axis=1)
    rank = np.clip((0.99 * (there.sum(axis=1) - 1)).astype(np.int64), 0, None)
    found = ordered[np.arange(len(ordered)), rank]
    return np.where(np.isfinite(found), found, 0)


def _fix(survey: Survey, hit: list[Spikes]) -> Fix | None:
    """A largest change where one tells the spikes from all other changes of their values, else a rule for all values."""
    limits = {survey.panel.features[one.feature]: _largest_change(survey.series(one.feature), one) for one in hit}
    known = {name: limit for name, limit in limits.items() if limit is not None}
    by_rule = None if len(known) == len(limits) else _hampel_fix(survey, hit)
    if by_rule is not None or not known:
        return by_rule
    return Fix(words="Set these leaps aside", setting="prepare.clean.jump", value=known)


def _largest_change(series: np.ndarray, spikes: Spikes) -> float | None:
    """A change from step to step that most spikes pass and nothing else does; None where there is none."""
    place, step = spikes.place, spikes.step
    leap = np.abs(series[place, step] - series[place, step - 1])
    rest = series.copy()
    rest[place, step] = np.nan
    usual = float(np.nanmax(np.abs(np.diff(rest, axis=1))))
    passing = leap[leap > 1.15 * usual]
    if len(passing) < 0.5 * len(leap) or not usual > 0:
        return None
    return float(f"{np.sqrt(usual * float(passing.min())):.3g}")


def _hampel_fix(survey: Survey, hit: list[Spikes]) -> Fix | None:
    """The weakest Hampel rule that finds most of these spikes and hardly anything else; None where there is none.

    Tried on places with spikes and on others, and for all values, since the rule knows no single one.
    """
    near = np.concatenate([one.step for one in hit])
    start = int(np.clip(np.median(near) - _TRIED_STEPS // 2, 0, None))
    spread = np.linspace(0, len(survey.places) - 1, _TRIED_PLACES).astype(np.int64)
    places = np.unique(np.concatenate([*(one.place for one in hit), spread])[-3 * _TRIED_PLACES :])
    rows = slice(start, start + _TRIED_STEPS)
    size = [_hampel(survey.series(number)[places, rows]) for number in range(len(survey.panel.features))]
    wanted = [_at(size[one.feature], one, places, start) for one in hit]
    found = np.concatenate(wanted)
    more = survey.sample.size / max(sum(one.size for one in size), 1)
    for strength in _STRENGTHS:
        hits = sum(int((one > strength).sum()) for one in size)
        caught = int((found > strength).sum())
        if caught >= 0.5 * len(found) and caught and (hits - caught) * more <= _WRONGLY * len(near):
            return Fix(words="Set spikes aside", setting="prepare.clean.spikes", value=strength)
    return None


def _at(size: np.ndarray, one: Spikes, places: np.ndarray, start: int) -> np.ndarray:
    """Deviations [n] at the spikes of a feature that lie in the part that was tried."""
    row, step = np.searchsorted(places, one.place), one.step - start
    inside = (step >= 0) & (step < size.shape[1]) & np.isin(one.place, places)
    return np.asarray(size[row[inside], step[inside]])


def _hampel(series: np.ndarray) -> np.ndarray:
    """[place, time] distance of each reading to the median of the steps before it, in robust deviations; 0 where unknown.

    Source: F. R. Hampel, "The Influence Curve and its Role in Robust Estimation", JASA 69, 1974; trailing window.
    """
    padded = np.concatenate([np.full((len(series), _BACK), np.nan, np.float32), series], axis=1)
    past = np.lib.stride_tricks.sliding_window_view(padded, _BACK, axis=1)[:, :-1]
    middle = _middle(past)
    usual = 1.4826 * _middle(np.abs(past - middle[..., None]))
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.abs(series - middle) / usual
    return np.where(np.isfinite(size), size, 0)


def _middle(values: np.ndarray) -> np.ndarray:
    """Median over the last axis without NaN; NaN where under half is there."""
    ordered = np.sort(values, axis=-1)
    count = (~np.isnan(ordered)).sum(axis=-1)
    pair = np.stack([np.maximum(count - 1, 0) // 2, np.minimum(count // 2, ordered.shape[-1] - 1)], axis=-1)
    return np.where(2 * count >= ordered.shape[-1], np.take_along_axis(ordered, pair, axis=-1).mean(axis=-1), np.nan)


def _told(survey: Survey, hit: list[Spikes]) -> Finding:
    """One finding for all values: one rule sets them aside."""
    worst = max(hit, key=lambda one: float(one.size.max()))
    row = int(np.argmax(worst.size))
    place, step, unit = int(worst.place[row]), int(worst.step[row]), survey.unit(worst.feature)
    before, value, after = (float(survey.series(worst.feature)[place, step + shift]) for shift in (-1, 0, 1))
    places = sorted({int(one) for spikes in hit for one in spikes.place})
    sizes, when = np.concatenate([one.size for one in hit]), np.concatenate([one.step for one in hit])
    count = len(sizes)
    return Finding(
        code="spikes", severity="look", count=count, where=named([survey.name(one) for one in places[:6]]),
        times=list(dict.fromkeys(survey.moment(int(one)) for one in when[np.argsort(-sizes, kind="stable")[:10]])),
        message=f"{words.count(count, 'value')} of {words.listing([survey.title(one.feature) for one in hit], most=4)} "
        f"{'leaps' if count == 1 else 'leap'} out for a single step, at {words.count(len(places), 'place')}{survey.looked_at}: the farthest is "
        f"{words.measure(value, unit)} between {words.number(before)} and {words.measure(after, unit)}, at {survey.name(place)} on {survey.moment(step)}.",
        fix=_fix(survey, hit),
    )  # fmt: skip
