"""Panels made ready for a detector: which features count, gaps as gaps, new rows after old ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.data.panel import Panel, locations_table
from stcore.data.space import Space
from stcore.errors import DataError, ModelError
from stcore.findings import Finding
from stcore.records import Detection


@dataclass(frozen=True)
class Scope:
    """What a fitted detector applies to: its step, places and features."""

    step: str
    locations: tuple[str, ...]
    features: tuple[str, ...]

    @classmethod
    def of(cls, panel: Panel) -> Self:
        return cls(panel.step, tuple(panel.locations.index), panel.features)

    def known(self, panel: Panel) -> Panel:
        """The panel with the features of the fit, gaps as NaN.

        Raises:
            ModelError: a place or step that the detector does not know.
        """
        panel = gaps_open(panel.select(self.features))
        strangers = panel.locations.index.difference(pd.Index(self.locations))
        if len(strangers):
            raise ModelError(
                f"The detector does not know {len(strangers)} of the places, “{strangers[0]}” among them.",
                "Fit a detector on data with these places.",
            )
        if steps.typical(panel.step) != steps.typical(self.step):
            raise ModelError(
                f"The detector was fitted on data {steps.describe(self.step)}, these are {steps.describe(panel.step)}.",
                "Bring the data to the same step, or fit a detector on them.",
            )
        return panel

    def every_place(self, rows: Panel) -> Panel:
        """New rows as ``known``, refused where places are missing.

        Raises:
            ModelError: rows without some of the places, or that do not fit.
        """
        rows = self.known(rows)
        if len(rows.locations) < len(self.locations):
            raise ModelError(
                f"New rows of {len(rows.locations)} places came; the detector follows {len(self.locations)}.",
                "Give every place, with gaps where nothing arrived.",
            )
        return rows

    def widened(self, panel: Panel) -> Panel:
        """A known panel of some of the places with all of them, in the order of the fit; the others unknown."""
        values = np.full((len(panel.time), len(self.locations), len(self.features)), np.nan, np.float32)
        values[:, pd.Index(self.locations).get_indexer(panel.locations.index)] = panel.values
        table = locations_table(list(self.locations), len(self.locations))
        return replace(panel, values=values, locations=table, space=Space())

    def series(self, panel: Panel) -> np.ndarray:
        """Positions of the panel's series (location x feature, features innermost) among those learnt."""
        places = pd.Index(self.locations).get_indexer(panel.locations.index)
        count = len(self.features)
        return np.asarray((places[:, None] * count + np.arange(count)).ravel())

    def findings(self, panel: Panel, given: Panel) -> tuple[Finding, ...]:
        """Places without a value, and features of the ``given`` panel that are not scored."""
        found = []
        silent = np.asarray(~panel.mask.any(axis=(0, 2)))
        if silent.any():
            first = panel.locations.index[silent][0]
            found.append(Finding(
                code="silent_places", where=str(first), count=int(silent.sum()),
                message=f"{int(silent.sum())} of {len(silent)} places have no value and no alarm can be raised for them.",
            ))  # fmt: skip
        left_out = [name for name in given.features if name not in panel.features]
        if left_out:
            found.append(Finding(
                code="left_out", where=", ".join(left_out), count=len(left_out),
                message=f"{', '.join(left_out)}: directions and categories are not scored.",
            ))  # fmt: skip
        return tuple(found)


def short_history(steps_given: int) -> Finding:
    """The finding that there was too little to learn from."""
    return Finding(
        code="short_history", severity="look", count=steps_given,
        message="There are too few steps to learn from; each was compared with the middle value only.",
        suggestion="Fit on a longer stretch.",
    )  # fmt: skip


def check_observed(panel: Panel) -> None:
    """Refuse a panel in which nothing was observed.

    Raises:
        DataError: not a single observed value.
    """
    if not panel.mask.any():
        raise DataError(
            f"None of the {panel.values.size:,} values of “{panel.name or ', '.join(panel.features)}” was observed: "
            "nothing can be called usual.",
            "Choose a part or a column with values.",
        )


def scored_features(panel: Panel) -> Panel:
    """Without directions and categories, whose differences mean nothing here, where something else is left."""
    kept = [name for name in panel.features if panel.schema[name].kind not in ("angle", "category")]
    return gaps_open(panel.select(kept) if kept else panel)


def gaps_open(panel: Panel) -> Panel:
    """The panel with NaN wherever nothing was observed, filled or not."""
    if panel.observed is None:
        return panel
    return replace(panel, values=np.where(panel.observed, panel.values, np.nan), observed=None)


def appended(tail: Panel, rows: Panel, most: int) -> Panel:
    """Tail and new rows on one time axis; steps between them are gaps, and of a long gap only the last ``most`` count."""
    gap = missing_between(tail.time[-1], rows)
    if gap > most:
        tail, gap = tail.between(tail.time[-1]), most
        start = rows.time[0] - steps.offset(rows.step) * (most + 1)
    else:
        start = tail.time[0]
    values = tail.values[:, tail.locations.index.get_indexer(rows.locations.index)]
    empty = np.full((gap, *values.shape[1:]), np.nan, np.float32)
    joined = np.concatenate([values, empty, rows.values])
    time = steps.index(start, len(joined), rows.step)
    return replace(rows, values=joined, time=time, labels=rows.labels)


def missing_between(last: pd.Timestamp, rows: Panel | Detection) -> int:
    """Steps between the last one seen and the first of some rows that follow.

    Raises:
        DataError: rows that do not lie after it, or none.
    """
    if not len(rows.time) or rows.time[0] <= last:
        raise DataError(
            f"New rows must come after {last}" + (f"; these start at {rows.time[0]}." if len(rows.time) else "."),
            "Give only rows that were not seen before.",
        )
    return len(pd.date_range(last, rows.time[0], freq=steps.offset(rows.step))) - 2


def order_of(places: Sequence[str], found: Detection) -> np.ndarray:
    """Positions of the places in a detection of the same ones, in any order.

    Raises:
        ModelError: other places.
    """
    order = found.locations.index.get_indexer(pd.Index(places))
    if len(order) != len(found.locations) or (order < 0).any():
        raise ModelError(
            f"{len(found.locations)} places came; the {len(places)} that came before are followed.",
            "Give every place, with gaps where nothing arrived.",
        )
    return np.asarray(order)
