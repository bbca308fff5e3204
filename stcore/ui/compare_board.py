"""The Compare page's rows: models of all runs of a data set and their joined forecasts, ranked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.data.schema import readable
from stcore.errors import StoreError
from stcore.evaluation.breakdown import same_units
from stcore.experiment import BASELINES
from stcore.operations import store
from stcore.operations.store import DatasetRow
from stcore.plots.chances import event_name
from stcore.plots.theme import LIGHT, MODEL_ORDER, model_colour
from stcore.records import Prediction
from stcore.training.joined import Method
from stcore.ui import cached, pickers, results, state
from stcore.workflow import comparison
from stcore.workflow.comparison import Basis, Entrant, Joined
from stcore.workflow.result import Part, Result

MOST_RUNS = 60
MOST_MEMBERS = 6
NAMES = {"weighted": "Weighted mean", "mean": "Simple mean"}
Numbers = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the leaderboard.

    Attributes:
        key: of the entrant, or the method of a joined forecast.
        title, note: name, and what sets it apart (settings, weights, baseline).
        label: name that no other row has, for lines and pickers.
        colour: model name that decides the colour of its lines.
        numbers: of the value shown.
    """

    key: str
    title: str
    note: str
    label: str
    colour: str
    numbers: Numbers
    entrant: Entrant | None = None
    joined: Joined | None = None

    @property
    def skill(self) -> float:
        """Share of the last value's error that is removed; NaN when unknown."""
        value = self.numbers.get("skill")
        return math.nan if value is None else float(value)

    @property
    def baseline(self) -> bool:
        """It is a yardstick."""
        return self.entrant is not None and self.entrant.baseline

    @property
    def mean(self) -> Mapping[str, float]:
        """Weights of its members, by key or label; empty for a model of its own."""
        if self.joined is not None:
            return self.joined.weights
        return dict(self.entrant.numbers["weights"]) if self.entrant is not None and self.entrant.joined else {}

    @property
    def range(self) -> tuple[float, float] | None:
        """Range of the skill over days."""
        found = self.numbers.get("skill_range")
        return (float(found[0]), float(found[1])) if found else None

    def prediction(self) -> Prediction:
        """Its forecasts on the test part."""
        return self.joined.prediction if self.joined is not None else _prediction(self.entrant)  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Board:
    """Everything the page shows, best first.

    Attributes:
        target: the value that is judged; None for all together.
        unit: of the value, or empty; per cent for chances of an event.
        sample: any forecast of the group: places, times, leads.
    """

    rows: list[Row]
    basis: Basis
    target: str | None
    unit: str
    sample: Prediction

    @property
    def best(self) -> Row:
        """The first row."""
        return self.rows[0]

    @property
    def position(self) -> int:
        """Which target curves show."""
        return self.sample.targets.index(self.target) if self.target else 0

    @property
    def chances(self) -> bool:
        """Chances of an event are compared, not values."""
        return bool(self.sample.classes)

    @property
    def measure(self) -> str:
        """Metric that a row's error is: the Brier score of chances, else the mean error."""
        return "brier" if self.chances else "mae"

    @property
    def measured(self) -> str:
        """The error in words with its unit: “Mean error, mph”."""
        if self.chances:
            return "Brier score"
        return f"Mean error, {self.unit}" if self.unit else "Mean error"

    @property
    def error_unit(self) -> str:
        """Unit of the error, or empty."""
        return "" if self.chances else self.unit

    @property
    def last(self) -> Numbers:
        """Numbers of the last value, which every round has."""
        return next((row.numbers for row in self.rows if row.entrant and row.entrant.model == "persistence"), {})

    @property
    def quantity(self) -> str:
        """“Speed, mph”, “Chance of speed at most 20 mph, %”."""
        name = f"chance of {event_name(self.sample)}" if self.chances else readable(self.sample.targets[self.position])
        return words.sentence(f"{name}, {self.unit}" if self.unit else name)


