"""What judges: the errors of a trained model, or a detector on the data themselves. Both answer the same questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import streamlit as st

from stcore import anomaly, words
from stcore.anomaly.describe import main_value
from stcore.anomaly.detection_files import read_detection
from stcore.anomaly.usual import UsualCourse
from stcore.data import steps
from stcore.data.panel import Panel
from stcore.operations import detections
from stcore.operations.detections import Kept
from stcore.operations.store import DatasetRow
from stcore.plots import instant
from stcore.records import Detection, Prediction
from stcore.ui import cached, results, state
from stcore.ui.results import Work

Between = tuple[pd.Timestamp, pd.Timestamp]
Curve = tuple[pd.DatetimeIndex, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]


class Judge(Protocol):
    """Whatever gives each step of each place a score, and can say what it held it against."""

    @property
    def slot(self) -> str:
        """Its name in the keys of widgets and in the address."""

    @property
    def token(self) -> tuple[Any, ...]:
        """Changes when what it found does."""

    @property
    def title(self) -> str:
        """Its name for people."""

    @property
    def targets(self) -> tuple[str, ...]:
        """The values it judged."""

    @property
    def whole(self) -> str:
        """What it judged: the tested part, or the data."""

    @property
    def preset(self) -> Detection:
        """Scores and events under the threshold it chose by itself."""

    def facts(self) -> str:
        """How it judged, one sentence."""

    def learnt(self) -> str:
        """Where “usual” comes from, for the small print."""

    def band(self) -> str:
        """What the curve is drawn against."""

    def unit(self, target: str) -> str:
        """Unit of a value; empty when unknown."""

    def seen(self, event: pd.Series, found: Detection) -> tuple[anomaly.Expectation, str]:
        """What an event is told against, and the words for it."""

    def curve(self, place: int, position: int, between: Between) -> Curve:
        """Times, observed, and expected value with its band."""


@dataclass(frozen=True, eq=False)
class Errors:
    """The errors of a trained model on its tested part.

    Attributes:
        work, model: whose errors.
    """

    work: Work
    model: str
    whole: str = "the tested part"

    @property
    def test(self) -> Prediction:
        """Its forecasts of the tested part."""
        return cached.prediction(self.work.run.id, self.model, "test", state.owner())

    @property
    def lead(self) -> int:
        """Steps ahead of the forecast the curve compares with."""
        return max(1, self.test.horizon // 2)

    @property
    def slot(self) -> str:
        return f"model-{self.model}"

    @property
    def token(self) -> tuple[Any, ...]:
        stamp = cached.test_stamp(self.work.run.id, self.model, state.owner())
        return ("model", self.work.run.id, self.model, stamp, state.owner())

    @property
    def title(self) -> str:
        return f"Errors of {results.title(self.model, self.test.season)}"

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(self.test.targets)

    @property
    def preset(self) -> Detection:
        return cached.detection(self.work.run.id, self.model, state.owner())

    def facts(self) -> str:
        leads = [steps.describe_span(lead, self.test.step) for lead in anomaly.compared_leads(self.test)]
        name = results.title(self.model, self.test.season)
        return f"Compared with {name} forecasts {words.listing(leads)} ahead."

    def learnt(self) -> str:
        return "what is usual was learnt before this part"

    def band(self) -> str:
        return f"with the 90 % band of the forecast {steps.describe_span(self.lead, self.test.step)} ahead"

    def unit(self, target: str) -> str:
        return self.test.schema[target].unit or ""

    def seen(self, event: pd.Series, found: Detection) -> tuple[anomaly.Expectation, str]:
        seen = anomaly.surprised(event, found, self.test, anomaly.compared_leads(self.test))
        ahead = f" {steps.describe_span(seen.ahead, found.step)} ahead" if seen.ahead != self.lead else ""
        return seen, f"the forecast{ahead}"

    def curve(self, place: int, position: int, between: Between) -> Curve:
        return instant.tested_curve(self.test, self.lead, place, position, between)


@dataclass(frozen=True, eq=False)
class Looked:
    """What a detector found in the data themselves."""

    row: DatasetRow
    kept: Kept
    whole: str = "the data"

    @property
    def slot(self) -> str:
        return self.kept.key

    @property
    def token(self) -> tuple[Any, ...]:
        return ("detector", self.row.id, self.row.digest, self.kept.key, self.kept.made, state.owner())

    @property
    def title(self) -> str:
        name = anomaly.spec(self.kept.detector).title
        end = f", learnt up to {words.moment(self._end)}" if self._end is not None else ""
        return f"{name}{', own settings' if self.kept.settings else ''}{end}"

    @property
    def _end(self) -> pd.Timestamp | None:
        return None if self.kept.fit_end is None else pd.Timestamp(self.kept.fit_end)

    @property
    def targets(self) -> tuple[str, ...]:
        return self.kept.features

    @property
    def preset(self) -> Detection:
        return _looked(self.token, str(detections.folder_of(self.row, self.kept.key)))

    @property
    def panel(self) -> Panel:
        return cached.panel(self.row.id, state.owner())

    def facts(self) -> str:
        return f"Judged by: {self.title}."

    def learnt(self) -> str:
        if self._end is not None:
            return f"what is usual was learnt from the data up to {words.moment(self._end)}"
        return "what is usual was learnt from all the data"

    def band(self) -> str:
        return "with the usual range of this place and hour"

    def unit(self, target: str) -> str:
        return self.panel.schema[target].unit or ""

    def seen(self, event: pd.Series, found: Detection) -> tuple[anomaly.Expectation, str]:
        target = self.targets[main_value(event, found, len(self.targets))]
        first, end = found.time.slice_indexer(event["start"], event["end"]).indices(len(found.time))[:2]
        places = found.locations.index.get_indexer(event["locations"])
        shape, part = (end - first, len(found.locations)), found.time[first:end]
        observed, expected = np.full(shape, np.nan), np.full(shape, np.nan)
        observed[:, places] = self._values(target, slice(first, end), places)
        expected[:, places] = self._course(target).at(part, places)[0]
        return anomaly.Expectation(observed, expected, part, self.unit(target) or None, 0, target), "the usual value"

    def curve(self, place: int, position: int, between: Between) -> Curve:
        target, time = self.targets[position], self.panel.time
        rows = time.slice_indexer(*between)
        places = np.array([place])
        expected = tuple(part[:, 0] for part in self._course(target).at(time[rows], places))
        return time[rows], self._values(target, rows, places)[:, 0], expected  # type: ignore[return-value]

    def _values(self, target: str, rows: slice, places: np.ndarray) -> np.ndarray:
        position, panel = self.panel.features.index(target), self.panel
        values = np.asarray(panel.values[rows, :, position][:, places], dtype=float)
        if panel.observed is not None:
            values[~panel.observed[rows, :, position][:, places]] = np.nan
        return values

    def _course(self, target: str) -> UsualCourse:
        return _course((self.row.id, self.row.digest, target), self.panel)


@st.cache_resource(max_entries=6, ttl="2h", show_spinner=False)
def _looked(token: tuple[Any, ...], folder: str) -> Detection:
    return read_detection(folder)


@st.cache_resource(max_entries=16, ttl="2h", show_spinner=False)
def _course(key: tuple[str, str, str], _panel: Panel) -> UsualCourse:
    return UsualCourse.of(_panel, key[2])


def cut(judge: Judge, threshold: float, hysteresis: float, least: int) -> Detection:
    """The same scores under another threshold and rules; nothing is computed again but alarms and events."""
    preset = judge.preset
    if (threshold, hysteresis, least) == (preset.threshold, preset.hysteresis, preset.least_steps):
        return preset
    return _cut(judge.token, (threshold, hysteresis, least), preset)


@st.cache_resource(max_entries=24, ttl="2h", show_spinner=False)
def _cut(token: tuple[Any, ...], rules: tuple[float, float, int], _preset: Detection) -> Detection:
    return _preset.rethreshold(rules[0], hysteresis=rules[1], least_steps=rules[2])


def rates(judge: Judge, cuts: tuple[float, ...]) -> np.ndarray:
    """Alarms a week at each place that each threshold gives."""
    return _rates(judge.token, cuts, judge.preset)


@st.cache_data(max_entries=32, ttl="2h", show_spinner=False)
def _rates(token: tuple[Any, ...], cuts: tuple[float, ...], _preset: Detection) -> np.ndarray:
    return anomaly.alarms_a_week(_preset, cuts)


def offered(row: DatasetRow, work: Work | None) -> dict[str, Judge]:
    """Slot -> everything that can judge now: finished models, the best first, then detectors, the newest first."""
    models = () if work is None else sorted(work.models, key=lambda name: name != work.shown())
    found: list[Judge] = [] if work is None else [Errors(work, model) for model in models]
    found += [Looked(row, each) for each in detections.kept(row)]
    return {judge.slot: judge for judge in found}


def chosen(judges: Mapping[str, Judge]) -> Judge | None:
    """The detector in the address, else the shown model, else the newest detector; None when nothing can judge yet."""
    wanted = state.chosen("judge")
    if wanted is not None and wanted in judges:
        return judges[wanted]
    return next(iter(judges.values()), None)


def choose(slot: str, judges: Mapping[str, Judge]) -> None:
    """Let another one judge."""
    judge = judges[slot]
    state.drop("anomalies-event")  # each judge numbers its own events
    if isinstance(judge, Errors):
        state.forget("judge")
        state.choose("model", judge.model)
    else:
        state.choose("judge", slot)
