"""What people said about anomalies: spans with a kind and a verdict, from a column, a CSV or a JSON, and back into files.

A table with the columns of ``Panel.labels`` (start, end inclusive, location with None = all, kind, by) and two more: verdict
(confirm, reject: this is none; relabel: it is one, of another kind) and when it was said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from stcore.data.export import write_table
from stcore.data.panel import LABEL_COLUMNS, Panel
from stcore.errors import DataError, StoreError
from stcore.evaluation.volume import spans
from stcore.records import Detection

Verdict = Literal["confirm", "reject", "relabel"]
VERDICTS = ("confirm", "reject", "relabel")
COLUMNS = (*LABEL_COLUMNS, "verdict", "when")
SCHEMA_VERSION = 1


def labels_of(panel: Panel) -> pd.DataFrame:
    """The labels a panel came with, all of them confirmed."""
    return _complete(panel.labels.copy())


def from_marks(marks: np.ndarray, panel: Panel, kind: str = "anomaly", by: str = "") -> pd.DataFrame:
    """Labels from marked steps: consecutive ones are one span.

    Args:
        marks: 0/1 or bool, [time] (all places) or [time, location]; NaN = not marked.

    Raises:
        DataError: another shape than the panel's.
    """
    marks = np.nan_to_num(np.asarray(marks, float)) > 0
    if marks.shape not in (panel.shape[:1], panel.shape[:2]):
        raise DataError(f"Marks {marks.shape} do not fit {panel.shape[:2]} steps and places.", "Give one mark a step.")
    ids = [None] if marks.ndim == 1 else list(panel.locations.index)
    columns = marks.reshape(len(marks), -1)
    rows = [
        (panel.time[first], panel.time[last], place, kind, by)
        for place, column in zip(ids, columns.T, strict=True)
        for first, last in zip(*spans(column), strict=True)
    ]
    return _complete(pd.DataFrame(rows, columns=list(LABEL_COLUMNS)))


def from_column(
    table: pd.DataFrame, column: str, panel: Panel, time: str, location: str | None = None, by: str = "file"
) -> pd.DataFrame:
    """Labels from a 0/1 column of a long table; its name is their kind. Rows of other times or places are left out.

    Raises:
        DataError: a column that is not there, or not one row of the panel's times and places.
    """
    missing = [name for name in (column, time, location) if name is not None and name not in table.columns]
    if missing:
        raise DataError(f"There is no column “{missing[0]}”.", f"There are: {', '.join(map(str, table.columns[:8]))}.")
    rows = panel.time.get_indexer(pd.DatetimeIndex([_moment(cell, panel.clock, time) for cell in table[time]]))
    places = (
        np.zeros(len(table), int)
        if location is None
        else panel.locations.index.get_indexer(table[location].astype(str))
    )
    known = (rows >= 0) & (places >= 0)
    if not known.any():
        raise DataError("No row of the labels has a time and place of the data.", "Look at the spelling of both.")
    marks = np.zeros(panel.shape[:1] if location is None else panel.shape[:2], bool)
    marked = known & (pd.to_numeric(table[column], errors="coerce").fillna(0).to_numpy() > 0)
    marks[rows[marked] if location is None else (rows[marked], places[marked])] = True
    return from_marks(marks, panel, column, by)


def read_labels(path: str | Path, panel: Panel) -> pd.DataFrame:
    """Labels from a file, in the clock of the panel.

    - CSV with the columns start and end, and where known location, kind, by, verdict, when.
    - JSON as ``write_labels`` makes it, or as the Numenta Anomaly Benchmark does: place -> list of [start, end] or of times; ``.csv``
      behind a place does not matter, nor do places that are not in the data.

    Raises:
        DataError: not such a file, a time that is none, an end before its start, or none of its places is in the data.
        StoreError: the file cannot be read.
    """
    path = Path(path)
    try:
        if path.suffix == ".json":
            found = json.loads(path.read_text(encoding="utf-8"))
            rows = found["labels"] if isinstance(found, Mapping) and "labels" in found else _by_place(found, panel)
            table = pd.DataFrame(rows, columns=None if rows else list(LABEL_COLUMNS))
        else:
            table = pd.read_csv(path, dtype=str)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}).", "Name a file that exists.") from error
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{path.name} holds no labels ({error}).", "Give a CSV with start and end, or a JSON."
        ) from error
    return _in_clock(table, panel, path.name)


def write_labels(labels: pd.DataFrame, path: str | Path) -> Path:
    """Write labels as CSV, or as JSON where the name ends with .json; ``read_labels`` reads both.

    Raises:
        StoreError: the file cannot be written.
    """
    path = Path(path)
    told = _complete(labels).assign(**{
        name: [None if pd.isna(cell) else pd.Timestamp(cell).isoformat() for cell in labels.get(name, [None] * len(labels))]
        for name in ("start", "end", "when")
    })  # fmt: skip
    if path.suffix != ".json":
        return write_table(told, path)
    rows = told.astype(object).where(told.notna(), None).to_dict("records")
    try:
        text = json.dumps({"schema_version": SCHEMA_VERSION, "labels": rows}, ensure_ascii=False, indent=1)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror}).", "Name a file in a folder that exists."
        ) from error
    return path


def with_verdict(
    labels: pd.DataFrame, event: Mapping[str, Any] | pd.Series, verdict: Verdict, by: str, when: pd.Timestamp,
    kind: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Labels with one more verdict on an event of a detection, a row for each of its places; the last word on a span counts.

    Args:
        event: start, end, kind, locations.
        kind: the right kind, for ``relabel``; None: the event's own.
    """
    rows = pd.DataFrame({
        "start": event["start"], "end": event["end"], "location": list(event["locations"]), "kind": kind or event["kind"],
        "by": by, "verdict": verdict, "when": when,
    })  # fmt: skip
    return (
        rows[list(COLUMNS)] if labels.empty else pd.concat([_complete(labels), rows[list(COLUMNS)]], ignore_index=True)
    )