def gather(row: DatasetRow) -> dict[Basis, list[Entrant]]:
    """Finished models of all runs of a data set, in groups that can be ranked together, the newest group first."""
    found: list[Entrant] = []
    for run in store.runs_of(row.id, state.owner())[:MOST_RUNS]:
        folder = store.run_folder(run.id)
        try:
            stamp = (folder / "metrics.json").stat().st_mtime
        except OSError:
            continue  # nothing finished yet
        found += _entrants(run.id, str(folder), stamp)
    return comparison.groups(found)


@st.cache_resource(max_entries=256, show_spinner=False)
def _entrants(run: str, folder: str, stamp: float) -> list[Entrant]:
    try:
        return comparison.entrants(run, Result.open(folder))
    except StoreError:
        return []  # a torn folder does not take the others with it


def group_words(basis: Basis, count: int, step: str) -> str:
    """“60 minutes ahead, 1,602 start times, 5 models”."""
    chances = ", chances of an event" if basis.event else ""
    return f"{words.sentence(steps.describe_span(basis.horizon, step))} ahead{chances}, {words.count(basis.origins[0], 'start time')}, {words.count(count, 'model')}"


def names(group: Sequence[Entrant], season: str) -> dict[str, str]:
    """Key -> title with the first thing that sets it apart, for pickers and labels."""
    apart = comparison.differences(group, most=1)
    return {one.key: title(one, season) + (f" ({apart[one.key]})" if apart.get(one.key) else "") for one in group}


def title(entrant: Entrant, season: str) -> str:
    """A model's name; the name it was given in its run where it has one."""
    if entrant.joined:
        return NAMES[method_of(entrant)]
    return results.title(entrant.model if entrant.label in (entrant.model, "") else entrant.label, season)


def method_of(entrant: Entrant) -> Method:
    """How a kept mean was joined."""
    return "mean" if entrant.numbers.get("method") == "mean" else "weighted"


def members(group: Sequence[Entrant]) -> list[Entrant]:
    """Models that can be joined: no baselines, nothing that is joined already."""
    return [one for one in group if not one.baseline and not one.joined and one.single]


def choose(group: Sequence[Entrant], season: str) -> list[str]:
    """Keys of the members that are joined: all of them, the newest few at first."""
    titles = names(members(group), season)
    first = list(titles)[:MOST_MEMBERS]
    if len(titles) < 2:
        return first
    return pickers.pills("Joined from", titles, f"compare-members-{len(titles)}-{first[0]}", first)


def board(row: DatasetRow, basis: Basis, group: Sequence[Entrant], chosen: Sequence[str], target: str | None) -> Board:
    """The ranking of a group with the joined forecasts of the chosen members."""
    sample = _prediction(group[0])
    season = sample.season
    apart, labels = comparison.differences(group), names(group, season)
    rows: list[Row] = []
    seen: list[str] = []
    for one in sorted(
        group, key=lambda one: one.model not in MODEL_ORDER
    ):  # those with a colour of their own come first
        colour = _colour(one.model, seen)
        seen.append(colour)
        note = "baseline" if one.baseline else apart.get(one.key, "")
        if one.joined:
            note = f"{weight_words(one.numbers['weights'], {})}, kept"
        rows.append(
            Row(one.key, title(one, season), note, labels[one.key], colour, _numbers(one, sample, target), entrant=one)
        )
    picked = [one for one in members(group) if one.key in chosen]
    kept = {(method_of(one), frozenset(one.numbers.get("members", {}).values())) for one in group if one.joined}
    rows += [
        each
        for each in _joined_rows(row, picked, labels, target)
        if (each.key, frozenset(p.identity for p in picked)) not in kept
    ]
    order = comparison.ranking({each.key: each.numbers for each in rows})
    unit = "%" if sample.classes else sample.schema[target or sample.targets[0]].unit
    return Board(sorted(rows, key=lambda each: order.index(each.key)), basis, target, unit or "", sample)


