"""The rules about a panel, one a line: survey -> findings. A new rule is a function in one of these files and a line here."""

from __future__ import annotations

from collections.abc import Callable

from stcore.data.panel import Panel
from stcore.data.quality import jumps, limits, position, presence, sampling, still, units
from stcore.data.quality.survey import Survey
from stcore.data.roles import Roles
from stcore.findings import Finding

Rule = Callable[[Survey], list[Finding]]

RULES: tuple[Rule, ...] = (
    presence.gaps,
    presence.silent,
    presence.ends,
    presence.labels,
    presence.few_steps,
    sampling.totals,
    sampling.unlike_series,
    limits.zeros,
    limits.impossible,
    still.constant,
    still.stuck,
    jumps.spikes,
    units.unit_breaks,
    position.positions,
)


def value_findings(panel: Panel, where: str = "", roles: Roles | None = None) -> list[Finding]:
    """What all rules find in a panel.

    Of a panel of more than 8 million cells the rules about the order of readings (stuck, spikes, units, steps) look at
    places drawn evenly over all, at every step, and say so; counts and ranges always regard every cell. The values are
    read once, in blocks of time.

    Args:
        panel: as laid; a memory map is not pulled in whole.
        where: the run it is, where several are kept apart.
        roles: columns the data came from, for fixes that name one.
    """
    if not panel.values.size:
        return []
    survey = Survey(panel, where, roles)
    return [finding for rule in RULES for finding in rule(survey)]
