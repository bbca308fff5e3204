"""The last step of a network: what its raw numbers mean. The width of a network comes from its head, not from the model.

Axis letters as in ``stcore.data.windows``; Q numbers a target, K quantile levels or classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from stcore.answers import COUNTS
from stcore.data.windows import Batch

QUANTILE_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_LEAST = 1e-3
_LEAST_COUNT = 1e-4


@dataclass(frozen=True, eq=False)
class Units:
    """What scaled values are in their own unit: value = scaled * spread + centre, both [location, target]."""

    centre: Tensor
    spread: Tensor

    def of(self, location: Tensor) -> tuple[Tensor, Tensor]:
        """Centre and spread of some places: [N, T]."""
        return self.centre[location], self.spread[location]


class Head:
    """One number a step: the point forecast.

    Attributes:
        name: of the answer.
        outputs: Q.
        levels: levels of the quantiles it gives, none for a point.
        by_size: an error counts by its size in units; likelihoods count every cell alike.
    """

    name: str = "point"
    outputs: int = 1
    levels: tuple[float, ...] = ()
    by_size: bool = True

    def formed(self, raw: Tensor, last: Tensor | None) -> Tensor:
        """Output [..., T, Q] of raw numbers; places on the scale of values count from ``last`` [..., T], None: from 0."""
        return raw if last is None else raw + last[..., None]

    def asked(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What was to be said, and where it is known: both [B, H, N, T]."""
        return batch.truth

    def loss(self, out: Tensor, target: Tensor, location: Tensor, error: str = "mae") -> Tensor:
        """Loss a cell [B, H, N, T]: mae, mse or huber."""
        miss = out[..., 0] - target
        if error == "mse":
            return miss.square()
        if error == "huber":
            return functional.huber_loss(out[..., 0], target, reduction="none")
        return miss.abs()

    def point(self, out: Tensor, location: Tensor) -> Tensor:
        """Point forecast [B, H, N, T] in scaled units."""
        return out[..., 0]

    def bands(self, out: Tensor, location: Tensor) -> Tensor:
        """Quantiles [B, H, N, T, K] of ``levels`` in scaled units, increasing."""
        return out


