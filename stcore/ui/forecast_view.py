"""Words and rows of the Forecast page that are more than a line: facts, small print, metrics, the download."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stcore import evaluation, words
from stcore.data import export, steps
from stcore.data.schema import readable
from stcore.operations.store import DatasetRow
from stcore.plots import chances, instant
from stcore.plots.chances import event_name
from stcore.plots.instant import Shows
from stcore.plots.scale import Scale
from stcore.plots.theme import Theme, is_baseline
from stcore.records import Prediction
from stcore.ui import cached, markup, results, state
from stcore.ui.markup import Metric
from stcore.ui.results import Work

MOST_STARTS = 1000


@dataclass(frozen=True, eq=False)
class View:
    """Everything one model's forecast of one target shows.

    Attributes:
        work: the run.
        model: label of the model.
        target: name of the value.
        word: the data's own word for a place.
        test, ahead: forecasts of the tested part and of the real future.
    """

    work: Work
    model: str
    target: str
    word: str
    test: Prediction
    ahead: Prediction

    @property
    def position(self) -> int:
        """Position of the target."""
        return self.test.targets.index(self.target)

    @property
    def chances(self) -> bool:
        """It says chances of an event, not values."""
        return bool(self.test.classes)

    @property
    def unit(self) -> str:
        """Unit of the target, or empty."""
        return "%" if self.chances else self.test.schema[self.target].unit or ""

    @property
    def name(self) -> str:
        """The target as people say it: “speed”, “chance of speed at most 20 mph”."""
        return f"chance of {event_name(self.test)}" if self.chances else readable(self.target)

    @property
    def measure(self) -> str:
        """Column of the tables of errors that the model is judged by."""
        return "brier" if self.chances else "mae"

    @property
    def measured(self) -> str:
        """What errors are called: “Mean error on the tested part, mph”."""
        return "Brier score on the tested part" if self.chances else f"Mean error on the tested part{self.in_unit}"

    @property
    def quantity(self) -> str:
        """“Speed, mph”."""
        return words.sentence(f"{self.name}, {self.unit}" if self.unit else self.name)

    @property
    def in_unit(self) -> str:
        """“, mph”, or nothing."""
        return f", {self.unit}" if self.unit else ""

    def map_title(self, shows: Shows) -> str:
        """What the map shows: “Speed”, “Change of speed”."""
        if shows == "change":
            return f"Change of {self.name}"
        return f"Width of the 90 % band of {self.name}" if shows == "spread" else words.sentence(self.name)

    @property
    def numbers(self) -> Mapping[str, Any]:
        """The model's numbers on the tested part, of this target alone where there are several."""
        whole = self.work.metrics[self.model]
        return whole.get("by_target", {}).get(self.target, whole)

    def title(self, model: str | None = None) -> str:
        """A model's name as people read it."""
        return results.title(model or self.model, self.test.season)


def view(work: Work, model: str, target: str | None, word: str) -> View:
    """Open a model's forecasts; an unknown target is the first one."""
    test = cached.prediction(work.run.id, model, "test", state.owner())
    ahead = cached.prediction(work.run.id, model, "forecast", state.owner())
    return View(work, model, target if target in test.targets else test.targets[0], word, test, ahead)


def facts(shown: View) -> str:
    """“120 sensors, every 5 minutes. Forecast made from data up to Thu 12 Mar, 16:40.”"""
    places = words.count(len(shown.test.locations), shown.word)
    until = words.moment(shown.ahead.origins[-1], shown.ahead.step)
    return f"{places}, {steps.describe(shown.test.step)}. Forecast made from data up to {until}."


def sentence(shown: View) -> list[object]:
    """The verdict, the judgement coloured; a baseline is not judged by itself."""
    if is_baseline(shown.model):
        repeated = "last value" if shown.model == "persistence" else shown.title().lower()
        error = markup.strong(words.measure(shown.numbers.get("mae"), shown.unit))
        begun = "So far this only repeats the" if shown.work.active else "This only repeats the"
        return [f"{begun} {repeated}: its mean error is ", error, "."]
    return coloured(evaluation.parts(evaluation.verdict(shown.numbers, shown.test.season)))


def coloured(told: Sequence[evaluation.Part]) -> list[object]:
    """The parts of a verdict, the judgement in its colour."""
    tones = {"good": "good", "bad": "bad", "number": "plain"}
    return [part.text if part.role == "plain" else markup.strong(part.text, tones[part.role]) for part in told]


def small_print(shown: View, share: float | None) -> str:
    """What the verdict was measured on, which model, which share of the start times it learnt from."""
    origins = shown.test.origins
    last = shown.test.times(shown.test.horizon)[-1]
    learnt = "" if share is None or share >= 0.995 else f", which learnt from {words.percent(share)} of the start times"
    return (
        f"Measured on {words.span(origins[0], last)}, which the model had never seen: "
        f"{words.count(len(origins), 'start time')} at each {shown.word}. Model: {shown.title()}{learnt}."
    )


def lead_words(shown: View) -> tuple[str, Callable[[int], str], list[str]]:
    """How leads are said: label of the slider (“Minutes ahead”), its numbers (“+30”), and the words of the axis."""
    length = steps.duration(shown.test.step)
    count, gap = shown.test.horizon, shown.test.gap
    if length is None:
        unit, size = steps.describe_span(1, shown.test.step).split(" ", 1)[1], 1.0
        unit, size = (unit if unit.endswith("s") else f"{unit}s"), 1.0
    else:
        unit, size = next(
            (name, length.total_seconds() / seconds)
            for name, seconds in _UNITS
            if length.total_seconds() >= seconds or seconds == 1
        )
        if unit == "minutes" and size * (gap + count) > 180 and (size >= 30 or count > 60):
            unit, size = "hours", size / 60
    return (
        f"{words.sentence(unit)} ahead",
        lambda lead: f"+{words.number(size * (gap + lead))}",
        _axis(size, count, unit, gap),
    )


