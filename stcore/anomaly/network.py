"""Network in context: strange is a place that neither its past nor the network accounts for, a neighbourhood, or the network.

When to use: many places with neighbours, such as the sensors of a city. It finds what one sensor does alone, what a place and
two of its neighbours do together though none stands out by itself, what happens to most places at once, and readings that are
stuck where they usually change. A score of 1 is the
threshold of whichever measure is strongest; each looks at one, three and six steps up to the step itself, never after it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from stcore.anomaly import thresholds
from stcore.anomaly.events import edges_of, empty_events, with_events
from stcore.anomaly.evidence import Evidence, Norm, together, trailing, unchanged
from stcore.anomaly.linear import Calendar
from stcore.anomaly.naming import NEIGHBOURS, neighbour_table
from stcore.anomaly.rows import Scope, appended, check_observed, scored_features
from stcore.anomaly.scores import shares
from stcore.config import Config, setting
from stcore.data import steps
from stcore.data.panel import Panel
from stcore.errors import ModelError
from stcore.findings import Finding
from stcore.records import Detection

THRESHOLD = 1.0
#: Steps that are looked at together: a reading alone, and what lasts.
WIDTHS = (1, 3, 6)
#: Shape of the tail of a single reading's deviations; a mean of several has a lighter one.
HEAVY = 0.2
LEAST = 4.0
#: Cells of a false event over all measures: windows overlap, measures agree and neighbours join.
CELLS = 10
#: A reading that stays exactly the same this long is stuck, where usual ones hardly ever stay half as long; never asked beyond the
#: second number of steps.
STUCK, LONGEST_STUCK = 6, 500
#: The network as a whole never moves less than this share of a place's usual deviation: the middle of many quiet places hardly does.
STILL = 0.1
#: A place takes part in what happens to the whole network when it is this many usual deviations out itself.
FOLLOWS = 1.0
#: A reading this near to what is usual ends an event, whatever the steps before it were.
BACK = 1.0


class NetworkSettings(Config):
    """Settings of the network detector."""

    neighbours: int = setting(
        NEIGHBOURS, title="Neighbours", help="How many of a place's neighbours it is compared with; nearest first.", ge=2, le=50,
    )  # fmt: skip
    false_a_day: float = setting(
        0.5, title="False events a day", help="How many false events over all places you bear.", gt=0, le=1000,
    )  # fmt: skip
    network: float = setting(
        4.0, title="Network threshold", unit="usual deviations", ge=1, le=100, level="advanced",
        help="The network as a whole is out of line beyond this; lower it to see weaker regional events.",
    )  # fmt: skip
    hysteresis: float = setting(
        0.4, title="Ends below", gt=0, le=1, level="advanced",
        help="Share of the threshold a score must fall to before its event ends.",
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a fit leaves behind.

    Attributes:
        norms: what is usual, one a feature.
        cuts: [feature, width, measure] score of 1 of mean, roughness and neighbourhood.
        wide: [feature, width] usual deviation of the network's mean.
        stuck: [feature] steps without a change that make an alarm; infinite where values often stay the same.
        beside: positions of the neighbours of each place, -1 = none.
        calendar: phases and hours.
        scope: what the detector applies to.
    """

    norms: tuple[Norm, ...]
    cuts: np.ndarray
    wide: np.ndarray
    stuck: np.ndarray
    beside: np.ndarray
    calendar: Calendar
    scope: Scope


@dataclass(frozen=True, eq=False)
class Strangeness:
    """How strange each step is, each float32 [time, location, feature].

    Attributes:
        own: what a place does, or a neighbourhood, in units of the threshold; finite.
        shared: what happens to the whole network, in units of the threshold, at the places that take part; 0 elsewhere.
        alone: signed deviation from the network, NaN where unknown.
    """

    own: np.ndarray
    shared: np.ndarray
    alone: np.ndarray

    @property
    def strongest(self) -> np.ndarray:
        """The larger of own and shared, the strongest value of each place: [time, location]."""
        return np.asarray(np.fmax(self.own, self.shared).max(axis=2))


