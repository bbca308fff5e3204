"""Examples of varied training windows, drawn in a process of its own, so that a page needs no torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from stcore.errors import TrainingError
from stcore.preparation import AugmentConfig

_ROOT = Path(__file__).parents[2]
_TIMEOUT_S = 120


def examples(past: np.ndarray, ahead: np.ndarray, config: AugmentConfig, seed: int, count: int = 3) -> np.ndarray:
    """The first of some windows, varied ``count`` times: float [count, L + H], scaled; NaN where a reading was hidden.

    Args:
        past, ahead: [window, L] and [window, H] scaled values without gaps; further windows are what mixup mixes with.
        config: as training takes it, but that every window is varied.
        seed: another one draws others.

    Raises:
        TrainingError: the process did not answer.
    """
    asked = {
        "past": past.tolist(),
        "ahead": ahead.tolist(),
        "config": config.model_dump(),
        "seed": seed,
        "count": count,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "stcore.workflow.variations"], input=json.dumps(asked), capture_output=True, text=True,
            timeout=_TIMEOUT_S, check=True, cwd=_ROOT,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise TrainingError("The examples could not be drawn.", "Try again; training itself is not touched.") from error
    return np.array(json.loads(done.stdout), dtype=float)


def draw(asked: dict[str, Any]) -> list[list[float]]:
    """The examples, in this process (needs torch)."""
    import torch

    from stcore.data.prepare.augment import augment
    from stcore.data.windows import Batch

    past, ahead = (torch.tensor(asked[name], dtype=torch.float32)[..., None, None] for name in ("past", "ahead"))
    config = AugmentConfig.parse({**asked["config"], "share": 1.0})
    nothing = torch.zeros(*ahead.shape[:2], 0)
    batch = Batch(
        past=past, past_mask=torch.ones_like(past, dtype=torch.bool), last=past[:, -1], season=ahead, profile=ahead,
        network=past[..., 0], calendar=nothing.long(), future=torch.zeros(*ahead.shape[:3], 0),
        location=torch.zeros(1, dtype=torch.long), target=ahead, target_mask=torch.ones_like(ahead, dtype=torch.bool),
    )  # fmt: skip
    found = []
    for number in range(asked["count"]):
        varied = augment(batch, config, asked["seed"] + number)
        seen = torch.where(varied.past_mask, varied.past, torch.nan)[0, :, 0, 0]
        found.append([*seen.tolist(), *varied.truth[0][0, :, 0, 0].tolist()])
    return found


if __name__ == "__main__":
    json.dump(draw(json.load(sys.stdin)), sys.stdout)