def exchanged(labels: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Labels without the rows of ``old`` and with those of ``new``; rows of ``old`` that are no more are passed over."""
    table, gone = _complete(labels), set(_keys(_complete(old)))
    kept = table[[key not in gone for key in _keys(table)]]
    return kept if new.empty else pd.concat([kept, _complete(new)], ignore_index=True) if len(kept) else _complete(new)


def last_words(labels: pd.DataFrame, place: str) -> pd.DataFrame:
    """What was said last about each span at a place, in the order of its start."""
    table = _complete(labels)
    here = table[table["location"].isna() | (table["location"] == place)]
    order = np.argsort(pd.to_datetime(here["when"], utc=True).fillna(pd.Timestamp(0, tz="UTC")), kind="stable")
    return here.iloc[order].drop_duplicates(["start", "end"], keep="last").sort_values("start", ignore_index=True)


def _keys(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Each row as a value that equals that of the same label."""
    return list(table.astype(object).where(table.notna(), None).itertuples(index=False, name=None))


def truth(labels: pd.DataFrame, detection: Detection | Panel) -> np.ndarray:
    """bool [time, location], True where something was labelled; a later verdict on the same cells replaces an earlier one."""
    out = np.zeros((len(detection.time), len(detection.locations)), bool)
    table = _complete(labels)
    order = np.argsort(pd.to_datetime(table["when"], utc=True).fillna(pd.Timestamp(0, tz="UTC")), kind="stable")
    for row in table.iloc[order].itertuples():
        first, last = rows_of(detection.time, row.start, row.end)
        where = slice(None) if pd.isna(row.location) else detection.locations.index.get_indexer([row.location])
        if isinstance(where, slice) or where[0] >= 0:
            out[first:last, where] = row.verdict != "reject"
    return out


def rows_of(time: pd.DatetimeIndex, start: pd.Timestamp, end: pd.Timestamp) -> tuple[int, int]:
    """First row of a span and the one after its last; equal where it lies outside."""
    return int(time.searchsorted(start, "left")), int(time.searchsorted(end, "right"))


def _by_place(found: Any, panel: Panel) -> list[dict[str, Any]]:
    """Rows from place -> list of [start, end] or of times."""
    if not isinstance(found, Mapping):
        raise ValueError("neither a list of labels nor places with spans")
    ids = {name: name for name in panel.locations.index} | {f"{name}.csv": name for name in panel.locations.index}
    known = {ids[str(place)]: spans_ for place, spans_ in found.items() if str(place) in ids}
    if found and not known:
        raise DataError(
            f"None of the {len(found)} places of the labels is in the data (“{next(iter(found))}”).",
            "Use the names of the places.",
        )
    rows = []
    for place, each in known.items():
        for span in each:
            start, end = span if isinstance(span, Sequence) and not isinstance(span, str) else (span, span)
            rows.append({"start": start, "end": end, "location": place, "kind": "anomaly", "by": "file"})
    return rows


def _in_clock(table: pd.DataFrame, panel: Panel, name: str) -> pd.DataFrame:
    """The table complete and its times in the panel's clock."""
    lacking = [column for column in ("start", "end") if column not in table.columns]
    if lacking:
        raise DataError(f"{name} has no column “{lacking[0]}”.", "Give each label a start and an end.")
    for column in ("start", "end"):
        moments = [_moment(cell, panel.clock, column) for cell in table[column]]
        table = table.assign(**{column: pd.DatetimeIndex(moments) if moments else panel.time[:0]})
    backwards = np.flatnonzero(table["end"] < table["start"])
    if len(backwards):
        raise DataError(
            f"Label {backwards[0] + 1} of {name} ends before it starts.", "Give the earlier time as its start."
        )
    if "when" in table:
        table = table.assign(when=[pd.NaT if pd.isna(cell) else pd.Timestamp(cell) for cell in table["when"]])
    table = _complete(table)
    wrong = sorted(set(table["verdict"]) - set(VERDICTS))
    if wrong:
        raise DataError(f"“{wrong[0]}” is no verdict.", f"Write one of: {', '.join(VERDICTS)}.")
    return table


def _moment(cell: Any, clock: str | None, column: str) -> pd.Timestamp:
    """A time in the panel's clock.

    Raises:
        DataError: it is none.
    """
    try:
        moment = pd.Timestamp(cell)
    except (ValueError, TypeError) as error:
        raise DataError(f"“{cell}” in {column} is not a time.", "Write for example 2024-03-01 12:00.") from error
    if pd.isna(moment):
        raise DataError(f"A label has no time in {column}.", "Give each label a start and an end.")
    if clock is None:
        return moment.tz_localize(None)
    return moment.tz_localize(clock) if moment.tzinfo is None else moment.tz_convert(clock)


def _complete(table: pd.DataFrame) -> pd.DataFrame:
    """With every column, in order: all places, an anomaly, confirmed, by nobody known, where nothing is said."""
    usual = {"location": None, "kind": "anomaly", "by": "", "verdict": "confirm", "when": pd.NaT}
    for column, value in usual.items():
        if column not in table.columns:
            table = table.assign(**{column: value})
        elif column not in ("location", "when"):
            table = table.assign(**{column: table[column].astype(object).where(table[column].notna(), value)})
    where = table["location"].astype(object)
    return table.assign(location=where.where(where.notna(), None))[list(COLUMNS)].reset_index(drop=True)


def verdict_on(labels: pd.DataFrame, event: Mapping[str, Any] | pd.Series) -> pd.Series | None:
    """The last word on an event: the newest label that overlaps it at one of its places; None where nobody spoke.

    Args:
        event: start, end, locations.
    """
    table = _complete(labels)
    here = table["location"].isna() | table["location"].isin(list(event["locations"]))
    found = table[here & (table["start"] <= event["end"]) & (table["end"] >= event["start"])]
    if found.empty:
        return None
    when = pd.to_datetime(found["when"], utc=True).fillna(pd.Timestamp(0, tz="UTC"))
    return found.iloc[int(np.argsort(when.to_numpy(), kind="stable")[-1])]
