"""Rules about readings that are not there: gaps, silent places, late starters and early quitters, labels, too few steps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stcore import words
from stcore.data.quality.survey import Survey, named, runs, stamp
from stcore.findings import Finding, Fix

#: A place that begins or ends this share of the whole span away from the ends is late or early.
AWAY = 0.05
#: Shares of the usual train and test part: a place without readings there cannot be learnt, or judged.
_TRAIN, _TEST = 0.7, 0.2


def gaps(survey: Survey) -> list[Finding]:
    """How much is missing, at how many places, the longest gap, and steps at which nothing arrived at all."""
    panel = survey.panel
    size = int(np.prod(panel.shape))
    missing = size - int(survey.count.sum())
    if not missing:
        return []
    share = missing / size
    places = int((survey.count < len(panel.time)).any(axis=1).sum())
    longest, where, when = _longest(survey)
    told = f"{missing:,} of {size:,} readings are missing ({100 * share:.2g} %), at {_places(places, len(panel.locations))}"
    if longest > 1:
        told += f"; the longest gap lasts {survey.lasting(longest)}, at {where} from {when}"
    if survey.empty_steps:
        told += f"; at {words.count(survey.empty_steps, 'step')} nothing arrived anywhere"
    return [
        Finding(
            code="gaps", where=survey.where, count=missing, message=f"{told}{survey.looked_at}.",
            severity="look" if share > 0.2 else "note", times=[when] if when else [],
            suggestion="A longer step closes gaps that every place has." if share > 0.5 else "",
        )
    ]  # fmt: skip


def _places(some: int, all_: int) -> str:
    return f"all {all_:,} places" if some == all_ > 1 else words.count(some, "place")


def _longest(survey: Survey) -> tuple[int, str, str]:
    """Steps of the longest gap of a place, all its values missing; which place, and since when."""
    place, start, length = runs(np.isnan(survey.sample).all(axis=2).T)
    # A place's time before its first and after its last reading is told as late or early, not as a gap.
    first, last = survey.first[survey.places][place] - survey.rows, survey.last[survey.places][place] - survey.rows
    inside = (start > first) & (start < last)
    if not inside.any():
        return 0, "", ""
    which = int(np.argmax(np.where(inside, length, 0)))
    return int(length[which]), survey.name(int(place[which])), survey.moment(int(start[which]))


def silent(survey: Survey) -> list[Finding]:
    """Places that have no reading of a value at all, while others have."""
    found = []
    there = survey.count > 0
    for number in range(len(survey.panel.features)):
        lost = np.flatnonzero(~there[:, number])
        if len(lost) and there[:, number].any():
            found.append(
                Finding(
                    code="all_missing_places", severity="look", where=named(survey.ids(lost[:6])), count=len(lost),
                    message=f"{len(lost):,} {'place has' if len(lost) == 1 else 'places have'} no value of {survey.title(number)} at all.",
                )
            )  # fmt: skip
    return found


def ends(survey: Survey) -> list[Finding]:
    """Places that start late or stop early; a look where a usual train or test part would be empty."""
    steps = len(survey.panel.time)
    some = survey.first >= 0
    late = some & (survey.first > max(AWAY * steps, 2))
    early = some & (survey.last < steps - 1 - max(AWAY * steps, 2))
    if not (late.any() or early.any()) or steps < 20:
        return []
    unlearnt, unjudged = some & (survey.first >= _TRAIN * steps), some & (survey.last < (1 - _TEST) * steps)
    lost = np.flatnonzero(unlearnt | unjudged)
    told = []
    if late.any():
        last = int(np.argmax(np.where(late, survey.first, -1)))
        told.append(_told(survey, "starts late", late, last, survey.first[last]))
    if early.any():
        soonest = int(np.argmin(np.where(early, survey.last, steps)))
        told.append(_told(survey, "stops early", early, soonest, survey.last[soonest]))
    fix = Fix(
        words=f"Leave {words.count(len(lost), 'place')} out", setting="prepare.clean.leave_out", value=survey.ids(lost)
    )
    return [
        Finding(
            code="late_or_early", severity="look" if len(lost) else "note", where=named(survey.ids(np.flatnonzero(late | early)[:6])),
            count=int((late | early).sum()), message=words.sentence(f"{' and '.join(told)}."),
            suggestion="Those without readings in the first 70 % cannot be learnt, those without any in the last 20 % not be judged." if len(lost) else "",
            fix=fix if 0 < len(lost) <= 0.5 * len(some) else None,
        )
    ]  # fmt: skip


def _told(survey: Survey, verb: str, mask: np.ndarray, worst: int, step: int) -> str:
    """“3 places start late (the farthest, B7, on 2024-03-01)”."""
    number, when = int(mask.sum()), stamp(survey.panel.time[step], survey.panel.step)
    name = survey.ids(np.array([worst]))[0]
    if number == 1:
        return f"one place {verb} ({name}, on {when})"
    return f"{number:,} places {verb.replace('s ', ' ', 1)} (the farthest, {name}, on {when})"


def labels(survey: Survey) -> list[Finding]:
    """Marked spans: how many, of which kinds, how much of the readings they cover."""
    marks = survey.panel.labels
    if not len(marks):
        return []
    kinds = words.listing(sorted({words.short(str(kind)) for kind in marks["kind"]}), most=5)
    share = _covered(survey)
    places = int(marks["location"].nunique()) or len(survey.panel.locations)
    most = share > 0.5
    return [
        Finding(
            code="labels", severity="look" if most else "note", where=survey.where, count=len(marks),
            message=f"{words.count(len(marks), 'marked span')} ({kinds}) at {_places(places, len(survey.panel.locations))} "
            f"{'covers' if len(marks) == 1 else 'cover'} {words.percent(share)} of the readings; they are labels, not values.",
            suggestion="More is marked than not: check that 1 stands for an event, not for normal." if most else "",
        )
    ]  # fmt: skip


def _covered(survey: Survey) -> float:
    """Share of (time, place) inside a marked span; where kinds overlap at a place they count once."""
    panel = survey.panel
    marks = pd.DataFrame(
        {
            "place": panel.locations.index.get_indexer(panel.labels["location"]),
            "start": panel.time.searchsorted(panel.labels["start"]),
            "end": panel.time.searchsorted(panel.labels["end"], side="right"),
        }
    ).sort_values(["place", "start"], kind="stable")
    by_place = marks.groupby("place")["end"]
    done = by_place.cummax().groupby(marks["place"]).shift(fill_value=0)  # up to where earlier spans reach
    new = (marks["end"] - np.maximum(marks["start"], done)).clip(lower=0)
    everywhere = marks["place"] < 0
    cells = int(new[~everywhere].sum()) + int(new[everywhere].sum()) * len(panel.locations)
    return min(1.0, cells / max(len(panel.time) * len(panel.locations), 1))


def few_steps(survey: Survey) -> list[Finding]:
    """Far more places than steps of time, or hardly any steps: time and place may be swapped."""
    steps, places, _ = survey.panel.shape
    if not (places > steps and (steps < 30 or places > 20 * steps)):
        return []
    return [
        Finding(
            code="few_steps", severity="look", where=survey.where, count=steps,
            message=f"There are more places ({places:,}) than steps of time ({steps:,}).",
            suggestion="Check that time and place are not swapped; a forecast needs many steps.",
        )
    ]  # fmt: skip
