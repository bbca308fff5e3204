"""A database asked one question: read-only, limited, and silent about its password."""

from __future__ import annotations

import sqlite3
import traceback
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.data.sources import database
from stcore.errors import ConfigError, DataError, StcoreError, masked
from stcore.experiment import DataConfig, Experiment
from stcore.findings import Fix
from tests.data.tables import long_frame

QUERY = "SELECT time, sensor, lat, lon, speed FROM readings ORDER BY time, sensor"
SECRET = "postgresql://ann:pa55word@db.example.org:5433/air"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS time, max(i) AS v FROM n"


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    """The long table in an SQLite file."""
    path = tmp_path / "with space.db"
    with closing(sqlite3.connect(path)) as connection:
        long_frame().assign(time=long_frame()["time"].astype(str)).to_sql("readings", connection, index=False)
    return path


def read(source: object, **options: object) -> Panel:
    """One panel."""
    panel = ingest.read(source, **options)  # type: ignore[arg-type]
    assert isinstance(panel, Panel)
    return panel


def test_an_address_and_a_file_answer_alike(readings: Path) -> None:
    plain = read(long_frame()).digest
    assert read(f"sqlite:///{readings}", roles={"query": QUERY + " ;\n"}).digest == plain
    assert read(readings, roles=DataConfig(query=QUERY)).digest == plain


@pytest.mark.parametrize(
    "query",
    [
        None, "  ", "DELETE FROM readings", "SELECT 1; DROP TABLE readings", "PRAGMA query_only = off", "ATTACH '/x' AS y",
        "/* SELECT */ UPDATE readings SET speed = 0", "SELECT ';' ; SELECT 2",
    ],
)  # fmt: skip
def test_only_one_question_is_asked(query: str | None, readings: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(f"sqlite:///{readings}", roles={"query": query})
    assert refused.value.hint


def test_quotes_and_comments_do_not_end_a_question() -> None:
    for query in ("SELECT ';' AS a -- ; b", 'select "a;b" from t', "/* ; */ WITH x AS (SELECT 1) SELECT * FROM x;"):
        assert database.checked(query).rstrip(";") == query.rstrip(";")


def test_nothing_can_be_written(readings: Path) -> None:
    before = readings.read_bytes()
    with pytest.raises(DataError):
        read(f"sqlite:///{readings}", roles={"query": "WITH x AS (SELECT 1) DELETE FROM readings"})
    with pytest.raises(DataError, match="no file"):
        read(f"sqlite:///{readings.parent / 'new.db'}", roles={"query": QUERY})
    assert readings.read_bytes() == before
    assert not (readings.parent / "new.db").exists()


def test_rows_and_time_are_limited(readings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_MAX_SQL_ROWS", "100")
    with pytest.raises(DataError, match="more than 100 rows"):
        read(f"sqlite:///{readings}", roles={"query": QUERY})
    monkeypatch.setenv("FIELDCAST_SQL_TIMEOUT_S", "0.05")
    with pytest.raises(DataError, match=r"longer than 0\.05 s"):
        read(f"sqlite:///{readings}", roles={"query": ENDLESS})


@pytest.mark.parametrize(
    "address",
    [
        "mysql://u:pa55word@h/d", "postgresql://u:pa55word@h/d?host=evil", "postgresql://u:pa55word@h/d?service=x", "sqlite://",
        "sqlite:///file:x?mode=rw", "oracle+x://u:pa55word@h",
    ],
)  # fmt: skip
def test_other_databases_and_odd_options_are_refused(address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(address, roles={"query": QUERY})
    assert "pa55word" not in refused.value.message + refused.value.hint


def test_the_answer_is_kept_not_the_address(readings: Path) -> None:
    made = dataset.create(f"sqlite:///{readings}", "air", roles={"query": QUERY})
    readings.unlink()
    assert made.original is not None
    assert read(made.original, roles=made.roles).digest == read(long_frame()).digest
    assert "sqlite" not in (made.folder / "dataset.json").read_text()


# passwords ---------------------------------------------------------------------------------------------------------


def test_passwords_are_masked_wherever_an_address_is_shown() -> None:
    experiment = Experiment.parse({"data": {"source": SECRET, "query": "SELECT 1"}})
    shown = [
        str(experiment), repr(experiment.data), experiment.to_yaml(), experiment.model_dump_json(), masked(f"see {SECRET}."),
        repr(database.parse(SECRET)), str(database.parse(SECRET)), str(DataError(f"At {SECRET}.", "-")),
    ]  # fmt: skip
    assert not [text for text in shown if "pa55word" in text]
    assert "postgresql://ann:***@db.example.org:5433/air" in experiment.to_yaml()
    assert experiment.data.source == SECRET
    fix = Fix(words="-", setting="data.missing_", value=1)
    with pytest.raises(ConfigError):
        experiment.mended([fix])
    assert experiment.mended([]).data.source == SECRET
    assert experiment.located(Path("/x")).data.source == SECRET


def test_only_the_password_of_an_address_is_masked() -> None:
    assert masked("http://h/a:b@c and ann@example.org") == "http://h/a:b@c and ann@example.org"


def test_a_masked_password_is_left_to_the_environment() -> None:
    assert database.parse(masked(SECRET)).address == "postgresql://ann@db.example.org:5433/air"


def test_a_refusal_of_the_server_names_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    psycopg = pytest.importorskip("psycopg")

    def fails(address: str, **options: object) -> None:
        raise psycopg.OperationalError(f"connection to {address} failed: pa55word")

    monkeypatch.setattr(psycopg, "connect", fails)
    with pytest.raises(StcoreError, match="refuses") as refused:
        read(SECRET, roles={"query": QUERY})
    assert refused.value.__suppress_context__  # nor does a traceback
    assert "pa55word" not in "".join(traceback.format_exception(refused.value))


def test_without_the_driver_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(ConfigError, match="psycopg"):
        read(SECRET, roles={"query": QUERY})


def test_any_type_becomes_text(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "odd.db")) as connection:
        connection.execute("CREATE TABLE t (time, id, v)")
        rows = [
            (f"2024-01-{day:02}", id, value) for day in range(1, 21) for id, value in (("007", day), ("7", day + 0.5))
        ]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [*rows, ("2024-01-21", "7", "broken"), ("2024-01-21", "007", None)])  # fmt: skip
        connection.commit()
    panel = read(tmp_path / "odd.db", roles={"query": "SELECT * FROM t"})
    assert list(panel.locations.index) == ["007", "7"]
    np.testing.assert_array_equal(panel.values[:20, 1, 0], np.arange(1, 21) + 0.5)