def _colour(model: str, seen: Sequence[str]) -> str:
    """The name that decides a row's colour: the model's own, and another one where that colour is taken."""
    used = {model_colour(LIGHT, name) for name in seen}
    if model in BASELINES or model_colour(LIGHT, model) not in used:
        return model
    others = [f"{model} {number}" for number in range(2, 40)]
    return next((name for name in others if model_colour(LIGHT, name) not in used), others[len(seen) % len(others)])


def _joined_rows(
    row: DatasetRow, picked: Sequence[Entrant], titles: Mapping[str, str], target: str | None
) -> list[Row]:
    """The weighted and the simple mean of at least two models, where memory allows."""
    if len(picked) < 2 or not comparison.fits_beside_a_page(_prediction(one) for one in picked):
        return []
    rows = []
    for method, colour in (("weighted", "ensemble"), ("mean", "ensemble_mean")):
        made = _join(tuple((one.key, one.identity) for one in picked), method, row.id, state.owner(), picked)
        numbers = dict(made.numbers)
        if target is not None:
            numbers = _of_target(made.prediction, target, f"{method}{[one.identity for one in picked]}")
        numbers["seconds"] = sum(float(one.numbers.get("seconds") or 0) for one in picked)
        name = NAMES[method]
        rows.append(Row(method, name, weight_words(made.weights, titles), name, colour, numbers, joined=made))
    return rows


@st.cache_resource(max_entries=6, ttl="2h", show_spinner="Joining")
def _join(
    keys: tuple[tuple[str, str], ...], method: str, dataset: str, owner: str, _picked: Sequence[Entrant]
) -> Joined:
    validation = {one.key: _prediction(one, "validation") for one in _picked}
    return comparison.join_tested(validation, {one.key: _prediction(one) for one in _picked}, method)  # type: ignore[arg-type]


def _prediction(entrant: Entrant, part: Part = "test") -> Prediction:
    return cached.prediction(entrant.run, entrant.label, part, state.owner())


def _numbers(entrant: Entrant, sample: Prediction, target: str | None) -> Numbers:
    """Numbers of all values together, or of one of several."""
    if target is None or len(sample.targets) == 1:
        return entrant.numbers
    return _of_target(_prediction(entrant), target, entrant.key + entrant.identity) | {
        "seconds": entrant.numbers.get("seconds")
    }


@st.cache_data(max_entries=128, ttl="2h", show_spinner=False)
def _judged(key: str, target: str, owner: str, _prediction: Prediction) -> dict[str, Any]:
    return comparison.judged(comparison.one_target(_prediction, target))


def _of_target(prediction: Prediction, target: str, key: str) -> dict[str, Any]:
    return dict(_judged(key, target, state.owner(), prediction))


def weight_words(weights: Mapping[str, float], titles: Mapping[str, str]) -> str:
    """“0.7 STID, 0.3 LSTM”, the largest first."""
    told = sorted(weights.items(), key=lambda item: -item[1])
    if len(told) > 1 and told[0][1] - told[-1][1] < 1e-6:
        return f"{words.in_words(len(told))}, all alike"
    kept = [
        f"{words.fixed(weight, 2)} {words.short(titles.get(key) or results.title(key), 30)}"
        for key, weight in told
        if weight >= 0.005
    ]
    return words.listing(kept, most=4)


def sample(group: Sequence[Entrant]) -> Prediction:
    """Any forecast of a group."""
    return _prediction(group[0])


def target(sample: Prediction) -> str | None:
    """The value that is judged, from a picker where there are several; None: all together, where units allow."""
    if len(sample.targets) == 1:
        return None
    shown = {name: words.short(words.sentence(readable(name)), 30) for name in sample.targets}
    if same_units(sample):
        shown = {"": "All", **shown}
    if len(shown) <= 4:
        return pickers.segmented("Value", shown, "compare-target") or None
    return (
        st.selectbox("Value", list(shown), format_func=lambda name: shown[name], key="compare-target", width=220)
        or None
    )
