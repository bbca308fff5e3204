"""Compare: which model is best on the same tested start times, by how much, where and when."""

import streamlit as st

from stcore import words
from stcore.operations.store import DatasetRow
from stcore.plots import pictures
from stcore.ui import compare_board, compare_charts, compare_view, frame, parts, pickers, results, state
from stcore.workflow.comparison import Basis, Entrant


def group_of(found: dict[Basis, list[Entrant]], step: str) -> tuple[Basis, list[Entrant]]:
    """The group that holds the run in the address, else the newest; a choice where there are several."""
    run = results.in_address()
    options = list(found)
    first = next(
        (n for n, basis in enumerate(options) if run is not None and run.id in {one.run for one in found[basis]}), 0
    )
    if len(options) > 1:
        labels = [compare_board.group_words(basis, len(found[basis]), step) for basis in options]
        first = st.selectbox(
            "Compared on", range(len(options)), first, format_func=lambda n: labels[n], key="compare-group", width=420
        )
    return options[first], found[options[first]]


def nothing(row: DatasetRow) -> None:
    """The empty state."""
    frame.header("Compare", row.name)
    line = (
        "Every round trains the last value and the same time last season as well, so there is always something to beat."
    )
    if parts.empty("No finished model yet", line, pictures.empty_models, "Train models"):
        state.go("train")
    st.stop()


def compare(row: DatasetRow, found: dict[Basis, list[Entrant]]) -> None:
    """The page of a data set with at least one finished model."""
    word = str(row.about.get("place", "place"))
    head, answer = st.container(), st.container()
    sample = compare_board.sample(next(iter(found.values())))
    several = len(found) > 1 or len(sample.targets) > 1
    left, right = st.columns([1, 2.4], gap="medium") if several else (answer, st.container())
    with left:
        basis, group = group_of(found, sample.step)
        sample = compare_board.sample(group)
        target = compare_board.target(sample)
    with right:
        chosen = compare_board.choose(group, sample.season)
    shown = compare_board.board(row, basis, group, chosen, target)
    with head:
        actions = frame.header("Compare", row.name, compare_view.facts(shown))
    with answer:
        parts.verdict(*compare_view.verdict(shown), small=compare_view.small_print(shown))
    actions.download_button(
        "Download table",
        lambda: compare_view.csv(shown),
        "comparison.csv",
        "text/csv",
        on_click="ignore",
        key="compare-download",
    )
    if actions.button(f"Use {compare_view.short_name(shown.best)}", type="primary", key="compare-use"):
        compare_view.use(row, shown, group)
    label, axis = compare_charts.lead_words(shown, word)
    left, right = st.columns([1.65, 1], gap="small")
    with (
        left,
        parts.panel(
            "Leaderboard",
            f"Skill is the share of the last value's {'squared ' if shown.chances else ''}error that is removed. Thin lines: 95 % range over days.",
            key="compare-board",
        ),
    ):
        compare_view.leaderboard(shown)
    with (
        right,
        parts.panel(f"Error by {label.lower()}", shown.measured, key="compare-lead"),
    ):
        compare_charts.by_lead(shown, label, axis)

    places = shown.sample.locations
    place = pickers.current_place(places, compare_charts.hardest_place(shown))
    with parts.panel("", key="compare-curve"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            parts.heading(
                words.sentence(f"{word} {words.place_name(places, place)}"),
                f"{shown.quantity}, as it was forecast and as it came",
            )
            if len(places) > 1:
                place = pickers.place(places, None, place, words.sentence(word))
        compare_charts.overlaid(shown, place, label, axis)
    parts.section(f"Where {'the ' if shown.best.mean else ''}{compare_view.short_name(shown.best)} is wrong")
    clicked = compare_charts.where_wrong(row, shown, word, place)
    if clicked is not None and clicked != place:
        state.choose("place", clicked)
        st.rerun()


row = pickers.dataset("Compare")
found = compare_board.gather(row)
if found:
    compare(row, found)
else:
    nothing(row)
