"""The records inside one large JSON object, one at a time: ``{"data": [{...}, ...]}``, GeoJSON's features."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from stcore.errors import DataError

_BLOCK = 1 << 20
_LARGEST = 100_000_000
_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()


class _Reader:
    """The text from here on, read in blocks; what was used is let go."""

    def __init__(self, path: Path) -> None:
        self.file = path.open(encoding="utf-8-sig", errors="replace")
        self.text, self.at = "", 0

    def more(self) -> bool:
        """Read on, by as much as is held so that long values are not tried too often; False at the end."""
        block = self.file.read(max(_BLOCK, len(self.text) - self.at))
        self.text, self.at = self.text[self.at :] + block, 0
        if len(self.text) > _LARGEST:
            raise DataError(
                f"One value of the JSON is longer than {_LARGEST / 1e6:,.0f} MB.", "Write an array of records."
            )
        return bool(block)

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self, expected: str) -> bool:
        """Whether the next character is this one; it is then used up."""
        if self.peek() != expected:
            return False
        self.at += 1
        return True

    def value(self) -> Any:
        """The next whole value."""
        self.peek()
        whole = False
        while True:
            try:
                found, end = _DECODER.raw_decode(self.text, self.at)
                if end < len(self.text) or whole:  # a number may go on in the next block
                    self.at = end
                    return found
            except json.JSONDecodeError as error:
                if whole:
                    raise damaged() from error
            whole = not self.more()


def damaged() -> DataError:
    """The refusal of JSON that does not end as it should."""
    return DataError("The JSON is damaged or cut off.", "Copy or download it again.")


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of the first array of objects inside a JSON object, however deep; nothing where there is none.

    Raises:
        DataError: damaged, or one record of more than 100 MB.
    """
    reader = _Reader(path)
    with reader.file:
        if reader.peek() == "{":
            yield from _search(reader)


def _search(reader: _Reader) -> Generator[dict[str, Any], None, bool]:
    """The records inside the object that begins here; returns whether there were any."""
    reader.take("{")
    while reader.peek() == '"':
        key = reader.value()
        if not reader.take(":"):
            raise damaged()
        if reader.peek() == "[" and _holds_objects(reader):
            yield from _objects(reader)
            return True
        if reader.peek() == "{" and key != "crs":
            if (yield from _search(reader)):
                return True
        else:
            _check_crs(key, reader.value())
        if not reader.take(","):
            break
    if not reader.take("}"):
        raise damaged()
    return False


def _holds_objects(reader: _Reader) -> bool:
    """Whether the array that begins here holds objects; it is entered if so."""
    reader.at += 1
    if reader.peek() == "{":
        return True
    reader.text, reader.at = "[" + reader.text[reader.at :], 0
    return False


def _objects(reader: _Reader) -> Iterator[dict[str, Any]]:
    while True:
        found = reader.value()
        if isinstance(found, dict):
            yield found
        if reader.take("]"):
            return
        if not reader.take(","):
            raise damaged()


def _check_crs(key: str, told: Any) -> None:
    """GeoJSON of older days may name another reference system."""
    name = str(told.get("properties", {}).get("name", "")) if key == "crs" and isinstance(told, dict) else ""
    if name and not name.upper().endswith(("CRS84", "EPSG:4326", "EPSG::4326")):
        raise DataError(f"The coordinates are in {name[:60]}.", "Save the GeoJSON in EPSG:4326 (degrees).")
