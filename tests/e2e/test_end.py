"""The end: a signal to the server ends its workers too, in the middle of their work, with exit status 0."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.e2e.server import Server, alive, children, wait_for


def long_table(folder: Path) -> Path:
    """Thirty places, two weeks of 5 minutes: enough for a network to be busy for a while."""
    time = pd.date_range("2026-03-02", periods=4032, freq="5min")
    wave = 50 + 10 * np.sin(np.arange(len(time)) / 288 * 2 * np.pi)
    noise = np.random.default_rng(0).normal(0, 3, (len(time), 30))
    wide = pd.DataFrame(wave[:, None] + noise, columns=[f"s{n}" for n in range(30)])
    wide.insert(0, "time", time)
    path = folder / "long.csv"
    wide.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_server_and_workers_with_status_0(tmp_path: Path, home: Path, how: signal.Signals) -> None:
    from stcore.data import dataset
    from stcore.operations import jobs, store

    server = Server(home).start()
    try:
        made = dataset.create(long_table(tmp_path), "Long")
        store.add_dataset(made.id, made.name)
        experiment = {"models": [{"name": "lstm", "training": {"epochs": 500, "patience": 500}}]}
        _, job = jobs.submit_training(made.id, experiment)
        wait_for("the job to train", lambda: jobs.progress(job).epoch >= 1, seconds=120)
        workers = children(server.pid)
        assert workers, "training runs in a process of its own"
    finally:
        status = server.stop(how)
    assert status == 0, server.log.read_text()[-2000:]
    wait_for("the workers' end", lambda: not any(alive(pid) for pid in workers), seconds=10)
    assert jobs.get(job).status in {jobs.Status.QUEUED, jobs.Status.RUNNING}, "the next start goes on with it"
    store.close()
