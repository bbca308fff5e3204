"""The sections of Prepare: which there are, what each asks and shows, and the sentence above them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from stcore import words
from stcore.data.panel import Panel
from stcore.errors import StcoreError
from stcore.ui import (
    parts,
    pickers,
    prepare_draft,
    prepare_forms,
    prepare_training,
    prepare_values,
    prepare_words,
    state,
)
from stcore.ui.opened import Opened
from stcore.ui.prepare_draft import Draft
from stcore.ui.prepare_forms import Form
from stcore.ui.prepare_shown import Evidence, Shown
from stcore.workflow.outlook import spans
from stcore.workflow.rehearsal import Rehearsal, rehearse


@dataclass(frozen=True)
class Section:
    """One section: its words, its form, what it shows beside it and, where there is one, its table."""

    title: str
    line: str
    form: Form
    evidence: Evidence
    below: Evidence | None = None


SECTIONS: dict[str, Section] = {
    "clean": Section("Clean", "A reading set aside becomes a gap; the file stays as it came.", prepare_forms.clean, prepare_values.clean),
    "fill": Section("Fill", "What models see where a reading is missing.", prepare_forms.fill, prepare_values.fill, prepare_values.fill_scores),
    "scale": Section("Scale", "Undone for every forecast and its band.", prepare_forms.scale, prepare_values.scale),
    "features": Section("Features", "Further values that models see.", prepare_forms.features, prepare_training.features),
    "augment": Section("Augmentation", "Training windows varied at random; 0 is off.", prepare_forms.augment, prepare_training.augment),
    "events": Section("Event labels", "Which times count as an event.", prepare_forms.events, prepare_training.events),
    "windows": Section("Windows", "How much a forecast sees and how far it reaches.", prepare_forms.windows, prepare_training.windows),
}  # fmt: skip


def choose() -> Section:
    """The section that is shown; kept in the address."""
    titles = {name: section.title for name, section in SECTIONS.items()}
    return SECTIONS[pickers.segmented("Step", titles, key="prepare", linked=True)]


def ask(section: Section, data: Opened, feature: str) -> tuple[Draft, StcoreError | None]:
    """Draw a section's form and remember the draft; what does not fit together is told and leaves the draft as it was."""
    before = prepare_draft.current(data.row.id)
    with parts.panel(section.title, section.line, key="prepare-form"):
        try:
            after = section.form(data, before, feature)
        except StcoreError as error:
            return before, error
    if after != before:
        prepare_draft.put(data.row.id, after)
    return after, None


def carried_out(data: Opened, draft: Draft) -> tuple[Rehearsal | None, StcoreError | None]:
    """The draft carried out on the data, or why it cannot be."""
    try:
        both = draft.prepare.digest(), draft.windows.digest()
        with st.spinner("Preparing"):
            return _rehearsal((data.row.id, data.row.digest, *both), state.owner(), data.panel, draft), None
    except StcoreError as error:
        return None, error


@st.cache_resource(max_entries=4, ttl="2h", show_spinner=False)
def _rehearsal(key: tuple[str, ...], owner: str, _panel: Panel, _draft: Draft) -> Rehearsal:
    return rehearse(_panel, _draft.prepare, _draft.windows)


def show(section: Section, data: Opened, feature: str, done: Rehearsal) -> None:
    """What a section does to the data."""
    with parts.panel("", key="prepare-evidence"):
        section.evidence(Shown(data, feature, done))


def below(section: Section, data: Opened, feature: str, done: Rehearsal) -> None:
    """A section's table under its form, where it has one."""
    if section.below is not None:
        with parts.panel("Error of each fill", "Choose by error, not by name.", key="prepare-below"):
            section.below(Shown(data, feature, done))


def verdict(data: Opened, done: Rehearsal, changed: bool) -> None:
    """“**No reading is set aside, gaps stay gaps;** the values of each sensor are brought to mean 0 and spread 1.”"""
    prepare = done.plan.run.prepare
    aside, total = done.cleaned.total, max(1, done.readings)
    first = (
        f"{words.count(aside, 'reading')} ({words.percent(aside / total)}) set aside"
        if aside
        else "No reading is set aside"
    )
    train = spans(done.plan).train
    learnt = f"Learnt from {words.span(*train)}, the train part; nothing later is looked at."
    parts.verdict(
        parts.strong(f"{first}, {prepare_words.gaps(prepare)}"), f"; {prepare_words.scaled(data, prepare)}{_more(done)}.",
        small=f"{learnt} Not kept yet: runs still prepare as before." if changed else f"{learnt} Every run on these data prepares so.",
    )  # fmt: skip


def _more(done: Rehearsal) -> str:
    made = len(done.each.pipeline.made)
    return f", with {words.count(made, 'further value')}" if made else ""
