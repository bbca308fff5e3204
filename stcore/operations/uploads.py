"""Files that people hand in: streamed to ``home/uploads/<token>/`` in constant memory, whole or not at all.

A file waits there until it could be read; the data set then keeps it as it came. The token is made from the content and
the owner, so the same file twice is one file and nobody finds another's. A ticket lets a page receive for its owner.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from stcore.errors import DataError, NotFound, StoreError
from stcore.operations.store import LOCAL
from stcore.settings import prepare_home, settings

CHUNK = 1 << 20
_PART = ".part-"
_TICKET_S = 12 * 3600
_MOST_TICKETS = 4096
_FORGOTTEN_S = 86_400
_SPARE = 64 << 20  # bytes of the disk that an upload leaves free


@dataclass(frozen=True)
class _Ticket:
    owner: str
    until: float


_tickets: OrderedDict[str, _Ticket] = OrderedDict()
_lock = threading.Lock()


def ticket(owner: str) -> str:
    """A text that nobody can guess: whoever shows it within twelve hours hands files in for ``owner``."""
    made = secrets.token_urlsafe(24)
    with _lock:
        _tickets[made] = _Ticket(owner, time.monotonic() + _TICKET_S)
        while len(_tickets) > _MOST_TICKETS:
            _tickets.popitem(last=False)
    return made


def owner_of(shown: str) -> str:
    """Whose a ticket is.

    Raises:
        NotFound: none of this server, or too old.
    """
    with _lock:
        known = _tickets.get(shown)
    if known is None or known.until < time.monotonic():
        raise NotFound("This page is too old to hand in a file.", "Reload the page and drop the file again.")
    return known.owner


class Incoming:
    """A file while it arrives.

    Args:
        name: as the sender calls it; only its letters, digits, spaces, dots and hyphens are kept.
        owner: who hands it in.
        expected: bytes that were announced, or None.

    Raises:
        DataError: larger than an installation takes.   StoreError: no space, or no right to write.
    """

    def __init__(self, name: str, owner: str = LOCAL, expected: int | None = None) -> None:
        self._room = prepare_home() / "uploads"
        _sweep(self._room)
        self._name, self._size = _safe(name), 0
        self._hash = hashlib.sha256(f"{owner}\n".encode())
        _check(expected or 0)
        free = shutil.disk_usage(self._room).free - _SPARE
        if (expected or 0) > free:
            raise StoreError(
                f"The file needs {expected or 0:,} bytes; {max(free, 0):,} are free in {self._room}.",
                "Free some space, or set FIELDCAST_HOME to a larger disk.",
            )
        self._folder = self._room / f"{_PART}{secrets.token_hex(8)}"
        self._folder.mkdir()
        self._file = (self._folder / self._name).open("wb")

    def write(self, block: bytes) -> None:
        """Take the next bytes.

        Raises:
            DataError: now larger than an installation takes.   StoreError: no space.
        """
        self._size += len(block)
        _check(self._size)
        self._hash.update(block)
        try:
            self._file.write(block)
        except OSError as error:
            raise _no_room(self._room, error) from error

    def finish(self) -> str:
        """The whole file is here; its token.

        Raises:
            StoreError: no space.
        """
        token = self._hash.hexdigest()[:16]
        try:
            self._file.close()
            if not (self._room / token).exists():
                self._folder.rename(self._room / token)
        except OSError as error:
            raise _no_room(self._room, error) from error
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        return token

    def give_up(self) -> None:
        """Forget what has arrived."""
        self._file.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def keep(blocks: Iterable[bytes] | BinaryIO, name: str, owner: str = LOCAL) -> str:
    """Keep a file that is here already, as blocks or as a binary file; its token.

    Raises:
        DataError: too large.   StoreError: no space, or no right to write.
    """
    incoming = Incoming(name, owner)
    try:
        for block in iter(lambda: blocks.read(CHUNK), b"") if hasattr(blocks, "read") else blocks:
            incoming.write(block)
        return incoming.finish()
    finally:
        incoming.give_up()


def source_of(token: str) -> Path:
    """The kept file of a token.

    Raises:
        NotFound: there is none.
    """
    folder = settings().home / "uploads" / token
    files = sorted(folder.glob("*")) if token.isalnum() else []
    if not files:
        raise NotFound("The file is not kept any more.", "Drop it again on Home.")
    return files[0]


def forget(token: str) -> None:
    """Remove a kept file; one that is not there is no mistake."""
    if token.isalnum():
        shutil.rmtree(settings().home / "uploads" / token, ignore_errors=True)


def _check(size: int) -> None:
    limit = settings().max_upload_mb * 10**6
    if size > limit:
        raise DataError(
            f"The file is larger than {limit / 1e6:,.0f} MB.",
            "Raise FIELDCAST_MAX_UPLOAD_MB, save it as Parquet, or read it with `python -m stcore`.",
        )


def _no_room(room: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The file cannot be kept in {room} ({error.strerror or error}).", "Free some space and drop it again."
    )


def _sweep(room: Path) -> None:
    """Remove what a broken connection or a killed server left half-way long ago."""
    for folder in room.glob(f"{_PART}*"):
        if time.time() - folder.stat().st_mtime > _FORGOTTEN_S:
            shutil.rmtree(folder, ignore_errors=True)


def _safe(name: str) -> str:
    """A file name that stays inside its folder: the last part, harmless letters, at most 120."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter if letter.isalnum() or letter in " ._-()" else "_" for letter in last).strip(" .")
    return kept[-120:] or "file"
