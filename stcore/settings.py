"""Where things are kept, what is allowed, and what the environment says. Every limit stands here once."""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Literal

from stcore.config import Config, setting
from stcore.errors import ConfigError, StoreError

PREFIX = "FIELDCAST_"


class Settings(Config):
    """One installation's settings. Each is read from ``FIELDCAST_<NAME>`` (upper case)."""

    home: Path = setting(title="Home", help="Folder for data, database, runs and jobs.")
    database_url: str = setting("", title="Database", help="SQLAlchemy address; empty: SQLite inside the home folder.")
    device: str = setting("auto", title="Device", help="auto, cpu, cuda, cuda:1 or mps.")
    executor: Literal["local", "inline", "ray"] = setting(
        "local",
        title="Executor",
        help="Where jobs run: local worker processes, inline (tests), or ray: the models of a training side by side.",
    )
    map_style: str = setting("", title="Map style", help="Address of a MapLibre style; empty: the offline style.")
    workers: int = setting(1, title="Workers", help="Local worker processes.", ge=1, le=64)
    threads: int = setting(1, title="Threads", help="Torch threads in a worker.", ge=1, le=256)
    max_upload_mb: int = setting(
        10_000, title="Largest upload", help="Largest file a page takes; it streams to the disk.", unit="MB", ge=1
    )
    max_table_mb: int = setting(
        20_000, title="Largest table", help="A compressed file that unpacks to more is refused.", unit="MB", ge=1
    )
    max_line_bytes: int = setting(
        4_000_000, title="Longest line", help="A longer line is refused as not a table.", unit="bytes", ge=1000
    )
    max_columns: int = setting(20_000, title="Most columns", help="A wider table is refused.", ge=2)
    max_cells: int = setting(
        2_000_000_000, title="Largest panel", help="Steps x locations x features that may be allocated.", ge=1000
    )
    memory_mb: int = setting(
        0, title="Memory for windows",
        help="A model whose windows take more is trained from temporary files in the home folder; 0: half of what is free.",
        unit="MB", ge=0,
    )  # fmt: skip
    roots: str = setting(
        "", title="Folders", help="Folders that pages and the service may read from, separated by commas; empty: none."
    )
    hosts: str = setting(
        "", title="Hosts", help="Hosts that pages and the service may fetch from, separated by commas; empty: none."
    )
    sql_hosts: str = setting(
        "", title="Database hosts",
        help="Hosts of databases that pages and the service may ask; sqlite: files under the roots; empty: none.",
    )  # fmt: skip
    max_sql_rows: int = setting(20_000_000, title="Most rows of a query", help="A longer answer is refused.", ge=1)
    sql_timeout_s: float = setting(300.0, title="Time for a query", help="A slower one is ended.", unit="s", gt=0)
    fetch_timeout_s: float = setting(300.0, title="Time for a download", help="A slower one is ended.", unit="s", gt=0)
    max_prediction_mb: int = setting(
        2048, title="Largest backtest", help="Above this a backtest takes a stride and says so.", unit="MB", ge=16
    )
    heartbeat_s: float = setting(
        5.0, title="Heartbeat", help="Seconds between a worker's signs of life.", unit="s", gt=0
    )
    lease_s: float = setting(
        20.0, title="Lease", help="A job whose worker is silent for longer is offered again.", unit="s", gt=0
    )

    @property
    def database(self) -> str:
        """SQLAlchemy address of the store."""
        return self.database_url or f"sqlite:///{self.home / 'fieldcast.db'}"


def default_home() -> Path:
    """The user's own data folder, as each system has it."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "Fieldcast"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Fieldcast"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "fieldcast"


def settings() -> Settings:
    """The settings of this process, from the environment (read anew when it changes)."""
    return _parse(tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith(PREFIX))))


@lru_cache(maxsize=8)
def _parse(environment: tuple[tuple[str, str], ...]) -> Settings:
    given = {key.removeprefix(PREFIX).lower(): value for key, value in environment if value != ""}
    known = {name: given[name] for name in Settings.model_fields if name in given}
    known.setdefault("home", str(default_home()))
    try:
        parsed = Settings.parse(known, "environment")
    except ConfigError as error:
        told = re.sub(r"environment\.(\w+)", lambda found: f"{PREFIX}{found[1].upper()}", error.message)
        raise ConfigError(told, error.hint) from error
    return parsed.model_copy(update={"home": parsed.home.expanduser().resolve()})


def prepare_home(home: Path | None = None) -> Path:
    """Make the home folder with its rooms and prove that it can be written to.

    Raises:
        StoreError: the folder cannot be made or written, with the reason of the system.
    """
    home = home or settings().home
    try:
        for room in ("datasets", "runs", "jobs", "uploads"):
            (home / room).mkdir(parents=True, exist_ok=True)
        probe = home / f".write-{os.getpid()}"
        probe.write_bytes(b"ok")
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"The folder {home} cannot be written to ({error.strerror or error}).",
            "Free space or change its rights, or set FIELDCAST_HOME to a folder of your own.",
        ) from error
    return home
