"""One table of several files: one file a place, or parts of a table, told from what is in them."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stcore.data.find_roles import find_roles
from stcore.data.names import place_score
from stcore.data.roles import ROW_NUMBER, Choice, Roles
from stcore.data.sources.asked import Asked
from stcore.data.sources.parts import Part
from stcore.data.sources.typed import from_batches
from stcore.data.table import Table
from stcore.data.times import parse_times
from stcore.errors import DataError, StcoreError
from stcore.findings import Finding

#: Files that share no more of all their columns than this are not parts of one table.
_ALIKE = 0.5
_LISTED = 5
_POINT = re.compile(r"[+-]?\d*\.\d+")
Open = Callable[[Path, Path, Asked], Table]


@dataclass
class _Seen:
    """What one file holds; its rows lie as text in ``rows``, its columns under their position in ``names``."""

    part: Part
    names: list[str]
    rows: Path
    table: Table
    placed: bool
    ends: tuple[str, str]

    @property
    def keys(self) -> dict[str, int]:
        """Name as it is compared -> position."""
        return {_key(name): number for number, name in enumerate(self.names)}


@dataclass
class _Look:
    """The files looked at so far."""

    seen: list[_Seen] = field(default_factory=list)
    refused: list[tuple[Part, StcoreError]] = field(default_factory=list)
    unlike: list[_Seen] = field(default_factory=list)


def read(parts: Sequence[Part], folder: Path, asked: Asked, open_one: Open) -> Table:
    """One table of several files; a file unlike most of the others, or none at all, is left out and said.

    Args:
        parts: the files; a single one is read as it is.
        asked: ``files`` says whether they are places or parts; by itself each is a place of its own where the files
            name no place and their times overlap.
        open_one: reads one file with a scratch folder.

    Raises:
        DataError: no file holds a table, or they have too little in common.
    """
    if len(parts) == 1:
        return open_one(parts[0].path, folder, asked)
    look = _look(parts, folder, asked, open_one)
    columns = _columns(look)
    placed = all(seen.placed for seen in look.seen)
    files = asked.files or ("places" if not placed and _overlap(look.seen) else "parts")
    decimal = asked.decimal or _decimal(look.seen)
    names = list(columns.values())
    if files == "places":
        names.append(next(name for name in ("location", "file", "file_name", "file_stem") if name not in columns))
    schema = pa.schema([(f"c{number}", pa.string()) for number in range(len(names))])
    table = from_batches(folder, schema, _batches(look.seen, list(columns), schema, files == "places"), names)
    table.dialect = replace(table.dialect, decimal=decimal)
    _tell(table, look, files, placed)
    return table


# looking at each ---------------------------------------------------------------------------------------------------


def _look(parts: Sequence[Part], folder: Path, asked: Asked, open_one: Open) -> _Look:
    """Each file opened, its rows kept as text, and closed again."""
    look, roles = _Look(), {}
    for number, part in enumerate(parts):
        room = folder / f"part{number}"
        room.mkdir()
        try:
            table = open_one(part.path, room, asked)
        except StcoreError as error:
            look.refused.append((part, error))
            shutil.rmtree(room, ignore_errors=True)
            continue
        try:
            kind = tuple(_key(name) for name in table.names)
            if kind not in roles:
                roles[kind] = find_roles(table, {})[0]
            rows = table.keep_text(room / "rows").rename(folder / f"part{number}.parquet")
            seen = _Seen(part, table.names, rows, table, _placed(table, roles[kind]), _ends(table, roles[kind]))
            table.dialect = replace(table.dialect, rows=table.dialect.rows[:20])  # there may be thousands of files
            look.seen.append(seen)
        finally:
            table.close()
            shutil.rmtree(room, ignore_errors=True)
    if not look.seen:
        raise look.refused[0][1]
    return look


def _placed(table: Table, roles: Roles) -> bool:
    """Whether the rows of a file say which place they are of, or its columns are places."""
    if roles.lat or roles.form == "wide":
        return True
    if roles.location is None or roles.time in (None, ROW_NUMBER):
        return False
    time = table.column(str(roles.time))
    distinct, rows = table.ask(f"count(DISTINCT {time}), count({time})")[0]
    return place_score(roles.location) > 0 or distinct < rows


def _ends(table: Table, roles: Roles) -> tuple[str, str]:
    """First and last time of a file as text, in the order of its rows; empty where it has none."""
    if roles.time in (None, ROW_NUMBER):
        return "", ""
    time = table.column(str(roles.time))
    first, last = table.ask(f"min_by(trim({time}), line), max_by(trim({time}), line)", f"WHERE trim({time}) <> ''")[0]
    return first or "", last or ""


def _overlap(files: list[_Seen]) -> bool:
    """Whether any two files hold the same stretch of time, or one of them cannot be told."""
    texts = pd.Series([text for seen in files for text in seen.ends], dtype="str")
    stamps = parse_times(texts, np.ones(len(texts), np.int64), None, None).stamps
    if stamps.isna().any():
        return True
    spans = np.sort(np.sort(stamps.to_numpy().reshape(-1, 2), axis=1), axis=0)
    return bool((spans[1:, 0] <= spans[:-1, 1]).any())


def _columns(look: _Look) -> dict[str, str]:
    """Columns of the joined table: those of the files that are like the most; what is unlike moves to ``unlike``.

    Raises:
        DataError: no two files are alike.
    """
    kinds = Counter(frozenset(seen.keys) for seen in look.seen)
    (most, _), *_ = kinds.most_common(1)
    look.unlike = [seen for seen in look.seen if len(most & seen.keys.keys()) <= _ALIKE * len(most | seen.keys.keys())]
    if len(look.seen) > 1 and len(look.seen) - len(look.unlike) < 2:
        first, other = look.seen[0], look.seen[1]
        raise DataError(
            f"The {len(look.seen)} files have unlike columns (“{first.part.name[:60]}”: {_listed(first.names)}; "
            f"“{other.part.name[:60]}”: {_listed(other.names)}).",
            "Give one of them, or files with the same columns; coordinates and the like go into data.places.",
        )
    look.seen = [seen for seen in look.seen if seen not in look.unlike]
    first = next(seen for seen in look.seen if frozenset(seen.keys) == most)
    columns = {_key(name): name for name in first.names}
    for seen in look.seen:
        columns |= {_key(name): name for name in seen.names if _key(name) not in columns}
    return columns


def _decimal(files: list[_Seen]) -> str:
    """The decimal mark of all files; a file of whole numbers fits either.

    Raises:
        DataError: some have a point and some a comma.
    """
    commas = [seen for seen in files if seen.table.dialect.decimal == ","]
    points = [
        seen for seen in files
        if seen not in commas and any(_POINT.fullmatch(cell) for row in seen.table.dialect.rows for cell in row)
    ]  # fmt: skip
    if commas and points:
        raise DataError(
            f"“{commas[0].part.name[:60]}” has decimal commas and “{points[0].part.name[:60]}” decimal points.",
            "Write all files with the same decimal mark.",
        )
    return "," if commas else "."


def _key(name: str) -> str:
    """A column's name as it is compared between files."""
    return name.strip().casefold()


