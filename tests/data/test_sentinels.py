"""Numbers that mean "no value"."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from stcore.data.sentinels import Sentinel, extremes_of, find_sentinels, without

READINGS = np.linspace(10, 40, 50)


def asked(
    connection: duckdb.DuckDBPyConnection, path: Path, values: list[str], told: list[float] | None = None
) -> list[Sentinel]:
    """Sentinels of a Parquet file."""
    return find_sentinels(connection, f"read_parquet('{path}')", extremes_of(connection, path), values, told)


def found(
    folder: Path, told: list[float] | None = None, **columns: np.ndarray
) -> dict[tuple[str, float], tuple[int, bool]]:
    """(column, number) -> (cells, taken)."""
    frame = pd.DataFrame({"line": np.arange(len(next(iter(columns.values()))))})
    for n, values in enumerate(columns.values()):
        frame[f"v{n}"] = values
    frame.to_parquet(folder / "rows.parquet")
    with duckdb.connect() as connection:
        sentinels = asked(connection, folder / "rows.parquet", list(columns), told)
    return {(each.column, each.number): (each.count, each.taken) for each in sentinels}


def with_some(number: float, count: int, values: np.ndarray = READINGS) -> np.ndarray:
    return np.concatenate([values, np.full(count, number)])


@pytest.mark.parametrize(
    ("number", "count", "taken"),
    [
        (-999, 1, True),
        (-9999, 5, True),
        (9999, 3, True),
        (-99, 4, True),
        (99.9, 1, None),
        (99.9, 4, False),
        (99.9, 2, False),
    ],
)
def test_far_numbers_are_taken_or_suspected(number: float, count: int, taken: bool | None, tmp_path: Path) -> None:
    told = found(tmp_path, v=with_some(number, count))
    assert told == ({} if taken is None else {("v", number): (count, taken)})


def test_a_number_among_its_like_is_a_reading(tmp_path: Path) -> None:
    flows = np.arange(0, 20_000, 100.0)
    assert found(tmp_path, v=with_some(9999, 5, flows)) == {}
    assert found(tmp_path, v=with_some(999, 5, flows)) == {}
    assert found(tmp_path, v=with_some(-99, 1, np.linspace(-80, 90, 60))) == {}


def test_a_negative_one_among_amounts_is_sure_however_large_they_are(tmp_path: Path) -> None:
    amounts = np.linspace(100, 10_000, 60)
    assert found(tmp_path, v=with_some(-999, 3, amounts)) == {("v", -999): (3, True)}
    assert found(tmp_path, v=with_some(-999, 1, amounts)) == {}
    both = {"a": with_some(-999, 3, amounts), "b": with_some(-999, 3, np.linspace(-20, 30, 60))}
    assert found(tmp_path, **both) == {("a", -999): (3, True), ("b", -999): (3, True)}


def test_two_sentinels_are_told_apart_from_readings(tmp_path: Path) -> None:
    values = np.concatenate([READINGS, [-999, -999, -9999, -9999]])
    assert found(tmp_path, v=values) == {("v", -999): (2, True), ("v", -9999): (2, True)}


def test_a_number_that_is_a_reading_elsewhere_is_only_suspected(tmp_path: Path) -> None:
    heights = np.linspace(-1000, 4000, 48)
    columns = {"a": with_some(-999, 2, READINGS[:48]), "b": with_some(-999, 2, heights)}
    assert found(tmp_path, **columns) == {("a", -999): (2, False)}


def test_what_somebody_said_holds(tmp_path: Path) -> None:
    values = with_some(99.9, 2)
    assert found(tmp_path, [99.9], v=values) == {("v", 99.9): (2, True)}
    assert found(tmp_path, [40.0], v=READINGS) == {("v", 40.0): (1, True)}
    assert found(tmp_path, [], v=with_some(-999, 5)) == {}


def test_taken_numbers_are_null_in_the_rows(tmp_path: Path) -> None:
    pd.DataFrame({"line": np.arange(52), "v0": with_some(-999, 2), "v1": with_some(-999, 2)}).to_parquet(
        tmp_path / "r.parquet"
    )
    with duckdb.connect() as connection:
        taken = asked(connection, tmp_path / "r.parquet", ["a", "b"])
        rows = without(f"read_parquet('{tmp_path / 'r.parquet'}')", ["a", "b"], taken[:1])
        assert connection.sql(f"SELECT count(v0), count(v1), count(*) FROM {rows}").fetchall() == [(50, 52, 52)]  # noqa: S608
