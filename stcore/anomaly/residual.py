"""Residual detector: strange is what lies far from what the recent past and the usual day led one to expect.

When to use: first. It finds spikes, drops, shifts and dropouts at once, on one series or thousands. Each step is
compared with forecasts made one, a few and many steps before, since a drop that lasts surprises the nearest forecast
only at its start. An error counts in units of the usual error of the same place, value and hour; thresholds come
from rows that the forecaster of that moment had not seen (four blocks, each judged by the other three).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from stcore.anomaly import linear, thresholds
from stcore.anomaly.events import edges_of, empty_events, with_events
from stcore.anomaly.rows import Scope, appended, check_observed, scored_features, short_history
from stcore.anomaly.scores import fill_unobserved, shares, strongest
from stcore.config import Config, setting
from stcore.data.panel import Panel
from stcore.errors import ModelError
from stcore.findings import Finding
from stcore.records import Detection

FOLDS = 4
BLOCK_CELLS = 1_000_000


class ResidualSettings(Config):
    """Settings of the residual detector."""

    lookback: int = setting(
        12, title="History used", help="Steps a value is expected from; fewer where the data are short.", unit="steps",
        ge=1, le=1000,
    )  # fmt: skip
    rate: float | None = setting(
        None, title="Usual steps above", gt=0, lt=0.1,
        help="Share of usual steps that may pass the threshold; raise it to get more alarms. Left out: about three steps a "
        "day over all places, and at most 0.0005.",
    )  # fmt: skip
    floor: float = setting(
        thresholds.FLOOR,
        title="Least threshold",
        help="Never alarm below this many usual errors.",
        ge=0,
        level="advanced",
    )


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a fit leaves behind; series = location x feature, features innermost.

    Attributes:
        model: linear forecaster of all series.
        scale: [lead, hour, series] usual error.
        calendar: phases and hours.
        threshold: cut.
        scope: what the detector applies to.
    """

    model: linear.Linear
    scale: np.ndarray
    calendar: linear.Calendar
    threshold: float
    scope: Scope


