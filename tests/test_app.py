"""The application as ``make run`` starts it: its beginning, its end, and others beside it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import websockets

from stcore.operations import jobs, store, uploads
from tests.e2e.server import ROOT, Server, alive, children, wait_for


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    running = Server(home).start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop(signal.SIGKILL)


def test_told_to_end_with_a_tab_open_it_ends_with_its_workers_and_status_0(server: Server) -> None:
    id = jobs.submit("train", {"run": "none", "dataset": "none", "experiment": {}}, "From the command line")
    wait_for("the job of another process", lambda: jobs.get(id).status == "failed")
    wait_for("a worker", lambda: children(server.pid))
    below = children(server.pid)

    async def end_while_a_tab_is_open() -> int:
        address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
        async with websockets.connect(address, subprotocols=["streamlit"]):
            return await asyncio.to_thread(server.stop)

    assert asyncio.run(end_while_a_tab_is_open()) == 0
    assert [pid for pid in below if alive(pid)] == []
    assert "Traceback" not in server.log.read_text()


def test_a_second_dashboard_is_refused_in_words_and_the_first_goes_on(server: Server) -> None:
    second = Server(server.home)
    with pytest.raises(RuntimeError, match="ended with 2"):
        second.start()
    said = second.log.read_text()
    assert f"process {server.pid}, port {server.port}" in said
    assert "Traceback" not in said
    assert server.stop(signal.SIGINT) == 0  # it was still there; Ctrl+C is no failure either


def test_a_damaged_database_is_said_in_words(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "fieldcast.db").write_bytes(b"no database " * 1000)
    broken = Server(home)
    with pytest.raises(RuntimeError, match="ended with 2"):
        broken.start()
    said = broken.log.read_text()
    assert "is damaged" in said
    assert "move this file aside" in said
    assert "Traceback" not in said


def test_app_py_stays_small() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) <= 60


def test_a_large_file_is_read_by_a_process_beside_the_workers(server: Server) -> None:
    table = "time,station,level\n" + "\n".join(
        f"2026-03-{day:02d},S{n},{day + n}" for day in range(1, 29) for n in (1, 2)
    )
    token = uploads.keep([table.encode()], "levels.csv")
    reading = jobs.submit("ingest", {"upload": token, "name": "levels.csv"}, "Reading levels.csv")
    wait_for("the file", lambda: jobs.get(reading).status == "done")
    made = jobs.progress(reading).dataset
    assert made is not None
    assert store.dataset(made).about["file"] == "levels.csv"
