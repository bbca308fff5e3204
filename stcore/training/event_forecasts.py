"""Forecasts of the chance of an event: probabilities of its classes, beside what was the case last and a season before."""

from __future__ import annotations

import numpy as np
import torch

from stcore.data.panel import Panel
from stcore.data.prepare.event_labels import UNKNOWN, EventLabels
from stcore.data.schema import FeatureSchema
from stcore.data.windows import Windows
from stcore.findings import Finding
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.heads import ClassHead
from stcore.records import Prediction
from stcore.training.fitted import PanelFit

_CHUNK_NUMBERS = 8_000_000
EVENT = "event"


@torch.no_grad()
def predict_events(
    module: Forecaster, panel: Panel, fit: PanelFit, origins: np.ndarray, windows: Windows, label: tuple[str, str],
    findings: tuple[Finding, ...],
) -> Prediction:  # fmt: skip
    """Chances of every class from origins (row numbers): values are the chance of any event, in 0..1."""
    events, recipe = fit.events, fit.recipe
    assert events is not None
    device, rows = windows.device, windows.rows
    module.eval()
    shape = (len(origins), recipe.horizon, windows.locations)
    chances = np.empty((*shape, len(events.classes)), np.float32)
    each = recipe.lookback * len(recipe.features) * 3 + recipe.horizon * (4 + len(events.classes)) + 400
    size = max(1, _CHUNK_NUMBERS // max(1, windows.locations * each))
    known = events.label(panel)[:rows]
    before = _before(known, origins, recipe.horizon, recipe.gap, recipe.season)
    if module.repeats:
        chances = np.eye(len(events.classes), dtype=np.float32)[before[module.repeats]]
    for begin in () if module.repeats else range(0, len(origins), size):
        part = slice(begin, begin + size)
        batch = windows.batch(torch.from_numpy(origins[part]).to(device), with_target=False)
        chances[part] = ClassHead.chances(module(batch).float())[..., 0, :].cpu().numpy()
    came = _came(known, origins, recipe.horizon, recipe.gap)
    return Prediction(
        values=1 - chances[..., :1], truth=_happened(came)[..., None], origins=panel.time[origins], step=panel.step,
        locations=panel.locations, targets=(EVENT,), schema={EVENT: _schema(events)},
        baselines={name: _event(labels) for name, labels in before.items()}, clock=panel.clock,
        season=recipe.season_words, model=label[0], run_hash=label[1], classes=events.classes, probabilities=chances,
        findings=findings, gap=recipe.gap, labels=came,
    )  # fmt: skip


def _schema(events: EventLabels) -> FeatureSchema:
    return FeatureSchema(kind="binary", range=(0.0, 1.0))


def _came(known: np.ndarray, origins: np.ndarray, horizon: int, gap: int) -> np.ndarray:
    """Class at each target time int8 [origin, horizon, location]; -1 beyond the data."""
    ahead = origins[:, None] + gap + np.arange(1, horizon + 1)
    came = known[np.minimum(ahead, len(known) - 1)]
    came[ahead >= len(known)] = UNKNOWN
    return came


def _happened(labels: np.ndarray) -> np.ndarray:
    """1 where an event was, 0 where none, NaN where it is not known: float32."""
    return np.where(labels == UNKNOWN, np.nan, labels > 0).astype(np.float32)


def _before(known: np.ndarray, origins: np.ndarray, horizon: int, gap: int, season: int) -> dict[str, np.ndarray]:
    """Class that was the case last, and a whole number of seasons before each target time [origin, horizon, location]."""
    carried = _carried(known)
    last = np.broadcast_to(carried[origins][:, None], (len(origins), horizon, known.shape[1]))
    ahead = origins[:, None] + gap + np.arange(1, horizon + 1)
    lead = ahead - origins[:, None]
    back = ahead - season * ((lead + season - 1) // season)
    before = np.where((back >= 0)[..., None], known[np.maximum(back, 0)], UNKNOWN)
    before = np.where(before == UNKNOWN, last, before)
    return {"persistence": last, "seasonal_naive": before}


def _event(labels: np.ndarray) -> np.ndarray:
    return (labels > 0).astype(np.float32)[..., None]


def _carried(known: np.ndarray) -> np.ndarray:
    """The last known class at each time; no event before the first."""
    rows = np.where(known == UNKNOWN, -1, np.arange(len(known))[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    taken = np.take_along_axis(known, np.maximum(rows, 0), axis=0)
    return np.where(rows < 0, 0, taken)
