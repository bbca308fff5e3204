"""How much memory windows may take: what the settings say, else half of what is free on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from stcore.settings import settings

_SHARE = 0.5
_UNKNOWN = 4 << 30  # where a system does not tell
_GROUP = Path("/sys/fs/cgroup")


def free_bytes() -> int | None:
    """Bytes a new array could take without pushing others out, a container's limit counted; None where nobody tells."""
    try:
        free = _told(Path("/proc/meminfo"), "MemAvailable:") * 1024
    except (OSError, ValueError, StopIteration):
        return None
    try:
        most, taken = (int((_GROUP / f"memory.{name}").read_text(encoding="ascii")) for name in ("max", "current"))
        return max(0, min(free, most - taken + _told(_GROUP / "memory.stat", "inactive_file")))
    except (OSError, ValueError, StopIteration):  # no container, or one without a limit (“max”)
        return free


def _told(path: Path, name: str) -> int:
    """The number behind a name in a file of the system."""
    lines = path.read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name)))


def _physical() -> int:
    """All memory of a machine that does not say what is free."""
    try:
        return int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return _UNKNOWN


def limit_bytes() -> int:
    """Bytes that windows may take in memory; larger ones lie in temporary files."""
    given = settings().memory_mb
    free = free_bytes()
    return given * 1_000_000 if given else int(_SHARE * (_physical() if free is None else free))
