"""From a value to a colour: a ramp with fixed ends, whose standing-out end is the one that needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from stcore.plots.theme import Theme, rgb


@dataclass(frozen=True)
class Scale:
    """A ramp between two values.

    Attributes:
        low, high: values at the two ends (low < high).
        colours: colours from ``low`` to ``high``.
        calm: the end that needs no attention; the legend starts there.
    """

    low: float
    high: float
    colours: tuple[str, ...]
    calm: Literal["low", "high"] = "low"

    def colour(self, values: np.ndarray) -> np.ndarray:
        """RGB uint8 [..., 3] of values; out of range takes the end's colour, NaN the middle (callers hide it)."""
        steps = np.array([rgb(colour) for colour in self.colours], dtype=float)
        share = (np.asarray(values, dtype=float) - self.low) / max(self.high - self.low, 1e-12)
        place = np.clip(np.nan_to_num(share, nan=0.5), 0, 1) * (len(steps) - 1)
        left = np.floor(place).astype(int).clip(0, len(steps) - 2)
        part = (place - left)[..., None]
        return np.rint((1 - part) * steps[left] + part * steps[left + 1]).astype(np.uint8)

    @property
    def ends(self) -> tuple[float, float]:
        """Legend's left and right value: calm first."""
        return (self.low, self.high) if self.calm == "low" else (self.high, self.low)

    @property
    def strip(self) -> tuple[str, ...]:
        """Legend's colours from the calm end on."""
        return self.colours if self.calm == "low" else self.colours[::-1]


def sequential(values: np.ndarray, theme: Theme, attention: Literal["low", "high"] = "high") -> Scale:
    """A sequential ramp between the 2nd and 98th percentile of ``values`` (any shape, NaN ignored).

    Args:
        values: the whole series, so that the ends stay put while a slider moves.
        theme: colours.
        attention: the end of the values that should stand out from the ground.
    """
    low, high = _ends(values, 2, 98)
    colours = theme.sequential if attention == "high" else theme.sequential[::-1]
    return Scale(low, high, colours, "low" if attention == "high" else "high")


def diverging(values: np.ndarray, theme: Theme, attention: Literal["low", "high"] = "high") -> Scale:
    """A ramp symmetric about zero; the rust end is the one that needs attention."""
    _, reach = _ends(np.abs(values), 2, 98)
    colours = theme.diverging if attention == "high" else theme.diverging[::-1]
    return Scale(-reach, reach, colours, "low" if attention == "high" else "high")


def _ends(values: np.ndarray, lower: float, upper: float) -> tuple[float, float]:
    """Percentiles of the finite values, of at most about a million of them, at least a hair apart."""
    flat = np.asarray(values).reshape(-1)
    flat = flat[:: max(1, flat.size // 1_000_000)]
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return 0.0, 1.0
    low, high = (float(x) for x in np.percentile(flat, [lower, upper]))
    if high - low < 1e-9 * max(1.0, abs(high)):
        low, high = float(flat.min()), float(flat.max())
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def tidy(scale: Scale) -> Scale:
    """The same ramp with ends rounded to two significant digits of its width, for a legend one can read."""
    width = scale.high - scale.low
    unit = 10.0 ** (np.floor(np.log10(width)) - 1)
    low, high = np.floor(scale.low / unit) * unit, np.ceil(scale.high / unit) * unit
    return Scale(float(low), float(high), scale.colours, scale.calm)


def reading(
    theme: Theme, feature: str, attention: Literal["low", "high"], shows: Literal["value", "change", "spread"] = "value"
) -> str:
    """How to read the colours, as a map's second line says it: “Darker is slower.”, “Rust is slower than now.”"""
    strong = "Darker" if theme.name == "light" else "Brighter"
    if shows == "spread":
        return f"{strong} is less certain."
    if shows == "change":
        return f"Rust is {meaning(feature, attention)}, blue is {meaning(feature, 'high' if attention == 'low' else 'low')}."
    return f"{strong} is {meaning(feature, attention)}."


def meaning(feature: str, attention: Literal["low", "high"]) -> str:
    """The comparative for an end of the values: slower for a speed, colder for a temperature, else lower or higher."""
    name = feature.lower()
    if name == "event":
        return "less likely" if attention == "low" else "more likely"
    if "speed" in name and "wind" not in name:
        return "slower" if attention == "low" else "faster"
    if "temp" in name:
        return "colder" if attention == "low" else "warmer"
    return "lower" if attention == "low" else "higher"
