"""HTML of the small parts, as escaped text: sentences, tables, chips, metrics, bars, legends.

Every value that comes in as ``str`` is escaped; only ``Markup`` made here goes through as it is. Pages use ``stcore.ui.parts``.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stcore import words
from stcore.plots.theme import Theme


class Markup(str):
    """Text that is HTML already and safe."""

    __slots__ = ()


@dataclass(frozen=True)
class Metric:
    """One number with its unit and what it is compared with.

    Attributes:
        label: what it is ("Mean error").
        value: formatted number; a dash where it cannot be computed.
        unit: after the number.
        note: the baseline, or the reason of the dash.
        tone: good or bad puts a triangle before the note.
    """

    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: str = "plain"


@dataclass(frozen=True)
class Column:
    """A table's column: its head, whether numbers stand right, whether a phone leaves it out."""

    head: str
    number: bool = False
    minor: bool = False
    wide: bool = False


def text(value: object) -> Markup:
    """A value as HTML: Markup as it is, None as a dash, the rest escaped."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(words.DASH if value is None else str(value)))


def join(pieces: Iterable[object]) -> Markup:
    """Several values one after the other, each escaped."""
    return Markup("".join(text(piece) for piece in pieces))


def strong(value: object, tone: str = "plain") -> Markup:
    """A weighty part of a sentence; only a judgement takes the tone good or bad."""
    return Markup(f'<b class="fc-{_name(tone)}">{text(value)}</b>')


def judged(skill: float | None) -> Markup:
    """A skill as the verdict says it: “18 % better” in green, “3 % worse” in red."""
    phrase, tone = words.judgement(skill)
    return strong(phrase, tone)


def muted(value: object) -> Markup:
    """A second-rank part of a cell."""
    return Markup(f'<span class="fc-muted">{text(value)}</span>')


def mono(value: object) -> Markup:
    """A column name, a reference, a path."""
    return Markup(f'<code class="fc-mono">{text(value)}</code>')


def link(label: str, href: str) -> Markup:
    """A link inside the product; addresses that lead elsewhere are not made into links."""
    if not href.startswith("/") or href.startswith("//"):
        return text(label)
    return Markup(f'<a href="{html.escape(href, quote=True)}" target="_self">{text(label)}</a>')


def chip(value: object, tone: str = "muted") -> Markup:
    """A small coloured word: state, kind, severity."""
    return Markup(f'<span class="fc-chip fc-{_name(tone)}">{text(value)}</span>')


def verdict(pieces: Sequence[object], small: str = "") -> Markup:
    """The sentence under the title, with its small print."""
    note = f'<p class="fc-small fc-hide">{text(small)}</p>' if small else ""
    return Markup(f'<div class="fc-verdict" role="status"><p>{join(pieces)}</p>{note}</div>')


def title(name: str, facts: object = "") -> Markup:
    """Page title and one muted line of facts."""
    below = f'<p class="fc-facts">{text(facts)}</p>' if facts else ""
    return Markup(f'<header class="fc-title"><h1>{text(name)}</h1>{below}</header>')


def above(dataset: str) -> Markup:
    """The data set's name above the title."""
    return Markup(f'<p class="fc-above">{text(words.short(dataset, 60))}</p>')


def panel_title(name: str, unit: object = "", legend: object = "", level: int = 3) -> Markup:
    """Title row of a panel: title, unit line, legend at the right end."""
    second = f"<p>{text(unit)}</p>" if unit else ""
    key = f'<div class="fc-key">{text(legend)}</div>' if legend else ""
    return Markup(f'<div class="fc-panel"><div><h{level}>{text(name)}</h{level}>{second}</div>{key}</div>')


def section(name: str) -> Markup:
    """Heading between rows of panels."""
    return Markup(f'<h2 class="fc-section">{text(name)}</h2>')


def strip(colours: Sequence[str], left: object, right: object) -> Markup:
    """A legend of 120 x 9 px: the calm end left, the end that needs attention right."""
    cells = "".join(f'<i style="background:{html.escape(colour)}"></i>' for colour in colours)
    return Markup(
        f'<span class="fc-strip"><span>{text(left)}</span><span class="fc-ramp">{cells}</span><span>{text(right)}</span></span>'
    )


def key(shape: str, label: str) -> Markup:
    """One entry of a shape legend: fault, local, regional, observed, forecast, band, baseline, some, none."""
    return Markup(f'<span class="fc-entry"><i class="fc-shape fc-shape-{_name(shape)}"></i>{text(label)}</span>')


def dot(colour: str, label: str) -> Markup:
    """One entry of a legend of classes: a dot in the colour of a theme, and its name."""
    return Markup(
        f'<span class="fc-entry"><i class="fc-shape fc-shape-dot" style="background:{html.escape(colour)}"></i>{text(label)}</span>'
    )


def metrics(items: Sequence[Metric]) -> Markup:
    """A row of at most four numbers with their baselines."""
    return Markup(f'<dl class="fc-metrics">{"".join(_metric(item) for item in items)}</dl>')


