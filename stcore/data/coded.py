"""A large plain table read in one pass: texts that repeat become numbers (codes), decimal fractions become numbers at once.

Times and places are few texts on very many rows; kept as codes they cost a seventh of the room and are compared at a glance.
What is not plain (quotes, other encodings, ragged lines) is left to the slower readers, which say what is odd.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

_BLOCK = 4 << 20
_THREADS, _AHEAD = 2, 6
_ROWS_A_GROUP = 500_000
#: A column of more different texts than this share of its rows is kept as text.
_OFTEN = 0.5
#: More different texts than this are no table of repeats.
_MOST_TEXTS = 2_000_000


class NotPlainError(Exception):
    """The text has something that this reader does not understand."""


@dataclass
class Texts:
    """The different texts of one column in the order of their first appearance.

    Attributes:
        codes: text -> its number.
        rows: int64 [text], rows that hold it.
    """

    codes: dict[str, int] = field(default_factory=dict)
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def take(self, column: pa.DictionaryArray) -> pa.Array:
        """int32 codes of a block; null stays null.

        Raises:
            NotPlainError: far too many different texts.
        """
        codes = self.codes
        own = np.array([codes.setdefault(text, len(codes)) for text in column.dictionary.to_pylist()], np.int32)
        if len(codes) > _MOST_TEXTS:
            raise NotPlainError
        missing = column.null_count
        position = column.indices.fill_null(0).to_numpy() if missing else column.indices.to_numpy()
        found = own[position] if len(own) else np.zeros(len(position), np.int32)
        empty = column.indices.is_null().to_numpy(zero_copy_only=False) if missing else None
        self._count(found if empty is None else found[~empty])
        return pa.array(found, mask=empty)

    def _count(self, codes: np.ndarray) -> None:
        seen = np.bincount(codes, minlength=len(self.codes)) if len(codes) else np.zeros(len(self.codes), np.int64)
        if len(self.rows) < len(seen):
            self.rows = np.concatenate([self.rows, np.zeros(len(seen) - len(self.rows), np.int64)])
        self.rows += seen

    def table(self) -> pa.Table:
        """Columns code, text, rows."""
        texts = pa.array(list(self.codes), pa.string())
        return pa.table({"code": np.arange(len(self.codes), dtype=np.int32), "text": texts, "rows": self.rows})


class CodedText:
    """The blocks of a plain text of ``width`` columns, in order.

    Attributes:
        texts: column -> its texts, of the columns that are kept as codes.
        extremes: column -> smallest and largest number, of the columns that are numbers.

    Args:
        skip: lines above the first row.
        doubles: columns that hold decimal fractions.
    """

    def __init__(self, path: Path, width: int, delimiter: str, skip: int, doubles: Collection[int]) -> None:
        self.path, self.width, self.delimiter, self.skip, self.doubles = path, width, delimiter, skip, set(doubles)
        self.texts: dict[int, Texts] = {}
        self.extremes: dict[int, tuple[float, float]] = {}
        self._begun = False

    def blocks(self) -> Iterator[pa.RecordBatch]:
        """Columns k{n} (codes), n{n} (numbers) and c{n} (texts that hardly repeat), some ten thousand rows at a time.

        Raises:
            NotPlainError: at the first thing that is not plain.
        """
        try:
            for block in self._read():
                if not self._begun:
                    self._begin(block)
                yield self._coded(block)
        except pa.ArrowInvalid as error:
            raise NotPlainError from error

    def write(self, path: Path) -> int:
        """All blocks as one Parquet file; the number of rows.

        Raises:
            NotPlainError: at the first thing that is not plain.
        """
        rows, writer = 0, None
        held: list[pa.RecordBatch] = []
        try:
            for block in self.blocks():
                writer = writer or pq.ParquetWriter(path, block.schema, compression="none", use_dictionary=False)
                held.append(block)
                rows += block.num_rows
                if sum(map(len, held)) >= _ROWS_A_GROUP:
                    writer.write_table(pa.Table.from_batches(held), _ROWS_A_GROUP)
                    held = []
            if writer and held:
                writer.write_table(pa.Table.from_batches(held), _ROWS_A_GROUP)
        finally:
            if writer:
                writer.close()
        return rows

    def _read(self) -> Iterator[pa.RecordBatch]:
        """Blocks as Arrow, read ahead by two threads."""
        with self.path.open("rb") as file, ThreadPoolExecutor(_THREADS) as pool:
            waiting: deque[Future[pa.RecordBatch]] = deque()
            try:
                for lines in _whole_lines(file, self.skip):
                    waiting.append(pool.submit(self._parse, lines))
                    if len(waiting) >= _AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for each in waiting:
                    each.cancel()

    def _parse(self, lines: bytes) -> pa.RecordBatch:
        if _is_odd(lines):
            raise NotPlainError
        names = [f"c{n}" for n in range(self.width)]
        text = pa.dictionary(pa.int32(), pa.string())
        kinds = {name: pa.float64() if n in self.doubles else text for n, name in enumerate(names)}
        found = csv.read_csv(
            pa.py_buffer(lines),
            csv.ReadOptions(use_threads=False, block_size=len(lines) + 1, column_names=names),
            csv.ParseOptions(delimiter=self.delimiter, quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(column_types=kinds, null_values=[""], strings_can_be_null=True),
        )
        (block,) = found.combine_chunks().to_batches()
        return block

    def _begin(self, block: pa.RecordBatch) -> None:
        """Which columns repeat, from the first block."""
        self._begun = True
        for n in range(self.width):
            if n not in self.doubles and len(block.column(n).dictionary) <= _OFTEN * block.num_rows:
                self.texts[n] = Texts()

    def _coded(self, block: pa.RecordBatch) -> pa.RecordBatch:
        columns: dict[str, pa.Array] = {}
        for n in range(self.width):
            column = block.column(n)
            if n in self.doubles:
                columns[f"n{n}"] = column
                self._reach(n, column)
            elif n in self.texts:
                columns[f"k{n}"] = self.texts[n].take(column)
            else:
                columns[f"c{n}"] = column.dictionary_decode()
        return pa.RecordBatch.from_pydict(columns)

    def _reach(self, n: int, column: pa.Array) -> None:
        found = pc.min_max(column)
        low, high = found["min"].as_py(), found["max"].as_py()
        if low is not None:
            before = self.extremes.get(n, (low, high))
            self.extremes[n] = (min(before[0], low), max(before[1], high))


def _is_odd(lines: bytes) -> bool:
    """Quotes, zero bytes, empty lines, or lines that end in more than one way."""
    ends = b"\r" in lines
    if b'"' in lines or b"\0" in lines or b"\n\n" in lines or lines.startswith((b"\n", b"\r")):
        return True
    return ends and (b"\n\r" in lines or lines.count(b"\r") != lines.count(b"\r\n"))


def _whole_lines(file: BinaryIO, skip: int) -> Iterator[bytes]:
    """Blocks that end with a line, without the first ``skip`` lines.

    Raises:
        NotPlainError: a line longer than a block, or fewer lines than that.
    """
    for _ in range(skip):
        line = file.readline(_BLOCK)
        if not line.endswith(b"\n") or b"\r" in line.removesuffix(b"\r\n"):
            raise NotPlainError
    rest = b""
    while block := file.read(_BLOCK):
        end = block.rfind(b"\n") + 1
        if not end:
            raise NotPlainError
        yield rest + block[:end]
        rest = block[end:]
    if rest:
        yield rest