class QuantileHead(Head):
    """Quantiles that cannot cross. Source: R. Koenker, G. Bassett, "Regression Quantiles", Econometrica 46 (1), 1978."""

    name, levels, outputs = "quantiles", QUANTILE_LEVELS, len(QUANTILE_LEVELS)

    def formed(self, raw: Tensor, last: Tensor | None) -> Tensor:
        """The middle one, and positive steps away from it."""
        return super().formed(ordered(raw), last)

    def loss(self, out: Tensor, target: Tensor, location: Tensor, error: str = "mae") -> Tensor:
        """Twice the mean pinball loss, so that the median alone would weigh as mae does."""
        level = torch.tensor(self.levels, device=out.device, dtype=out.dtype)
        miss = target[..., None] - out
        return 2 * torch.maximum(level * miss, (level - 1) * miss).mean(-1)

    def point(self, out: Tensor, location: Tensor) -> Tensor:
        """The median."""
        return out[..., self.outputs // 2]


class GaussianHead(Head):
    """Mean and deviation of a bell curve, fitted by its likelihood.

    Source: D. Salinas et al., "DeepAR", International Journal of Forecasting 36 (3), 2020, equation 3.
    """

    name, levels, outputs, by_size = "gaussian", QUANTILE_LEVELS, 2, False

    def formed(self, raw: Tensor, last: Tensor | None) -> Tensor:
        """Mean, and a deviation above 0."""
        mean = super().formed(raw[..., :1], last)
        return torch.cat([mean, functional.softplus(raw[..., 1:]) + _LEAST], dim=-1)

    def loss(self, out: Tensor, target: Tensor, location: Tensor, error: str = "mae") -> Tensor:
        """Negative log likelihood without its constant."""
        mean, deviation = out[..., 0], out[..., 1]
        return 0.5 * ((target - mean) / deviation).square() + deviation.log()

    def bands(self, out: Tensor, location: Tensor) -> Tensor:
        """Mean + deviation x quantile of the standard normal distribution."""
        level = torch.tensor(self.levels, device=out.device, dtype=out.dtype)
        return out[..., :1] + out[..., 1:] * torch.special.ndtri(level)


class CountHead(Head):
    """Negative binomial counts with mean m and variance m + a m², with extra zeros where ``zero_inflated``.

    Source: DeepAR (as above), equation 4; D. Lambert, "Zero-Inflated Poisson Regression", Technometrics 34 (1), 1992.
    """

    levels, by_size = QUANTILE_LEVELS, False

    def __init__(self, name: str, units: Units | None) -> None:
        self.name, self.outputs, self.inflated = name, 3 if name == "zero_inflated" else 2, name == "zero_inflated"
        self.units = units

    def formed(self, raw: Tensor, last: Tensor | None) -> Tensor:
        """Scaled mean, dispersion a > 0, and the chance of an extra zero."""
        parts = [super().formed(raw[..., :1], last), functional.softplus(raw[..., 1:2]) + _LEAST]
        if self.inflated:
            parts.append(torch.sigmoid(raw[..., 2:] - 2))
        return torch.cat(parts, dim=-1)

    def loss(self, out: Tensor, target: Tensor, location: Tensor, error: str = "mae") -> Tensor:
        """Negative log likelihood of the count."""
        centre, spread = self._units(location)
        count = (target * spread + centre).round().clamp(min=0)
        mean, size = self._mean(out, location), 1 / out[..., 1]
        share = torch.log(mean / (mean + size))
        none = size * torch.log(size / (mean + size))
        log = torch.lgamma(count + size) - torch.lgamma(size) - torch.lgamma(count + 1) + none + count * share
        if not self.inflated:
            return -log
        extra = out[..., 2].clamp(1e-6, 1 - 1e-6)
        zero = torch.log(extra + (1 - extra) * none.exp())
        return -torch.where(count == 0, zero, torch.log1p(-extra) + log)

    def point(self, out: Tensor, location: Tensor) -> Tensor:
        """The mean."""
        mean = self._mean(out, location)
        mean = mean * (1 - out[..., 2]) if self.inflated else mean
        return self._scaled(mean, location)

    def bands(self, out: Tensor, location: Tensor) -> Tensor:
        """Quantiles of the counts."""
        from scipy.stats import nbinom

        mean, size = (each.double().cpu().numpy() for each in (self._mean(out, location), 1 / out[..., 1]))
        extra = out[..., 2].double().cpu().numpy() if self.inflated else 0.0
        found = []
        for level in self.levels:
            left = np.clip((level - extra) / np.maximum(1 - extra, 1e-9), 0, 1)  # of the share that is no extra zero
            found.append(np.where(left > 0, nbinom.ppf(left, size, size / (size + mean)), 0).clip(min=0))
        counts = torch.from_numpy(np.stack(found, axis=-1)).to(out)
        return torch.stack([self._scaled(each, location) for each in counts.unbind(-1)], dim=-1)

    def _units(self, location: Tensor) -> tuple[Tensor, Tensor]:
        assert self.units is not None
        return self.units.of(location)

    def _mean(self, out: Tensor, location: Tensor) -> Tensor:
        """Mean count, above 0: the line of scaled values, bent where it would go below zero."""
        centre, spread = self._units(location)
        bend = 0.2 * spread
        return bend * functional.softplus((out[..., 0] * spread + centre) / bend) + _LEAST_COUNT

    def _scaled(self, count: Tensor, location: Tensor) -> Tensor:
        centre, spread = self._units(location)
        return (count - centre) / spread


class ClassHead(Head):
    """Chances of the classes of an event. What the targets say is added up, so every target may speak for a class.

    Args:
        shares: share of each class in the train part [K].
        balanced: rare classes count as much in all as common ones.
        focal: power by which what is already said well counts less (T.-Y. Lin et al., "Focal Loss", ICCV 2017).
    """

    name, by_size = "classes", False

    def __init__(self, shares: Tensor, balanced: bool = False, focal: float = 0.0) -> None:
        self.outputs, self.shares, self.focal = len(shares), shares, focal
        known = shares.clamp(min=1e-4)
        self.weight = (1 / known) / (shares / known).sum() if balanced else torch.ones_like(shares)

    def formed(self, raw: Tensor, last: Tensor | None) -> Tensor:
        """Logits [..., 1, K]; a network that says nothing says the usual shares."""
        return raw.sum(dim=-2, keepdim=True) + self.shares.clamp(min=1e-4).log().to(raw)

    def asked(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Class [B, H, N, 1] and where it is known."""
        assert batch.label is not None
        label = batch.label[..., None]
        return label.clamp(min=0), label >= 0

    def loss(self, out: Tensor, target: Tensor, location: Tensor, error: str = "mae") -> Tensor:
        """Cross-entropy [B, H, N, 1], weighted and focused as asked."""
        log = self._said(out, target)
        return -self.weight.to(out)[target] * (1 - log.exp()).pow(self.focal) * log

    def surprise(self, out: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Plain cross-entropy of the forecast, and of the usual shares."""
        return -self._said(out, target), -self.shares.clamp(min=1e-4).log().to(out)[target]

    def point(self, out: Tensor, location: Tensor) -> Tensor:
        """Chance of any event, [B, H, N, 1]."""
        return 1 - self.chances(out)[..., 0]

    @staticmethod
    def chances(out: Tensor) -> Tensor:
        """[..., K], adding up to 1."""
        return out.softmax(-1)

    @staticmethod
    def _said(out: Tensor, target: Tensor) -> Tensor:
        return out.log_softmax(-1).gather(-1, target[..., None])[..., 0]


def make_head(name: str, units: Units | None = None, shares: Tensor | None = None, **options: float) -> Head:
    """The head of an answer.

    Args:
        units: of the targets, which counts need to give and judge numbers.
        shares: of the classes in the train part, which classes need.
        options: balanced, focal: of the loss of classes.
    """
    if name == "classes":
        known = torch.tensor([0.5, 0.5]) if shares is None else shares
        return ClassHead(known, bool(options.get("balanced", False)), float(options.get("focal", 0.0)))
    if name in COUNTS:
        return CountHead(name, units)
    return {"quantiles": QuantileHead, "gaussian": GaussianHead}.get(name, Head)()


def ordered(raw: Tensor) -> Tensor:
    """Quantiles that cannot cross, from raw numbers [..., Q] (Q odd): the middle one, and positive steps away from it."""
    middle = raw.shape[-1] // 2
    gaps = functional.softplus(raw)
    above = raw[..., middle : middle + 1] + gaps[..., middle + 1 :].cumsum(-1)
    below = raw[..., middle : middle + 1] - gaps[..., :middle].flip(-1).cumsum(-1).flip(-1)
    return torch.cat([below, raw[..., middle : middle + 1], above], dim=-1)


assert math.isclose(sum(QUANTILE_LEVELS), 2.5)  # levels lie evenly about the median
