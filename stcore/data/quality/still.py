"""Rules about series that do not move: constant ones, and sensors that are stuck for a while."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stcore import words
from stcore.data.quality.survey import Survey, named, runs
from stcore.findings import Finding, Fix

#: A run is stuck when it is this many times as long as the longest that chance should bring.
TIMES = 4.0
#: ... and has at least this many readings.
LEAST = 10
#: A value that this share of the readings has is common: it is judged by how often it repeats itself.
_COMMON = 0.02


def constant(survey: Survey) -> list[Finding]:
    """Series that never change."""
    found = []
    for number, name in enumerate(survey.panel.features):
        still = (survey.low[:, number] == survey.high[:, number]) & (survey.count[:, number] > 1)
        if still.any():
            found.append(_constant(survey, name, still, number))
    return found


def _constant(survey: Survey, name: str, still: np.ndarray, number: int) -> Finding:
    places, everywhere = int(still.sum()), bool(still.all())
    which = "everywhere" if everywhere else f"at {words.count(places, 'place')}"
    zero = bool((survey.low[still, number] == 0).all())
    counted = zero and survey.panel.schema[name].kind == "count"
    fix = Fix(
        words=f"Leave {words.count(places, 'place')} out", setting="prepare.clean.leave_out", value=survey.ids(np.flatnonzero(still))
    )  # fmt: skip
    offered = len(survey.panel.features) == 1 and not everywhere and not counted and places <= 0.5 * len(still)
    return Finding(
        code="constant", severity="note" if counted and not everywhere else "look", count=places,
        where=named(survey.ids(np.flatnonzero(still)[:6])),
        message=f"“{name[:60]}” {'is always 0' if zero else 'never changes'} {which}.",
        suggestion="A constant cannot be forecast; leave it out." if everywhere else "" if counted else "A stuck sensor? Leave these places out.",
        fix=fix if offered else None,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Stuck:
    """Runs of equal readings of one feature: those that are stuck, and the longest that a fix would hit wrongly.

    Attributes:
        feature: its number.
        place, start, length: of the stuck runs, in the sample.
        limit: readings from which a run is stuck.
        natural: longest run of a value that may well repeat: the lowest, the highest, a common one; zeros are spared anyway.
    """

    feature: int
    place: np.ndarray
    start: np.ndarray
    length: np.ndarray
    limit: int
    natural: int


def stuck(survey: Survey) -> list[Finding]:
    """Sensors that repeat one reading exactly, far longer than this value does elsewhere.

    How long a run may be follows from how often a reading repeats at all: with probability p, among n fresh readings the
    longest run has about log(n) / log(1 / p) of them (P. Erdős, A. Rényi, "On a new law of large numbers", Journal
    d'Analyse Mathématique 23, 1970). Zeros and the ends of the range repeat for good reasons and are not judged.
    """
    known = (_stuck(survey, number) for number in range(len(survey.panel.features)) if number not in survey.totals)
    judged = [one for one in known if one is not None]
    hit = [one for one in judged if len(one.place)]
    if not hit:
        return []
    longest = max(one.natural for one in judged)
    safe = [limit for limit in sorted(one.limit for one in hit) if limit > longest]
    return [_told(survey, hit, safe[0] if safe else None)]


def _stuck(survey: Survey, number: int) -> Stuck | None:
    """Stuck runs of a feature; None where it cannot be judged."""
    series = survey.series(number)
    if series.shape[1] < 3 * LEAST:
        return None
    same = series[:, 1:] == series[:, :-1]
    place, start, length = runs(same)
    length = length + 1
    if not len(length):
        return Stuck(number, place, start, length, LEAST, 0)
    value = series[place, start]
    fresh = int((~np.isnan(series)).sum()) - int(same.sum())  # readings that do not repeat the one before
    natural = _at_an_end(survey, number, place, value)
    limits = _limits(survey.readings[number], value, natural, fresh)
    bad = ~natural & (length >= limits)
    good = length[~bad & (value != 0)]
    return Stuck(
        number, place[bad], start[bad], length[bad], int(limits[bad].min()) if bad.any() else LEAST, int(good.max(initial=0))
    )  # fmt: skip


def _at_an_end(survey: Survey, number: int, place: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Runs of zero, or of the lowest or highest value of the feature or of the place: a dry spell, a full tank."""
    low, high = survey.low[:, number], survey.high[:, number]
    here = survey.places[place]
    ends = (value == low.min()) | (value == high.max()) | (value == low[here]) | (value == high[here])
    return np.asarray((value == 0) | ends)


def _limits(readings: np.ndarray, value: np.ndarray, natural: np.ndarray, fresh: int) -> np.ndarray:
    """Per run: readings from which it is stuck."""
    values, count = np.unique(readings, return_counts=True)
    common = values[count > _COMMON * len(readings)]
    share = count[count > _COMMON * len(readings)] / max(len(readings), 1)
    limits = np.full(len(value), _limit(int((~natural).sum()), fresh))
    for one, part in zip(common, share, strict=True):
        here = value == one
        # A common value's own runs say how it repeats: starts that go on, out of starts.
        limits[here] = _limit(int(here.sum()), max(int(part * fresh), int(here.sum())), TIMES * 1.75)
    return limits


def _limit(repeating: int, fresh: int, times: float = TIMES) -> int:
    """Readings from which a run is stuck: ``repeating`` of ``fresh`` readings are followed by an equal one."""
    chance = min(max(repeating, 1) / max(fresh, 2), 0.98)
    longest = math.log(max(fresh, 2)) / math.log(1 / chance)
    return max(LEAST, math.ceil(times * longest))


def _told(survey: Survey, hit: list[Stuck], limit: int | None) -> Finding:
    """One finding for all values: faults of this kind come together."""
    worst = max(hit, key=lambda one: int(one.length.max()))
    which = int(np.argmax(worst.length))
    places = {int(place) for one in hit for place in one.place}
    readings = sum(int(one.length.sum()) for one in hit)
    length, name = int(worst.length[which]), survey.name(int(worst.place[which]))
    value = survey.series(worst.feature)[worst.place[which], worst.start[which]]
    begun = [survey.moment(int(step)) for step in worst.start[np.argsort(-worst.length, kind="stable")[:10]]]
    listed = words.listing([survey.title(one.feature) for one in hit], most=4)
    return Finding(
        code="stuck", severity="look", count=readings, times=begun,
        where=named([survey.name(place) for place in sorted(places)[:6]]),
        message=f"{listed} {'repeats' if len(hit) == 1 else 'repeat'} exactly for longer than chance allows at "
        f"{words.count(len(places), 'place')}{survey.looked_at}: the longest stays at {words.measure(float(value), survey.unit(worst.feature))} "
        f"for {survey.lasting(length)}, at {name} from {begun[0]}.",
        suggestion="A stuck sensor, or gaps that somebody filled.",
        fix=Fix(words="Set repeats aside", setting="prepare.clean.stuck", value=limit - 2)
        if limit is not None else None,
    )  # fmt: skip
