"""report.html: what an experiment found, in one file that opens anywhere."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from stcore import words
from stcore.data import steps
from stcore.evaluation import advice, event_parts, score, sentence, verdict
from stcore.experiment import BASELINES
from stcore.models import MODELS
from stcore.plots import curves
from stcore.plots.chances import event_name, in_percent
from stcore.plots.theme import of as theme_of
from stcore.records import Prediction
from stcore.workflow.result import Result

_STYLE = """
body{font:15px/1.5 "IBM Plex Sans",system-ui,sans-serif;color:#18222F;background:#FBFAF8;max-width:64rem;margin:2.5rem auto;padding:0 1.5rem}
h1{font-size:1.75rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}.verdict{font-size:1.4rem;line-height:1.35}
.muted{color:#586373}table{border-collapse:collapse;width:100%;background:#fff}th,td{padding:.45rem .8rem;border-bottom:1px solid #ECE8E1;text-align:right}
th:first-child,td:first-child{text-align:left}th{color:#586373;font-weight:500}pre{background:#F3F1ED;padding:1rem;overflow:auto}
"""


def write_report(result: Result) -> None:
    """Write report.html beside the other results: verdict, leaderboard, error by lead, a forecast, the settings."""
    (result.folder / "report.html").write_text(render(result), encoding="utf-8")


def title_of(result: Result, label: str) -> str:
    """What people call a model: its registry title, or its own name in the experiment."""
    for config in result.experiment.runs():
        if config.model.label == label and config.model.as_ is None:
            return MODELS[config.model.name].title
    return {"ensemble": "Weighted mean"}.get(label, label)


def best(result: Result) -> str | None:
    """Label with the highest skill among those that are no baselines; None when only baselines are there."""
    skills = {
        label: numbers["skill"] for label, numbers in result.metrics.items()
        if label not in ("persistence", "seasonal_naive") and numbers.get("skill") is not None
    }  # fmt: skip
    return max(skills, key=lambda label: skills[label]) if skills else None


def render(result: Result) -> str:
    """The page as text; every value from data or settings is escaped."""
    label = best(result) or next(iter(result.metrics))
    test = result.prediction(label)
    head = f"Chance of {event_name(test)}" if test.classes else f"Forecast of {words.listing(list(test.targets))}"
    facts = (
        f"{words.count(len(test.locations), 'place')}, {steps.describe(test.step)}, up to "
        f"{steps.describe_span(test.horizon, test.step)} ahead. Tested on {words.span(test.origins[0], test.origins[-1])}: "
        f"{words.count(len(test.origins), 'start time')}."
    )
    told = _told(result, label, test)
    known = result.recommended
    use = (
        advice(known, {each: title_of(result, each) for each in result.models if each not in BASELINES})
        if known
        else ""
    )
    figures = [_by_lead(result, test), _future(result, label)]
    pictures = "".join(
        figure.to_html(
            full_html=False, include_plotlyjs="inline" if number == 0 else False, config={"displayModeBar": False}
        )
        for number, figure in enumerate(figures)
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(head)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(head)}</h1><p class=muted>{escape(facts)}</p>"
        f"<p class=verdict>{escape(told)}</p><p>{escape(use)}</p>{_table(result, test)}{pictures}"
        f"<h2>Settings</h2><pre>{escape(result.experiment.to_yaml())}</pre></body></html>"
    )


def _told(result: Result, label: str, test: Prediction) -> str:
    """The verdict on the best model; of chances of events with their measures beside those of the last value."""
    numbers, title = result.metrics[label], title_of(result, label)
    if not test.classes:
        return sentence(verdict(numbers, test.season), title)
    return "".join(part.text for part in event_parts(numbers, result.metrics["persistence"], test.season, title))


def _table(result: Result, test: Prediction) -> str:
    unit = test.schema[test.targets[0]].unit if len(test.targets) == 1 else None
    of_values = (
        f"Mean error{f', {unit}' if unit else ''}",
        "Root mean square error",
        "Better than last value",
        "90 % band held",
    )
    of_chances = ("Brier score", "Surprise", "F1", "Better than last value", "Right")
    heads = ("Model", *(of_chances if test.classes else of_values), "Processor seconds")
    row = _row_of_chances if test.classes else _row
    rows = "".join(row(title_of(result, label), numbers) for label, numbers in _ranked(result))
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    return f"<h2>All models on the same start times</h2><table><tr>{head}</tr>{rows}</table>"


def _ranked(result: Result) -> list[tuple[str, Any]]:
    return sorted(result.metrics.items(), key=lambda item: -(item[1].get("skill") or -np.inf))


def _row(title: str, numbers: Any) -> str:
    return _cells(
        title,
        words.number(numbers.get("mae")), words.number(numbers.get("rmse")), words.percent(numbers.get("skill"), sign=True),
        words.percent(numbers.get("coverage_90")), words.number(numbers.get("cpu_s")),
    )  # fmt: skip


def _row_of_chances(title: str, numbers: Any) -> str:
    return _cells(
        title, *(score(numbers, name) for name in ("brier", "log_loss", "f1")), words.percent(numbers.get("skill"), sign=True),
        words.percent(numbers.get("accuracy")), words.number(numbers.get("cpu_s")),
    )  # fmt: skip


def _cells(title: str, *cells: str) -> str:
    return f"<tr><td>{escape(title)}</td>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _by_lead(result: Result, test: Prediction) -> Any:
    measure, title = ("brier", "Brier score") if test.classes else ("mae", "Mean error")
    lines = {
        label: np.array([np.nan if value is None else value for value in numbers["by_lead"][measure]])
        for label, numbers in result.metrics.items()
    }
    ahead = [steps.describe_span(lead, test.step) for lead in range(1, test.horizon + 1)]
    figure = curves.error_by_lead(
        lines, {label: title_of(result, label) for label in lines}, theme_of("light"), ahead, 300
    )
    return figure.update_layout(title=f"{title} by time ahead", margin_t=48)


def _future(result: Result, label: str) -> Any:
    """The forecast beyond the data at the first place."""
    future = result.prediction(label, "forecast")
    if future.classes:
        future = in_percent(future)
    low, high = (future.values, future.values) if future.classes else future.interval(90)
    times = [future.times(lead)[0] for lead in range(1, future.horizon + 1)]
    from stcore.plots import figure as fig

    theme = theme_of("light")
    drawn = fig.blank(theme, 300, fig.axis_range([low[0, :, 0, 0], high[0, :, 0, 0]]))
    wall = [fig.wall(time) for time in times]
    if not future.classes:
        fig.band(drawn, wall, low[0, :, 0, 0], high[0, :, 0, 0], theme.forecast, theme.band_alpha)
    fig.line(drawn, wall, future.values[0, :, 0, 0], theme.forecast, 2.4, name="Forecast")
    place, what = words.short(str(future.locations.index[0])), "Chance, %," if future.classes else "Forecast"
    return drawn.update_layout(title=fig.safe(f"{what} beyond the data, {place}"), margin_t=48)
