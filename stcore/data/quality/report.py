"""The report on a table: what its columns mean, what was found, and the data in one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stcore import words
from stcore.data import steps
from stcore.data.panel import Panel
from stcore.data.quality.survey import missing_cells, named
from stcore.data.roles import Choice, Roles
from stcore.findings import Finding

_PLACE_WORDS = (
    (r"sensor|detector|传感器", "sensors"), (r"station|测站|站", "stations"), (r"district|区县", "districts"),
    (r"city|cities|城市", "cities"), (r"state|province|省", "states"), (r"countr", "countries"), (r"machine|device|设备", "machines"),
    (r"buoy", "buoys"), (r"airport", "airports"), (r"gauge", "gauges"), (r"store|shop", "shops"), (r"cell|网格", "cells"),
)  # fmt: skip


@dataclass
class InspectReport:
    """What ``inspect`` tells.

    Attributes:
        roles: meaning of the columns.
        step, shape, missing: of the panel; None where something must be chosen first. missing counts cells.
        findings: by weight, those to look at first.
        choices: what a person may decide otherwise; ``chosen`` None must be answered.
        rows: data rows in the file; span: first and last time.
        sentence: the data in one line.
        preview: header and first rows as text.
    """

    roles: Roles
    findings: list[Finding] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    step: str | None = None
    shape: tuple[int, int, int] | None = None
    missing: int | None = None
    rows: int = 0
    span: tuple[str, str] | None = None
    clock: str | None = None
    encoding: str = ""
    sentence: str = ""
    columns: tuple[str, ...] = ()
    preview: tuple[tuple[str, ...], ...] = ()
    panels: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The shape of ``inspect --json``."""
        roles = {
            name: getattr(self.roles, name)
            for name in ("time", "location", "lat", "lon", "values", "labels", "known_ahead", "static")
        }
        return {
            "roles": roles, "form": self.roles.form, "step": self.step, "shape": list(self.shape) if self.shape else None,
            "missing": self.missing, "findings": [finding.model_dump(mode="json") for finding in self.findings],
            "choices": [choice.model_dump(mode="json") for choice in self.choices], "rows": self.rows,
            "span": list(self.span) if self.span else None, "clock": self.clock, "encoding": self.encoding,
            "sentence": self.sentence, "panels": {name: list(shape) for name, shape in self.panels.items()},
        }  # fmt: skip

    def stored(self) -> dict[str, Any]:
        """Everything, as JSON for a dataset's record."""
        return self.to_json() | {
            "roles": self.roles.model_dump(mode="json"), "columns": list(self.columns), "preview": [list(row) for row in self.preview],
        }  # fmt: skip

    @classmethod
    def from_json(cls, about: Mapping[str, Any]) -> InspectReport:
        """The report that ``stored`` wrote."""
        return cls(
            roles=Roles.parse(about["roles"]), findings=[Finding.parse(f) for f in about["findings"]],
            choices=[Choice.parse(c) for c in about["choices"]], step=about["step"], missing=about["missing"], rows=about["rows"],
            shape=tuple(about["shape"]) if about["shape"] else None, span=tuple(about["span"]) if about["span"] else None,
            clock=about["clock"], encoding=about["encoding"], sentence=about["sentence"], columns=tuple(about["columns"]),
            preview=tuple(tuple(row) for row in about["preview"]),
            panels={name: tuple(shape) for name, shape in about["panels"].items()},
        )  # fmt: skip


def sentence(panel: Panel, location_column: str | None = None) -> str:
    """“207 sensors, every 5 minutes, 7 days, no gaps.”"""
    count, word = len(panel.locations), place_word(panel, location_column)
    parts = [f"{count:,} {word}" if count > 1 else "One " + _one(word), steps.describe(panel.step)]
    parts.append(steps.describe_span(len(panel.time), panel.step))
    missing = missing_cells(panel.values)
    share = missing / max(panel.values.size, 1)
    parts.append("no gaps" if not missing else f"{'under 0.1' if share < 0.001 else f'{100 * share:.2g}'} % missing")
    return ", ".join(parts) + "."


def place_word(panel: Panel, location_column: str | None = None) -> str:
    """The word for the places of a panel, from the column's name: sensors, stations, ...; cells on a grid; else places."""
    for pattern, word in _PLACE_WORDS:
        if location_column and re.search(pattern, location_column.lower()):
            return word
    return "grid cells" if panel.space.grid is not None else "places"


def _one(word: str) -> str:
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


def by_weight(findings: list[Finding]) -> list[Finding]:
    """Those to look at first, otherwise in the order they were found."""
    return sorted(findings, key=lambda finding: finding.severity != "look")


def over_runs(found: Mapping[str, list[Finding]]) -> list[Finding]:
    """Findings of several runs as one list: what is odd in many of them is said once, at its worst.

    Args:
        found: run -> findings.
    """
    by_code: dict[str, list[tuple[str, Finding]]] = {}
    for run, findings in found.items():
        for finding in findings:
            by_code.setdefault(finding.code, []).append((run, finding))
    return [_at_worst(told) for told in by_code.values()]


def _at_worst(told: list[tuple[str, Finding]]) -> Finding:
    """The heaviest of findings of one code, which speaks for the others."""
    run, worst = max(told, key=lambda pair: (pair[1].severity == "look", pair[1].count))
    runs = list(dict.fromkeys(name for name, _ in told))
    others = f" {len(runs) - 1:,} more {'run is' if len(runs) == 2 else 'runs are'} alike." if len(runs) > 1 else ""
    fix = worst.fix.joined(finding.fix for _, finding in told) if worst.fix else None
    return worst.model_copy(
        update={
            "message": f"{words.short(run, 60)}: {worst.message}{others}", "count": sum(finding.count for _, finding in told),
            "where": named(runs), "fix": fix,
        }
    )  # fmt: skip
