"""What a person should know about a table before trusting it: findings, one sentence, and the report around them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stcore import words
from stcore.data import steps
from stcore.data.lay import Laid
from stcore.data.observations import Observations
from stcore.data.panel import Panel
from stcore.data.roles import Choice, Roles
from stcore.data.table import Table
from stcore.data.times import Times
from stcore.findings import Finding, Fix

_PLACE_WORDS = (
    (r"sensor|detector|传感器", "sensors"), (r"station|测站|站", "stations"), (r"district|区县", "districts"),
    (r"city|cities|城市", "cities"), (r"state|province|省", "states"), (r"countr", "countries"), (r"machine|device|设备", "machines"),
    (r"buoy", "buoys"), (r"airport", "airports"), (r"gauge", "gauges"), (r"store|shop", "shops"), (r"cell|网格", "cells"),
)  # fmt: skip
#: Steps looked at in one go.
_BLOCK = 2048


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


def missing_cells(values: np.ndarray) -> int:
    """Number of NaN, in blocks so that a memory map is not pulled in at once."""
    return sum(int(np.isnan(values[start : start + _BLOCK]).sum()) for start in range(0, len(values), _BLOCK))


def read_findings(table: Table, seen: Observations) -> list[Finding]:
    """What happened on the way from text to typed rows."""
    found = []
    if table.encoding not in ("UTF-8", "DataFrame"):
        found.append(Finding(code="encoding", message=f"The text was {table.encoding} and is kept as UTF-8."))
    if table.damaged:
        found.append(
            Finding(code="encoding", severity="look", count=table.damaged,
                    message=f"{table.damaged:,} characters could not be read and were replaced.",
                    suggestion="Save the file as UTF-8.")
        )  # fmt: skip
    if table.melted:
        found.append(
            Finding(
                code="wide", message=f"The {table.melted:,} columns were read as one value at that many places.",
            )
        )  # fmt: skip
    if table.renamed:
        found.append(
            Finding(code="duplicate_columns", severity="look", where=_short(table.renamed), count=len(table.renamed),
                    message=f"{words.count(len(table.renamed), 'column name')} {'stands' if len(table.renamed) == 1 else 'stand'} there twice; the later ones got a number.",
                    suggestion="Check which of the columns are the values.")
        )  # fmt: skip
    found += _format_findings(table, seen.roles)
    found += [_bad_rows(bad.reason, bad.count, bad.lines, bad.example) for bad in seen.bad_rows]
    for bad in seen.bad_cells:
        if bad.texts:
            found.append(
                Finding(code="bad_values", severity="look", where=bad.column[:80], count=bad.texts, lines=list(bad.lines),
                        message=f"{_cells(bad.texts, bad.column, 'no number', 'no numbers')} ({_quoted(bad.examples)}); counted as missing.",
                        suggestion="Correct them in the file if they stand for a number.")
            )  # fmt: skip
        if bad.infinite:
            found.append(
                Finding(code="bad_values", severity="look", where=bad.column[:80], count=bad.infinite, lines=list(bad.lines),
                        message=f"{_cells(bad.infinite, bad.column, 'infinite or too large to store')}; counted as missing.")
            )  # fmt: skip
    return found + _time_findings(seen)


def _format_findings(table: Table, roles: Roles) -> list[Finding]:
    """Lines above the table, columns that hold nothing, quotes that are never closed."""
    found = []
    if table.dialect.above:
        found.append(
            Finding(code="lines_above", count=table.dialect.above,
                    message=f"{words.count(table.dialect.above, 'line')} above the header, left out: no part of the table.")
        )  # fmt: skip
    used = {roles.time, roles.location, roles.lat, roles.lon, *roles.values, *roles.labels, *roles.static}
    empty = table.empty([] if table.melted else [name for name in table.names if name not in used][:200])
    if empty:
        found.append(
            Finding(code="empty_columns", where=_short(empty), count=len(empty),
                    message=f"{words.count(len(empty), 'column')} without any content, left out: {_short(empty)}.")
        )  # fmt: skip
    if table.open_quotes:
        found.append(
            Finding(code="open_quotes", severity="look", message="A quote is never closed; quotes were read as plain characters.",
                    suggestion='Close or remove the quote (") in the file, and check the places and lines around it.')
        )  # fmt: skip
    return found


def _cells(number: int, column: str, what: str, many: str = "") -> str:
    """“1 cell of “speed” is no number”."""
    return f"{words.count(number, 'cell')} of “{column[:60]}” {f'is {what}' if number == 1 else f'are {many or what}'}"


def _bad_rows(reason: str, count: int, lines: tuple[int, ...], example: str = "") -> Finding:
    shown = f" (for example “{example}”)" if example else ""
    return Finding(
        code="bad_rows", severity="look", count=count, lines=[int(line) for line in lines],
        message=f"{count:,} {'row has' if count == 1 else 'rows have'} {reason}{shown}; set aside.",
        suggestion="Correct these lines in the file, or leave them out.",
    )  # fmt: skip


def _time_findings(seen: Observations) -> list[Finding]:
    found: list[Finding] = []
    times = seen.times or Times.nothing()
    if seen.counted_step is not None:
        found.append(
            Finding(code="counted_time",
                    message=f"The rows have no time; they were counted from 2000-01-01, {steps.describe_span(1, seen.counted_step)} from each to the next.",
                    suggestion="Give a time column if hours, weekdays or seasons matter.")
        )  # fmt: skip
    if len(times.formats) > 1:
        listed = ", ".join(f"{name}: {rows:,}" for name, rows in times.formats.items())
        found.append(
            Finding(code="mixed_times", severity="look", where=str(seen.roles.time)[:80], count=min(times.formats.values()),
                    message=f"Times are written in {len(times.formats)} ways ({listed} rows); each was read in its own.",
                    suggestion="Check the rarer ones.")
        )  # fmt: skip
    if times.ambiguous_order:
        order = "day before month" if times.day_first else "month before day"
        found.append(
            Finding(code="time_order", severity="look", where=str(seen.roles.time)[:80],
                    message=f"Dates such as 03/04 fit both orders; they were read with the {order}.",
                    suggestion="Choose the other order if the span is wrong (day_first).")
        )  # fmt: skip
    if times.mixed_zones:
        found.append(
            Finding(code="mixed_zones", severity="look", where=str(seen.roles.time)[:80],
                    message=f"Some times carry an offset and some do not; the others were read in {times.clock}.")
        )  # fmt: skip
    return found


def lay_findings(laid: Laid, where: str = "") -> list[Finding]:
    """What happened on the way from typed rows to the grid."""
    found = []
    if laid.stray[0]:
        found.append(
            Finding(code="stray_times", severity="look", where=where, count=laid.stray[0], lines=laid.stray[1],
                    message=f"{laid.stray[0]:,} {'row lies' if laid.stray[0] == 1 else 'rows lie'} far from all others in time "
                    f"(for example {laid.stray[2]}); set aside.",
                    suggestion="Correct the dates in the file.")
        )  # fmt: skip
    if laid.same or laid.differing:
        total = laid.same + laid.differing
        found.append(
            Finding(code="duplicates", severity="look" if laid.differing else "note", where=where, count=total, lines=laid.duplicate_lines,
                    message=f"{total:,} {'row repeats' if total == 1 else 'rows repeat'} a time and place: {laid.same:,} with the same "
                    f"values, {laid.differing:,} with others; the mean was taken.",
                    suggestion="Check which column names the place, if these are different things." if laid.differing else "")
        )  # fmt: skip
    if laid.off_grid:
        found.append(
            Finding(code="off_grid", where=where, count=laid.off_grid, lines=laid.off_grid_lines,
                    message=f"{laid.off_grid:,} rows lay beside the regular times ({steps.describe(laid.axis.step)}) and were moved to the nearest.")
        )  # fmt: skip
    return found


def value_findings(panel: Panel, where: str = "") -> list[Finding]:
    """Gaps, places without values, constant values, zeros that may mean missing, marks, too many places."""
    found = []
    count, there, low, high, zeros = _by_series(panel.values)
    steps_, places, features = panel.shape
    missing = steps_ * places * features - int(count.sum())
    if missing:
        found.append(
            Finding(code="gaps", where=where, count=missing,
                    message=f"{missing:,} of {panel.values.size:,} cells have no value ({100 * missing / panel.values.size:.2g} %); gaps stay gaps.",
                    severity="look" if missing > 0.2 * panel.values.size else "note",
                    suggestion="A longer step closes gaps that every place has." if missing > 0.5 * panel.values.size else "")
        )  # fmt: skip
    for number, name in enumerate(panel.features):
        silent = [str(place) for place in panel.locations.index[~there[:, number]]]
        if silent and len(silent) < places:
            found.append(
                Finding(code="all_missing_places", severity="look", where=_short(silent), count=len(silent),
                        message=f"{len(silent):,} {'place has' if len(silent) == 1 else 'places have'} no value of “{name[:60]}” at all.")
            )  # fmt: skip
        constant = there[:, number] & (low[:, number] == high[:, number]) & (count[:, number] > 1)
        if constant.any():
            found.append(_constant(panel, name, constant))
        found += _zeros(name, zeros[:, number].sum(), count[:, number].sum(), panel.values[..., number])
    if len(panel.labels):
        found.append(
            Finding(code="labels", where=where, count=len(panel.labels),
                    message=f"{len(panel.labels):,} marked spans ({', '.join(sorted(set(map(str, panel.labels['kind'])))[:5])}) are labels, not values.")
        )  # fmt: skip
    if places > steps_:
        found.append(
            Finding(code="few_steps", severity="look", where=where, count=steps_,
                    message=f"There are more places ({places:,}) than steps of time ({steps_:,}).",
                    suggestion="Check that time and place are not swapped; a forecast needs many steps.")
        )  # fmt: skip
    return found


def _by_series(values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Per place and feature: values there, any there, smallest, largest, exact zeros."""
    shape = values.shape[1:]
    count, zeros = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    low, high = np.full(shape, np.inf, np.float32), np.full(shape, -np.inf, np.float32)
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        count += (~np.isnan(block)).sum(axis=0)
        zeros += (block == 0).sum(axis=0)
        low, high = np.fmin(low, np.fmin.reduce(block, axis=0)), np.fmax(high, np.fmax.reduce(block, axis=0))
    return count, count > 0, low, high, zeros