class Residual:
    """The detector; ``fit`` first."""

    name = "residual"

    def __init__(self, settings: ResidualSettings | None = None) -> None:
        self.settings = settings or ResidualSettings()
        self._learnt: Learnt | None = None
        self.tail: Panel | None = None  # last rows seen: where ``update`` goes on

    @property
    def learnt(self) -> Learnt:
        """What was learnt.

        Raises:
            ModelError: not fitted yet.
        """
        if self._learnt is None:
            raise ModelError("This detector was not fitted yet.", "Fit it first: stcore.fit_detector(panel).")
        return self._learnt

    def fit(self, panel: Panel) -> Self:
        """Learn the usual day, the weights, the usual errors and the threshold.

        Raises:
            DataError: not a single observed value.
        """
        panel = scored_features(panel)
        check_observed(panel)
        calendar = linear.Calendar.of(panel.time, panel.step)
        lookback = min(self.settings.lookback, len(panel.time) // 8)
        learnt = [
            _learn(values, panel.time, calendar, lookback, len(panel.features))
            for values in (_values(panel, part) for part in _spans(panel))
        ]
        seen = np.concatenate([strange for _, _, strange in learnt], axis=1)
        rate = self.settings.rate or thresholds.usual_rate(len(panel.locations), panel.step)
        cut = thresholds.threshold(strongest(seen, len(panel.features)), rate, self.settings.floor)
        self._learnt = Learnt(
            linear.joined([model for model, _, _ in learnt]), np.concatenate([scale for _, scale, _ in learnt], axis=-1),
            calendar, cut, Scope.of(panel),
        )  # fmt: skip
        self.tail = panel.between(panel.time[-self.memory :][0])
        return self

    def score(self, panel: Panel) -> Detection:
        """Score every step and place.

        Unobserved steps, and those before the first whole history, take the mean score of their window.

        Raises:
            ModelError: a place, value or step that the detector does not know.
        """
        given, panel = panel, self.learnt.scope.known(panel)
        series = self.learnt.scope.series(panel)
        strange = fill_unobserved(self.strangeness(panel, series), max(1, self.learnt.model.lookback))
        each = strange.reshape(panel.shape)
        return with_events(
            Detection(
                scores=each.max(axis=2), threshold=self.learnt.threshold, observed=np.asarray(panel.mask.any(axis=2)), time=panel.time,
                locations=panel.locations, step=panel.step, events=empty_events(panel.time), clock=panel.clock,
                contributions=shares(each, [given.features.index(name) for name in panel.features], given.shape[2]),
                edges=edges_of(panel.space, panel.locations), detector=self.name, findings=self._findings(panel, given),
            )
        )  # fmt: skip

    def update(self, rows: Panel) -> Detection:
        """Score rows that follow those seen last; their scores are those of one ``score`` over the whole past.

        Raises:
            DataError: rows that do not lie after the last ones. ModelError: rows without some of the places.
        """
        rows = self.learnt.scope.every_place(rows)
        assert self.tail is not None
        joined = appended(self.tail, rows, self.memory)
        found = self.score(joined)
        self.tail = joined.between(joined.time[-self.memory :][0])
        new = slice(len(found.time) - len(rows.time), None)
        assert found.contributions is not None
        return with_events(
            replace(
                found, scores=found.scores[new], observed=found.observed[new], time=found.time[new],
                contributions=found.contributions[new],
            )
        )  # fmt: skip

    def strangeness(self, panel: Panel, series: np.ndarray) -> np.ndarray:
        """Largest scaled error over the leads [time, series] of a known panel, NaN where unknown."""
        return np.concatenate([self._strangeness(panel, part, series) for part in _spans(panel)], axis=1)

    def expected(self, panel: Panel) -> np.ndarray:
        """What was expected of every step, ``lookback`` steps before it: float32 [time, location, feature]; NaN at the start."""
        panel = self.learnt.scope.known(panel)
        series, phases = self.learnt.scope.series(panel), self.learnt.calendar.phases(panel.time)
        parts = (
            self.learnt.model.select(series[part]).forecasts(_values(panel, part), phases)[-1] for part in _spans(panel)
        )
        return np.concatenate(list(parts), axis=1).reshape(panel.shape)

    def save(self, folder: str | Path) -> None:
        """Write detector.json and detector.safetensors (no code, nothing pickled)."""
        from stcore.anomaly.stored import write

        learnt, model = self.learnt, self.learnt.model
        assert self.tail is not None
        about = {
            "detector": self.name, "settings": self.settings.model_dump(mode="json"), "threshold": learnt.threshold,
            "leads": model.leads,
        }  # fmt: skip
        arrays = {"profile": model.profile, "clip": model.clip, "weights": model.weights, "scale": learnt.scale}
        write(Path(folder), about, arrays, learnt.calendar, learnt.scope, self.tail)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            StoreError: files missing, torn, or of another schema version.
        """
        from stcore.anomaly.stored import reading

        with reading(Path(folder)) as parts:
            detector, arrays = cls(ResidualSettings.parse(parts.about["settings"])), parts.arrays
            model = linear.Linear(arrays["profile"], arrays["clip"], arrays["weights"], tuple(parts.about["leads"]))
            cut = float(parts.about["threshold"])
            detector._learnt = Learnt(model, arrays["scale"], parts.calendar, cut, parts.scope)
            detector.tail = parts.tail
        return detector

    @property
    def memory(self) -> int:
        """Rows that a score can depend on: window of scores + longest lead + history + longest carried gap."""
        return 4 * max(1, self.learnt.model.lookback) + 1

    def _strangeness(self, panel: Panel, part: slice, series: np.ndarray) -> np.ndarray:
        """Largest scaled error over the leads: [time, series of the part], NaN where unknown."""
        learnt = self.learnt
        model = learnt.model.select(series[part])
        values = _values(panel, part)
        residuals = model.residuals(values, learnt.calendar.phases(panel.time))
        return _strange(residuals, learnt.scale[..., series[part]], learnt.calendar.hour(panel.time), model.size)

    def _findings(self, panel: Panel, given: Panel) -> tuple[Finding, ...]:
        """What the reader should know about these scores."""
        short = () if self.learnt.model.lookback else (short_history(len(panel.time)),)
        return (*short, *self.learnt.scope.findings(panel, given))


def _learn(
    values: np.ndarray, time: pd.DatetimeIndex, calendar: linear.Calendar, lookback: int, features: int
) -> tuple[linear.Linear, np.ndarray, np.ndarray]:
    """Forecaster, usual errors [lead, hour, series], and the strangeness of the rows by forecasters that had not seen them."""
    phases, hours = calendar.phases(time), calendar.hour(time)
    model = linear.fit(values, phases, calendar.count, lookback)
    residuals = _unseen(values, phases, calendar.count, model)
    scale = np.stack([thresholds.spread_by_phase(part, hours, calendar.hours, features) for part in residuals])
    return model, scale, _strange(residuals, scale, hours, model.size)


def _unseen(values: np.ndarray, phases: np.ndarray, count: int, model: linear.Linear) -> np.ndarray:
    """Residuals [lead, time, series], each block of rows by a forecaster fitted on the others; ``model``'s own where short."""
    out = model.residuals(values, phases)
    if not model.lookback:
        return out
    for held in np.array_split(np.arange(len(values)), FOLDS):
        rows = np.ones(len(values), dtype=bool)
        rows[held] = False
        fold = linear.fit(values, phases, count, model.lookback, rows)
        out[:, held] = fold.residuals(values, phases)[:, held]
    return out


def _strange(residuals: np.ndarray, scale: np.ndarray, hours: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Largest scaled error over the leads [time, series]."""
    each = (thresholds.scaled(part, usual[hours], size) for part, usual in zip(residuals, scale, strict=True))
    out = next(each)
    for other in each:
        np.fmax(out, other, out=out)
    return out


def _spans(panel: Panel) -> Iterator[slice]:
    """Series in blocks small enough for memory; the features of a location stay together."""
    _, places, features = panel.shape
    total = places * features
    each = features * max(1, BLOCK_CELLS // max(1, len(panel.time) * features))
    return (slice(start, min(start + each, total)) for start in range(0, total, each))


def _values(panel: Panel, part: slice) -> np.ndarray:
    """[time, series] of a block of series."""
    return np.asarray(panel.values.reshape(len(panel.time), -1)[:, part])
