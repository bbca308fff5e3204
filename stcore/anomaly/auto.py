"""Automatic: several detectors at several window lengths, averaged; what is strange step by step counts on its own.

When to use: when in doubt. No single detector or length is right for most data, their average nearly is: each score is
smoothed, brought to usual deviations from its middle, and averaged. What lasts a step or two drowns in windows, so another
detector judges single steps. Where many places have neighbours it is the network in context: what a place does there adds to its
score, and each alarm is one here (``Detection.raised``), also of what happens to all places, which makes none of them stranger
than another. Elsewhere it is the forecast error: a step that it would call an alarm is at least as strange here.

Every member was chosen by measuring (``benchmarks/anomalies.py``); ranks, p-values and the largest score are worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from stcore.anomaly import windows as cutting
from stcore.anomaly.events import edges_of
from stcore.anomaly.kmeans import KMeans
from stcore.anomaly.knn import Knn
from stcore.anomaly.local_spread import LocalSpread
from stcore.anomaly.network import THRESHOLD, Network, NetworkSettings, events_a_day
from stcore.anomaly.planting import KIND_WORDS
from stcore.anomaly.poly import Poly
from stcore.anomaly.residual import Residual, ResidualSettings
from stcore.anomaly.rows import check_observed, scored_features
from stcore.anomaly.scored import Arrays, DetectorSettings, ScoredDetector, standard
from stcore.anomaly.series import CARRY, Rows, Usual
from stcore.anomaly.shape_knn import ShapeKnn
from stcore.anomaly.stored import saved_name
from stcore.anomaly.sub_pca import SubPca
from stcore.anomaly.weighing import gains
from stcore.anomaly.window_detector import WindowDetector, judged, windows_to_judge, windows_to_learn
from stcore.anomaly.window_lengths import cycle_length, suggested_lengths
from stcore.config import setting
from stcore.data.panel import Panel
from stcore.errors import StoreError
from stcore.findings import Finding

Member = Literal["residual", "network", "kmeans", "knn", "shape_knn", "sub_pca", "poly", "local_spread"]
Kind = Literal["spike", "shift", "drift", "burst", "dropout", "stuck", "swap"]
WINDOW_MEMBERS: dict[str, type[WindowDetector[Any]]] = {
    kind.name: kind for kind in (KMeans, Knn, ShapeKnn, SubPca, Poly, LocalSpread)
}
WEIGHTS = {"shape_knn": 6.0}
"""Weight of a member in the average; 1 where not named."""
WEIGHTS_IN_NETWORK = {"shape_knn": 20.0}
"""The same where the network judges single steps."""
STEP_SHARE = 0.15
"""What a usual deviation of the network's scores adds to those of windows."""
PARTS = 4
"""Smoothing reaches over a part of the usual cycle at most: what lasts an hour or two is to be seen in long records too."""
FEWEST_STEPS = 64
"""Fewer steps hold no windows worth comparing: the forecast error judges alone."""
REGIONAL = 1.001
"""What happens to a whole network is an alarm, but stands below what one place does alone."""
FEWEST_PLACES = 10
"""Fewer places say nothing about what happens to all."""
MOST_CELLS = 20_000_000
"""A network is seen as a whole; more values than that are judged in blocks, by the forecast error."""


class AutoSettings(DetectorSettings):
    """Settings of the automatic detector."""

    members: tuple[Member, ...] = setting(
        ("residual", "network", "kmeans", "knn", "shape_knn", "sub_pca", "poly", "local_spread"), title="Members", min_length=1,
        help="Detectors that are averaged, and the two for single steps: network where ten places or more have neighbours, "
        "else residual. Leave some out to be faster, or to see what each adds.", level="advanced",
    )  # fmt: skip
    kinds: tuple[Kind, ...] = setting(
        (), title="Kinds that matter", level="advanced", choices=KIND_WORDS,
        help="Members count the more, the better they find these when they are planted into the rows learnt from. None: all count as "
        "measured on labelled data.",
    )  # fmt: skip
    windows: tuple[int, ...] | None = setting(
        None, title="Windows", level="advanced",
        help="Lengths of the stretches that are compared, in steps. Left out: half a day (or other cycle), one, 4 % of the "
        "record, and one between.",
    )  # fmt: skip
    smoothing: float = setting(
        0.005, title="Smoothing", ge=0, le=0.1,
        help="Scores are averaged over this share of the record, and at most a quarter of the usual cycle.",
    )  # fmt: skip
    causal: bool = setting(
        False, title="Look back only",
        help="Judge each step by the windows that end at it, as a live feed must, and never by what comes after.",
    )  # fmt: skip


