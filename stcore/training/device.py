"""Which device trains: found, named with its free memory, chosen with a reason, refused when it is gone."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from stcore.data.memory import free_bytes
from stcore.errors import ConfigError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Device:
    """One device as a page shows it.

    Attributes:
        name: cpu, cuda:0, mps.
        title: the maker's name.
        free_gb: free memory in GB (10^9 bytes), None when unknown.
    """

    name: str
    title: str
    free_gb: float | None

    @property
    def words(self) -> str:
        """“Processor (x86_64), 21 GB free”."""
        return self.title if self.free_gb is None else f"{self.title}, {self.free_gb:.3g} GB free"


def available() -> list[Device]:
    """Devices of this machine, without loading torch or touching a graphics card: best first, the processor last."""
    return [*_cuda(), *_mps(), Device("cpu", _processor(), _free_memory_gb())]


def card_for(free: Mapping[str, float], taken: Collection[str]) -> str | None:
    """The graphics card for one more job: with the most free memory among those without a job, else among all.

    Args:
        free: card -> free memory in GB.
        taken: cards that have a job.
    """
    least_used = [name for name in free if name not in taken] or list(free)
    return max(least_used, key=lambda name: free[name], default=None)


def require(name: str) -> None:
    """Refuse a device that is not there, before anything starts.

    Raises:
        ConfigError: names the device and those that are there.
    """
    names = [device.name for device in available()]
    wanted = "cuda:0" if name == "cuda" else name
    if wanted != "auto" and wanted not in names:
        raise ConfigError(
            f"The device “{name}” is not there (this machine has: {', '.join(names)}).",
            "Choose another device, or auto.",
        )


def choose(name: str) -> tuple[torch.device, str]:
    """The torch device of a name and the reason in words.

    auto takes the graphics card with the most free memory, then Apple's, then the processor.

    Raises:
        ConfigError: a device that torch cannot use.
    """
    import torch

    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        if cards:
            free = [torch.cuda.mem_get_info(number)[0] for number in range(cards)]
            best = free.index(max(free))
            return torch.device("cuda", best), f"the graphics card with the most free memory ({max(free) / 1e9:.3g} GB)"
        if torch.backends.mps.is_available():
            return torch.device("mps"), "Apple's graphics processor"
        return torch.device("cpu"), "no graphics card found"
    known = ["cpu", *(f"cuda:{number}" for number in range(cards))]
    known += ["cuda"] if cards else []
    known += ["mps"] if torch.backends.mps.is_available() else []
    if name not in known:
        raise ConfigError(
            f"The device “{name}” cannot be used (torch sees: {', '.join(known)}).", "Choose another device, or auto."
        )
    return torch.device(name), "chosen"


def precision(name: str, device: torch.device) -> torch.dtype:
    """The kind of numbers in a step: on a graphics card 16 bits unless said otherwise, elsewhere always float32.

    Args:
        name: auto, float32, bfloat16 or float16.
    """
    import torch

    if device.type != "cuda" or name == "float32":
        return torch.float32
    if name == "auto":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return torch.bfloat16 if name == "bfloat16" else torch.float16


def idle_cores() -> int:
    """Cores that nothing runs on, one apart that pages need; 0 where the load is not known."""
    if not hasattr(os, "getloadavg"):
        return 0
    return max(0, int((os.cpu_count() or 1) - os.getloadavg()[0]) - 1)


@lru_cache(maxsize=1)
def _nvidia_smi() -> str | None:
    return shutil.which("nvidia-smi")


def _cuda() -> list[Device]:
    program = _nvidia_smi()
    if program is None:
        return []
    try:
        text = subprocess.run(
            [program, "--query-gpu=index,name,memory.free", "--format=csv,noheader,nounits"],
            capture_output=True, text=True, timeout=5, check=True,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [line.split(", ") for line in text.strip().splitlines()]
    cards = [Device(f"cuda:{row[0]}", row[1], float(row[2]) * 1.048576e-3) for row in rows if len(row) == 3]
    return sorted(cards, key=lambda card: -(card.free_gb or 0))


def _mps() -> list[Device]:
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return [Device("mps", "Apple graphics processor", None)] if apple else []


def _processor() -> str:
    return f"Processor ({platform.machine() or 'unknown'}, {os.cpu_count() or 1} cores)"


def _free_memory_gb() -> float | None:
    free = free_bytes()
    return None if free is None else free / 1e9


def memory_used(device: torch.device) -> float:
    """Megabytes (10^6 bytes) in use: on a graphics card by this process's tensors, else by the whole process."""
    if device.type == "cuda":
        import torch

        return torch.cuda.memory_allocated(device) / 1e6
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:  # no Linux: the largest so far
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
