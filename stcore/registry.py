"""A named list of things that can be chosen: models, detectors, metrics, kinds of job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from stcore.errors import ConfigError, nearest

Item = TypeVar("Item")


class Registry(Mapping[str, Item], Generic[Item]):
    """An ordered mapping from name to item that refuses doubles and answers typos with the nearest name.

    Args:
        what: the word for one item in messages ("model").
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._items: dict[str, Item] = {}

    def add(self, name: str, item: Item) -> Item:
        """Register ``item``; a second one of the same name is a programming error."""
        if name in self._items:
            raise ValueError(f"{self.what} {name!r} is registered twice")
        self._items[name] = item
        return item

    def __getitem__(self, name: str) -> Item:
        try:
            return self._items[name]
        except KeyError:
            raise ConfigError(f"There is no {self.what} called “{name}”.", nearest(name, self._items)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
