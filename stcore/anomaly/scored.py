"""What all detectors share but the forecast error: a panel in, calibrated scores out, new rows, save and load.

A detector's own file says only what it learns from series and how strange a step of them is; the rest happens here:

1. Values come in usual deviations of their series (``Usual``), gaps carried forward.
2. Raw strangeness counts in usual deviations of its own from its middle, both from rows that had not been learnt from:
   ``folds`` blocks, each judged by the others, or 0 where a detector judges its own rows fairly.
3. The threshold comes from the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Generic, Self, TypeVar

import numpy as np

from stcore.anomaly import thresholds
from stcore.anomaly.events import edges_of, empty_events, with_events
from stcore.anomaly.rows import Scope, appended, check_observed, scored_features
from stcore.anomaly.scores import fill_unobserved, shares, strongest
from stcore.anomaly.series import Rows, Usual
from stcore.config import Config, setting
from stcore.data.panel import Panel
from stcore.errors import ModelError
from stcore.findings import Finding
from stcore.records import Detection

BLOCK_CELLS = 2_000_000
NORMAL_IQR = 1.349
FEWEST_TO_HOLD = 64
"""With fewer rows none is held out to judge how strange usual ones look."""
ABOVE_CLEAN = 1.05
"""The next rows have a somewhat larger maximum than the ones seen."""
MOST_POOLED = 256
"""Series that what is shared by all is learnt from, evenly spaced."""
Arrays = dict[str, np.ndarray]
"""What was learnt, by name. The first axis is the series, but for names that end in “#”: those hold for all."""


class DetectorSettings(Config):
    """Settings that every detector has."""

    rate: float | None = setting(
        None, title="Usual steps above", gt=0, lt=0.1,
        help="Share of usual steps that may pass the threshold; raise it to get more alarms. Left out: about three steps a "
        "day over all places, and at most 0.0005.",
    )  # fmt: skip
    floor: float = setting(
        thresholds.FLOOR,
        title="Least threshold",
        help="Never alarm below this many usual deviations.",
        ge=0,
        level="advanced",
    )
    amplitude: float = setting(
        0.0, title="Plain size", ge=0, le=10, level="advanced",
        help="How much a value's own distance from the middle of its place, in usual deviations, is added to how strange its course is. "
        "0: only the course counts; 0.5 suits data in which plain large values are strange.",
    )  # fmt: skip
    clean: bool = setting(
        False, title="The rows learnt from are usual", level="advanced",
        help="No anomaly is among them: the threshold lies just above their largest score, instead of where their body says.",
    )  # fmt: skip