class Auto(ScoredDetector[AutoSettings]):
    """The detector; ``fit`` first."""

    name = "auto"
    settings_kind = AutoSettings
    folds = 0
    lasting = True

    def __init__(self, settings: AutoSettings | None = None) -> None:
        super().__init__(settings)
        self._steps: Residual | Network | None = None  # judges single steps
        self._usual_steps: tuple[np.ndarray, np.ndarray] | None = (
            None  # middle and usual deviation of the network's scores
        )

    @property
    def members(self) -> list[tuple[str, int, float]]:
        """Name, window (0 where steps are judged one by one) and weight of each member of the fit; weights add up to 1.

        What judges steps one by one has no share in this average (weight 0): the forecast error speaks alone or not at all, and
        ``STEP_SHARE`` of the network's scores is added to it.
        """
        learnt = self.learnt.arrays["gains#"]
        each = [
            (name, length, self._weight(name, learnt)) for length in self._lengths() for name in self._window_members
        ]
        total = sum(weight for _, _, weight in each)
        windows = [(name, length, weight / total) for name, length, weight in each]
        return [(self._steps.name, 0, 0.0 if windows else 1.0), *windows] if self._steps else windows

    def fit(self, panel: Panel) -> Self:
        panel = scored_features(panel)
        check_observed(panel)
        self._steps, self._usual_steps = self._judge_of_steps(panel), None
        if self._steps:
            self._steps.fit(panel)
        super().fit(panel)
        if self._usual_steps:
            usual = dict(zip(("steps/centre", "steps/scale"), self._usual_steps, strict=True))
            self._learnt = replace(self.learnt, arrays=self.learnt.arrays | usual)
        if self._steps and not self._lengths():
            self._learnt = replace(self.learnt, threshold=_cut(self._steps))
        self.tail = panel.between(panel.time[-self._memory :][0])
        return self

    def plan(self, panel: Panel, usual: Usual) -> Arrays:
        count, cycle = len(panel.time), cycle_length(panel) or len(panel.time)
        wanted = self.settings.windows or suggested_lengths(panel)
        lengths = sorted({max(1, min(length, count // 4)) for length in wanted}) if self._windowed(panel) else []
        smooth = max(1, min(round(self.settings.smoothing * count), cycle // PARTS))
        names = self._window_members if lengths and self.settings.kinds else []
        gain = gains(panel, self.settings.kinds, {name: WINDOW_MEMBERS[name] for name in names}) if names else {}
        return {
            "windows#": np.array(lengths, np.int64), "smooth#": np.array([smooth]), "cycle#": np.array([cycle]),
            "gains#": np.array([gain.get(name, 1.0) for name in WINDOW_MEMBERS]),
        }  # fmt: skip

    def _judged(self, rows: Rows, plan: Arrays) -> tuple[Arrays, np.ndarray]:
        """What the members learn, and their average over the same rows, each window cut and judged once."""
        out: Arrays = {}
        average = _Average(rows.values.shape)
        for length in plan["windows#"].tolist():
            windows = windows_to_learn(rows, length, int(plan["cycle#"][0]))
            own: dict[str, Arrays] = {
                name: WINDOW_MEMBERS[name]().learn_windows(windows) for name in self._window_members
            }
            for name, scores in self._each(rows, length, plan, own):
                known = np.where(rows.known, scores, np.float32(np.nan))
                own[name]["centre"], own[name]["scale"] = standard(known.T, rows.features)
                average.add(scores, own[name], self._weight(name, plan["gains#"]))
            out |= {f"{name}@{length}/{part}": array for name, arrays in own.items() for part, array in arrays.items()}
        return out, np.where(rows.known, average.values, np.float32(np.nan))

    def strange(self, rows: Rows, arrays: Arrays) -> np.ndarray:
        average = _Average(rows.values.shape)
        for length in arrays["windows#"].tolist():
            own = {name: _own(arrays, name, length) for name in self._window_members}
            for name, scores in self._each(rows, length, arrays, own):
                average.add(scores, own[name], self._weight(name, arrays["gains#"]))
        return average.values

    def calibrated(self, panel: Panel, series: np.ndarray) -> np.ndarray:
        if self._steps is None:
            return super().calibrated(panel, series)
        if not self._lengths():
            return _stepwise(self._steps, panel, series)
        strange = super().calibrated(panel, series)
        if isinstance(self._steps, Network):
            return self._with_network(strange, _flat(self._steps.strangeness(panel).own), series)
        loud = self._steps.strangeness(panel, series) / _cut(self._steps)
        return np.where(loud > 1, np.fmax(strange, self.learnt.threshold * loud), strange)

    def raised(self, panel: Panel) -> np.ndarray | None:
        if not isinstance(self._steps, Network) or not self._lengths():
            return None
        seen = self._steps.strangeness(panel)
        loud = np.fmax(seen.own, np.minimum(seen.shared, np.float32(REGIONAL))).max(axis=2)
        return np.asarray(loud * self.learnt.threshold, np.float32)

    def memory(self, arrays: Arrays) -> int:
        longest = int(arrays["windows#"].max(initial=1))
        own = 3 * longest + int(arrays["smooth#"][0]) + CARRY + 1
        return max(own, self._steps.memory if self._steps else 0)

    def findings(self) -> tuple[Finding, ...]:
        if self._lengths():
            return ()
        return (Finding(
            code="short_history", severity="look",
            message="There are too few steps to compare stretches of time; each step was judged by the forecast error alone.",
            suggestion="Fit on a longer stretch.",
        ),)  # fmt: skip

    def save(self, folder: str | Path) -> None:
        super().save(folder)
        if self._steps:
            self._steps.save(Path(folder) / "steps")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        detector = super().load(folder)
        single = Path(folder) / "steps"
        if single.exists():
            detector._steps = (Network if saved_name(single) == Network.name else Residual).load(single)
        arrays = detector.learnt.arrays
        if "gains#" not in arrays:
            raise StoreError("This detector was saved before its members could be weighed.", "Fit it again.")
        if "steps/centre" in arrays:
            detector._usual_steps = arrays["steps/centre"], arrays["steps/scale"]
        elif isinstance(detector._steps, Network) and detector._lengths():
            raise StoreError("This detector was saved before the network had a share in its scores.", "Fit it again.")
        return detector

    @property
    def _window_members(self) -> list[str]:
        return [name for name in WINDOW_MEMBERS if name in self.settings.members]

    def _judge_of_steps(self, panel: Panel) -> Residual | Network | None:
        """The detector of single steps for these data, not fitted; None where none is a member and there are windows."""
        wanted, rate = self.settings.members, self.settings.rate
        if "network" in wanted and _networked(panel):
            return Network(
                NetworkSettings() if rate is None else NetworkSettings(false_a_day=min(events_a_day(rate, panel), 1000))
            )
        if "residual" in wanted or not self._windowed(panel):
            return Residual(ResidualSettings(rate=rate, floor=self.settings.floor))
        return None

    def _windowed(self, panel: Panel) -> bool:
        """There are members for windows, and enough steps for them."""
        return len(panel.time) >= FEWEST_STEPS and bool(self._window_members)

    def _weight(self, name: str, gain: np.ndarray) -> float:
        """Weight of a member for windows; ``gain`` by the kinds that matter, in the order of ``WINDOW_MEMBERS``."""
        usual = (WEIGHTS_IN_NETWORK if isinstance(self._steps, Network) else WEIGHTS).get(name, 1.0)
        return usual * float(gain[list(WINDOW_MEMBERS).index(name)])

    def _threshold(self, strange: np.ndarray, panel: Panel) -> float:
        if isinstance(self._steps, Network) and self._windowed(panel):
            own = _flat(self._steps.strangeness(panel).own)
            self._usual_steps = standard(np.where(np.isfinite(_flat(panel.values)), own, np.nan), len(panel.features))
            strange = self._with_network(strange, own, np.arange(own.shape[1]))
        return super()._threshold(strange, panel)

    def _with_network(self, strange: np.ndarray, own: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Scores of windows [time, series] and what the network's add to them."""
        assert self._usual_steps is not None
        centre, scale = (part[series] for part in self._usual_steps)
        return np.asarray(strange + STEP_SHARE * (own - centre) / scale, np.float32)

    def _lengths(self) -> list[int]:
        """Window lengths of the fit; none where the forecast error judges alone."""
        return [int(length) for length in self.learnt.arrays["windows#"]]

    def _each(
        self, rows: Rows, length: int, plan: Arrays, own: Mapping[str, Arrays]
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Name and smoothed raw scores [series, time] of each member at one window length."""
        causal, count = self.settings.causal, rows.values.shape[1]
        at = windows_to_judge(rows, length, int(plan["cycle#"][0]), causal)
        found: dict[str, list[np.ndarray]] = {name: [] for name in own}
        for piece in cutting.pieces(len(rows.values), length, at):
            windows = cutting.cut(rows, length, at[piece])
            for name, arrays in own.items():
                found[name].append(judged(WINDOW_MEMBERS[name](), windows, arrays))
        for name, parts in found.items():
            scores = cutting.spread(np.concatenate(parts, axis=1), at, length, count, causal)
            yield name, cutting.smoothed(scores, int(plan["smooth#"][0]), causal)


class _Average:
    """Weighted mean of the members' scores, each in usual deviations from its middle, as they come."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._total, self._weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

    def add(self, scores: np.ndarray, own: Arrays, weight: float) -> None:
        """One member's raw scores [series, time], NaN where unknown."""
        z = ((scores - own["centre"][:, None]) / own["scale"][:, None]).astype(np.float32)
        each = np.isfinite(z) * np.float32(weight)
        self._total += each * np.nan_to_num(z)
        self._weight += each

    @property
    def values(self) -> np.ndarray:
        """The mean of those that know something, NaN where none does."""
        mean = self._total / np.maximum(self._weight, np.float32(1e-9))
        return np.where(self._weight > 0, mean, np.float32(np.nan))


def _networked(panel: Panel) -> bool:
    """Enough places, most with a neighbour, enough steps, and few enough values to be seen together."""
    places = len(panel.locations)
    if places < FEWEST_PLACES or len(panel.time) < FEWEST_STEPS or panel.values.size > MOST_CELLS:
        return False
    edges = edges_of(panel.space, panel.locations)
    return edges is not None and int(panel.locations.index.isin([*edges["from"], *edges["to"]]).sum()) > places / 2


def _stepwise(judge: Residual | Network, panel: Panel, series: np.ndarray) -> np.ndarray:
    """Scores of a known panel [time, series] by the detector of single steps; the forecast error's are NaN where unknown."""
    if isinstance(judge, Residual):
        return judge.strangeness(panel, series)
    strange = judge.strangeness(panel)
    return _flat(np.fmax(strange.own, strange.shared))


def _flat(values: np.ndarray) -> np.ndarray:
    """[time, location, feature] as [time, series]."""
    return values.reshape(len(values), -1)


def _cut(judge: Residual | Network) -> float:
    """Its threshold."""
    return judge.learnt.threshold if isinstance(judge, Residual) else THRESHOLD


def _own(arrays: Arrays, name: str, length: int) -> Arrays:
    """What one member learnt at one window length."""
    start = f"{name}@{length}/"
    return {part.removeprefix(start): array for part, array in arrays.items() if part.startswith(start)}
