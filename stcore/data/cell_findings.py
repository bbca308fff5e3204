"""What a person should know about how cells were read: unsure marks, mixed units, and numbers that mean missing."""

from __future__ import annotations

from stcore.data.observations import Observations
from stcore.data.sentinels import Sentinel
from stcore.findings import Finding, Fix


def cell_findings(seen: Observations) -> list[Finding]:
    """Findings about marks that may be decimal or of thousands, mixed units, and sentinels."""
    found = []
    for name in dict.fromkeys((*seen.roles.values, *filter(None, (seen.roles.lat, seen.roles.lon)))):
        found += _writing(seen, name) + _mixed_units(seen, name)
    taken = list(dict.fromkeys(each.number for each in seen.sentinels if each.taken))
    return found + [_sentinel(each, taken) for each in seen.sentinels]


def _writing(seen: Observations, name: str) -> list[Finding]:
    """Marks that may part thousands or decimals: how they were read, and what if that is wrong."""
    writing = seen.form(name).writing
    if writing.unsure:
        mark, read = ("." if writing.decimal == "," else ",", "1234") if writing.marks else (writing.decimal, "1.234")
        other = writing.decimal if not writing.marks else "," if writing.decimal == "." else "."
        return [
            Finding(
                code="number_marks", severity="look", where=name[:80],
                message=f"Every mark in “{name[:60]}” stands before three digits; 1{mark}234 was read as {read}.",
                suggestion="Choose the other decimal mark if the numbers are wrong by a factor of 1,000.",
                fix=Fix(words=f"Read “{other}” as the decimal mark", setting="data.decimal", value=other),
            )
        ]  # fmt: skip
    return []


def _mixed_units(seen: Observations, name: str) -> list[Finding]:
    """Several units in one column: its numbers cannot be compared."""
    units = seen.form(name).writing.units
    known = {unit: count for unit, count in units.items() if unit}
    if len(known) < 2:
        return []
    listed = ", ".join(f"{unit}: {count:,}" for unit, count in sorted(known.items(), key=lambda item: -item[1]))
    return [
        Finding(
            code="mixed_units", severity="look", where=name[:80], count=sum(known.values()) - max(known.values()),
            message=f"“{name[:60]}” has numbers in {len(known)} units ({listed} cells); they were taken as they stand.",
            suggestion="Bring them to one unit in the file.",
        )
    ]  # fmt: skip


def _sentinel(each: Sentinel, taken: list[float]) -> Finding:
    number = f"{each.number:.10g}"
    cells = f"{each.count:,} {'cell' if each.count == 1 else 'cells'} of “{each.column[:60]}”"
    count = "counts" if each.count == 1 else "count"
    rest = f"the other values lie between {each.low:.4g} and {each.high:.4g}"
    kept = [other for other in taken if other != each.number]
    if each.told:
        return Finding(
            code="sentinel", where=each.column[:80], count=each.count, lines=list(each.lines),
            message=f"{cells} hold {number}, which means missing as you said.",
        )  # fmt: skip
    if each.taken:
        return Finding(
            code="sentinel", where=each.column[:80], count=each.count, lines=list(each.lines), severity="look",
            message=f"{cells} {'holds' if each.count == 1 else 'hold'} {number} while {rest}: {'it' if each.count == 1 else 'they'} {count} as missing.",
            suggestion="If it is a measurement, say that it is a value.",
            fix=Fix(words=f"Keep {number} as a value", setting="data.missing", value=kept),
        )  # fmt: skip
    return Finding(
        code="sentinel", where=each.column[:80], count=each.count, lines=list(each.lines), severity="look",
        message=f"{cells} {'holds' if each.count == 1 else 'hold'} {number} while {rest}; {number} may mean missing.",
        suggestion="If so, say that it means missing.",
        fix=Fix(words=f"Treat {number} as missing", setting="data.missing", value=[*kept, each.number]),
    )  # fmt: skip