# joining them ------------------------------------------------------------------------------------------------------


def _batches(files: list[_Seen], keys: list[str], schema: pa.Schema, with_place: bool) -> Iterator[pa.RecordBatch]:
    """The rows of all files one after the other, each file gone once it was read."""
    for seen in files:
        for batch in pq.ParquetFile(seen.rows).iter_batches():
            columns = [
                batch.column(seen.keys[key]) if key in seen.keys else pa.nulls(len(batch), pa.string()) for key in keys
            ]
            if with_place:
                columns.append(pa.repeat(pa.scalar(seen.part.stem, pa.string()), len(batch)))
            yield pa.RecordBatch.from_arrays([column.cast(pa.string()) for column in columns], schema=schema)
        seen.rows.unlink()


def _tell(table: Table, look: _Look, files: str, placed: bool) -> None:
    """What was done and what was odd, on the table."""
    first = look.seen[0].table
    table.encoding, table.clock = first.encoding, first.clock
    table.damaged = sum(seen.table.damaged for seen in look.seen)
    table.ragged = (sum(seen.table.ragged[0] for seen in look.seen), [])
    table.told = {**first.told, "files": files}
    count = len(look.seen)
    if not placed:
        question = f"Is each of the {count} files one place, or are they parts of one table?"
        said = {"places": "Each file is one place", "parts": "Parts of one table"}
        table.choices.append(Choice(code="files", question=question, options=[*said], chosen=files, words=said))
    how = "each is one place, named by its file" if files == "places" else "their rows are parts of one table"
    table.findings.append(Finding(code="files", count=count, message=f"{count:,} files were joined: {how}."))
    for seen in look.seen:
        table.findings += [finding for finding in seen.table.findings if finding not in table.findings]
    table.findings += _missing_columns(look.seen) + _left_out(look)


def _missing_columns(files: list[_Seen]) -> list[Finding]:
    everything = {key for seen in files for key in seen.keys}
    short = [seen for seen in files if set(seen.keys) != everything]
    if not short:
        return []
    absent = sorted({key for seen in short for key in everything - set(seen.keys)})
    return [
        Finding(
            code="files", severity="look", where=_listed([seen.part.name for seen in short]), count=len(short),
            message=f"{len(short)} of {len(files)} files lack columns that others have ({_listed(absent)}); these are empty there.",
        )
    ]  # fmt: skip


def _left_out(look: _Look) -> list[Finding]:
    total = len(look.seen) + len(look.unlike) + len(look.refused)
    found = []
    if look.unlike:
        found.append(
            Finding(
                code="files", severity="look", where=_listed([seen.part.name for seen in look.unlike]), count=len(look.unlike),
                message=f"{len(look.unlike)} of {total} files have other columns ({_listed(look.unlike[0].names)}) and were left out.",
                suggestion="Give coordinates and the like as data.places; load another kind of table by itself.",
            )
        )  # fmt: skip
    if look.refused:
        part, error = look.refused[0]
        found.append(
            Finding(
                code="files", severity="look", where=_listed([part.name for part, _ in look.refused]), count=len(look.refused),
                message=f"{len(look.refused)} of {total} files could not be read and were left out ({part.name[:60]}: {error.message})",
                suggestion=error.hint,
            )
        )  # fmt: skip
    return found


def _listed(names: Sequence[str]) -> str:
    """Up to five names, shortened."""
    return ", ".join(name[:40] for name in names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
