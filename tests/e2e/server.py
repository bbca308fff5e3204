"""A real dashboard on a free port with a home of its own, as a person starts it, and the processes behind it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


def wait_for(what: str, ready: Callable[[], object], seconds: float = 60) -> None:
    """Poll until ``ready()`` is true; the deadline is far off, since machines differ."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """All living processes below one, from /proc (Linux only)."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents.setdefault(int(parent), []).append(int(stat.parent.name))
    below = parents.get(pid, [])
    return below + [deeper for child in below for deeper in children(child)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Server:
    """One running dashboard.

    Attributes:
        home: its FIELDCAST_HOME.
        port: where it listens on 127.0.0.1.
        environment: further variables.
    """

    home: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home.parent / f"server-{self.port}.log"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> Server:
        """Start as ``make run`` does and wait until it answers."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tools.serve"], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment, "FIELDCAST_HOME": str(self.home), "PORT": str(self.port)},
            )  # fmt: skip
        try:
            wait_for("the server", self.answers)
        except TimeoutError:
            self.stop()
            raise
        return self

    def answers(self) -> bool:
        """Whether it serves pages; raises when the process has ended."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
        """Send a signal and wait for the end; returns the exit status. Whatever outlives that is killed."""
        assert self.process is not None
        below = children(self.pid)
        self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        finally:
            for pid in [pid for pid in (self.pid, *below) if alive(pid)] if self.process.poll() is None else []:
                os.kill(pid, signal.SIGKILL)
