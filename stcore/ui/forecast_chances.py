"""What the Forecast page says of chances of events: the verdict, and metrics beside those of the last value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stcore import evaluation, words
from stcore.evaluation import Part
from stcore.plots.theme import is_baseline
from stcore.ui.forecast_view import View, coloured, hardest
from stcore.ui.markup import Metric


def sentence(shown: View) -> list[object]:
    """The judgement, then accuracy, F1 and Brier score beside those of the last value; a baseline is not judged by itself."""
    if is_baseline(shown.model):
        repeated = "last value" if shown.model == "persistence" else shown.title().lower()
        begun = "So far this only repeats the" if shown.work.active else "This only repeats the"
        return coloured([Part(f"{begun} {repeated}. "), *evaluation.measures(shown.numbers)])
    return coloured(evaluation.event_parts(shown.numbers, _last(shown), shown.test.season))


def metric_row(shown: View) -> list[Metric]:
    """How often it was right, F1, Brier score and the hardest hours, each beside what it is compared with."""
    numbers, last = shown.numbers, _last(shown)
    right, unit = words.percent(numbers.get("accuracy")).split(words.NBSP)
    found, said = (words.percent(numbers.get(name)) for name in ("recall", "precision"))
    return [
        Metric("Right", right, unit, f"of the time; last value {words.percent(last.get('accuracy'))}"),
        Metric("F1", evaluation.score(numbers, "f1"), "", f"found {found} of the events, {said} of those said came"),
        Metric("Brier score", evaluation.score(numbers, "brier"), "", f"0 is best; last value {evaluation.score(last, 'brier')}"),
        hardest(shown),
    ]  # fmt: skip


def _last(shown: View) -> Mapping[str, Any]:
    """Numbers of the last value, which every round has."""
    return shown.work.metrics.get("persistence", {})
