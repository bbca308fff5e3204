"""Tables whose columns have types already: Parquet, DataFrames and batches from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stcore.data.dialect import Dialect
from stcore.data.sources import text
from stcore.data.sources.asked import Asked
from stcore.data.table import NO_TEXT, VERY_WIDE, Table, connect, quoted
from stcore.errors import DataError
from stcore.findings import Finding
from stcore.settings import settings

_INDEX = re.compile(r"__index_level_\d+__")


def read(path: Path, folder: Path, asked: Asked) -> Table:
    """The table of a Parquet file, without a copy of it; groups of columns are taken apart, one level deep.

    Raises:
        DataError: damaged, no rows, or larger than ``settings().max_table_mb`` once unpacked.
    """
    try:
        about = pq.ParquetFile(path)
        _check_size(about.metadata)
        schema = about.schema_arrow
        if len(schema.names) > VERY_WIDE:
            return text.read(_as_csv(path, folder), folder, asked)
        names, cells, left_out = _columns(schema)
        table = Table(folder, Dialect("", ".", True, tuple(names), ()), NO_TEXT, 0, path).load_typed(path, cells)
    except (pa.ArrowException, duckdb.Error, OSError) as error:
        raise DataError("The Parquet file is damaged or cut off.", "Copy or download it again.") from error
    table.clock = next((zone for field in schema if (zone := _zone(field.type))), None)
    if left_out:
        message = f"{len(left_out)} columns hold bytes, not numbers or text; they were left out."
        table.findings.append(Finding(code="left_out", where=", ".join(left_out)[:80], message=message))
    return table


def from_batches(
    folder: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch | pa.Table], names: Sequence[str] | None = None
) -> Table:
    """A table of typed batches that come one after the other."""
    plain = pa.schema([(f"c{n}", field.type) for n, field in enumerate(schema)])
    dialect = Dialect("", ".", True, tuple(names or schema.names), ())
    renamed = (batch.rename_columns(plain.names).cast(plain) for batch in batches)
    return Table(folder, dialect, NO_TEXT).load_batches(plain, renamed)


def from_frame(frame: pd.DataFrame, folder: Path, asked: Asked) -> Table:
    """The table of a DataFrame; an index with a name or of times is a column too."""
    if any(name is not None for name in frame.index.names) or isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.rename_axis(index=[name or "time" for name in frame.index.names]).reset_index()
    if frame.empty:
        raise DataError("The table has no rows.", "Give at least two rows of values.")
    if frame.shape[1] > VERY_WIDE:
        frame.to_csv(folder / "frame.csv", index=False)
        return text.read(folder / "frame.csv", folder, asked)
    plain = pd.DataFrame({f"c{n}": _column(frame.iloc[:, n]) for n in range(frame.shape[1])})
    table = pa.Table.from_pandas(plain, preserve_index=False)
    return from_batches(folder, table.schema, [table], [str(name) for name in frame.columns])


def _column(column: pd.Series) -> pd.Series:
    """Categories and mixed cells as text; times with a zone with their offset."""
    column = column.reset_index(drop=True)
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == object:
        return column.astype("string")
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S.%f%z")
    return column


def _zone(kind: pa.DataType) -> str | None:
    """Name of the zone of a column of times, where it has one with a name."""
    name = str(getattr(kind, "tz", None) or "")
    return name if name in available_timezones() else None


def _check_size(about: Any) -> None:
    size = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
    limit = settings().max_table_mb
    if size > limit * 10**6:
        raise DataError(
            f"The file unpacks to {size / 1e6:,.0f} MB; at most {limit:,} MB are read.",
            "Split it, or raise FIELDCAST_MAX_TABLE_MB.",
        )


def _columns(schema: pa.Schema) -> tuple[list[str], list[str], list[str]]:
    """Names and SQL of the columns, and the names of those left out."""
    names, cells, left_out = [], [], []
    for number, field in enumerate(schema):
        name, kind = field.name, field.type
        if pa.types.is_struct(kind):
            for part in range(kind.num_fields):
                names.append(f"{name}.{kind.field(part).name}")
                cells.append(f"struct_extract_at(g{number}, {part + 1})")
        elif _INDEX.fullmatch(name) and pa.types.is_integer(kind):
            continue  # row numbers that pandas wrote beside the columns
        elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            left_out.append(name)
        else:
            if _INDEX.fullmatch(name):  # what pandas writes for an index without a name
                name = "time" if pa.types.is_temporal(kind) else "index"
            names.append(name)
            zoned = getattr(kind, "tz", None)  # told in UTC, with its offset in full
            cells.append(f"(CAST(g{number} AS VARCHAR) || ':00')" if zoned else f"g{number}")
    return names, cells, left_out


def _as_csv(path: Path, folder: Path) -> Path:
    """A very wide Parquet file as CSV, which is then kept as rows."""
    target = folder / "wide.csv"
    connection = connect(folder, path)
    try:
        connection.execute(
            f"COPY (FROM read_parquet({quoted(str(path))})) TO {quoted(str(target))} (FORMAT csv, HEADER)"
        )
    finally:
        connection.close()
    return target
