"""A data set with finished models, trained once and copied into each test's home; the jobs run where they are asked for."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

from stcore.operations import intake, jobs, store, uploads
from tests.pages.app import table

PLACES = {"a": (47.0, 8.0), "<script>alert(1)</script>": (47.1, 8.1), "=cmd()": (47.2, 8.0)}
QUICK = {"epochs": 2, "steps_per_epoch": 4, "batch_windows": 512}
WINDOWS = {"lookback": 24, "horizon": 6}


def saved(content: str = "", name: str = "stations.csv") -> str:
    """Id of a small table, read as a dropped file is."""
    token = uploads.keep(io.BytesIO((content or table(PLACES)).encode()), name)
    return intake.take_in(uploads.source_of(token), name, {"place": "station"})


def experiment(*models: object, **more: object) -> dict[str, object]:
    """A quick round."""
    return {"models": list(models), "windows": WINDOWS, "seed": 1, **more}


def make(folder: Path) -> tuple[str, str]:
    """A home with one data set and one run of ridge and STID in it; their ids."""
    before = {name: os.environ.get(name) for name in ("FIELDCAST_HOME", "FIELDCAST_EXECUTOR")}
    os.environ.update(FIELDCAST_HOME=str(folder), FIELDCAST_EXECUTOR="inline")
    try:
        data = saved()
        run, _ = jobs.submit_training(data, experiment("ridge", {"name": "stid", "training": QUICK}), "Ridge and STID")
        assert jobs.for_run(run).status == "done", jobs.for_run(run).error  # type: ignore[union-attr]
    finally:
        store.close()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    return data, run


def copy(made: Path, home: Path) -> None:
    """The trained home as this test's own."""
    shutil.copytree(made, home, dirs_exist_ok=True)
