"""What the Compare page says: the sentence, the leaderboard, the download, and what “Use” does."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from stcore import evaluation, words
from stcore.data import export, steps
from stcore.operations import jobs, store
from stcore.operations.store import DatasetRow
from stcore.ui import forecast_view, markup, parts, results, state
from stcore.ui.compare_board import Board, Row
from stcore.ui.markup import Column
from stcore.workflow.comparison import Entrant
from stcore.workflow.result import Result

AIM, HONEST = 90, 5  # percent


def verdict(shown: Board) -> list[object]:
    """“**The weighted mean of STID and LSTM is best,** **21 %** better than the last value. STID alone is a close second.”"""
    best = shown.best
    if best.baseline or not math.isfinite(best.skill) or best.skill < 0.005:
        real = next((row for row in shown.rows if not row.baseline), None)
        if real is None:
            return ["Only the baselines are finished; there is no model to compare them with."]
        beaten, other = ("last value", "it") if not real.skill >= 0.005 else (best.title.lower(), "the last value")
        return [
            f"No model beats the {beaten}: the best of them, ",
            parts.strong(real.title),
            ", is ",
            parts.judged(real.skill),
            f" than {other}.",
            *_chances(shown, real),
        ]
    return [
        parts.strong(f"{_subject(best)} is best, "),
        parts.judged(best.skill),
        " than the last value.",
        *_chances(shown, best),
        *_second(shown),
    ]


def _chances(shown: Board, row: Row) -> list[object]:
    """How good a row's chances of an event are, beside those of the last value; nothing for values."""
    if not shown.chances:
        return []
    return [" ", *forecast_view.coloured(evaluation.measures(row.numbers, shown.last))]


def _subject(row: Row) -> str:
    if not row.mean:
        return row.title + (f" with {row.note.split(', ')[0]}" if row.note and not row.baseline else "")
    used = [key for key, weight in sorted(row.mean.items(), key=lambda item: -item[1]) if weight >= 0.005]
    titles = dict.fromkeys(results.title(key.rpartition(":")[2]) for key in used)
    return f"The {row.title.lower()} of {words.listing(titles, most=3)}"


def _second(shown: Board) -> list[object]:
    """The best row of another kind, when it lies within the range of the best."""
    best = shown.best
    others = [row for row in shown.rows[1:] if not row.baseline and not (row.mean and best.mean)]
    if not others or best.range is None or not others[0].skill >= best.range[0]:
        return []
    if others[0].mean:
        return [f" The {others[0].title.lower()} is a close second."]
    return [f" {others[0].title}{' alone' if best.mean else ''} is a close second."]


def short_name(row: Row) -> str:
    """“STID”, “weighted mean”: for a button or a heading."""
    return row.title.lower() if row.mean else words.short(row.title, 20)


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


def leaderboard(shown: Board) -> None:
    """The table: rank, name, error, skill bar with its range over days, band or measures of chances, time."""
    reach = _reach(shown.rows)
    columns = [
        Column("", minor=True), Column("Model", wide=True), Column(_error_head(shown), number=True), Column("Skill against the last value", minor=True),
        Column("Skill", number=True), *_more_columns(shown), Column("Took", number=True, minor=True),
    ]  # fmt: skip
    rows = []
    for rank, row in enumerate(shown.rows, 1):
        low, high = row.range or (None, None)
        rows.append([
            markup.muted(rank), markup.join([row.title, " ", markup.muted(row.note)]), _error(shown, row),
            markup.skill_bar(row.skill, reach, low, high, grey=row.baseline), _percent(row), *_more(shown, row), _took(row),
        ])  # fmt: skip
    parts.table(columns, rows, 0, "Models, best first")


def _error_head(shown: Board) -> str:
    if shown.chances:
        return "Brier"
    return f"Error, {shown.unit}" if shown.unit else "Error"


def _error(shown: Board, row: Row) -> str:
    if shown.chances:
        return evaluation.score(row.numbers, "brier")
    return words.number(row.numbers.get("mae"))


def _more_columns(shown: Board) -> list[Column]:
    """What stands beside the skill: the band of values; F1 and, where there is room, surprise and share right of chances."""
    if shown.chances:
        return [
            Column("F1", number=True),
            Column("Surprise", number=True, minor=True),
            Column("Right", number=True, minor=True),
        ]
    return [Column("Band holds", number=True)]


def _more(shown: Board, row: Row) -> list[object]:
    if not shown.chances:
        return [_band(row)]
    numbers = row.numbers
    return [
        evaluation.score(numbers, "f1"),
        evaluation.score(numbers, "log_loss"),
        words.percent(numbers.get("accuracy")),
    ]


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
    named = evaluation.EVENT_METRICS if shown.chances else ()
    for rank, row in enumerate(shown.rows, 1):
        low, high = row.range or (None, None)
        rows.append({
            "rank": rank, "model": row.title, "note": row.note, "run": row.entrant.run if row.entrant else "", "value": shown.target or "",
            "unit": shown.error_unit, "mae": row.numbers.get("mae"), "rmse": row.numbers.get("rmse"), "skill": row.numbers.get("skill"),
            "skill_low": low, "skill_high": high, "skill_seasonal": row.numbers.get("skill_seasonal"),
            "coverage_90": row.numbers.get("coverage_90"), "seconds": row.numbers.get("seconds"),
            **{name: row.numbers.get(name) for name in named},
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
