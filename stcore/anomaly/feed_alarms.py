"""Alarms of a feed: what an alarm needs to know of the rows before is carried from one update to the next.

With a least length the last rows of an update can be undecided: an alarm that goes on but is not long enough yet may count
later. Those rows, fewer than the least length, come again in front of the next ones, and their last word counts.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from stcore.anomaly.alarming import lasted
from stcore.anomaly.events import with_events
from stcore.anomaly.rows import missing_between, order_of
from stcore.anomaly.stored import reading_state, write_state
from stcore.data import steps
from stcore.records import Detection

_ROWS = ("scores", "observed", "contributions", "alone", "raised")
"""What a detection holds for each row; the last three may be left out."""


class FeedAlarms:
    """Alarms under one threshold, hysteresis and least length, over rows as they come.

    The alarms of every row, where it came twice the last time, are those of one batch over all rows so far.
    """

    def __init__(self, threshold: float, hysteresis: float = 1.0, least_steps: int = 1) -> None:
        self.threshold, self.hysteresis, self.least_steps = float(threshold), float(hysteresis), int(least_steps)
        self._places: tuple[str, ...] = ()
        self._last: pd.Timestamp | None = None
        self._since = np.zeros(0, np.int64)  # steps each alarm had lasted before the undecided rows
        self._open: dict[str, np.ndarray] = {}  # the undecided rows

    @classmethod
    def of(cls, past: Detection) -> Self:
        """Alarms that go on after those of a detection, by its rules."""
        feed = cls(past.threshold, past.hysteresis, past.least_steps)
        feed.follow(past)
        return feed

    def follow(self, found: Detection) -> Detection:
        """The new rows, undecided ones of before in front of them, with their alarms and events.

        Steps that never came between two updates end every alarm.

        Args:
            found: rows that follow those seen last, as ``update`` gives them; places in any order.

        Raises:
            DataError: rows that do not come after the last ones. ModelError: not the places that came before.
        """
        if self._last is None:
            self._places = tuple(found.locations.index)
            self._since = np.zeros(len(self._places), np.int64)
        elif missing_between(self._last, found):
            self._since, self._open = np.zeros_like(self._since), {}
        order = order_of(self._places, found)
        since = np.empty_like(self._since)
        since[order] = self._since
        whole = self._with_open(found, order)
        whole = with_events(
            replace(
                whole, threshold=self.threshold, hysteresis=self.hysteresis, least_steps=self.least_steps, since=since
            )
        )
        self._remember(whole, order)
        return whole

    def save(self, folder: str | Path) -> None:
        """Write alarms.json and alarms.safetensors, beside the detector's own files or elsewhere; nothing is pickled.

        Raises:
            StoreError: the folder cannot be written to.
        """
        about = {
            "threshold": self.threshold, "hysteresis": self.hysteresis, "least_steps": self.least_steps,
            "locations": self._places, "last": None if self._last is None else self._last.isoformat(),
            "clock": None if self._last is None or self._last.tz is None else str(self._last.tz),
        }  # fmt: skip
        write_state(Path(folder), "alarms", about, {"since": self._since, **self._open})

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            StoreError: files missing, torn, or of another schema version.
        """
        with reading_state(Path(folder), "alarms") as (about, arrays):
            feed = cls(about["threshold"], about["hysteresis"], about["least_steps"])
            feed._since, feed._places, feed._open = arrays.pop("since"), tuple(about["locations"]), arrays
            if about["last"] is not None:
                last = pd.Timestamp(about["last"])
                feed._last = last.tz_convert(about["clock"]) if about["clock"] else last
        return feed

    def _with_open(self, found: Detection, order: np.ndarray) -> Detection:
        """The rows with the undecided ones in front."""
        count = len(self._open.get("scores", ()))
        if not count:
            return found
        joined: dict[str, Any] = {}
        for name in _ROWS:
            new, old = getattr(found, name), self._open.get(name)
            if new is None or old is None:
                joined[name] = None
                continue
            front = np.empty((count, *new.shape[1:]), new.dtype)
            front[:, order] = old
            joined[name] = np.concatenate([front, new])
        assert self._last is not None
        before = pd.date_range(end=self._last, periods=count, freq=steps.offset(found.step))
        return replace(found, time=before.append(found.time).as_unit(found.time.unit), **joined)

    def _remember(self, whole: Detection, order: np.ndarray) -> None:
        """Keep the rows of alarms that are too short yet, and how long each had lasted before them."""
        length = lasted(whole.heights, whole.observed, (self.threshold, self.hysteresis), whole.since)[:, order]
        short = length[-1][length[-1] < self.least_steps]
        first = len(length) - int(short.max(initial=0))
        assert whole.since is not None
        self._since = length[first - 1] if first else whole.since[order]
        rows = {name: getattr(whole, name) for name in _ROWS} if first < len(length) else {}
        self._open = {name: each[first:][:, order] for name, each in rows.items() if each is not None}
        self._last = whole.time[-1]
