"""“What the columns mean”: one select box a column; a change gives the roles to read the file with anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from stcore import words
from stcore.data.quality import InspectReport
from stcore.data.roles import Roles
from stcore.data.schema import guess_schema
from stcore.ui import markup, parts

MEANINGS = {
    "time": "Time", "location": "Place", "lat": "Latitude", "lon": "Longitude", "values": "Value to forecast",
    "known_ahead": "Value known ahead", "labels": "Label of an event", "": "Ignore",
}  # fmt: skip
MOST = 12


def meaning(roles: Roles, column: str) -> str:
    """Key of ``MEANINGS`` of a column under these roles."""
    for role in ("time", "location", "lat", "lon"):
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
    single = {
        role: next((c for c, m in meanings.items() if m == role), None) for role in ("time", "location", "lat", "lon")
    }
    many: dict[str, Any] = {
        "values": [c for c, m in shown.items() if m in ("values", "known_ahead")],
        "labels": [c for c, m in shown.items() if m == "labels"],
        "known_ahead": [c for c, m in shown.items() if m == "known_ahead"],
    }  # fmt: skip
    return {role: given for role, given in {**single, **many}.items() if given}


def chooser(report: InspectReport, key: str) -> dict[str, Any] | None:
    """Select boxes for up to twelve columns; the roles after a change, None while nothing was changed.

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
                format_func=lambda role, c=column: _title(role, c), key=f"{key}-{number}", label_visibility="collapsed",
            )  # fmt: skip
    if len(report.columns) > MOST:
        parts.text(_more(report), small=True)
    if all(chosen[column] == meaning(report.roles, column) for column in chosen):
        return None
    return roles_from(chosen, report.roles)


def _label(column: str, example: str) -> markup.Markup:
    second = markup.paragraph(words.short(example, 26) or "empty", small=True)
    return markup.join([markup.mono(words.short(column, 28)), second])


def _title(role: str, column: str) -> str:
    unit = guess_schema(column).unit if role in ("values", "known_ahead") else None
    return f"{MEANINGS[role]}, {unit}" if unit else MEANINGS[role]


def _example(report: InspectReport, number: int) -> str:
    """The first cell of a column that is not empty."""
    return next((row[number] for row in report.preview if number < len(row) and row[number]), "")


def _more(report: InspectReport) -> str:
    hidden = report.columns[MOST:]
    values = sum(meaning(report.roles, column) == "values" for column in hidden)
    return f"And {words.count(len(hidden), 'more column')}, {values:,} of them values to forecast."