def _axis(size: float, count: int, unit: str, gap: int = 0) -> list[str]:
    """Words under the leads: the first, round ones (15, 30, 45), the last with its unit; empty for those without a tick."""
    step = next((s for s in _ROUND if count * size / s <= 4.5), count * size)
    every = [size * (gap + lead) for lead in range(1, count + 1)]
    texts = [words.number(amount) if abs(amount / step - round(amount / step)) < 1e-9 else "" for amount in every]
    if len(texts) > 1 and (not texts[1] or count <= 6):
        texts[0] = words.number(every[0])
    texts[-1] = f"{words.number(every[-1])} {_SHORT.get(unit, unit)}"
    if len(texts) > 6 and count * size % step:
        texts[-2] = ""
    return texts


_ROUND = (0.5, 1, 2, 3, 5, 6, 10, 12, 15, 20, 24, 30, 60, 90, 100, 120, 168, 200, 500, 1000)
_UNITS = (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))
_SHORT = {"minutes": "min", "hours": "h", "seconds": "s"}


def starts(shown: View) -> Sequence[int]:
    """Row numbers of the start times the slider offers: all, or about a thousand of them, the last one included."""
    count = len(shown.test.origins)
    stride = max(1, -(-count // MOST_STARTS))
    return list(range((count - 1) % stride, count, stride))


def metric_row(shown: View) -> list[Metric]:
    """Error, skill, band and the hardest hours, each beside what it is compared with."""
    numbers, unit = shown.numbers, shown.unit
    season = shown.title("seasonal_naive").lower()
    last, seasonal = numbers.get("mae_persistence"), numbers.get("mae_seasonal")
    against = f"last value {words.number(last)}" + (f", {season} {words.number(seasonal)}" if seasonal else "")
    phrase, tone = words.judgement(numbers.get("skill"))
    amount, _, rest = phrase.partition(words.NBSP)
    if tone == "plain":
        amount, rest = (words.DASH, "") if phrase == words.DASH else ("0", "%")
    coverage = numbers.get("coverage_90")
    return [
        Metric("Mean error", words.number(numbers.get("mae")), unit, against),
        Metric("Skill", amount, rest, "than the last value" + ("" if tone != "bad" else "; do not use it"), tone),
        _band(coverage),
        hardest(shown),
    ]


def _band(coverage: float | None) -> Metric:
    """Share of truths inside the 90 % band."""
    if coverage is None:
        return Metric("90 % band holds", words.DASH, "", "too few tested forecasts for a band")
    amount, unit = words.percent(coverage).split(words.NBSP)
    if abs(coverage - 0.9) > 0.05:
        return Metric("90 % band holds", amount, unit, "more than 5 points off its aim", "bad")
    return Metric("90 % band holds", amount, unit, "of the truths; it aims at 90")


def hardest(shown: View) -> Metric:
    """The hour of the day with the largest error, or the place where the step is a day or longer."""
    by = "hour" if steps.typical(shown.test.step) < pd.Timedelta(hours=12) else "location"
    judged = shown.measure
    table = cached.errors(shown.work.run.id, shown.model, shown.target, by, state.owner()).dropna(subset=[judged])
    if len(table) < 2:
        return Metric("Hardest", words.DASH, "", "needs more tested times")
    worst = table.loc[table[judged].idxmax()]
    note = f"mean error there {words.measure(float(worst['mae']), shown.unit)}"
    if shown.chances:
        note = f"Brier score there {evaluation.score(dict(worst), judged)}"
    if by == "hour":
        hour = int(worst["hour"])
        return Metric("Hardest hour", f"{hour:02d}:00", f"to {(hour + 1) % 24:02d}:00", note)
    return Metric(f"Hardest {shown.word}", words.place_name(shown.test.locations, str(worst["location"]), 16), "", note)


def errors_by_lead(shown: View) -> dict[str, Any]:
    """Model -> [horizon] mean error: the last value, the season where it is known, the model itself."""
    run, owner = shown.work.run.id, state.owner()
    table = cached.errors(run, shown.model, shown.target, "lead", owner)
    lines = {}
    if not shown.chances:
        lines["persistence"] = table["mae_persistence"].to_numpy(dtype=float)
    elif "persistence" in shown.work.models:
        last = cached.errors(run, "persistence", shown.target, "lead", owner)
        lines["persistence"] = last["brier"].to_numpy(dtype=float)
    if shown.model not in lines:
        lines[shown.model] = table[shown.measure].to_numpy(dtype=float)
    return lines


def past(shown: View, one: Prediction, place: str, steps_back: int) -> tuple[pd.DatetimeIndex, Any]:
    """What was before the start of a forecast at a place: times and [time] values, or whether an event was the case."""
    if shown.chances:
        return chances.before(shown.test, one, place, steps_back)
    whole = cached.panel(shown.work.run.dataset, state.owner())
    return instant.history(whole, one.origins[0], place, shown.target, steps_back)


def colours(shown: View, one: Prediction, row: DatasetRow, shows: Shows, theme: Theme) -> Scale:
    """Colours of the map: of the values over the whole series, of the chances over the tested part."""
    if shown.chances:
        return cached.chance_scale(shown.work.run.id, shown.model, theme.name, state.owner())
    whole = cached.value_scale(row.id, row.digest, shown.target, theme.name, state.owner())
    return instant.map_scale(one, shown.position, shows, theme, whole)


def csv(part: Prediction) -> bytes:
    """The forecast as a guarded CSV table."""
    return export.to_csv(part.to_frame())
