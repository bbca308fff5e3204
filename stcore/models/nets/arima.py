"""The code of arima: see ``stcore.models.arima`` for what it is, when to use it and its source."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from stcore.models.arima import ArimaSettings
from stcore.models.contract import Shapes
from stcore.models.nets.classical import Classical

_ORDERS = ((1, 0, 0), (2, 0, 1), (3, 0, 0), (0, 1, 1), (1, 1, 1), (2, 1, 2))
_MOST = 3
_LEAST = 30


class Arima(Classical):
    """w = c + sum phi_i (w[-i] - c) + sum theta_j e[-j] + e, where w is the series or its change; parameters c, phi, theta.

    Surprises e are found by running along the history of each window from zero; a step that was not observed has none.
    """

    def __init__(self, settings: ArimaSettings, shapes: Shapes) -> None:
        super().__init__(shapes, 1 + 2 * _MOST, settings.series, settings.rows)
        asked = tuple(int(part) for part in settings.order.split(",")) if settings.order != "auto" else None
        self.kinds = _ORDERS if asked is None else (asked,)

    def estimate(self, series: np.ndarray, kind: int) -> np.ndarray | None:
        """Mean, AR and MA coefficients by the innovations' likelihood, of a stationary and invertible model."""
        from statsmodels.tsa.arima.estimators.hannan_rissanen import hannan_rissanen
        from statsmodels.tsa.arima.estimators.innovations import innovations_mle

        p, d, q = self.kinds[kind]
        series = np.diff(series) if d else series
        if len(series) < _LEAST or np.ptp(series) == 0:
            return None
        mean = 0.0 if d else float(series.mean())
        try:
            start = hannan_rissanen(series - mean, ar_order=p, ma_order=q, demean=False)[0]
            usable = start.is_stationary and start.is_invertible
            found = innovations_mle(
                series - mean, order=(p, 0, q), demean=False, start_params=start.params if usable else None
            )[0]
        except (ValueError, FloatingPointError, np.linalg.LinAlgError):
            return None
        if not (found.is_stationary and found.is_invertible):
            return None
        out = np.zeros(1 + 2 * _MOST)
        out[0], out[1 : 1 + p], out[1 + _MOST : 1 + _MOST + q] = mean, found.ar_params, found.ma_params
        return out

    def run(self, parameters: Tensor, values: Tensor, seen: Tensor, kind: int) -> Tensor:
        """[B, H, N, T]."""
        p, d, q = self.kinds[kind]
        mean, ar, ma = parameters[..., 0], parameters[..., 1 : 1 + p], parameters[..., 1 + _MOST : 1 + _MOST + q]
        series, known = values, seen
        if d:
            series, known = values.diff(dim=1), seen[:, 1:] & seen[:, :-1]
        before = [torch.zeros_like(values[:, 0]) for _ in range(p)]  # the latest first
        wrong = [torch.zeros_like(values[:, 0]) for _ in range(q)]

        def expected() -> Tensor:
            found = torch.zeros_like(values[:, 0])
            for weights, terms in ((ar, before), (ma, wrong)):
                for number, term in enumerate(terms):
                    found = found + weights[..., number] * term
            return found

        for step in range(series.shape[1]):
            said, now = expected(), series[:, step] - mean
            now = torch.where(known[:, step], now, said)
            before, wrong = [now, *before][:p], [now - said, *wrong][:q]
        out = []
        for _ in range(self.shapes.horizon):
            said = expected()
            out.append(said + mean)
            before, wrong = [said, *before][:p], [torch.zeros_like(said), *wrong][:q]
        ahead = torch.stack(out, dim=1)
        return values[:, -1:] + ahead.cumsum(1) if d else ahead
