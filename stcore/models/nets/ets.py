"""The code of ets: see ``stcore.models.ets`` for what it is, when to use it and its source."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from stcore.models.contract import Shapes
from stcore.models.ets import EtsSettings
from stcore.models.nets.classical import Classical

_LEAST = 20


class Ets(Classical):
    """level = expected + alpha e;  trend = phi trend + alpha beta e;  forecast(h) = level + (phi + ... + phi^h) trend.

    Parameters: alpha, beta, phi. Kinds: a level alone, a level with a damped trend. The level starts at the mean of the
    history; a gap moves it along the trend.
    """

    kinds = ("level", "trend")

    def __init__(self, settings: EtsSettings, shapes: Shapes) -> None:
        super().__init__(shapes, 3, settings.series, settings.rows)

    def estimate(self, series: np.ndarray, kind: int) -> np.ndarray | None:
        """alpha, beta, phi by maximum likelihood."""
        from statsmodels.tsa.holtwinters import ExponentialSmoothing

        if len(series) < _LEAST:
            return None
        trend = {"trend": "add", "damped_trend": True} if self.kinds[kind] == "trend" else {}
        try:
            found = ExponentialSmoothing(series, initialization_method="estimated", **trend).fit().params
        except (ValueError, FloatingPointError, np.linalg.LinAlgError):
            return None
        alpha = float(found["smoothing_level"])
        if not trend:
            return np.array([alpha, 0.0, 0.0])
        beta, phi = float(found["smoothing_trend"]), float(found["damping_trend"])
        return np.array([alpha, beta / alpha if alpha > 0 else 0.0, min(phi, 0.98)])

    def run(self, parameters: Tensor, values: Tensor, seen: Tensor, kind: int) -> Tensor:
        """[B, H, N, T]."""
        alpha, beta, phi = parameters.clamp(0, 1).unbind(-1)
        level, trend = values.mean(1), torch.zeros_like(values[:, 0])
        for step in range(values.shape[1]):
            level, trend = level + phi * trend, phi * trend
            wrong = (values[:, step] - level) * seen[:, step]
            level, trend = level + alpha * wrong, trend + alpha * beta * wrong
        leads = torch.arange(1, self.shapes.horizon + 1, device=values.device)
        reach = (phi[..., None] ** leads).cumsum(-1).movedim(-1, 0)
        return level[:, None] + reach * trend[:, None]
