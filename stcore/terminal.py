"""What the command line says to people: bars while a run trains, its leaderboard, the report on a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from stcore.evaluation import score, unseen_words
from stcore.words import number, percent, short

if TYPE_CHECKING:
    from stcore.data.quality import InspectReport


class Progress:
    """A ``progress`` callable for ``stcore.run``: events in, bars or lines on stderr out.

    Args:
        quiet: say nothing at all.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False, markup=False)
        self.bars: Bars | None = None
        self.tasks: dict[str, TaskID] = {}
        self.said: set[str] = set()
        self.chances = False
        if sys.stderr.isatty() and not quiet:
            columns = (
                TextColumn("{task.description:<24}", markup=False),
                BarColumn(),
                TextColumn("{task.fields[note]}", markup=False),
            )
            self.bars = Bars(*columns, TimeRemainingColumn(), console=self.console)

    def __enter__(self) -> Self:
        if self.bars:
            self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bars:
            self.bars.stop()

    def __call__(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "plan":
            self.chances = bool(event.get("chances", False))
        elif event["event"] == "model":
            self._model(event)
        elif event["event"] == "epoch":
            self._epoch(event)
        elif event["event"] == "note" and event["message"] not in self.said:
            self.said.add(event["message"])
            self.console.print(event["message"])

    def _model(self, event: Mapping[str, Any]) -> None:
        label, state = str(event["model"]), str(event["state"])
        note = ", ".join(filter(None, [state, judged(event.get("metrics") or {}) or event.get("message")]))
        if self.bars:
            full: dict[str, Any] = {"completed": 1, "total": 1} if state == "done" else {}
            self.bars.update(self._task(label), note=note, **full)
        elif state != "started":
            seconds = event.get("seconds")
            self.console.print(f"{label}: {note}{'' if seconds is None else f' after {number(seconds)} s'}")

    def _epoch(self, event: Mapping[str, Any]) -> None:
        if not self.bars:
            return
        what, beside = unseen_words(self.chances)
        note = f"epoch {event['epoch']} of {event['epochs']}, {what.lower()} {number(event.get('validation_mae'))}"
        if self.chances:
            note += f" ({beside} {number(event.get('baseline_mae'))})"
        self.bars.update(self._task(str(event["model"])), note=note, completed=event["epoch"], total=event["epochs"])

    def _task(self, label: str) -> TaskID:
        if label not in self.tasks and self.bars:
            self.tasks[label] = self.bars.add_task(label, total=1, note="")
        return self.tasks[label]


def judged(numbers: Mapping[str, Any]) -> str:
    """“error 2.71”, of chances of events “right 93 % of the time, Brier score 0.120”; empty where nothing is known."""
    if numbers.get("brier") is not None:
        return f"right {percent(numbers.get('accuracy'))} of the time, Brier score {score(numbers, 'brier')}"
    return "" if numbers.get("mae") is None else f"error {number(numbers['mae'])}"


def leaderboard(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """Models by error on the test part, best first, always beside the two naive ones; chances of events by their Brier score."""
    chances = any("brier" in numbers for numbers in metrics.values())
    order = "brier" if chances else "mae"

    def error(name: str) -> float:
        value = metrics[name].get(order)
        return float("inf") if value is None else float(value)

    row, head = (_of_chances, _CHANCES) if chances else (_of_values, _VALUES)
    table = [("model", *head), *((name, *row(metrics[name])) for name in sorted(metrics, key=error))]
    width = max(len(row[0]) for row in table)
    return "\n".join(f"{plain(row[0]):<{width}}" + "".join(f"{cell:>14}" for cell in row[1:]) for row in table)


_VALUES = ("MAE", "RMSE", "skill", "in 90 % band")
_CHANCES = ("right", "Brier", "surprise", "F1", "skill")


def _of_values(numbers: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(number(numbers.get(key)) for key in ("mae", "rmse", "skill", "coverage_90"))


def _of_chances(numbers: Mapping[str, Any]) -> tuple[str, ...]:
    scores = (score(numbers, name) for name in ("brier", "log_loss", "f1"))
    return percent(numbers.get("accuracy")), *scores, percent(numbers.get("skill"), sign=True)


def report_lines(report: InspectReport) -> Iterator[str]:
    """A report on a file in plain words: the sentence, the roles, what must be chosen, what was found."""
    if report.sentence:
        yield plain(report.sentence)
    if report.span:
        yield f"{report.rows:,} rows, {report.span[0]} to {report.span[1]}"
    yield "\nColumns"
    for role in ("time", "location", "lat", "lon", "values", "labels", "known_ahead"):
        named = getattr(report.roles, role)
        if named:
            yield f"  {role:<12}{plain(named if isinstance(named, str) else _some(named))}"
    for title, severity in (("Look at", "look"), ("Good to know", "note")):
        found = [finding for finding in report.findings if finding.severity == severity]
        if found:
            yield f"\n{title}"
        for finding in found:
            yield plain(f"  - {finding.message} {finding.suggestion}".rstrip())
            if finding.fix is not None:
                yield plain(f"    {finding.fix.words}: {finding.fix.setting}: {_some_text(finding.fix.value)}")
    open_ = [choice for choice in report.choices if choice.chosen is None]
    if open_:
        yield "\nTo be chosen"
    for choice in open_:
        yield plain(f"  - {choice.question} ({', '.join(map(str, choice.options))})")


def _some_text(value: object, most: int = 160) -> str:
    """A value as the experiment file has it, shortened."""
    return short(json.dumps(value, ensure_ascii=False), most)


def _some(names: list[str], most: int = 8) -> str:
    """``a, b, c and 12 more``."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def plain(text: str) -> str:
    """Text from a file without control characters, so that it cannot steer the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(text))
