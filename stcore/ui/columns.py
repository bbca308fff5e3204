"""“What the columns mean”: one select box a column; they give the roles to read the file with anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from stcore import words
from stcore.data.quality import InspectReport
from stcore.data.roles import ROW_NUMBER, Roles
from stcore.data.schema import guess_schema
from stcore.ui import markup, parts

MEANINGS = {
    "time": "Time", "location": "Place", "lat": "Latitude", "lon": "Longitude", "values": "Value to forecast",
    "known_ahead": "Value known ahead", "labels": "Label of an event", "": "Ignore",
}  # fmt: skip
SINGLE = ("time", "location", "lat", "lon")
MOST = 12
_ASKED = ("day_first", "form", "by", "step", "sheet", "files")
_OTHER_COLUMNS = ("sheet", "files")  # another answer to these gives other columns, whose meanings are found anew


@dataclass(frozen=True)
class Chosen:
    """What the select boxes say.

    Attributes:
        roles: as ``read`` takes them.
        changed: something differs from what was found.
        conflict: what does not fit together yet; empty when it fits.
    """

    roles: dict[str, Any]
    changed: bool
    conflict: str


def meaning(roles: Roles, column: str) -> str:
    """Key of ``MEANINGS`` of a column under these roles."""
    for role in SINGLE:
        if getattr(roles, role) == column:
            return role
    return next((role for role in ("known_ahead", "labels", "values") if column in getattr(roles, role)), "")


def roles_from(meanings: Mapping[str, str], rest: Roles) -> dict[str, Any]:
    """Roles as ``read`` takes them.

    Args:
        meanings: column -> key of ``MEANINGS``, for the columns that were shown.
        rest: roles of all other columns.
    """
    shown = {**dict.fromkeys(rest.values, "values"), **dict.fromkeys(rest.labels, "labels")} | dict(meanings)
    single = {role: next((c for c, m in meanings.items() if m == role), None) for role in SINGLE}
    many: dict[str, Any] = {
        "values": [c for c, m in shown.items() if m in ("values", "known_ahead")],
        "labels": [c for c, m in shown.items() if m == "labels"],
        "known_ahead": [c for c, m in shown.items() if m == "known_ahead"],
    }  # fmt: skip
    return {role: given for role, given in {**single, **many}.items() if given}


def conflict(meanings: Mapping[str, str], rest: Roles) -> str:
    """What does not fit together yet, in one sentence; empty when it fits."""
    given = list(meanings.values())
    for role in SINGLE:
        if given.count(role) > 1:
            return f"Two columns are the {MEANINGS[role].lower()}; say what the other one is."
    if ("lat" in given) != ("lon" in given):
        return "Latitude and longitude go together; say which column is the other one."
    if not roles_from(meanings, rest).get("values"):
        return "No column is a value to forecast yet."
    return ""


def chooser(report: InspectReport, key: str) -> Chosen:
    """Select boxes for up to twelve columns, and for what else a person may decide better.

    Args:
        report: roles found, columns and the first rows.
        key: makes the widgets' names unique; another one starts afresh.
    """
    chosen = {}
    with st.container(gap="xsmall"):
        for number, column in enumerate(report.columns[:MOST]):
            found = meaning(report.roles, column)
            name, box = st.columns([1, 1.6], vertical_alignment="center", gap="small")
            name.html(_label(column, _example(report, number)))
            chosen[column] = box.selectbox(
                f"Meaning of {words.short(column, 60)}", list(MEANINGS), index=list(MEANINGS).index(found),
                format_func=partial(_title, column), key=f"{key}-{number}", label_visibility="collapsed",
            )  # fmt: skip
    if len(report.columns) > MOST:
        parts.text(_more(report), small=True)
    answers, other = _answers(report, "time" in chosen.values(), key)
    before = {choice.code: choice.chosen for choice in report.choices if choice.code in _OTHER_COLUMNS}
    if any(answers[code] != taken for code, taken in before.items()):
        return Chosen({code: answers[code] for code in before}, True, "")
    changed = other or any(chosen[column] != meaning(report.roles, column) for column in chosen)
    return Chosen({**roles_from(chosen, report.roles), **answers}, changed, conflict(chosen, report.roles))


def _answers(report: InspectReport, has_time: bool, key: str) -> tuple[dict[str, Any], bool]:
    """Answers to the questions of the report, and whether one differs from what was taken."""
    answers: dict[str, Any] = {}
    changed = False
    for choice in report.choices:
        if choice.code not in _ASKED:
            continue
        index = choice.options.index(choice.chosen) if choice.chosen in choice.options else 0
        answers[choice.code] = st.selectbox(
            choice.question,
            choice.options,
            index=index,
            format_func=partial(_answer, choice.words),
            key=f"{key}-{choice.code}",
        )
        changed |= answers[choice.code] != choice.chosen
    if not has_time:
        counted = report.roles.time == ROW_NUMBER
        if st.checkbox("Rows are one step apart, in the order of the file", counted, key=f"{key}-count"):
            answers["time"] = ROW_NUMBER
        changed |= ("time" in answers) != counted
    return answers, changed


def _answer(said: Mapping[str, str], option: str | bool) -> str:
    if option in said:
        return said[str(option)]
    known = {True: "Yes", False: "No", "together": "No, together", "single": "One place", "wide": "One column a place"}
    return known.get(option) or f"Yes, by {words.short(str(option), 40)}"


def _label(column: str, example: str) -> markup.Markup:
    second = markup.paragraph(words.short(example, 26) or "empty", small=True)
    return markup.join([markup.mono(words.short(column, 28)), second])


def _title(column: str, role: str) -> str:
    unit = guess_schema(column).unit if role in ("values", "known_ahead") else None
    return f"{MEANINGS[role]}, {unit}" if unit else MEANINGS[role]


def _example(report: InspectReport, number: int) -> str:
    """The first cell of a column that is not empty."""
    return next((row[number] for row in report.preview if number < len(row) and row[number]), "")


def _more(report: InspectReport) -> str:
    hidden = report.columns[MOST:]
    values = sum(meaning(report.roles, column) == "values" for column in hidden)
    return f"And {words.count(len(hidden), 'more column')}, {values:,} of them values to forecast."
