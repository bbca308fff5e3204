"""A panel on a coarser step of time: the values of each longer step joined as their schema says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stcore.data import steps
from stcore.data.axis import lay_axis
from stcore.data.panel import Panel
from stcore.data.schema import FeatureSchema
from stcore.errors import DataError

#: Bytes of values that are joined in one go.
_BLOCK = 64 << 20


def coarsen(panel: Panel, step: str) -> Panel:
    """The panel on a step that is longer than its own.

    A longer step takes the values that lie in it: mean, sum, last, max, min or count, missing ones left out; angles by the
    mean of their directions. A step without a single value is missing (a count is 0). Reads a memory map in blocks.

    Args:
        panel: values [time, location, feature].
        step: offset alias, such as 1h or 1D.

    Raises:
        DataError: the step is not longer, or longer than the whole panel.
    """
    if steps.typical(step) <= steps.typical(panel.step):
        raise DataError(
            f"A step of {step} is not longer than the panel's own {panel.step}.",
            "Choose a longer step; a shorter one would need values that were never measured.",
        )
    utc = panel.time if panel.clock is None else panel.time.tz_convert("UTC").tz_localize(None)
    axis = lay_axis(utc.as_unit("ns").asi8, np.ones(len(utc), np.int64), step, panel.clock, panel.step)
    ends = np.searchsorted(axis.position, np.arange(len(axis.time) + 1))
    values = np.full((len(axis.time), *panel.values.shape[1:]), np.nan, np.float32)
    width = max(1, _BLOCK // max(1, panel.values[:1].nbytes))
    first = 0
    while first < len(axis.time):
        last = max(first + 1, int(np.searchsorted(ends, ends[first] + width, side="right")) - 1)
        values[first:last] = _joined(panel, ends[first : last + 1])
        first = last
    return replace(panel, values=values, time=axis.time, step=axis.step, observed=None)


def _joined(panel: Panel, ends: np.ndarray) -> np.ndarray:
    """Rows ends[i] .. ends[i + 1] made one: [group, location, feature]."""
    block = np.where(panel.mask[ends[0] : ends[-1]], panel.values[ends[0] : ends[-1]], np.float32(np.nan))
    filled = np.flatnonzero(np.diff(ends) > 0)
    out = np.full((len(ends) - 1, *block.shape[1:]), np.nan, np.float32)
    for number, name in enumerate(panel.features):
        out[filled, :, number] = _one(block[..., number], ends[filled] - ends[0], panel.schema[name])
    return out


def _one(block: np.ndarray, starts: np.ndarray, schema: FeatureSchema) -> np.ndarray:
    """[group, location] of [time, location]; groups begin at ``starts`` and follow each other."""
    there = np.isfinite(block)
    count = np.add.reduceat(there, starts, axis=0, dtype=np.int64)
    if schema.aggregation == "count":
        return count.astype(np.float32)
    if schema.aggregation in ("max", "min"):
        extreme = np.fmax if schema.aggregation == "max" else np.fmin
        return np.asarray(extreme.reduceat(block, starts, axis=0))
    if schema.aggregation == "last":
        rows = np.maximum.accumulate(np.where(there, np.arange(len(block))[:, None], -1), axis=0)
        last = rows[np.r_[starts[1:], len(block)] - 1]
        kept = np.take_along_axis(block, np.maximum(last, 0), axis=0)
        return np.where(last >= starts[:, None], kept, np.nan)
    if schema.kind == "angle":
        turned = np.radians(block)
        sine, cosine = _total(np.sin(turned), starts), _total(np.cos(turned), starts)
        angle = np.degrees(np.arctan2(sine, cosine))
        pointed = np.hypot(sine, cosine) > 1e-6 * np.maximum(count, 1)  # opposite ones point nowhere
        return np.where(pointed, angle if (schema.range[0] or 0) < 0 else angle % 360, np.nan)
    total = _total(block, starts)
    return np.where(count > 0, total if schema.aggregation == "sum" else total / np.maximum(count, 1), np.nan)


def _total(block: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.add.reduceat(np.nan_to_num(block), starts, axis=0, dtype=np.float64)