def _constant(panel: Panel, name: str, constant: np.ndarray) -> Finding:
    places, everywhere = int(constant.sum()), bool(constant.all())
    names = [str(place) for place in panel.locations.index[constant]]
    which = "everywhere" if everywhere else f"at {places:,} {'place' if places == 1 else 'places'}"
    return Finding(
        code="constant", severity="look", where=_short(names), count=places, message=f"“{name[:60]}” never changes {which}.",
        suggestion="A constant cannot be forecast; leave it out." if everywhere else "A stuck sensor? Leave these places out.",
    )  # fmt: skip


def _zeros(name: str, zeros: int, count: int, values: np.ndarray) -> list[Finding]:
    """Exact zeros where every other value is far from zero."""
    if not zeros or not 0.0005 < zeros / max(count, 1) < 0.5:
        return []
    some = np.asarray(values[:: max(1, len(values) // 500)]).ravel()
    some = some[np.isfinite(some) & (some != 0)]
    if len(some) < 20 or (some < 0).any():
        return []
    low, middle = np.quantile(some, [0.01, 0.5])
    if low < 0.15 * middle:
        return []
    return [
        Finding(code="zeros", severity="look", where=name[:80], count=int(zeros),
                message=f"{int(zeros):,} values of “{name[:60]}” are exactly 0 while the others start at {low:.3g}: they may mean missing.",
                suggestion="If so, they should become gaps.",
                fix=Fix(words="Treat zeros as missing", setting="prepare.zeros_are_missing", value=True))
    ]  # fmt: skip


def by_weight(findings: list[Finding]) -> list[Finding]:
    """Those to look at first, otherwise in the order they were found."""
    return sorted(findings, key=lambda finding: finding.severity != "look")


def _short(names: list[str]) -> str:
    return ", ".join(str(name)[:40] for name in names[:5]) + (", ..." if len(names) > 5 else "")


def _quoted(texts: tuple[str, ...]) -> str:
    return ", ".join(f"“{text}”" for text in texts)
