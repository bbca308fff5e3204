"""Training state on disk after every epoch: one safetensors file, written aside and renamed; the last two are kept."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from stcore.errors import StoreError

SCHEMA_VERSION = 1
_KEEP = 2


def write(folder: Path, epoch: int, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Save the state after ``epoch``.

    Raises:
        StoreError: the disk is full or cannot be written; older checkpoints stay.
    """
    target = folder / f"epoch-{epoch:06d}.safetensors"
    aside = target.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        body = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        save_file(body, aside, metadata={"about": json.dumps({**about, "epoch": epoch, "schema": SCHEMA_VERSION})})
        with open(aside, "rb+") as file:
            os.fsync(file.fileno())
        aside.replace(target)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
        raise StoreError(
            f"The checkpoint after epoch {epoch} could not be written ({'the disk is full' if full else error}).",
            "Free space and retry the job; it goes on from the last checkpoint.",
        ) from error
    for old in sorted(folder.glob("epoch-*.safetensors"))[:-_KEEP]:
        old.unlink(missing_ok=True)


def read(folder: Path, run_hash: str) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The newest readable state of this very run; torn files and those of other runs are passed over."""
    for path in sorted(folder.glob("epoch-*.safetensors"), reverse=True):
        try:
            with safe_open(path, framework="pt") as file:
                about = json.loads(file.metadata()["about"])
                if about.get("schema") != SCHEMA_VERSION or about.get("run_hash") != run_hash:
                    continue
                return {name: file.get_tensor(name) for name in file.keys()}, about  # noqa: SIM118
        except (OSError, SafetensorError, KeyError, ValueError, TypeError):
            continue
    return None
