"""The Compare page's rows: models of all runs and their joined forecasts, ranked, with words, bars and numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from stcore import words
from stcore.data import export, steps
from stcore.data.schema import readable
from stcore.errors import StoreError
from stcore.evaluation.breakdown import same_units
from stcore.operations import jobs, store
from stcore.operations.store import DatasetRow
from stcore.records import Prediction
from stcore.ui import cached, markup, parts, results, state
from stcore.ui.markup import Column
from stcore.workflow import comparison
from stcore.workflow.comparison import Basis, Entrant, Joined
from stcore.workflow.result import Result

MOST_RUNS = 60
MOST_MEMBERS = 6
AIM, HONEST = 90, 5  # percent
_NAMES = {"weighted": "Weighted mean", "mean": "Simple mean"}
Numbers = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the leaderboard.

    Attributes:
        key: of the entrant, or the method of a joined forecast.
        title, note: name, and what sets it apart (settings, weights, baseline).
        colour: model name that decides the colour of its lines.
        numbers: of the value shown.
    """

    key: str
    title: str
    note: str
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
        unit: of its errors, or empty.
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
    def quantity(self) -> str:
        """“Speed, mph”."""
        name = readable(self.sample.targets[self.position])
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
    return f"{words.sentence(steps.describe_span(basis.horizon, step))} ahead, {words.count(basis.origins[0], 'start time')}, {words.count(count, 'model')}"


def names(group: Sequence[Entrant], season: str) -> dict[str, str]:
    """Key -> title with what sets it apart, for pickers."""
    apart = comparison.differences(group)
    return {one.key: title(one, season) + (f" ({apart[one.key]})" if apart.get(one.key) else "") for one in group}


def title(entrant: Entrant, season: str) -> str:
    """A model's name; the name it was given in its run where it has one."""
    if entrant.joined:
        return f"{_NAMES.get(str(entrant.numbers.get('method')), _NAMES['weighted'])}, kept"
    return results.title(entrant.model if entrant.label in (entrant.model, "") else entrant.label, season)


def members(group: Sequence[Entrant]) -> list[Entrant]:
    """Models that can be joined: no baselines, nothing that is joined already."""
    return [one for one in group if not one.baseline and not one.joined and one.single]


def board(row: DatasetRow, basis: Basis, group: Sequence[Entrant], chosen: Sequence[str], target: str | None) -> Board:
    """The ranking of a group with the joined forecasts of the chosen members."""
    sample = _prediction(group[0])
    season = sample.season
    apart = comparison.differences(group)
    rows, seen = [], set()
    for one in group:
        colour = one.model if one.model not in seen else f"{one.model} {one.key}"
        seen.add(one.model)
        note = (
            "baseline"
            if one.baseline
            else _weights(one.numbers.get("weights", {}), {})
            if one.joined
            else apart.get(one.key, "")
        )
        rows.append(Row(one.key, title(one, season), note, colour, _numbers(one, sample, target), entrant=one))
    picked = [one for one in members(group) if one.key in chosen]
    rows += _joined_rows(row, picked, names(group, season), target)
    order = comparison.ranking({each.key: each.numbers for each in rows})
    unit = sample.schema[target].unit if target else sample.schema[sample.targets[0]].unit
    return Board(sorted(rows, key=lambda each: order.index(each.key)), basis, target, unit or "", sample)


def _joined_rows(
    row: DatasetRow, picked: Sequence[Entrant], titles: Mapping[str, str], target: str | None
) -> list[Row]:
    """The weighted and the simple mean of at least two models, where memory allows."""
    if len(picked) < 2 or not comparison.fits_beside_a_page(_prediction(one) for one in picked):
        return []
    rows = []
    for method in ("weighted", "mean"):
        made = _join(tuple((one.key, one.identity) for one in picked), method, row.id, state.owner(), picked)
        numbers = (
            dict(made.numbers)
            if target is None
            else _of_target(made.prediction, target, f"{method}{[p.key for p in picked]}")
        )
        numbers["seconds"] = sum(float(one.numbers.get("seconds") or 0) for one in picked)
        note = _weights(made.weights, titles)
        rows.append(
            Row(
                method,
                _NAMES[method],
                note,
                "ensemble" if method == "weighted" else "ensemble_mean",
                numbers,
                joined=made,
            )
        )
    return rows


@st.cache_resource(max_entries=6, ttl="2h", show_spinner="Joining")
def _join(
    keys: tuple[tuple[str, str], ...], method: str, dataset: str, owner: str, _picked: Sequence[Entrant]
) -> Joined:
    validation = {one.key: _prediction(one, "validation") for one in _picked}
    return comparison.join_tested(validation, {one.key: _prediction(one) for one in _picked}, method)  # type: ignore[arg-type]


def _prediction(entrant: Entrant, part: str = "test") -> Prediction:
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


def _weights(weights: Mapping[str, float], titles: Mapping[str, str]) -> str:
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


def verdict(shown: Board) -> list[object]:
    """“**The weighted mean of STID and LSTM is best,** **21 %** better than the last value. STID alone is a close second.”"""
    best = shown.best
    if best.baseline or not math.isfinite(best.skill) or best.skill < 0.005:
        real = next((row for row in shown.rows if not row.baseline), None)
        if real is None:
            return ["Only the baselines are finished; there is no model to compare them with."]
        return [
            "No model beats the last value: the best of them, ",
            parts.strong(real.title),
            ", is ",
            parts.judged(real.skill),
            " than it.",
        ]
    return [
        parts.strong(f"{_subject(best)} is best, "),
        parts.judged(best.skill),
        " than the last value.",
        *_second(shown),
    ]


