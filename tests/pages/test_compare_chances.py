"""Compare of runs that say chances of an event: their own measures, and no ranking together with forecasts of values."""

from __future__ import annotations

import io
import re

import pandas as pd
import pytest

from stcore.operations import store
from stcore.ui import compare_board, compare_view
from stcore.ui.compare_board import Board
from stcore.workflow.result import Result
from tests.pages.app import page, said
from tests.pages.results import another_run, events_finished, finished


def board(data: str) -> Board:
    """The ranking as the page makes it."""
    row = store.dataset(data)
    ((basis, entrants),) = compare_board.gather(row).items()
    return compare_board.board(row, basis, entrants, [], None)


def test_the_table_has_the_measures_of_chances_beside_the_last_value() -> None:
    ids = events_finished()
    told = re.sub(r"<[^>]*>", " ", said(page("compare", **ids)))
    metrics = Result.open(store.run_folder(ids["run"])).metrics
    for name in ("stid", "persistence", "seasonal_naive"):
        assert f"{metrics[name]['brier']:.3f}" in told
        assert f"{metrics[name]['f1']:.2f}" in told
        assert f"{metrics[name]['log_loss']:.3f}" in told
    assert all(head in told for head in ("Brier", "F1", "Surprise", "Right"))
    assert "Band holds" not in told
    assert "Mean error" not in told


def test_the_sentence_tells_them_beside_those_of_the_last_value() -> None:
    ids = events_finished()
    text = re.sub(r"<[^>]*>", "", said(page("compare", **ids)))
    last = Result.open(store.run_folder(ids["run"])).metrics["persistence"]
    assert "STID is best" in text
    assert re.search(rf"It was right .* of the time \(last value .*\); F1 .* \({last['f1']:.2f}\), Brier score", text)


def test_the_best_has_the_smallest_squared_error() -> None:
    rows = board(events_finished()["dataset"]).rows
    briers = [row.numbers["brier"] for row in rows]
    assert briers == sorted(briers)
    assert rows[0].title == "STID"


def test_curves_are_in_per_cent_and_errors_are_not() -> None:
    shown = board(events_finished()["dataset"])
    assert shown.unit == "%"
    assert shown.quantity.startswith("Chance of temp at least its 80")
    assert (shown.error_unit, shown.measured) == ("", "Brier score")


def test_the_download_has_every_measure() -> None:
    table = pd.read_csv(io.BytesIO(compare_view.csv(board(events_finished()["dataset"]))))
    assert {"accuracy", "precision", "recall", "f1", "log_loss", "brier"} <= set(table.columns)
    assert table["brier"].notna().all()


@pytest.mark.parametrize("first_is_chances", [True, False])
def test_chances_and_values_are_not_ranked_together(first_is_chances: bool) -> None:
    ids = events_finished() if first_is_chances else finished()
    other = another_run(ids["dataset"], chances=not first_is_chances)
    groups = compare_board.gather(store.dataset(ids["dataset"]))
    assert {tuple({one.run for one in group}) for group in groups.values()} == {(ids["run"],), (other,)}
    app = page("compare", **ids)
    box = app.selectbox(key="compare-group")
    assert sum("chances of an event" in option for option in box.options) == 1
    assert ("Brier" in said(app)) == first_is_chances
