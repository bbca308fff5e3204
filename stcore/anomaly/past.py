"""A detection as a live feed sees it: every step against the steps before it alone, and no second alarm for the same thing.

A fixed threshold wears out where a series drifts. Here a step counts by how rare it is among all earlier ones of its place, which
needs no threshold learnt beforehand and puts all places and data sets on one scale.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from stcore.anomaly import thresholds
from stcore.anomaly.events import with_events
from stcore.anomaly.rarity import first_of, from_before, no_counts, no_moments, none_before, rarity
from stcore.anomaly.rows import gaps_open, missing_between, order_of
from stcore.anomaly.scores import strongest
from stcore.anomaly.stored import reading_state, write_state
from stcore.data.panel import Panel
from stcore.errors import DataError
from stcore.records import Detection


def against_past(detection: Detection, panel: Panel, quiet: int = 0, until: Any = None) -> Detection:
    """The same steps, each scored by how rare its score and its level are among the earlier ones of its place.

    A score of 2 is what one step in a hundred reaches. It is the mean of two rarities (``rarity``): that of the detection's score, and
    that of the distance from everything seen so far (``from_before``). Nothing after a step counts, provided that the detection
    itself looked back only (setting ``causal``) and was fitted on earlier rows. ``Past`` does the same for rows as they come.

    Args:
        panel: what was scored, with the same steps and places.
        quiet: steps after an alarm in which only a higher score counts; the others become 0.
        until: last time whose scores set the threshold; None: all of them.

    Raises:
        DataError: a panel of other steps or places.
    """
    return Past(quiet).judge(detection, panel, until)


class Past:
    """What ``against_past`` remembers of the steps before: some 4 KB a place, however long the feed.

    The first rows it judges set its threshold; give it those the detector was fitted on, then what ``update`` finds in new ones.
    All together they get the scores and alarms of one ``against_past`` over all rows, with the last of the first ones as ``until``.

    Attributes:
        quiet: steps after an alarm in which only a higher score counts.
        threshold: cut of the scores; None before the first rows.
    """

    def __init__(self, quiet: int = 0) -> None:
        self.quiet = max(0, int(quiet))
        self.threshold: float | None = None
        self._places: tuple[str, ...] = ()
        self._features: tuple[str, ...] = ()
        self._last: pd.Timestamp | None = None
        self._state: dict[str, np.ndarray] = {}

    def judge(self, found: Detection, rows: Panel, until: Any = None) -> Detection:
        """Score rows that follow those judged last. Steps that never came count as not observed.

        Args:
            found: scores of these rows, as a detector's ``score`` or ``update`` gives them.
            rows: the rows, with the same steps and places; the values judged first, places in any order.
            until: last time whose scores set the threshold, with the first rows; None: all of them.

        Raises:
            DataError: rows of other steps or places than the scores, values that are missing, or rows that do not come
                after the last ones. ModelError: not the places that came before.
        """
        _check_same(found, rows)
        if self._last is None:
            self._begin(found, rows)
        else:
            self._skip(missing_between(self._last, rows))
        order = order_of(self._places, found)
        values = gaps_open(rows.select(self._features)).values[:, order].astype(np.float32)
        level = strongest(from_before(values.reshape(len(values), -1), self._state["moments"]), values.shape[2])
        scores = np.where(found.observed, found.scores, np.nan)[:, order]
        mean = (rarity(scores, self._state["counts"]) + rarity(level, self._state["level_counts"])) / 2
        if self.threshold is None:
            seen = slice(*found.time.slice_indexer(None, until).indices(len(found.time))[:2])
            rate = thresholds.usual_rate(len(self._places), found.step)
            self.threshold = thresholds.threshold(mean[seen], rate, floor=0.0)
        self._last = found.time[-1]
        kept = np.empty(mean.shape, np.float32)
        kept[:, order] = first_of(np.nan_to_num(mean), self.quiet, self._state["before"])
        return with_events(
            replace(
                found, scores=kept, raised=None, threshold=self.threshold, hysteresis=1.0, least_steps=1, since=None
            )
        )

    def save(self, folder: str | Path) -> None:
        """Write past.json and past.safetensors, beside the detector's own files or elsewhere; nothing is pickled.

        Raises:
            StoreError: the folder cannot be written to.
        """
        about = {
            "quiet": self.quiet, "threshold": self.threshold, "locations": self._places, "features": self._features,
            "last": None if self._last is None else self._last.isoformat(),
            "clock": None if self._last is None or self._last.tz is None else str(self._last.tz),
        }  # fmt: skip
        write_state(Path(folder), "past", about, self._state)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            StoreError: files missing, torn, or of another schema version.
        """
        with reading_state(Path(folder), "past") as (about, arrays):
            past = cls(about["quiet"])
            past.threshold, past._state = about["threshold"], arrays
            past._places, past._features = tuple(about["locations"]), tuple(about["features"])
            if about["last"] is not None:
                last = pd.Timestamp(about["last"])
                past._last = last.tz_convert(about["clock"]) if about["clock"] else last
        return past

    def _begin(self, found: Detection, rows: Panel) -> None:
        self._places, self._features = tuple(found.locations.index), rows.features
        places = len(self._places)
        self._state = {
            "counts": no_counts(places), "level_counts": no_counts(places),
            "moments": no_moments(places * len(self._features)), "before": none_before(self.quiet, places),
        }  # fmt: skip

    def _skip(self, gap: int) -> None:
        """Let steps pass of which nothing is known."""
        first_of(np.zeros((min(gap, self.quiet), len(self._places))), self.quiet, self._state["before"])


def _check_same(found: Detection, rows: Panel) -> None:
    """Refuse rows other than the scored ones.

    Raises:
        DataError: other steps or places.
    """
    same = found.scores.shape == rows.shape[:2] and found.time.equals(rows.time)
    if not same or not found.locations.index.equals(rows.locations.index):
        raise DataError(
            f"{len(found.time):,} steps of {len(found.locations):,} places were scored; the panel has {len(rows.time):,} of "
            f"{len(rows.locations):,}, or others.",
            "Give the panel that was scored.",
        )
