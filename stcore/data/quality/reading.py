"""What happened on the way from text to typed rows, and from those to the grid."""

from __future__ import annotations

from stcore import words
from stcore.data import steps
from stcore.data.lay import Laid
from stcore.data.observations import Observations
from stcore.data.quality.sampling import wandering
from stcore.data.quality.survey import named
from stcore.data.roles import Roles
from stcore.data.table import Table
from stcore.data.times import Times
from stcore.findings import Finding


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
            Finding(code="duplicate_columns", severity="look", where=named(table.renamed), count=len(table.renamed),
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
            Finding(code="empty_columns", where=named(empty), count=len(empty),
                    message=f"{words.count(len(empty), 'column')} without any content, left out: {named(empty)}.")
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
                    f"values, {laid.differing:,} with others; {laid.together}.",
                    suggestion="Check which column names the place, if these are different things." if laid.differing else "")
        )  # fmt: skip
    return found + wandering(laid.wander, laid.axis.step, laid.off_grid, laid.off_grid_lines, where)


def _quoted(texts: tuple[str, ...]) -> str:
    return ", ".join(f"“{text}”" for text in texts)