class Network:
    """The detector; ``fit`` first."""

    name = "network"

    def __init__(self, settings: NetworkSettings | None = None) -> None:
        self.settings = settings or NetworkSettings()
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
        """Learn what is usual of each place and of the network, and the thresholds.

        Raises:
            DataError: not a single observed value.
        """
        panel = scored_features(panel)
        check_observed(panel)
        calendar = Calendar.of(panel.time, panel.step)
        norms = tuple(Norm.of(values, panel.time, calendar) for values in np.moveaxis(panel.values, 2, 0))
        beside = neighbour_table(
            edges_of(panel.space, panel.locations), panel.locations.index, self.settings.neighbours
        )
        rate = self.settings.false_a_day / (3 * len(WIDTHS) * len(norms)) / events_a_day(1.0, panel)
        learnt = [
            _thresholds(norm.evidence(values, panel.time, calendar), beside, rate, self.settings.network)
            for norm, values in zip(norms, np.moveaxis(panel.values, 2, 0), strict=True)
        ]
        self._learnt = Learnt(
            norms, np.stack([cuts for cuts, _ in learnt]), np.stack([wide for _, wide in learnt]),
            np.array([_stuck(values) for values in np.moveaxis(panel.values, 2, 0)]), beside, calendar, Scope.of(panel),
        )  # fmt: skip
        self.tail = panel.between(panel.time[-self.memory :][0])
        return self

    def score(self, panel: Panel) -> Detection:
        """Score every step and place; unobserved steps have the score 0 unless the network as a whole is out of line.

        Places of the fit that are not given count as unknown: the network is then the middle of those that are.

        Raises:
            ModelError: a place, value or step that the detector does not know.
        """
        given, scope = panel, self.learnt.scope
        panel = scope.known(panel)
        strange = self.strangeness(panel)
        positions = [given.features.index(name) for name in panel.features]
        return with_events(
            Detection(
                scores=strange.strongest, threshold=THRESHOLD, observed=np.asarray(panel.mask.any(axis=2)), time=panel.time, locations=panel.locations,
                step=panel.step, events=empty_events(panel.time), clock=panel.clock,
                contributions=shares(np.nan_to_num(strange.alone), positions, given.shape[2]), edges=edges_of(panel.space, panel.locations),
                detector=self.name, findings=(*_findings(self.learnt.beside), *scope.findings(panel, given)),
                hysteresis=self.settings.hysteresis, alone=strange.alone,
            )
        )  # fmt: skip

    def strangeness(self, panel: Panel) -> Strangeness:
        """How strange each step of a panel is that ``Scope.known`` gave."""
        learnt = self.learnt
        wide = learnt.scope.widened(panel).values
        own, shared, alone = (np.empty(wide.shape, np.float32) for _ in range(3))
        for number, norm in enumerate(learnt.norms):
            values = wide[:, :, number]
            seen = norm.evidence(values, panel.time, learnt.calendar)
            own[:, :, number], shared[:, :, number] = self._scores(seen, number)
            if np.isfinite(learnt.stuck[number]):
                still = unchanged(values, int(2 * learnt.stuck[number])) / np.float32(learnt.stuck[number])
                np.fmax(own[:, :, number], still, out=own[:, :, number])
            alone[:, :, number] = seen.alone
        at = pd.Index(learnt.scope.locations).get_indexer(panel.locations.index)
        return Strangeness(own[:, at], shared[:, at], alone[:, at])

    def update(self, rows: Panel) -> Detection:
        """Score rows that follow those seen last; their scores are those of one ``score`` over the whole past.

        An alarm that began in earlier rows is one here only while its score is above the threshold.

        Raises:
            DataError: rows that do not lie after the last ones. ModelError: other places or values than those of the fit.
        """
        assert self.tail is not None
        rows = self.learnt.scope.every_place(rows)
        joined = appended(self.tail, rows, self.memory)
        found = self.score(joined)
        self.tail = joined.between(joined.time[-self.memory :][0])
        new = slice(len(found.time) - len(rows.time), None)
        assert found.contributions is not None
        assert found.alone is not None
        return with_events(
            replace(
                found, scores=found.scores[new], observed=found.observed[new], time=found.time[new],
                contributions=found.contributions[new], alone=found.alone[new],
            )
        )  # fmt: skip

    def save(self, folder: str | Path) -> None:
        """Write detector.json and detector.safetensors (no code, nothing pickled)."""
        from stcore.anomaly.stored import write

        learnt = self.learnt
        assert self.tail is not None
        about = {"detector": self.name, "settings": self.settings.model_dump(mode="json")}
        arrays = {name: getattr(learnt, name) for name in ("cuts", "wide", "stuck", "beside")}
        arrays |= {part.name: np.stack([getattr(norm, part.name) for norm in learnt.norms]) for part in fields(Norm)}
        write(Path(folder), about, arrays, learnt.calendar, learnt.scope, self.tail)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            StoreError: files missing, torn, or of another schema version.
        """
        from stcore.anomaly.stored import reading

        with reading(Path(folder)) as parts:
            detector, arrays = cls(NetworkSettings.parse(parts.about["settings"])), parts.arrays
            names = [part.name for part in fields(Norm)]
            norms = tuple(Norm(*each) for each in zip(*(arrays[name] for name in names), strict=True))
            detector._learnt = Learnt(
                norms, arrays["cuts"], arrays["wide"], arrays["stuck"], arrays["beside"], parts.calendar, parts.scope
            )
            detector.tail = parts.tail
        return detector

    @property
    def memory(self) -> int:
        """Rows that a score can depend on."""
        stuck = self.learnt.stuck
        return int(max(max(WIDTHS), 2 * stuck[np.isfinite(stuck)].max(initial=0) + 1))

    def _scores(self, seen: Evidence, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Own and shared strangeness of one feature: the largest of each one's measures, float32 [time, location], finite."""
        learnt = self.learnt
        network = _network(seen, learnt.wide[number]) / self.settings.network
        follows = seen.own * np.sign(seen.network)[:, None] > FOLLOWS
        shared = np.where(follows, network[:, None], 0).astype(np.float32)
        own = np.zeros_like(shared)
        for width, cuts in zip(WIDTHS, learnt.cuts[number], strict=True):
            for measure, cut in zip(_measures(seen, learnt.beside, width), cuts, strict=True):
                np.fmax(own, measure / np.float32(cut), out=own)
        usual = np.fmax(np.abs(seen.own), np.abs(seen.alone)) < BACK
        most = np.where(usual, np.float32(self.settings.hysteresis), np.float32(np.inf))
        return np.fmin(own, most), np.fmin(shared, most)


