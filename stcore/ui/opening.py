"""From a dropped file or a sample to a saved data set on the Load page, and from there to a first forecast.

A dropped file waits among the uploads until it could be read: the data set then keeps it as it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from stcore import words
from stcore.data import dataset, ingest
from stcore.data.quality import InspectReport
from stcore.errors import DataError, StcoreError
from stcore.experiment import DataConfig, Experiment, IntervalsConfig, WindowsConfig
from stcore.findings import Fix
from stcore.operations import intake, jobs, store, uploads
from stcore.operations.store import DatasetRow, Job
from stcore.scenarios import samples
from stcore.scenarios.samples import Sample
from stcore.settings import settings
from stcore.ui import state

#: Endings offered when a file is chosen; what it is, is told from its bytes.
TYPES = [
    "csv", "tsv", "txt", "dat", "json", "jsonl", "ndjson", "geojson", "parquet", "xlsx", "xlsm", "nc", "nc4", "gz", "bz2", "xz",
    "zst", "zip",
]  # fmt: skip
#: A larger file is read as a job, with progress and a way to stop.
AT_ONCE_BYTES = 8 << 20
_PROBLEM = "upload_problem"
#: Of what was said about a table: the meaning of its columns, which the select boxes say anew.
_COLUMNS = ("time", "location", "lat", "lon", "values", "labels", "known_ahead", "form")
#: File beside a table -> the setting that says how it is joined.
_ABOUT_SECOND = {"places": "matches", "geometry": "join"}


def taken() -> str:
    """What the drop zone takes, in one line."""
    return f"CSV, JSON, Parquet, Excel, GeoJSON or NetCDF, also compressed; up to {words.size(settings().max_upload_mb * 1e6)}"


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
    kept = {key: value for key, value in row.about.get("roles", {}).items() if key not in _COLUMNS}
    _replace(row, {**kept, **roles}, list(row.about.get("fixes", [])))


def mend(row: DatasetRow, fixes: Sequence[Fix]) -> None:
    """Read a data set's file with these fixes of its reading and no others; else as it was read before."""
    body: dict[str, Any] = {"data": dict(row.about.get("roles", {}))}
    for before in row.about.get("fixes", []):
        Fix.parse(before).take_out_of(body)
    for fix in fixes:
        fix.write_into(body)
    _replace(row, body["data"], [fix.model_dump(mode="json") for fix in fixes])


def add(row: DatasetRow, setting: str, token: str) -> None:
    """Read a data set's file with one more file beside it, that was just handed in."""
    uploads.source_of(token)  # told here where it is gone, not by a job
    _with_beside(row, setting, token)


def leave_out(row: DatasetRow, setting: str) -> None:
    """Read a data set's file without a file beside it."""
    _with_beside(row, setting, None)


def _with_beside(row: DatasetRow, setting: str, token: str | None) -> None:
    """Read anew with another file beside the table, or none; what was said about the one before is forgotten."""
    about_it = _ABOUT_SECOND.get(setting, "")
    said = {key: value for key, value in row.about.get("roles", {}).items() if key not in (setting, about_it)}
    fixes = [fix for fix in row.about.get("fixes", []) if fix["setting"].split(".")[:2] != ["data", about_it]]
    _replace(row, said, fixes, {setting: token})


def _replace(
    row: DatasetRow, roles: Mapping[str, Any], fixes: list[dict[str, Any]], beside: Mapping[str, str | None] | None = None
) -> None:  # fmt: skip
    """Read the file of a data set anew and open what it became: a small one at once, a larger one as a job.

    Args:
        beside: tokens of the files beside the table that change, None where one goes; the others stay.
    """
    owner, anew = state.owner(), intake.Anew(row.id, dict(roles), fixes, dict(beside or {}))
    if intake.original_of(row.id).stat().st_size > AT_ONCE_BYTES:
        jobs.submit("reread", anew.payload(), f"Reading {words.short(row.name, 60)} again", owner)
        st.rerun()
    with st.spinner("Reading again"):
        made = intake.take_anew(anew, owner)
    state.go("load", dataset=made)


def rereading(dataset: str) -> Job | None:
    """The newest job that reads a data set's file anew, or None."""
    found = (job for job in jobs.listing(state.owner()) if job.kind == "reread" and job.payload.get("of") == dataset)
    return next(found, None)


def sample(chosen: Sample) -> None:
    """Read a sample, or find it as it was read before, and open the Load page."""
    experiment = chosen.experiment()
    source = Path(str(experiment.data.source))
    about = {"sample": chosen.name, "place": chosen.place}
    with st.spinner("Reading"):
        roles = experiment.data.model_dump(exclude_none=True, exclude={"source"})
        made = intake.take_in(source, chosen.title, about, roles, state.owner())
    state.go("load", dataset=made)


def data_of(row: DatasetRow) -> DataConfig:
    """What was said about the table of a data set, fixes of its reading included: the ``data`` part of its experiments."""
    said = {**row.about.get("roles", {}), **row.about.get("second", {})}
    return DataConfig.parse({key: value for key, value in said.items() if key in DataConfig.model_fields}, "data")


def forecast(id: str) -> None:
    """Queue the default models on a data set, prepared as it keeps it, and open the Forecast page."""
    row = store.dataset(id, state.owner())
    experiment = begin_with(row)
    changes = {"data": data_of(row), "intervals": experiment.intervals or IntervalsConfig()}
    run, _ = jobs.submit_training(
        id, experiment.model_copy(update=changes), f"First forecast of {row.name}", state.owner()
    )
    state.go("forecast", run=run)


def begin_with(row: DatasetRow) -> Experiment:
    """The settings to begin with: suggested ones, with values prepared and windows as the data set keeps them."""
    kept, experiment = dataset.open(row.id), suggested(row.about)
    windows = experiment.windows if kept.windows == WindowsConfig() else kept.windows
    return experiment.model_copy(update={"prepare": kept.prepare, "windows": windows})


def suggested(about: Mapping[str, Any]) -> Experiment:
    """The settings to begin with: a sample's own, else the defaults."""
    return samples.sample(about["sample"]).experiment() if about.get("sample") else Experiment()
