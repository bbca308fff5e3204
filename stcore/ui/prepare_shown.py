"""What a section of Prepare looks at: a value, a place, a stretch of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stcore import words
from stcore.ui import parts, pickers
from stcore.ui.opened import Opened
from stcore.workflow.rehearsal import Rehearsal

SHOWN_STEPS = 300


@dataclass(frozen=True, eq=False)
class Shown:
    """What a section shows.

    Attributes:
        data, feature: the data set and the value that is looked at.
        done: the preparation carried out.
    """

    data: Opened
    feature: str
    done: Rehearsal

    @property
    def id(self) -> str:
        """Of the data set."""
        return self.data.row.id

    @property
    def unit(self) -> str:
        """Of the value."""
        return self.data.unit(self.feature)

    def number(self) -> int:
        """Position of the value among those as read."""
        return self.data.panel.features.index(self.feature)


Evidence = Callable[[Shown], None]


def place_of(shown: Shown, weight: np.ndarray | None, title: str, keys: Sequence[object]) -> str:
    """Title row of a curve with the picker of a place; first the one with most to show."""
    locations = shown.data.panel.locations
    first = shown.data.first_place
    if weight is not None and weight.any():
        first = str(locations.index[int(np.argmax(weight))])
    place = pickers.current_place(locations, first)
    with parts.titled():
        name = words.place_name(locations, place)
        parts.heading(f"{title}: {words.sentence(shown.data.place)} {name}" if len(locations) > 1 else title,
                      shown.data.quantity(shown.feature), parts.join(keys) if keys else "")  # fmt: skip
        if len(locations) > 1:
            place = pickers.place(locations, None, place, words.sentence(shown.data.place))
    return place


def last(shown: Shown) -> slice:
    """The last rows that have a reading of a target, as many as a first curve shows."""
    end = shown.done.each.rows
    length = len(shown.data.panel.time) - int(shown.data.panel.time.searchsorted(shown.data.first_day))
    return slice(max(0, end - max(length, SHOWN_STEPS)), end)


def busiest(marked: np.ndarray) -> slice:
    """The stretch with most marks [time]; the last one where there are none."""
    length = min(len(marked), SHOWN_STEPS)
    if not marked.any():
        return slice(len(marked) - length, len(marked))
    total = np.concatenate([[0], np.cumsum(marked)])
    inside = total[length:] - total[:-length]
    best = np.flatnonzero(inside == inside.max())
    start = int(best[len(best) // 2])
    return slice(start, start + length)
