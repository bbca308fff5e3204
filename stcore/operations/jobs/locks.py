"""A lock that a file carries: held by one process, let go by the system when that process ends, however it ends."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class FileLock:
    """Taken with ``take``; the holder may say who it is in the file itself.

    Args:
        path: the lock file; it stays behind when the lock is let go.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def take(self, about: Mapping[str, Any] | None = None) -> bool:
        """Take the lock without waiting; False when another process (or another lock object) holds it.

        Raises:
            OSError: the folder cannot be written to, or its disk knows no locks.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(file):
            os.close(file)
            return False
        self._file = file
        if about is not None:
            os.ftruncate(file, 0)
            os.write(file, json.dumps(about).encode())
        return True

    def let_go(self) -> None:
        """Let the lock go; letting go twice is no mistake."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> Mapping[str, Any]:
        """What the holder says about itself; empty when it says nothing."""
        try:
            about = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return about if isinstance(about, dict) else {}


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        try:
            os.lseek(file, 1 << 30, os.SEEK_SET)  # a byte far behind the text, which others may still read
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            os.lseek(file, 0, os.SEEK_SET)
        except (PermissionError, BlockingIOError):
            return False
        return True

else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