def _subject(row: Row) -> str:
    if row.joined is None:
        return row.title + (f" with {row.note}" if row.note and row.entrant and not row.entrant.joined else "")
    weighty = sorted(row.joined.weights, key=lambda key: -row.joined.weights[key])  # type: ignore[union-attr]
    used = [results.title(key.partition(":")[2]) for key in weighty if row.joined.weights[key] >= 0.005]
    return f"The {row.title.lower()} of {words.listing(dict.fromkeys(used), most=3)}"


def _second(shown: Board) -> list[object]:
    """The best row of another kind, when it lies within the range of the best."""
    best = shown.best
    others = [row for row in shown.rows[1:] if not row.baseline and (row.joined is None or best.joined is None)]
    if not others or best.range is None or not others[0].skill >= best.range[0]:
        return []
    alone = " alone" if best.joined is not None and others[0].joined is None else ""
    name = others[0].title if others[0].joined is None else f"The {others[0].title.lower()}"
    return [f" {name}{alone} is a close second."]


def short_name(row: Row) -> str:
    """“STID”, “weighted mean”: for a button or a heading."""
    return row.title.lower() if row.joined is not None else words.short(row.title, 20)


def facts(shown: Board) -> str:
    """“Seven forecasters on the same 1,602 start times, 9–15 Mar, up to 60 minutes ahead.”"""
    sample = shown.sample
    count = words.sentence(words.in_words(len(shown.rows)))
    days = words.span(sample.origins[0], sample.times(sample.horizon)[-1])
    reach = steps.describe_span(sample.horizon, sample.step)
    return f"{count} forecasters on the same {len(sample.origins):,} start times, {days}, up to {reach} ahead."


def small_print(shown: Board) -> str:
    """How much a mean can be trusted, where one was joined."""
    if not any(row.joined for row in shown.rows):
        return ""
    return "Weights were chosen on the validation part, which none of the members learnt from; the test part was not looked at."


def sample(group: Sequence[Entrant]) -> Prediction:
    """Any forecast of a group."""
    return _prediction(group[0])


def alike(sample: Prediction) -> bool:
    """Whether errors of all values have a common unit."""
    return same_units(sample)


def leaderboard(shown: Board) -> None:
    """The table: rank, name, error, skill bar with its range over days, share held by the band, time."""
    reach = _reach(shown.rows)
    head = f"Error, {shown.unit}" if shown.unit else "Error"
    columns = [
        Column("", minor=True), Column("Model"), Column(head, number=True), Column("Skill against the last value", minor=True, wide=True), Column("Skill", number=True),
        Column("Band holds", number=True), Column("Took", number=True, minor=True),
    ]  # fmt: skip
    rows = []
    for rank, row in enumerate(shown.rows, 1):
        low, high = row.range or (None, None)
        rows.append([
            markup.muted(rank), markup.join([row.title, " ", markup.muted(row.note)]), words.number(row.numbers.get("mae")),
            markup.skill_bar(row.skill, reach, low, high, grey=row.baseline), _percent(row), _band(row), _took(row),
        ])  # fmt: skip
    parts.table(columns, rows, 0, "Models, best first")


def _reach(rows: Sequence[Row]) -> float:
    """The skill at either end of the bars: the widest of the better half, so that one hopeless row does not squeeze them."""
    ends = [abs(end) for row in rows for end in (*(row.range or ()), row.skill) if math.isfinite(end)]
    good = [abs(end) for row in rows if row.skill > 0 for end in (*(row.range or ()), row.skill)]
    return max(good, default=max(ends, default=0.1)) * 1.15 or 0.1


def _percent(row: Row) -> object:
    if row.entrant is not None and row.entrant.model == "persistence":
        return f"0{words.NBSP}%"
    return words.percent(row.skill, sign=True)


def _band(row: Row) -> object:
    share = row.numbers.get("coverage_90")
    if share is None:
        return words.DASH
    return (
        markup.strong(words.percent(share), "bad") if abs(round(100 * share) - AIM) > HONEST else words.percent(share)
    )


def _took(row: Row) -> object:
    seconds = row.numbers.get("seconds")
    return markup.muted(words.lasting(float(seconds)) if seconds is not None else words.DASH)


def csv(shown: Board) -> bytes:
    """The leaderboard as a guarded CSV table."""
    rows = []
    for rank, row in enumerate(shown.rows, 1):
        low, high = row.range or (None, None)
        rows.append({
            "rank": rank, "model": row.title, "note": row.note, "run": row.entrant.run if row.entrant else "", "value": shown.target or "",
            "unit": shown.unit, "mae": row.numbers.get("mae"), "rmse": row.numbers.get("rmse"), "skill": row.numbers.get("skill"),
            "skill_low": low, "skill_high": high, "skill_seasonal": row.numbers.get("skill_seasonal"),
            "coverage_90": row.numbers.get("coverage_90"), "seconds": row.numbers.get("seconds"),
        })  # fmt: skip
    return export.to_csv(pd.DataFrame(rows))


def use(row: DatasetRow, shown: Board, group: Sequence[Entrant]) -> None:
    """Open the forecast of the best row; a joined one becomes a model of its own first."""
    best = shown.best
    if best.entrant is not None:
        state.go("forecast", run=best.entrant.run, model=best.entrant.label)
    assert best.joined is not None
    picked = [one for one in group if one.key in best.joined.weights]
    experiment = Result.open(store.run_folder(picked[0].run)).experiment
    models = [{"name": one.model, "as": f"{one.label}-{number}"} for number, one in enumerate(picked, 1)]
    body = experiment.model_dump(mode="json", by_alias=True) | {"models": models, "ensemble": {"method": best.key}}
    more = {"members": [{"run": one.run, "label": one.label} for one in picked], "method": best.key}
    run, _ = jobs.submit_run("join", row.id, body, more, _subject(best), state.owner())
    state.go("forecast", run=run)
