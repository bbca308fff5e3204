"""What deserves a look but needs no stop, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Literal

from stcore.config import Config, setting


class Fix(Config):
    """What would put a finding right: a change of one setting of the experiment, which a person ticks.

    Attributes:
        words: what it does, for the tick box ("Treat -999 as missing").
        setting: dotted path in the experiment ("prepare.clean.stuck", "data.missing").
        value: what is written there; items are added to a list, keys to a group, anything else replaces.
    """

    words: str
    setting: str
    value: Any

    def write_into(self, experiment: MutableMapping[str, Any]) -> None:
        """Write the change into an experiment as nested mappings; groups that are not there yet are made."""
        *groups, last = self.setting.split(".")
        room = experiment
        for group in groups:
            if room.get(group) is None:
                room[group] = {}
            room = room[group]
        known = room.get(last)
        if isinstance(known, list) and isinstance(self.value, list):
            room[last] = [*known, *(item for item in self.value if item not in known)]
        elif isinstance(known, dict) and isinstance(self.value, dict):
            room[last] = {**known, **self.value}
        else:
            room[last] = self.value

    def is_in(self, experiment: Mapping[str, Any]) -> bool:
        """Whether an experiment as nested mappings says already what the change would write."""
        known: Any = experiment
        for group in self.setting.split("."):
            known = known.get(group) if isinstance(known, Mapping) else None
        if isinstance(known, list) and isinstance(self.value, list):
            return all(item in known for item in self.value)
        if isinstance(known, Mapping) and isinstance(self.value, Mapping):
            return all(key in known and _same(known[key], value) for key, value in self.value.items())
        return bool(known == self.value)

    def take_out_of(self, experiment: MutableMapping[str, Any]) -> None:
        """Undo the change: its items leave a list, its keys a group, any other setting goes back to what is suggested."""
        *groups, last = self.setting.split(".")
        room: Any = experiment
        for group in groups:
            room = room.get(group) or {}
        known = room.get(last)
        if isinstance(known, list) and isinstance(self.value, list):
            room[last] = [item for item in known if item not in self.value]
        elif isinstance(known, dict) and isinstance(self.value, dict):
            room[last] = {key: value for key, value in known.items() if key not in self.value}
        else:
            room.pop(last, None)

    def joined(self, others: Iterable[Fix | None]) -> Fix | None:
        """One fix that does what all of them do; None where one is missing or they write different things."""
        made: dict[str, Any] = {}
        parts = [self, *others]
        for each in parts:
            if each is None or each.setting != self.setting:
                return None
            each.write_into(made)
        if not all(each is not None and each.is_in(made) for each in parts):
            return None
        value: Any = made
        for group in self.setting.split("."):
            value = value[group]
        return self.model_copy(update={"value": value})


def _same(one: Any, other: Any) -> bool:
    """Equal, a tuple being as good as a list."""
    return (
        list(one) == list(other)
        if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple))
        else one == other
    )


class Finding(Config):
    """Something in the data or the settings that needs no stop, but a look.

    Attributes:
        code: stable short name ("gaps", "duplicates", "bad_rows").
        severity: look (may spoil results) or note (good to know).
        message: one sentence in plain words with the numbers.
        where: column, location or time span it is about; empty = whole table.
        count: how many rows, cells or places.
        lines: up to ten line numbers of the file (1 = first line), where known.
        times: up to ten times it happened at, the worst or the first ones, where known.
        suggestion: what to do about it; empty = nothing.
        fix: what does it, where a setting can.
    """

    code: str
    severity: Literal["look", "note"] = "note"
    message: str = setting(title="Message", help="One sentence with the numbers.")
    where: str = ""
    count: int = 0
    lines: list[int] = []
    times: list[str] = []
    suggestion: str = ""
    fix: Fix | None = None
