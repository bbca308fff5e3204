"""From a dropped file or a sample to a saved data set on the Load page, and from there to a first forecast.

A dropped file waits in ``home/uploads/<its hash>/`` until it could be read: the data set then keeps it as it came. The
same file or sample, read twice with the same roles, gives the same data set.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from stcore import words
from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.data.quality import InspectReport, place_word
from stcore.errors import DataError, NotFound, StcoreError, StoreError
from stcore.experiment import DataConfig, Experiment, IntervalsConfig
from stcore.operations import jobs, store
from stcore.operations.store import DatasetRow
from stcore.preparation import PrepareConfig
from stcore.scenarios import samples
from stcore.scenarios.samples import Sample
from stcore.settings import prepare_home, settings
from stcore.ui import state

TYPES = ["csv", "tsv", "txt", "gz", "parquet"]  # what ingest reads; it looks at the bytes, not at the name
_CHUNK = 1 << 20
_PROBLEM = "upload_problem"
_NO_COLUMNS = ("step", "by", "clock", "how", "cell", "adjacency")  # of a table's roles: what is not about a column


def uploaded(file: Any) -> None:
    """Keep a dropped file, read it, and open the Load page; what cannot be read is shown there with its hint."""
    read_kept(keep(file, file.name))


def read_kept(token: str, roles: Mapping[str, Any] | None = None) -> None:
    """Read a kept file and open the Load page, with the data set or with what is wrong."""
    source = source_of(token)
    try:
        with st.spinner("Reading"):
            made = read(source, source.name, {}, roles)
    except DataError as error:
        st.session_state[_PROBLEM] = (token, error)
        state.forget("dataset")
        state.go("load", upload=token)
    shutil.rmtree(source.parent, ignore_errors=True)  # the data set keeps the file as it came
    state.go("load", dataset=made)


def problem(token: str) -> StcoreError:
    """Why a kept file could not be read: as told when it was tried, or by trying again."""
    known, error = st.session_state.get(_PROBLEM, ("", None))
    if known == token and error is not None:
        return error
    try:
        with ingest.loaded(source_of(token)):
            return DataError("The file can be read now.", "Choose the columns, or drop it again.")
    except DataError as fresh:
        return fresh


@st.cache_data(max_entries=16, show_spinner=False)
def look(token: str) -> InspectReport | None:
    """Columns and roles of a kept file as far as they are known; None where it is no table at all."""
    try:
        return ingest.inspect(source_of(token))
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
        made = read(original, row.name, about, {**kept, **roles})
    if made != row.id and not store.runs_of(row.id, owner):
        store.delete_dataset(row.id, owner)
    state.go("load", dataset=made)


def sample(chosen: Sample) -> None:
    """Read a sample, or find it as it was read before, and open the Load page."""
    experiment = chosen.experiment()
    source = Path(experiment.data.source or "")
    about = {"sample": chosen.name, "place": chosen.place}
    with st.spinner("Reading"):
        made = read(source, chosen.title, about, experiment.data.model_dump(exclude_none=True, exclude={"source"}))
    state.go("load", dataset=made)


def read(source: Path, name: str, about: Mapping[str, Any], roles: Mapping[str, Any] | None = None) -> str:
    """Id of the saved data set of a file: the one that was read before with the same roles, or a new one.

    Args:
        source: the file.
        name: words for the data set.
        about: what lists and pages should know of it (sample, the word for a place, the file's name).
        roles: columns whose meaning is given; others are found.

    Raises:
        DataError: the file cannot be read so; nothing is saved.
        StoreError: no space.
    """
    owner, begun = state.owner(), time.monotonic()
    same = {"sample": about.get("sample"), "digest": _digest(source), "roles": dict(roles or {})}
    for row in store.datasets(owner):
        if all(row.about.get(key) == value for key, value in same.items()):
            return row.id
    made = dataset.create(source, name, roles=roles, owner=owner)
    seconds = round(time.monotonic() - begun, 1)
    known = {"file": source.name, "bytes": source.stat().st_size, "seconds": seconds, "sentence": made.sentence}
    store.add_dataset(made.id, made.name, made.digest, {"place": _place(made), **known, **about, **same}, owner)
    return made.id


def _place(made: dataset.Dataset) -> str:
    """The data's own word for one place."""
    panel = made.panel()
    first = panel if isinstance(panel, Panel) else next(iter(panel.values()))
    return words.singular(place_word(first, made.roles.location))


def keep(file: io.BytesIO, name: str) -> str:
    """Copy a file into ``home/uploads/<hash>/``; the hash.

    Raises:
        StoreError: no space, or no right to write.
    """
    folder = prepare_home() / "uploads"
    file.seek(0)
    token = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    path = folder / token / _safe(name)
    if path.exists():
        return token
    file.seek(0)
    try:
        path.parent.mkdir(exist_ok=True)
        part = path.parent / ".part"
        with part.open("wb") as out:
            shutil.copyfileobj(file, out, _CHUNK)
        part.replace(path)
    except OSError as error:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise StoreError(
            f"The file cannot be kept in {folder} ({error.strerror or error}).", "Free some space and drop it again."
        ) from error
    return token


def source_of(token: str) -> Path:
    """The kept file of a token.

    Raises:
        NotFound: there is none.
    """
    folder = settings().home / "uploads" / token
    files = sorted(path for path in folder.glob("*") if path.name != ".part") if token.isalnum() else []
    if not files:
        raise NotFound("The file is not kept any more.", "Drop it again on Home.")
    return files[0]


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


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _safe(name: str) -> str:
    """A file name without folders and odd characters, its endings kept."""
    plain = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in Path(name).name)
    return plain.lstrip(".")[-80:] or "data.csv"
