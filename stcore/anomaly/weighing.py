"""Weights of members for the kinds of anomalies that matter to someone: by how well each finds them, planted into the data.

Weights chosen like this did not do better on anomalies that people had labelled (``docs/benchmarks.md``), so nothing is weighed unless
kinds are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from stcore.anomaly.judging import ranking
from stcore.anomaly.planting import day_length, plan, plant
from stcore.anomaly.scored import ScoredDetector
from stcore.data.panel import Panel
from stcore.data.space import Space
from stcore.errors import DataError

MOST_STEPS, MOST_PLACES = 4_000, 40
EACH = 4
"""Plantings of each kind and size at most."""
SHARPNESS = 2
"""Weights go with this power of VUS-PR: a member that finds a kind half as well counts a quarter."""


def gains(
    panel: Panel, kinds: Sequence[str], members: Mapping[str, type[ScoredDetector[Any]]], seed: int = 0
) -> dict[str, float]:
    """What the weight of each member is multiplied by; their mean is 1.

    Args:
        panel: the rows of a fit, and nothing else; of long and wide ones the newest rows of some places.
        kinds: of ``planting.SIZES``.
        members: detectors by name.

    Returns:
        All 1 where nothing can be planted.
    """
    try:
        planted = plant(_part(panel), plan(kinds, EACH), seed)
    except DataError:
        return dict.fromkeys(members, 1.0)
    places, window = np.unique(planted.spans["place"]), max(2, day_length(panel) // 4)
    if not len(places):
        return dict.fromkeys(members, 1.0)
    found = {}
    for name, kind in members.items():
        scores = kind().fit(planted.panel).score(planted.panel).scores
        curves = [ranking(scores[:, place], planted.labels[:, place], window).vus_pr for place in places]
        found[name] = float(np.mean(curves)) ** SHARPNESS
    mean = sum(found.values()) / len(found)
    return {name: value / mean if mean > 0 else 1.0 for name, value in found.items()}


def _part(panel: Panel) -> Panel:
    """The newest rows of evenly spaced places."""
    if len(panel.time) > MOST_STEPS:
        panel = panel.between(panel.time[-MOST_STEPS])
    count = len(panel.locations)
    some = np.unique(np.linspace(0, count - 1, min(count, MOST_PLACES)).astype(int))
    observed = None if panel.observed is None else panel.observed[:, some]
    return replace(
        panel, values=panel.values[:, some], observed=observed, labels=None, locations=panel.locations.iloc[some],
        space=Space(edges=panel.space.edges),
    )  # fmt: skip
