"""Large plain texts are read in one pass; what comes out is what the slower readers give, to the last finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stcore.data import ingest
from stcore.data.sources import text
from stcore.data.table import Table
from stcore.errors import StcoreError
from tests.data.mangling import mangled

NEVER = 10**12


def outcome(data: bytes, large: int, patch: pytest.MonkeyPatch) -> tuple[str, dict[str, Any]]:
    """Report (or refusal) and panels of a text that is plain from ``large`` bytes on."""
    patch.setattr(text, "LARGE", large)
    try:
        with ingest.loaded(data) as loaded:
            report = json.dumps(loaded.report.__dict__, default=str, sort_keys=True)
            return report, {
                name: (panel.values.copy(), list(panel.locations.index), panel.time[0], panel.step)
                for name, panel in loaded.panels.items()
            }
    except StcoreError as error:
        return error.message, {}


def assert_same(data: bytes, patch: pytest.MonkeyPatch) -> None:
    (report, panels), (usual, others) = outcome(data, 0, patch), outcome(data, NEVER, patch)
    assert report == usual
    assert panels.keys() == others.keys()
    for name, (values, *about) in panels.items():
        np.testing.assert_array_equal(values, others[name][0])
        assert about == list(others[name][1:])


def frame(places: int = 4, steps: int = 60) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=steps, freq="h").strftime("%Y-%m-%d %H:%M")
    table = pd.DataFrame({"time": np.repeat(time, places), "sensor": [f"s{n}" for n in range(places)] * steps})
    table["speed"] = draw.normal(50, 9, len(table)).round(4)
    table["flow"] = draw.integers(0, 500, len(table))
    return table


def csv(table: pd.DataFrame, **how: Any) -> bytes:
    return table.to_csv(index=False, **how).encode()


def with_cell(row: int, column: str, cell: Any) -> Callable[[], bytes]:
    def made() -> bytes:
        table = frame().astype({column: object})
        table.loc[row, column] = cell
        return csv(table)

    return made


PLAIN: dict[str, Callable[[], bytes]] = {
    "as written": lambda: csv(frame()),
    "shuffled": lambda: csv(frame().sample(frac=1, random_state=0)),
    "line ends of Windows": lambda: csv(frame(), lineterminator="\r\n"),
    "no end of the last line": lambda: csv(frame()).rstrip(),
    "semicolons": lambda: csv(frame(), sep=";"),
    "missing numbers": with_cell(7, "speed", ""),
    "a row without a place": with_cell(9, "sensor", ""),
    "a row without a time": with_cell(9, "time", ""),
    "a time that is none": with_cell(9, "time", "soon"),
    "a number that means missing": with_cell(11, "speed", -999.0),
    "a word among the whole numbers": with_cell(11, "flow", "broken"),
    "blanks around an id": with_cell(5, "sensor", " s1 "),
    "Chinese ids": lambda: csv(frame().replace({"sensor": {"s1": "\u5929\u5b89\u95e8"}})),
    "doubled rows": lambda: csv(pd.concat([frame(), frame().iloc[[3, 5]]])),
    "rows that differ": lambda: csv(pd.concat([frame(), frame().iloc[[3]].assign(speed=1.5)])),
    "infinite": with_cell(11, "speed", "inf"),
    "no number": with_cell(11, "speed", "nan"),
    "wide": lambda: csv(frame().pivot(index="time", columns="sensor", values="speed").reset_index()),
    "one place": lambda: csv(frame(1, 300).drop(columns="sensor")),
    "date and hour apart": lambda: csv(frame().assign(date=lambda t: t["time"].str[:10], hour=lambda t: t["time"].str[11:13]).drop(columns="time")),
}  # fmt: skip
ODD: dict[str, Callable[[], bytes]] = {
    "quotes": lambda: csv(frame(), quoting=2),
    "a blank line": lambda: csv(frame()).replace(b"\n2024-01-01 03:00,s0", b"\n\n2024-01-01 03:00,s0"),
    "a lone carriage return in the header": lambda: csv(frame()).replace(b"flow\n", b"flow\r,1,2\n"),
    "a short row": lambda: csv(frame()) + b"2024-01-03 12:00,s0\n",
    "a long row": lambda: csv(frame()) + b"2024-01-03 12:00,s0,1.5,2,3,4\n",
    "a word among the fractions": with_cell(201, "speed", "broken"),
    "another encoding": lambda: csv(frame().replace({"sensor": {"s1": "\u5929\u5b89\u95e8"}})).decode().encode("gb18030"),
    "a zero byte": lambda: csv(frame()).replace(b"s1", b"s\x001", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_text_gives_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = _watched(monkeypatch)
    assert_same(PLAIN[name](), monkeypatch)
    assert passed == [True]


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_goes_to_the_other_readers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = _watched(monkeypatch)
    assert_same(ODD[name](), monkeypatch)
    assert True not in passed


@pytest.mark.parametrize("seed", range(24))
def test_damaged_texts_give_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same(mangled(seed), monkeypatch)


def test_texts_that_hardly_repeat_stay_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long series has a time a row: it is read in one pass, and its times are no codes."""
    monkeypatch.setattr(text, "LARGE", 0)
    with ingest.loaded(PLAIN["one place"]()) as loaded:
        assert next(iter(loaded.panels.values())).shape == (300, 1, 2)
    coded = []
    monkeypatch.setattr(Table, "code", lambda self, name: coded.append(name))
    assert_same(PLAIN["one place"](), monkeypatch)


def test_blocks_join_seamlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    from stcore.data import coded

    monkeypatch.setattr(coded, "_BLOCK", 200)
    monkeypatch.setattr(coded, "_ROWS_A_GROUP", 7)
    assert_same(PLAIN["shuffled"](), monkeypatch)


def _watched(patch: pytest.MonkeyPatch) -> list[bool]:
    """Gets what ``Table.load_coded`` says."""
    said: list[bool] = []
    load = Table.load_coded

    def watched(table: Table, path: Any) -> bool:
        said.append(load(table, path))
        return said[-1]

    patch.setattr(Table, "load_coded", watched)
    return said
