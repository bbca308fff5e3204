"""What a results page shows as long as there is no result: one button, or the job that makes the first forecasts."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from stcore.operations.store import DatasetRow
from stcore.plots.theme import Theme
from stcore.ui import frame, jobs, opening, parts, results
from stcore.ui.results import Work


def or_begin(page: str, row: DatasetRow, heading: str, line: str, drawing: Callable[[Theme], str]) -> tuple[Work, str]:
    """The run and the model to show; without any the page ends here with its empty state or the running job.

    Args:
        page: title of the page.
        row: the data set.
        heading, line: words of the empty state.
        drawing: picture of the empty state.
    """
    work = results.current(row.id)
    model = work.shown() if work is not None else None
    if work is not None and model is not None:
        return work, model
    frame.header(page, row.name)
    active = work is not None and work.active
    if active:
        parts.verdict("The first forecasts are being made; the simple ones come within seconds.")
    if work is not None and work.job is not None:
        jobs.card(work.job)
    if not active and parts.empty(heading, line, drawing, "Forecast this"):
        opening.forecast(row.id)
    st.stop()
    raise AssertionError("unreachable")
