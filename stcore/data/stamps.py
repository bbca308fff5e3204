"""How the time stamps of a file lie beside the regular marks they are laid on: on them, scattered, or drifting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Stamps drift when they move by more than this share of a step, steadily.
_DRIFT = 0.25


@dataclass(frozen=True)
class Wander:
    """How stamps lie beside the marks of their axis.

    Attributes:
        share: of the stamps that are off the mark.
        usual_s, largest_s: median and largest distance in seconds of those that are off.
        drift_s: seconds by which the marks move from the first stamp to the last where they move steadily; else 0.
    """

    share: float = 0.0
    usual_s: float = 0.0
    largest_s: float = 0.0
    drift_s: float = 0.0


def wander(stamps: np.ndarray, marks: np.ndarray, step_s: float) -> Wander:
    """Measure stamps against their marks.

    Args:
        stamps, marks: int64 ns [stamp], sorted.
        step_s: length of a step.
    """
    off = (stamps - marks) / 1e9
    moved = np.abs(off) > 1e-6
    if not moved.any():
        return Wander()
    away = np.abs(off[moved])
    return Wander(float(moved.mean()), float(np.median(away)), float(away.max()), _steady_drift(off, stamps, step_s))


def _steady_drift(off: np.ndarray, stamps: np.ndarray, step_s: float) -> float:
    """Seconds of a steady drift; 0 where the offsets jitter, or jump."""
    if len(off) < 30:
        return 0.0
    turns = np.rint(np.diff(off) / step_s)  # an offset that passes half a step goes on at the next mark
    path = off - step_s * np.concatenate([[0.0], np.cumsum(turns)])
    age = (stamps - stamps[0]) / 1e9
    slope, level = np.polyfit(age, path, 1)
    total = float(slope * age[-1])
    rest = path - (slope * age + level)
    steady = rest.std() < 0.1 * abs(total)
    return total if steady and abs(total) > _DRIFT * step_s else 0.0
