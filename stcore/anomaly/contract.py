"""What a detector is: fitted on one stretch of a panel, scores any other, follows new rows, is saved and loaded."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self

from stcore.config import Config
from stcore.data.panel import Panel
from stcore.records import Detection


class Detector(Protocol):
    """A detector of strange steps. Scores are finite, higher = stranger, in units of the usual error."""

    name: str

    def fit(self, panel: Panel) -> Self:
        """Learn what is usual and where the threshold lies, from this panel only."""

    def score(self, panel: Panel) -> Detection:
        """Score every step and place of a panel with the places and values it was fitted on."""

    def update(self, rows: Panel) -> Detection:
        """Score rows that follow those seen last, in constant memory; nothing is learnt from them.

        Scores equal those of one ``score`` over the whole past up to these rows.

        Raises:
            ModelError: the detector cannot (``DetectorSpec.streams``).
        """

    def save(self, folder: str | Path) -> None:
        """Write detector.json and detector.safetensors."""

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote."""


@dataclass(frozen=True)
class DetectorSpec:
    """One entry of the registry of detectors.

    Attributes:
        name, title: registry name, and what a page calls it.
        summary: what it is and when to use it.
        settings: its settings (defaults, bounds, help).
        code: "module:Class" below ``stcore.anomaly``; the class takes the settings.
        needs: parts of ``Space`` it cannot do without.
        streams: it follows new rows (``update``).
        package: another package it needs, not installed by default; None: none.
    """

    name: str
    title: str
    summary: str
    settings: type[Config]
    code: str
    needs: frozenset[str] = frozenset()
    streams: bool = True
    package: str | None = None

    @property
    def kind(self) -> type[Any]:
        """The class behind it."""
        module, _, name = self.code.partition(":")
        found: type[Any] = getattr(import_module(f"stcore.anomaly.{module}"), name)
        return found

    def build(self, settings: Config) -> Detector:
        """The detector, not fitted yet."""
        built: Detector = self.kind(settings)
        return built

    def describe(self) -> dict[str, Any]:
        """For lists and the service: name, title, when to use it, needs, settings schema."""
        return {
            "name": self.name, "title": self.title, "when": self.summary, "needs": sorted(self.needs), "streams": self.streams, "package": self.package,
            "settings": self.settings.model_json_schema(),
        }  # fmt: skip