Settings = TypeVar("Settings", bound=DetectorSettings)


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a fit leaves behind.

    Attributes:
        arrays: what the detector learnt.
        usual: middle and deviation of each series, and the calendar.
        centre, scale: float64 [series], middle and usual deviation of the raw strangeness.
        threshold: cut.
        scope: what it applies to.
    """

    arrays: Arrays
    usual: Usual
    centre: np.ndarray
    scale: np.ndarray
    threshold: float
    scope: Scope


class ScoredDetector(Generic[Settings]):
    """Base of the detectors; a subclass gives ``learn``, ``strange`` and ``memory``.

    Attributes:
        name: registry name.
        settings_kind: its settings.
        folds: blocks of rows that are judged by a fit on the others; 0: the rows of the fit are judged as they are.
        together: series must be seen together and are not taken in blocks; a missing place counts as unknown.
        lasting: one strange stretch raises the scores of many steps (``lasting_cut``).
        pooled: what is learnt is one for all series, from some of them; the last third of the rows is held out.
    """

    name: ClassVar[str]
    settings_kind: ClassVar[type[DetectorSettings]]
    folds: ClassVar[int] = 4
    lasting: ClassVar[bool] = False
    together: ClassVar[bool] = False
    pooled: ClassVar[bool] = False

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings: Settings = settings or self.settings_kind()  # type: ignore[assignment]
        self._learnt: Learnt | None = None
        self.tail: Panel | None = None  # last rows seen: where ``update`` goes on

    def plan(self, panel: Panel, usual: Usual) -> Arrays:
        """What is decided once for all series, such as lengths; names end in “#”."""
        return {}

    def learn(self, rows: Rows, plan: Arrays) -> Arrays:
        """What is usual in these rows."""
        raise NotImplementedError

    def strange(self, rows: Rows, arrays: Arrays) -> np.ndarray:
        """How strange each step is, any unit, higher = stranger: [series, time], NaN where unknown."""
        raise NotImplementedError

    def memory(self, arrays: Arrays) -> int:
        """Rows before a step that its score can depend on."""
        raise NotImplementedError

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
        """Learn what is usual, how strange usual steps look, and the threshold.

        Raises:
            DataError: not a single observed value.
        """
        panel = scored_features(panel)
        check_observed(panel)
        usual = Usual.of(panel)
        plan = self.plan(panel, usual)
        series = np.arange(usual.level.size)
        if self.pooled:
            some = usual.rows(panel, series, _evenly(panel))
            plan |= self.learn(some.without(_last_third(some)), plan)
        learnt, seen = zip(
            *(self._judged(usual.rows(panel, series, part), plan) for part in self._parts(panel)), strict=True
        )
        calibration = np.concatenate(seen).T  # [time, series], NaN where unknown
        centre, scale = standard(calibration, len(panel.features))
        strange = _scaled(calibration, centre, scale) + self._size(panel, usual, series)
        cut = self._threshold(strange, panel)
        self._learnt = Learnt(plan | _joined(learnt), usual, centre, scale, cut, Scope.of(panel))
        self.tail = panel.between(panel.time[-self._memory :][0])
        return self

    def score(self, panel: Panel) -> Detection:
        """Score every step and place; steps without a score of their own take that of their window.

        Raises:
            ModelError: a place, value or step that the detector does not know.
        """
        learnt, given = self.learnt, panel
        panel = learnt.scope.known(panel)
        series = learnt.scope.series(panel)
        strange = self.calibrated(panel, series)
        each = fill_unobserved(strange, max(1, self._memory // 3)).astype(np.float32).reshape(panel.shape)
        return with_events(
            Detection(
                scores=each.max(axis=2), threshold=learnt.threshold, observed=np.asarray(panel.mask.any(axis=2)), time=panel.time,
                locations=panel.locations, step=panel.step, events=empty_events(panel.time), clock=panel.clock,
                raised=self.raised(panel), contributions=shares(np.maximum(each, 0), [given.features.index(name) for name in panel.features], given.shape[2]),
                edges=edges_of(panel.space, panel.locations), detector=self.name,
                findings=(*self.findings(), *learnt.scope.findings(panel, given)),
            )
        )  # fmt: skip

    def raised(self, panel: Panel) -> np.ndarray | None:
        """``Detection.raised`` of a known panel, where a detector has more than one measure."""
        return None

    def findings(self) -> tuple[Finding, ...]:
        """What the reader should know about this fit."""
        return ()

    def update(self, rows: Panel) -> Detection:
        """Score rows that follow those seen last; their scores are those of one ``score`` over the past up to them.

        Raises:
            DataError: rows that do not lie after the last ones. ModelError: rows without some of the places.
        """
        rows = self.learnt.scope.every_place(rows)
        assert self.tail is not None
        joined = appended(self.tail, rows, self._memory)
        found = self.score(joined)
        self.tail = joined.between(joined.time[-self._memory :][0])
        new = slice(len(found.time) - len(rows.time), None)
        assert found.contributions is not None
        return with_events(
            replace(
                found, scores=found.scores[new], observed=found.observed[new], time=found.time[new],
                contributions=found.contributions[new], raised=None if found.raised is None else found.raised[new],
            )
        )  # fmt: skip

    def save(self, folder: str | Path) -> None:
        """Write detector.json and detector.safetensors (no code, nothing pickled)."""
        from stcore.anomaly.stored import write

        learnt = self.learnt
        assert self.tail is not None
        own = {f"learnt/{name}": array for name, array in learnt.arrays.items()}
        frame = {"level": learnt.usual.level, "unit": learnt.usual.unit, "centre": learnt.centre, "scale": learnt.scale}
        about = {
            "detector": self.name,
            "settings": self.settings.model_dump(mode="json"),
            "threshold": learnt.threshold,
        }
        write(Path(folder), about, own | frame, learnt.usual.calendar, learnt.scope, self.tail)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            StoreError: files missing, torn, or of another schema version.
        """
        from stcore.anomaly.stored import reading

        with reading(Path(folder)) as parts:
            detector = cls(cls.settings_kind.parse(parts.about["settings"]))  # type: ignore[arg-type]
            arrays = parts.arrays
            own = {name.removeprefix("learnt/"): array for name, array in arrays.items() if name.startswith("learnt/")}
            usual = Usual(arrays["level"], arrays["unit"], parts.calendar)
            cut = float(parts.about["threshold"])
            detector._learnt = Learnt(own, usual, arrays["centre"], arrays["scale"], cut, parts.scope)
            detector.tail = parts.tail
        return detector

    @property
    def _memory(self) -> int:
        return self.memory(self.learnt.arrays)

    def _parts(self, panel: Panel) -> Iterator[slice]:
        """Series in blocks small enough for memory; the features of a location stay together."""
        count, places, features = panel.shape
        total = places * features
        each = total if self.together else features * max(1, BLOCK_CELLS // max(1, count * features))
        return (slice(start, min(start + each, total)) for start in range(0, total, each))

    def calibrated(self, panel: Panel, series: np.ndarray) -> np.ndarray:
        """Strangeness of a known panel in usual deviations from its middle [time, series], NaN where unknown.

        Args:
            panel: as ``Scope.known`` gives it.
            series: which of the series learnt its own are.
        """
        learnt = self.learnt
        if self.together and len(series) < len(learnt.centre):
            panel = learnt.scope.widened(panel)
            return self.calibrated(panel, np.arange(len(learnt.centre)))[:, series]
        parts = [np.argsort(series)] if self.together else self._parts(panel)
        raw = np.empty((len(series), len(panel.time)), np.float32)
        for part in parts:
            rows = learnt.usual.rows(panel, series, part)
            raw[part] = self.strange(rows, _select(learnt.arrays, series[part]))
        return _scaled(raw.T, learnt.centre[series], learnt.scale[series]) + self._size(panel, learnt.usual, series)

    def _size(self, panel: Panel, usual: Usual, series: np.ndarray) -> np.ndarray:
        """What the plain size of values adds [time, series], in usual deviations; 0 where it is not asked for or unknown.

        Source: adding it lifted detectors of windows and embeddings alike (PAI, arXiv 2606.08935).
        """
        if not self.settings.amplitude:
            return np.zeros((1, 1), np.float32)
        values = panel.values.reshape(len(panel.time), -1)
        size = np.abs(values - usual.level[series]) / usual.unit[series]
        return np.asarray(self.settings.amplitude * np.nan_to_num(np.fmin(size, thresholds.MAX_SCORE)), np.float32)

    def _threshold(self, strange: np.ndarray, panel: Panel) -> float:
        """The cut, from calibrated strangeness [time, series] of the rows of the fit."""
        each = strongest(strange, len(panel.features))
        if self.settings.clean and np.isfinite(each).any():
            return max(ABOVE_CLEAN * float(np.nanmax(each)), 0.0)
        rate = self.settings.rate or thresholds.usual_rate(len(panel.locations), panel.step)
        cut = lasting_cut if self.lasting else thresholds.threshold
        return cut(each, rate, self.settings.floor)

    def _judged(self, rows: Rows, plan: Arrays) -> tuple[Arrays, np.ndarray]:
        """What is learnt from the rows, and the raw strangeness of (some of) them by fits that had not seen them."""
        count = rows.values.shape[1]
        seen = np.full(rows.values.shape, np.nan, np.float32)
        if self.pooled:
            held = _last_third(rows)
            held = held if held.stop > held.start else slice(0, count)
            seen[:, held] = self.strange(rows, plan)[:, held]
            return {}, np.where(rows.known, seen, np.nan)
        if self.folds == 0 or count < FEWEST_TO_HOLD:
            arrays = self.learn(rows, plan)
            return arrays, np.where(rows.known, self.strange(rows, plan | arrays), np.nan)
        for block in np.array_split(np.arange(count), self.folds):
            held = slice(int(block[0]), int(block[-1]) + 1)
            seen[:, held] = self.strange(rows, plan | self.learn(rows.without(held), plan))[:, held]
        return self.learn(rows, plan), np.where(rows.known, seen, np.nan)


def lasting_cut(scores: np.ndarray, rate: float, floor: float) -> float:
    """The score that about ``rate`` of usual steps pass, never below ``floor``; for scores of windows.

    As ``thresholds.threshold``, but continued from the middle and the 75 % quantile: one long anomaly can fill a tenth of a
    record, and scores of windows have no heavy tail.
    """
    known = scores[np.isfinite(scores)]
    if not len(known):
        return floor
    middle, upper = (float(thresholds.quantile(known, level)) for level in (0.5, 0.75))
    return max(floor, middle + (upper - middle) * float(np.log2(0.5 / rate)))


def _last_third(rows: Rows) -> slice:
    """The rows that judge what was learnt from the others; none of few."""
    count = rows.values.shape[1]
    return slice(count - count // 3 if count >= FEWEST_TO_HOLD else count, count)


def _evenly(panel: Panel) -> np.ndarray:
    """Series of at most ``MOST_POOLED`` places, evenly spaced; the features of a place stay together."""
    places, features = panel.shape[1:]
    some = np.unique(np.linspace(0, places - 1, min(places, max(1, MOST_POOLED // features))).astype(int))
    return np.asarray((some[:, None] * features + np.arange(features)).ravel())


def standard(raw: np.ndarray, features: int) -> tuple[np.ndarray, np.ndarray]:
    """Middle and usual deviation of each column of [time, series]; of a silent one those of the middle place.

    No series is so calm that a tenth of the usual deviation of the others would be strange there.
    """
    low, centre, high = (thresholds.quantile(raw, level).astype(np.float64) for level in (0.25, 0.5, 0.75))
    scale = (high - low) / NORMAL_IQR
    wide = thresholds.spread(raw - centre)
    scale = np.where(scale > 1e-3 * wide, scale, wide).reshape(-1, features)
    some = np.isfinite(scale).any(axis=0)
    usual = np.where(some, np.nanmedian(np.where(some, scale, 0.0), axis=0), 0.0)
    middle = np.nanmedian(np.where(some, centre.reshape(-1, features), 0.0), axis=0)
    scale = np.fmax(scale, thresholds.LEAST_SHARE * usual)
    scale = np.where(np.isfinite(scale), scale, usual).ravel()
    centre = np.where(np.isfinite(centre), centre, np.tile(middle, len(raw.T) // features))
    return centre, np.maximum(scale, 1e-6 * np.maximum(np.abs(centre), 1.0))


def _scaled(raw: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Raw strangeness [time, series] in usual deviations from its middle, bounded; NaN stays."""
    return np.clip((raw - centre) / scale, -thresholds.MAX_SCORE, thresholds.MAX_SCORE).astype(np.float32)


def _joined(parts: Sequence[Arrays]) -> Arrays:
    """Arrays of all blocks of series in one."""
    return {
        name: first if name.endswith("#") else np.concatenate([part[name] for part in parts])
        for name, first in parts[0].items()
    }


def _select(arrays: Arrays, series: np.ndarray) -> Arrays:
    """What concerns some of the series."""
    return {name: array if name.endswith("#") else array[series] for name, array in arrays.items()}
