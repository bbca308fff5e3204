"""JSON: one record a line, an array of records, records or GeoJSON features inside one object, or columns of numbers.

Lines and arrays are read in parallel and in constant memory; groups inside a record are taken apart, one level deep.
"""

# ruff: noqa: S608 - statements hold columns and numbers of our own; keys of the user are bound
from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pandas as pd

from stcore.data.dialect import Dialect
from stcore.data.encoding import TextFile, as_text
from stcore.data.sources import geojson, typed
from stcore.data.sources.asked import Asked
from stcore.data.sources.json_document import records
from stcore.data.table import Table, quoted
from stcore.errors import DataError
from stcore.settings import settings

_SMALL = 64_000_000
_LARGEST_RECORD = 16_777_216


def read(path: Path, folder: Path, asked: Asked) -> Table:
    """The table of a JSON file.

    Raises:
        DataError: no records in it, or keys that differ in case only.
    """
    text = as_text(path, folder, long_lines=True)
    with text.path.open("rb") as file:
        first = file.readline(_SMALL).strip()
        second = next((line for line in islice(file, 100) if line.strip()), b"")
    if first.startswith(b"["):
        return _table(text, folder, "array")
    if second.lstrip().startswith(b"{") and _is_object(first):
        return _table(text, folder, "newline_delimited")
    return _document(text, folder)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _document(text: TextFile, folder: Path) -> Table:
    """Records or features inside one object; else columns of equal length; else the object is the only record."""
    inside = records(text.path)
    first = next(inside, None)
    if first is None:
        return _columns(text, folder)
    found = _chain(first, inside)
    shapes = geojson.Shapes() if geojson.is_feature(first) else None
    target = folder / "records.jsonl"
    with target.open("wb") as out:
        for record in found:
            flat = record if shapes is None else shapes.flat(record)
            out.write(orjson.dumps(flat, option=orjson.OPT_APPEND_NEWLINE))
    table = _table(TextFile(target, text.encoding, 0, True, text.damaged), folder, "newline_delimited")
    table.outlines = shapes.outlines() if shapes is not None else None
    return table


def _chain(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest


def _columns(text: TextFile, folder: Path) -> Table:
    """{"time": [...], "speed": [...]}, also inside another object, as services for weather answer."""
    try:
        content = orjson.loads(text.path.read_bytes()) if text.path.stat().st_size <= _SMALL else None
    except orjson.JSONDecodeError as error:
        raise DataError(
            f"The JSON cannot be read ({error}).", "Write an array of records, or one record a line."
        ) from error
    if isinstance(content, dict):
        for group in (content, *(value for value in content.values() if isinstance(value, dict))):
            lists = {key: value for key, value in group.items() if isinstance(value, list | dict)}
            lengths = {len(value) for value in lists.values()}
            if len(lists) > 1 and len(lengths) == 1 and lengths != {0}:
                frame = pd.DataFrame({key: pd.Series(value, dtype=object) for key, value in lists.items()})
                return typed.from_frame(frame, folder, Asked())
    raise DataError("The JSON holds no records.", "Write an array of records, or one record a line.")


# records to columns ------------------------------------------------------------------------------------------------


def _table(text: TextFile, folder: Path, form: str) -> Table:
    """The table of records in an array or one a line; lines that are no records are set aside and counted."""
    table = Table(folder, Dialect("", ".", True, (), ()), text.encoding, text.damaged, text.path)
    try:
        keys = _keys(table, text.path, form)
        raw = folder / "records.parquet"
        lenient = "true" if form == "newline_delimited" else "false"
        cells = ", ".join(f"g{n}" for n in range(len(keys)))
        whole = table.connection.sql(
            f"SELECT {cells} FROM read_json({quoted(str(text.path))}, format = '{form}', ignore_errors = {lenient}, "
            f"columns = ?, maximum_object_size = {_LARGEST_RECORD}) AS given({cells})",
            params=[{key: _kind(parts) for key, parts in keys.items()}],
        )
        whole.write_parquet(str(raw))
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        told = str(error).splitlines()[0].split("file", 1)[-1].rsplit(",", 1)[-1].strip()
        raise DataError(
            f"The JSON is damaged or cut off ({told}).", "Write an array of records, or one a line."
        ) from error
    return _filled(table, folder, raw, keys)


def _filled(table: Table, folder: Path, raw: Path, keys: dict[str, list[str]]) -> Table:
    """The typed rows under their names, with what was no record set aside."""
    names, cells = [], []
    for number, (key, parts) in enumerate(keys.items()):
        names += [f"{key}.{part}" for part in parts] or [key]
        cells += [f"struct_extract_at(g{number}, {n + 1})" for n in range(len(parts))] or [f"g{number}"]
    fresh = Table(folder, Dialect("", ".", True, tuple(names), ()), table.encoding, table.damaged)
    table.close()
    fresh.first_line, fresh.broken = 1, "no record on the line"
    fresh.load_typed(raw, cells)
    fresh.set_aside_empty()
    return fresh


def _keys(table: Table, path: Path, form: str) -> dict[str, list[str]]:
    """Keys of all records in the order they appear in, each with those of the group it may hold.

    Raises:
        DataError: more keys than columns are allowed, or two that differ in case only.
    """
    lenient = "true" if form == "newline_delimited" else "false"
    source = (
        f"read_json({quoted(str(path))}, format = '{form}', records = 'false', columns = {{json: 'JSON'}}, "
        f"ignore_errors = {lenient}, maximum_object_size = {_LARGEST_RECORD})"
    )
    limit = settings().max_columns
    found = table.connection.execute(
        f"SELECT DISTINCT json_keys(json) FROM {source} WHERE json_type(json) = 'OBJECT' LIMIT {limit}"
    ).fetchall()
    keys = dict.fromkeys(key for (record,) in found for key in record or ())
    if not keys:
        raise DataError("The JSON holds no records.", "Write an array of records, or one record a line.")
    if len(keys) > limit:
        raise DataError(
            f"The records have {len(keys):,} different keys; at most {limit:,} are read.",
            "Give every record the same keys.",
        )
    first = table.connection.execute(f"SELECT json FROM {source} WHERE json_type(json) = 'OBJECT' LIMIT 200").fetchall()
    heads = [orjson.loads(record) for (record,) in first]
    ordered = dict.fromkeys(key for record in heads for key in record) | dict.fromkeys(sorted(keys))
    out: dict[str, list[str]] = {}
    for key in ordered:
        groups = [record[key] for record in heads if isinstance(record.get(key), dict)]
        told = sum(record.get(key) is not None for record in heads)
        out[key] = list(dict.fromkeys(part for group in groups for part in group)) if len(groups) == told else []
    _check_case([*out])
    for parts in out.values():
        _check_case(parts)
    return out


def _check_case(keys: list[str]) -> None:
    folded: dict[str, str] = {}
    for key in keys:
        if (other := folded.setdefault(key.lower(), key)) != key:
            raise DataError(f"The keys “{other}” and “{key}” differ in case only.", "Give one of them another name.")


def _kind(parts: list[str]) -> str:
    """The type of a key for DuckDB: text, or a group of texts."""
    if not parts:
        return "VARCHAR"
    named = ", ".join('"' + part.replace('"', '""') + '" VARCHAR' for part in parts)
    return f"STRUCT({named})"
