"""From a dropped file or a sample to a saved data set on the Load page, and from there to a first forecast.

A dropped file waits among the uploads until it could be read: the data set then keeps it as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from stcore import words
from stcore.data import dataset, ingest
from stcore.data.quality import InspectReport
from stcore.errors import DataError, StcoreError
from stcore.experiment import DataConfig, Experiment, IntervalsConfig
from stcore.operations import intake, jobs, store, uploads
from stcore.operations.store import DatasetRow, Job
from stcore.preparation import PrepareConfig
from stcore.scenarios import samples
from stcore.scenarios.samples import Sample
from stcore.settings import settings
from stcore.ui import state

TYPES = ["csv", "tsv", "txt", "gz", "parquet"]  # what ingest reads; it looks at the bytes, not at the name
#: A larger file is read as a job, with progress and a way to stop.
AT_ONCE_BYTES = 8 << 20
_PROBLEM = "upload_problem"
_NO_COLUMNS = ("step", "by", "clock", "how", "cell", "adjacency")  # of a table's roles: what is not about a column


def taken() -> str:
    """What the drop zone takes, in one line."""
    return f"CSV, TSV, TXT, also compressed, or Parquet; up to {words.size(settings().max_upload_mb * 1e6)}"


def uploaded(token: str) -> None:
    """Read a file that was just handed in: a small one at once, a larger one as a job that the Load page watches."""
    source = uploads.source_of(token)
    if source.stat().st_size <= AT_ONCE_BYTES:
        read_kept(token)
    title = f"Reading {words.short(source.name, 60)}"
    jobs.submit("ingest", {"upload": token, "name": source.name}, title, state.owner())
    state.forget("dataset")
    state.go("load", upload=token)


def reading(token: str) -> Job | None:
    """The newest job that reads a kept file, or None."""
    found = (job for job in jobs.listing(state.owner()) if job.kind == "ingest" and job.payload.get("upload") == token)
    return next(found, None)


def read_kept(token: str, roles: Mapping[str, Any] | None = None) -> None:
    """Read a kept file and open the Load page, with the data set or with what is wrong."""
    source = uploads.source_of(token)
    try:
        with st.spinner("Reading"):
            made = intake.take_in(source, source.name, {}, roles, state.owner())
    except DataError as error:
        st.session_state[_PROBLEM] = (token, error)
        state.forget("dataset")
        state.go("load", upload=token)
    uploads.forget(token)  # the data set keeps the file as it came
    state.go("load", dataset=made)


def problem(token: str) -> StcoreError:
    """Why a kept file could not be read: as told when it was tried, or by trying again."""
    known, error = st.session_state.get(_PROBLEM, ("", None))
    if known == token and error is not None:
        return error
    try:
        with ingest.loaded(uploads.source_of(token)):
            return DataError("The file can be read now.", "Choose the columns, or drop it again.")
    except DataError as fresh:
        return fresh


@st.cache_data(max_entries=16, show_spinner=False)
def look(token: str) -> InspectReport | None:
    """Columns and roles of a kept file as far as they are known; None where it is no table at all."""
    try:
        return ingest.inspect(uploads.source_of(token))
    except DataError:
        return None


def read_again(row: DatasetRow, roles: Mapping[str, Any]) -> None:
    """Read a data set's file with other roles; the old data set goes when nothing was trained on it."""
    owner, original = state.owner(), dataset.open(row.id).original
    if original is None:
        raise DataError("These data came as a panel, not as a table with columns.", "Save them anew from Python.")
    about = {key: row.about[key] for key in ("sample", "place", "file") if key in row.about}
    kept = {key: value for key, value in row.about.get("roles", {}).items() if key in _NO_COLUMNS}
    with st.spinner("Reading again"):
        made = intake.take_in(original, row.name, about, {**kept, **roles}, owner)
    if made != row.id and not store.runs_of(row.id, owner):
        store.delete_dataset(row.id, owner)
    state.go("load", dataset=made)


def sample(chosen: Sample) -> None:
    """Read a sample, or find it as it was read before, and open the Load page."""
    experiment = chosen.experiment()
    source = Path(experiment.data.source or "")
    about = {"sample": chosen.name, "place": chosen.place}
    with st.spinner("Reading"):
        roles = experiment.data.model_dump(exclude_none=True, exclude={"source"})
        made = intake.take_in(source, chosen.title, about, roles, state.owner())
    state.go("load", dataset=made)


def forecast(id: str, zeros_are_missing: bool = False) -> None:
    """Queue the default models on a data set and open the Forecast page."""
    row = store.dataset(id, state.owner())
    experiment = Experiment()
    if row.about.get("sample"):
        experiment = samples.sample(row.about["sample"]).experiment()
    changes = {
        "data": DataConfig(), "intervals": experiment.intervals or IntervalsConfig(),
        "prepare": PrepareConfig(zeros_are_missing=zeros_are_missing),
    }  # fmt: skip
    run, _ = jobs.submit_training(
        id, experiment.model_copy(update=changes), f"First forecast of {row.name}", state.owner()
    )
    state.go("forecast", run=run)
