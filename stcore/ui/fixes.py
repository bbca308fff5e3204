"""Fixes of findings as tick boxes: those of the preparation hold at once, those of the reading wait for “Read again”."""

from __future__ import annotations

import json
from functools import partial

import streamlit as st

from stcore import words
from stcore.data import dataset
from stcore.findings import Finding, Fix
from stcore.preparation import PrepareConfig
from stcore.ui import guard, opening, parts
from stcore.ui.opened import Opened


def box(data: Opened, fix: Fix) -> None:
    """The tick box of one fix."""
    key = _key(data, fix)
    if _prepares(fix):
        stored = dataset.open(data.row.id).prepare.model_dump(mode="json")
        st.session_state[key] = fix.is_in({"prepare": stored})
        st.checkbox(fix.words, key=key, help=_said(fix), on_change=partial(_prepare, data, fix, key))
    else:
        st.checkbox(fix.words, value=fix in applied(data), key=key, help=_said(fix))


def read_again(data: Opened) -> None:
    """Fixes that were read with and can be taken back, and the button that reads the file with what is ticked now."""
    before = applied(data)
    offered = [
        finding.fix for finding in data.report.findings if finding.fix is not None and not _prepares(finding.fix)
    ]
    for fix in (fix for fix in before if fix not in offered):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            parts.text("Read so because it was ticked:", small=True)
            box(data, fix)
    ticked = [fix for fix in _distinct([*before, *offered]) if st.session_state.get(_key(data, fix))]
    if ticked == before:
        return
    changes = words.count(sum(fix not in before for fix in ticked) + sum(fix not in ticked for fix in before), "change")
    if st.button("Read again", key="read-again", help=f"Reads the file anew, with {changes}."):
        with guard.shown():
            opening.mend(data.row, ticked)


def applied(data: Opened) -> list[Fix]:
    """Fixes that the file was read with."""
    return [Fix.parse(fix) for fix in data.row.about.get("fixes", [])]


def fixable(findings: list[Finding]) -> bool:
    """Whether any finding has a fix."""
    return any(finding.fix is not None for finding in findings)


def _said(fix: Fix) -> str:
    """The setting and its value, as the experiment file has them."""
    value = words.short(json.dumps(fix.value, ensure_ascii=False), 160).replace("`", "'")
    return f"In the experiment: `{fix.setting}: {value}`"


def _prepares(fix: Fix) -> bool:
    return fix.setting.split(".")[0] == "prepare"


def _key(data: Opened, fix: Fix) -> str:
    return f"fix-{data.row.id}-{fix.digest()}"


def _distinct(fixes: list[Fix]) -> list[Fix]:
    return [fix for number, fix in enumerate(fixes) if fix not in fixes[:number]]


def _prepare(data: Opened, fix: Fix, key: str) -> None:
    """Write a fix into the preparation that the data set keeps, or take it out; other ticked ones stay whole."""
    body = {"prepare": dataset.open(data.row.id).prepare.model_dump(mode="json")}
    others = [one.fix for one in data.report.findings if one.fix is not None and _prepares(one.fix) and one.fix != fix]
    stay = [other for other in others if other.is_in(body)]
    if st.session_state[key]:
        fix.write_into(body)
    else:
        fix.take_out_of(body)
        for other in stay:
            other.write_into(body)
    dataset.set_prepare(data.row.id, PrepareConfig.parse(body["prepare"], "prepare"))
