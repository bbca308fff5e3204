"""Rules about when readings come: totals that only grow, places with a step or a span of their own, stamps that wander."""

from __future__ import annotations

import numpy as np

from stcore import words
from stcore.data import steps
from stcore.data.quality.survey import Survey, named
from stcore.data.stamps import Wander
from stcore.findings import Finding, Fix

#: A place's own step is a multiple of the panel's where at least this share of its readings keeps it.
_KEEPS = 0.9


def totals(survey: Survey) -> list[Finding]:
    """Values that only grow: counters, running totals. A forecast of them says little; one of their differences does."""
    names = [survey.panel.features[number] for number in sorted(survey.totals)]
    if not names:
        return []
    listed = words.listing([f"“{name[:60]}”" for name in names])
    return [
        Finding(
            code="totals", severity="look", where=named(names), count=len(names),
            message=f"{listed} only {'grows' if len(names) == 1 else 'grow'}, as totals do.",
            suggestion="Differences from step to step are what a forecast can be judged on.",
            fix=Fix(words="Read differences", setting="data.differences", value=names),
        )
    ]  # fmt: skip


def unlike_series(survey: Survey) -> list[Finding]:
    """Places that report every second, third, ... step of the others, or whose spans hardly overlap."""
    times, places = survey.sample.shape[0], len(survey.places)
    if places < 2 or times < 20:
        return []
    own = np.array([_own_step(row) for row in ~np.isnan(survey.sample).all(axis=2).T])
    slower = np.flatnonzero(own > 1)
    found = []
    if 0 < len(slower) < places and (own == 1).any():
        found.append(_slower(survey, own, slower))
    return found + _apart(survey)


def _own_step(there: np.ndarray) -> int:
    """Usual distance of the readings of a place [time], in steps; 0 where it has too few or no usual one."""
    rows = np.flatnonzero(there)
    if len(rows) < 10:
        return 0
    gap = np.bincount(np.diff(rows))
    usual = int(np.argmax(gap))
    multiples = gap[usual::usual].sum() if usual else 0
    return usual if multiples >= _KEEPS * gap.sum() and gap[usual] >= 0.5 * gap.sum() else 0


def _slower(survey: Survey, own: np.ndarray, slower: np.ndarray) -> Finding:
    longest = int(own[slower].max())
    step = _multiple(survey.panel.step, longest)
    fix = Fix(words=f"Read {steps.describe(step)}", setting="data.step", value=step) if step else None
    return Finding(
        code="unlike_steps", severity="look", where=named([survey.name(int(place)) for place in slower[:6]]), count=len(slower),
        message=f"{words.count(len(slower), 'place')} {'reports' if len(slower) == 1 else 'report'} only every {survey.lasting(longest)}, "
        f"the others {steps.describe(survey.panel.step)}{survey.looked_at}.",
        suggestion="On a common step most of their cells are gaps.", fix=fix,
    )  # fmt: skip


def _multiple(step: str, times: int) -> str:
    """A step that is ``times`` as long, empty where it is none of fixed length."""
    length = steps.duration(step)
    if length is None:
        return ""
    from pandas.tseries.frequencies import to_offset

    return str(to_offset(length * times).freqstr)


def _apart(survey: Survey) -> list[Finding]:
    """Series whose spans hardly overlap."""
    panel = survey.panel
    there = survey.first >= 0
    span = np.where(there, survey.last - survey.first + 1, 0)
    if survey.where or not survey.location or there.sum() < 2 or span[there].mean() > 0.35 * len(panel.time):
        return []
    return [
        Finding(
            code="unlike_spans", severity="look", where=survey.location[:80], count=int(there.sum()),
            message=f"The places have unlike spans: a place is there for {words.percent(float(span[there].mean()) / len(panel.time))} of the whole time.",
            suggestion="Runs of their own each have their own span and step.",
            fix=Fix(words="Keep them apart", setting="data.by", value=survey.location),
        )
    ]  # fmt: skip


# stamps ------------------------------------------------------------------------------------------------------------


def wandering(seen: Wander, step: str, rows: int, lines: list[int], where: str = "") -> list[Finding]:
    """Findings about stamps beside the regular times.

    Args:
        seen: as measured.
        step: of the axis.
        rows, lines: rows that were moved, and lines of some of them.
    """
    if not rows:
        return []
    told = f"{rows:,} {'row' if rows == 1 else 'rows'} lay beside the regular times ({steps.describe(step)}) and were moved to the nearest"
    if seen.drift_s:
        amount = words.lasting(abs(seen.drift_s))
        return [
            Finding(
                code="off_grid", severity="look", where=where, count=rows, lines=lines,
                message=f"The times drift: over the file they move by {amount} against a clock that ticks {steps.describe(step)}; {told}.",
                suggestion="A clock that runs wrong, or a step that is not quite the one shown.",
            )
        ]  # fmt: skip
    far = f", usually by {words.lasting(seen.usual_s)}" if seen.usual_s >= 1 else ""
    return [
        Finding(
            code="off_grid", where=where, count=rows, lines=lines,
            message=f"{'Sampling is irregular: ' if seen.share > 0.3 else ''}{told}{far}.",
        )
    ]  # fmt: skip
