"""What was found in a file, as a page says it: the sentence at the top, the list, the line at the end."""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from stcore import words
from stcore.data import steps
from stcore.data.quality import InspectReport, missing_cells
from stcore.findings import Finding
from stcore.ui import fixes, parts
from stcore.ui.opened import Opened


def verdict(opened: Opened) -> None:
    """“**120 sensors, every 5 minutes, 28 days.** 99.4 % of readings are there; one thing deserves a look.”"""
    panel = opened.panel
    count = f"{len(panel.locations):,} {opened.places}" if len(panel.locations) > 1 else f"One {opened.place}"
    length = steps.describe_span(len(panel.time), panel.step)
    first = f"{count}, {steps.describe(panel.step)}, {length}."
    share = 1 - missing_cells(panel.values) / max(panel.values.size, 1)
    there = "No reading is missing" if share == 1 else f"{words.percent(share)} of readings are there"
    look = sum(finding.severity == "look" for finding in opened.report.findings)
    rest = (
        "." if not look else f"; {words.in_words(look)} {'thing deserves' if look == 1 else 'things deserve'} a look."
    )
    parts.verdict(parts.strong(first), f" {there}{rest}", small=_runs(opened))


def _runs(opened: Opened) -> str:
    if opened.runs == 1:
        return ""
    return f"{opened.runs:,} runs are kept apart; this is the first, {words.short(opened.panel.name, 40)}."


def title(report: InspectReport) -> str:
    """“Three findings”, “No findings”."""
    found = len(report.findings)
    return words.sentence(f"{words.in_words(found)} finding{'' if found == 1 else 's'}")


def intro(report: InspectReport) -> str:
    """The line under the title."""
    if fixes.fixable(report.findings):
        return "Nothing here stops you; what is ticked holds for every forecast, and can be taken back."
    return "Nothing here stops you." if report.findings else "Every row was read, every time fits the step."


def show(data: Opened) -> None:
    """The findings one under the other, those to look at first; what a setting can mend has a tick box."""
    for finding in data.report.findings:
        if finding.fix is None:
            _told(finding)
            continue
        told, tick = st.columns([1, 0.46], gap="small")
        with told:
            _told(finding)
        with tick:
            fixes.box(data, finding.fix)
    fixes.read_again(data)


def _told(finding: Finding) -> None:
    head, rest = headline(finding.message)
    parts.finding(finding.severity, head, " ".join(filter(None, (rest, _where(finding), finding.suggestion))))


def headline(message: str) -> tuple[str, str]:
    """What a finding says in short, and the rest of it: cut at the first colon or semicolon that leaves a sentence."""
    cut = re.search(r"(?<=.{20})[:;] (?=\w)", message)
    if cut is None:
        return message.removesuffix("."), ""
    return message[: cut.start()], words.sentence(message[cut.end() :])


def _where(finding: Finding) -> str:
    """“Lines 8,114, 8,115 and 5 more.”, or the first times where there are no lines."""
    if finding.lines:
        lines = words.listing([f"{line:,}" for line in finding.lines], most=5)
        return f"{'Line' if len(finding.lines) == 1 else 'Lines'} {lines}."
    if len(finding.times) > 1:
        return f"Also on {words.listing(finding.times[1:], most=3)}."
    return ""


def summary(report: InspectReport) -> str:
    """“967,680 rows · 16 Feb 00:00 to 15 Mar 23:55, clock as written · UTF-8”."""
    pieces = [words.count(report.rows, "row")]
    if report.span:
        start, end = (words.moment(pd.Timestamp(text), report.step or "", year=True) for text in report.span)
        pieces.append(f"{start} to {end}, {report.clock or 'clock as written'}")
    if report.encoding and report.encoding != "DataFrame":
        pieces.append(report.encoding)
    return " · ".join(pieces)


def facts(opened: Opened) -> str:
    """“city_speeds.csv.gz, 4.2 MB, read in 3.1 s”."""
    about = opened.row.about
    pieces = [words.short(str(about.get("file") or opened.row.name), 60)]
    if about.get("bytes"):
        pieces.append(words.size(float(about["bytes"])))
    if about.get("seconds") is not None:
        pieces.append(f"read in {words.lasting(float(about['seconds']))}")
    return ", ".join(pieces)
