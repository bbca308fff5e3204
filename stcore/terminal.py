"""What a run says in a terminal: a bar a model while it trains, or one line a finished model where nobody watches."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from stcore.words import number


class Progress:
    """A ``progress`` callable for ``stcore.run``: events in, bars or lines on stderr out.

    Args:
        quiet: say nothing at all.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False, markup=False)
        self.bars: Bars | None = None
        self.tasks: dict[str, TaskID] = {}
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

    def __call__(self, event: dict[str, Any]) -> None:
        if event["event"] == "model":
            self._model(event)
        elif event["event"] == "epoch":
            self._epoch(event)
        elif event["event"] == "note":
            self.console.print(event["message"])

    def _model(self, event: dict[str, Any]) -> None:
        label, state = str(event["model"]), str(event["state"])
        mae = (event.get("metrics") or {}).get("mae")
        note = f"{state}, error {number(mae)}" if mae is not None else state
        if self.bars:
            self.bars.update(self._task(label), note=note, completed=1 if state == "done" else 0, total=1)
        elif state != "started":
            self.console.print(f"{label}: {note} after {number(event.get('seconds'))} s")

    def _epoch(self, event: dict[str, Any]) -> None:
        if not self.bars:
            return
        note = f"epoch {event['epoch']} of {event['epochs']}, error {number(event.get('validation_mae'))}"
        self.bars.update(self._task(str(event["model"])), note=note, completed=event["epoch"], total=event["epochs"])

    def _task(self, label: str) -> TaskID:
        if label not in self.tasks and self.bars:
            self.tasks[label] = self.bars.add_task(label, total=1, note="")
        return self.tasks[label]