def _metric(item: Metric) -> str:
    mark = {
        "good": '<span class="fc-good" aria-hidden="true">▲</span> ',
        "bad": '<span class="fc-bad" aria-hidden="true">▼</span> ',
    }
    unit = f'<span class="fc-unit">{text(item.unit)}</span>' if item.unit and item.value != words.DASH else ""
    return (
        f'<div><dt>{text(item.label)}</dt><dd><span class="fc-value">{text(item.value)}</span>{unit}</dd>'
        f'<dd class="fc-note">{mark.get(item.tone, "")}{text(item.note)}</dd></div>'
    )


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[object]], strong_row: int = -1, caption: str = ""
) -> Markup:
    """A table with hairlines: numbers right, one bold row at most, third-rank columns hidden on the phone."""
    head = "".join(f'<th scope="col"{_cell(column)}>{text(column.head)}</th>' for column in columns)
    body = "".join(
        f"<tr{' class=fc-open' if row == strong_row else ''}>"
        + "".join(f"<td{_cell(column)}>{text(value)}</td>" for column, value in zip(columns, cells, strict=True))
        + "</tr>"
        for row, cells in enumerate(rows)
    )
    named = f'<caption class="fc-only-spoken">{text(caption)}</caption>' if caption else ""
    return Markup(
        f'<div class="fc-scroll"><table class="fc-table">{named}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _cell(column: Column) -> str:
    names = [
        name for name, on in (("fc-number", column.number), ("fc-hide", column.minor), ("fc-wide", column.wide)) if on
    ]
    return f' class="{" ".join(names)}"' if names else ""


def skill_bar(
    value: float | None, reach: float, low: float | None = None, high: float | None = None, grey: bool = False
) -> Markup:
    """A bar from a zero line, right = better; the whisker is a range over days.

    Args:
        value: skill; None or NaN draws the zero line only.
        reach: the skill at either end of the drawing, the same in every row.
        low, high: ends of the whisker.
        grey: a baseline.
    """

    def place(skill: float) -> float:
        return 50 + 50 * max(-1.0, min(1.0, skill / max(reach, 1e-9)))

    parts = ['<i class="fc-zero"></i>']
    if value is not None and math.isfinite(value):
        left, right = sorted((50.0, place(value)))
        tone = "grey" if grey else "good" if value >= 0 else "bad"
        parts.append(f'<i class="fc-bar fc-bar-{tone}" style="left:{left:.1f}%;width:{right - left:.1f}%"></i>')
        if low is not None and high is not None and math.isfinite(low) and math.isfinite(high):
            start, end = place(low), place(high)
            parts.append(f'<i class="fc-whisker" style="left:{start:.1f}%;width:{end - start:.1f}%"></i>')
    return Markup(f'<span class="fc-skill" aria-hidden="true">{"".join(parts)}</span>')


def progress(share: float, label: str = "") -> Markup:
    """A bar of work done, 0..1, with its share as text for those who do not see it."""
    done = max(0.0, min(1.0, share if math.isfinite(share) else 0.0)) * 100
    name = html.escape(label or "progress", quote=True)
    return Markup(
        f'<div class="fc-progress" role="progressbar" aria-label="{name}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{done:.0f}"><i style="width:{done:.1f}%"></i></div>'
    )


def error(message: object, hint: object, reference: str = "", changed: bool = False, heading: str = "") -> Markup:
    """What went wrong with its numbers, then what to do; a red rule at the left, no red box."""
    top = f"<h3>{text(heading)}</h3>" if heading else ""
    tail = "" if changed else "Nothing was changed. "
    tail += f"Reference {mono(reference)}" if reference else ""
    foot = f'<p class="fc-small">{tail}</p>' if tail.strip() else ""
    return Markup(
        f'<div class="fc-error" role="alert">{top}<p>{text(message)}</p><p class="fc-muted">{text(hint)}</p></div>{foot}'
    )


def waiting(heading: object, line: object) -> Markup:
    """Words of an empty state."""
    return Markup(f'<div class="fc-empty"><h3>{text(heading)}</h3><p>{text(line)}</p></div>')


def finding(severity: str, message: object, more: object = "", where: object = "") -> Markup:
    """One finding: Look or Note, the sentence, what to do about it."""
    mark = chip("Look", "local") if severity == "look" else chip("Note", "muted")
    second = " ".join(text(part) for part in (where, more) if part)
    return Markup(
        f'<div class="fc-finding">{mark}<div><p><b>{text(message)}</b></p><p class="fc-muted">{second}</p></div></div>'
    )


def paragraph(value: object, small: bool = False) -> Markup:
    """Running text of at most 78 characters a line."""
    return Markup(f'<p class="{"fc-small" if small else "fc-text"}">{text(value)}</p>')


def _name(value: str) -> str:
    """A class name part: letters only."""
    return "".join(letter for letter in value if letter.isalpha())


def colours(theme: Theme) -> str:
    """The theme's tokens as CSS variables."""
    tokens = {
        "ground": theme.ground, "panel": theme.panel, "sunk": theme.sunk, "line": theme.line, "grid": theme.grid,
        "ink": theme.ink, "muted": theme.muted, "action": theme.action, "on-action": theme.on_action,
        "forecast": theme.forecast, "baseline": theme.baseline, "better": theme.better, "worse": theme.worse,
        "fault": theme.fault.mark, "local": theme.local.mark, "regional": theme.regional.mark,
        "fault-text": theme.fault.text, "local-text": theme.local.text, "regional-text": theme.regional.text,
    }  # fmt: skip
    return ":root{" + "".join(f"--fc-{name}:{value};" for name, value in tokens.items()) + "}"
