"""What a script hands over, made into the arrays and times of a panel, or refused in words; and room for large arrays."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from stcore.errors import DataError, StoreError
from stcore.settings import prepare_home

#: A larger array lies in a file instead of memory.
IN_MEMORY = 512 << 20
_TURNED = 128 << 20


def spacious(shape: tuple[int, ...], dtype: Any = np.float32, in_file: bool | None = None) -> np.ndarray:
    """Room for an array: memory, or where it is large a nameless file in the home folder that goes with the array.

    Contents are not defined.

    Args:
        in_file: whether it lies in a file, however large it is; None: where it is larger than ``IN_MEMORY``.

    Raises:
        StoreError: no space on the disk.
    """
    size = np.dtype(dtype).itemsize * math.prod(shape)
    if not size or not (size > IN_MEMORY if in_file is None else in_file):
        return np.empty(shape, dtype)
    room = prepare_home() / "scratch"
    try:
        room.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=room) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            return np.memmap(file, dtype=dtype, mode="r+", shape=shape)
    except OSError as error:
        raise StoreError(
            f"{size:,} bytes of scratch are not free in {room} ({error.strerror or error}).",
            "Free some space, or set FIELDCAST_HOME to a larger disk.",
        ) from error


def blocks(array: np.ndarray, most: int = 64 << 20) -> Iterator[slice]:
    """Stretches of the first axis of at most so many bytes."""
    rows = max(1, most // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        yield slice(start, start + rows)


def turn(source: np.ndarray, out: np.ndarray) -> None:
    """out[column, row] = source[row, column]; ``out`` is written in order, since a file takes writes here and there badly."""
    width = max(1, _TURNED // max(1, len(source) * source.itemsize))
    for first in range(0, source.shape[1], width):
        block = np.ascontiguousarray(source[:, first : first + width])
        for start in range(0, block.shape[1], 64):
            tile = block[:, start : start + 64].T
            out[first + start : first + start + len(tile)] = tile


def by_place(values: np.ndarray, work: Callable[[np.ndarray, slice], np.ndarray], most: int) -> np.ndarray:
    """What ``work`` makes of [time, location, feature], some places at a time.

    Args:
        values: may be a memory map.
        work: gets the values of some places, to keep or to change, and which those are; returns as many values.
        most: cells of one part.

    Returns:
        float32, as large; in a file where it is large, which is written in order.
    """
    steps, places, features = values.shape
    width = max(1, most // max(1, steps * features))
    parts = [slice(first, min(first + width, places)) for first in range(0, places, width)]
    if values.nbytes <= IN_MEMORY:
        out = np.empty(values.shape, np.float32)
        for part in parts:
            out[:, part] = work(np.array(values[:, part], np.float32), part)
        return out
    turned = spacious((places, features, steps))
    for part in parts:
        turned[part] = work(np.array(values[:, part], np.float32), part).transpose(1, 2, 0)
    out = spacious(values.shape)
    turn(turned.reshape(places * features, steps), out.reshape(steps, places * features))
    return out


def numbers(values: Any) -> np.ndarray:
    """float32 [time, location, feature] of one, two or three axes of numbers; infinite ones become NaN.

    A copy, but for a float32 memory map without infinite values, which stays on disk.

    Raises:
        DataError: no numbers, or another number of axes.
    """
    if isinstance(values, np.memmap) and values.dtype == np.float32 and values.ndim in (2, 3) and not _infinite(values):
        return values.reshape(*values.shape, *(1,) * (3 - values.ndim))
    try:
        with np.errstate(over="ignore"):
            array = np.array(values, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The values are not numbers ({error}).", "Give an array of numbers, NaN where one is missing."
        ) from error
    if not 1 <= array.ndim <= 3:
        raise DataError(
            f"Values have {array.ndim} axes.", "Give [time], [time, location] or [time, location, feature]."
        )
    array = array.reshape(*array.shape, *(1,) * (3 - array.ndim))
    array[~np.isfinite(array)] = np.nan
    return array


def _infinite(values: np.ndarray) -> bool:
    """Whether any value is infinite, read in blocks."""
    return any(bool(np.isinf(values[rows]).any()) for rows in blocks(values))


def mask(given: Any, shape: tuple[int, ...]) -> np.ndarray:
    """bool of this shape, from as many marks in any shape.

    Raises:
        DataError: another number of marks.
    """
    marks = np.asarray(given, dtype=bool)
    if marks.size != int(np.prod(shape)):
        raise DataError(f"The mask has the shape {marks.shape}, the values {shape}.", "Give one mark a value.")
    return marks.reshape(shape)


def times(given: Any) -> pd.DatetimeIndex:
    """An index of times.

    Raises:
        DataError: something in it is no time.
    """
    try:
        return pd.DatetimeIndex(given).as_unit("ns")
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The times cannot be read ({error}).", "Give a pandas.DatetimeIndex, or text such as 2024-03-01 12:00."
        ) from error


def clocked(index: pd.DatetimeIndex, clock: str | None) -> pd.DatetimeIndex:
    """The index in the clock's zone (naive times are read as that zone's wall clock).

    Raises:
        DataError: an unknown zone, a zone without a clock, or an hour that summer time repeats.
    """
    if clock is None:
        if index.tz is not None:
            raise DataError(
                f"The times have the zone {index.tz} but no clock is given.", f"Pass clock={str(index.tz)!r}."
            )
        return index
    try:
        if index.tz is None:
            return index.tz_localize(clock, ambiguous="infer", nonexistent="shift_forward")
        return index.tz_convert(clock)
    except (KeyError, ValueError) as error:  # an unknown zone is a KeyError
        raise DataError(
            f"The times cannot be read in the clock {clock!r} ({str(error).strip(chr(39))}).",
            "Name a zone such as Europe/Berlin; where summer time repeats an hour, give times with their zone, or no clock.",
        ) from error
