"""Processes: who we are, whether another one still lives, how a worker is tuned and how it dies with its server."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import threading
from functools import lru_cache
from pathlib import Path

from stcore.settings import settings

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@lru_cache
def identity() -> str:
    """This process on this start of this machine: ``host|boot|pid|start``. No other process is ever called the same."""
    return "|".join((socket.gethostname(), _boot(), str(os.getpid()), _start_of(os.getpid())))


def is_dead(worker: str | None) -> bool:
    """True only when it is certain that the worker of this identity has ended; False on another machine."""
    host, boot, pid, start = ((worker or "").split("|") + [""] * 4)[:4]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return boot != _boot() or not _exists(int(pid)) or _start_of(int(pid)) != start


def is_alive(worker: str | None) -> bool:
    """True only when the worker of this identity is seen to live on this machine."""
    return local_pid(worker) is not None and not is_dead(worker)


def local_pid(worker: str | None) -> int | None:
    """Process number of a worker on this machine, else None."""
    host, boot, pid = ((worker or "").split("|") + [""] * 3)[:3]
    return int(pid) if host == socket.gethostname() and boot == _boot() and pid.isdigit() else None


def rebooted(worker: str | None) -> bool:
    """True when the worker of this identity ran on this machine before its last start."""
    host, boot = ((worker or "").split("|") + [""] * 2)[:2]
    return host == socket.gethostname() and boot != _boot()


def worker_environment() -> dict[str, str]:
    """Variables that keep torch from burning the cores that pages need, and let it number graphics cards as their driver does;
    they count only before torch is imported.

    Spinning threads on shared cores train ten times slower than sleeping ones (docs/decisions/004-workers-by-command-line.md).
    """
    return {
        "OMP_NUM_THREADS": str(settings().threads), "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0",
        "KMP_BLOCKTIME": "0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    }  # fmt: skip


def be_nice() -> None:
    """Leave the processor to the pages where they want it."""
    if hasattr(os, "nice"):
        os.nice(max(0, 10 - os.nice(0)))


def die_with(server_pid: int) -> None:
    """End this process at once when the server that started it ends, however it ended.

    Linux: the kernel sends SIGKILL when the thread that started us ends. Elsewhere: the server holds the other end
    of our standard input, so its end is the server's end.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != server_pid:  # it ended before we had asked
            os._exit(1)
    else:
        threading.Thread(target=_exit_at_end_of_input, name="server-watch", daemon=True).start()


def _exit_at_end_of_input() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(1)


@lru_cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _exists(pid: int) -> bool:
    if sys.platform == "win32":
        import subprocess

        listed = subprocess.run(["tasklist", "/FI", f"PID eq {pid}"], capture_output=True, text=True, check=False)
        return str(pid) in listed.stdout
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    return _stat_field(pid, 0) == "Z"


def _start_of(pid: int) -> str:
    """When a process began, in clock ticks since boot; "" where the system does not say."""
    return _stat_field(pid, 19)


def _stat_field(pid: int, position: int) -> str:
    """A field of /proc/<pid>/stat counted from the state, which stands after the name in brackets."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[position]
