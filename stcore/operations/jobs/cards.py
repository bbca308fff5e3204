"""Several graphics cards in one machine: each job has one of its own as long as there is one, the emptiest first."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from stcore.operations.jobs.locks import FileLock
from stcore.settings import PREFIX, settings
from stcore.training.device import available, card_for

VARIABLE = f"{PREFIX}DEVICE"
_log = logging.getLogger(__name__)


@contextmanager
def own_card() -> Iterator[None]:
    """While a job trains on ``auto``, its card; the lock on it goes with this process, however it ends.

    Nothing happens where there is no choice, or where another (CUDA_VISIBLE_DEVICES, Ray) has made it.
    """
    if settings().device != "auto" or "CUDA_VISIBLE_DEVICES" in os.environ:
        yield
        return
    free = {device.name: device.free_gb or 0.0 for device in available() if device.name.startswith("cuda:")}
    name, lock = _take(free) if len(free) > 1 else (None, None)
    if name is None:
        yield
        return
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = name
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before
        if lock is not None:
            lock.let_go()


def _take(free: dict[str, float]) -> tuple[str | None, FileLock | None]:
    """A card and the lock on it; without a lock where all have a job, so that it is shared."""
    taken: set[str] = set()
    while (name := card_for(free, taken)) is not None:
        if name in taken:
            _log.info("Every graphics card has a job; %s is shared, the one with the most free memory", name)
            return name, None
        lock = FileLock(settings().home / "jobs" / "cards" / f"{socket.gethostname()}-{name.replace(':', '-')}.lock")
        if lock.take():
            return name, lock
        taken.add(name)
    return None, None
