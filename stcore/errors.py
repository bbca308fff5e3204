"""Every refusal of Fieldcast: what went wrong with the numbers, and what to do next.

A message names the thing ("Location 17 has 12 values; 24 steps of history and 6 ahead need 30"), the hint is
the next step ("Shorten the history or leave the location out"). Pages, command line and REST show the same two.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

_PASSWORD = re.compile(r"(?P<before>[a-zA-Z][\w+.-]*://[^\s/:@]*:)[^\s/]*@")


def masked(text: str) -> str:
    """A text in which no address shows its password: ``postgresql://user:***@host/name``."""
    return _PASSWORD.sub(r"\g<before>***@", text)


class StcoreError(Exception):
    """Base of all errors that are meant for a person; passwords of addresses in them are masked.

    Args:
        message: one or two sentences with the numbers; also ``str(error)``.
        hint: what to do next; never empty.
    """

    http_status = 400
    code = "error"

    def __init__(self, message: str, hint: str) -> None:
        if not hint:
            raise ValueError("an StcoreError needs a hint")
        self.message, self.hint = masked(message), masked(hint)
        super().__init__(self.message)

    def __reduce__(self) -> tuple[type[StcoreError], tuple[str, str]]:
        return type(self), (self.message, self.hint)


class DataError(StcoreError):
    """The file or table cannot be used as it is."""

    http_status = 422
    code = "data"


class ConfigError(StcoreError):
    """A setting is unknown, out of bounds, or does not fit the data."""

    http_status = 422
    code = "settings"


class ModelError(StcoreError):
    """A model does not apply to these data, or its files cannot be used."""

    http_status = 422
    code = "model"


class TrainingError(StcoreError):
    """Training could not be finished."""

    http_status = 500
    code = "training"


class Diverged(TrainingError):
    """The loss stopped being a number."""

    code = "diverged"


class OutOfMemory(TrainingError):
    """The device has not enough memory."""

    http_status = 507
    code = "memory"


class Cancelled(TrainingError):
    """Stopped on request; the last checkpoint is kept."""

    http_status = 409
    code = "cancelled"


class StoreError(StcoreError):
    """Saved things cannot be read or written."""

    http_status = 500
    code = "store"


class NotFound(StoreError):
    """No record with this id (or not one of yours)."""

    http_status = 404
    code = "not_found"


class ServingError(StcoreError):
    """A request to a served model cannot be answered."""

    code = "serving"


class NotYet(StcoreError):
    """Planned, and not part of this version."""

    http_status = 501
    code = "not_yet"


@contextmanager
def storing(what: str) -> Iterator[None]:
    """While something is written: a refusal of the system becomes a ``StoreError`` that names ``what``."""
    try:
        yield
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise StoreError(
            f"{what} cannot be saved ({reason}).",
            "Free space, or name a folder that you may write to; what was saved before is kept.",
        ) from error


def nearest(name: str, known: Iterable[str]) -> str:
    """A phrase for a hint: the nearest known name, or the list of all of them."""
    names = sorted(known)
    close = get_close_matches(str(name), names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean “{close[0]}”? Known: {', '.join(names)}."
    return f"Known: {', '.join(names)}."