def watch(panel: Panel, settings: NetworkSettings | None = None, fit_end: Any = None) -> Detection:
    """Scores and events of a network in one line.

    Args:
        fit_end: last time that says what is usual and where the thresholds lie; None: all.

    Raises:
        DataError: no observed value up to ``fit_end``.
    """
    return Network(settings).fit(panel.between(None, fit_end)).score(panel)


def events_a_day(rate: float, panel: Panel) -> float:
    """False events a day over all places that a share of usual cells stands for."""
    day = pd.Timedelta(days=1) / steps.typical(panel.step)
    return max(rate * day * len(panel.locations) / CELLS, 1e-9)


def _stuck(values: np.ndarray) -> float:
    """Steps without a change that make an alarm, from values [time, location]: twice the length of all but one in a thousand."""
    still = unchanged(values, LONGEST_STUCK)
    ends = np.ones(still.shape, bool)
    ends[:-1] = still[1:] == 0
    usual = float(thresholds.quantile(still[ends & np.isfinite(values)], 0.999))
    return np.inf if 2 * usual >= LONGEST_STUCK else max(float(STUCK), 2 * usual)


def _measures(seen: Evidence, beside: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Size of the mean, root mean square, and neighbourhood over the last ``width`` steps, each [time, location]."""
    moved = trailing(seen.alone, width)
    return np.abs(moved), np.sqrt(np.maximum(trailing(seen.alone**2, width), 0)), together(moved, beside)


def _thresholds(seen: Evidence, beside: np.ndarray, rate: float, network: float) -> tuple[np.ndarray, np.ndarray]:
    """Cuts [width, measure] that ``rate`` of usual cells pass, and the usual deviations of the network [width].

    What is usual for a place is not learnt from what happened to all of them.
    """
    sizes = [np.median(np.abs(trailing(seen.network[:, None], width))) for width in WIDTHS]
    wide = np.maximum(1.4826 * np.array(sizes), STILL)
    calm = _network(seen, wide) < network
    cuts = [
        [
            thresholds.tail(measure[calm], rate, HEAVY / parts, LEAST)
            for measure, parts in zip(_measures(seen, beside, width), (width, width, 3 * width), strict=True)
        ]
        for width in WIDTHS
    ]
    return np.array(cuts), wide


def _network(seen: Evidence, wide: np.ndarray) -> np.ndarray:
    """Largest of the network's trailing means, each in its usual deviations [time]."""
    sizes = [np.abs(trailing(seen.network[:, None], width)[:, 0]) for width in WIDTHS]
    return np.asarray(np.max([size / usual for size, usual in zip(sizes, wide, strict=True)], axis=0))


def _findings(beside: np.ndarray) -> tuple[Finding, ...]:
    lonely = int((beside < 0).all(axis=1).sum())
    if not lonely:
        return ()
    return (
        Finding(
            code="no_neighbours", severity="look", count=lonely,
            message=f"{lonely} of {len(beside)} places have no neighbour; faults and local events cannot be told apart there.",
            suggestion="Give coordinates or a network.",
        ),
    )  # fmt: skip
