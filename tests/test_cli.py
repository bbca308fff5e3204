"""The command line as a person or a script meets it: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stcore
from stcore.__main__ import main
from stcore.errors import Diverged

ROOT = Path(__file__).parents[1]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two sensors, hourly, ten days with a daily wave; one id that a spreadsheet would run."""
    rng = np.random.default_rng(0)
    hours = np.arange(240)
    parts = [
        pd.DataFrame(
            {
                "time": pd.date_range("2026-03-02", periods=len(hours), freq="h"), "sensor": name,
                "lat": 52.5 + place, "lon": 13.4, "speed": 50 + 10 * np.sin(hours / 24 * 2 * np.pi) + rng.normal(0, 1, len(hours)),
            }
        )
        for place, name in enumerate(["=A1", "B2"])
    ]  # fmt: skip
    path = tmp_path / "speeds.csv"
    pd.concat(parts).to_csv(path, index=False)
    return path


@pytest.fixture
def experiment(table: Path) -> Path:
    path = table.with_name("experiment.yaml")
    path.write_text(
        f"data: {{source: {table.name}}}\nwindows: {{lookback: 12, horizon: 6}}\nmodels: [ridge]\nintervals: {{}}\n"
    )
    return path


def test_inspect_for_programs(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(table), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {"roles", "step", "shape", "missing", "findings", "choices"} <= set(report)
    assert report["roles"]["time"] == "time"
    assert report["roles"]["location"] == "sensor"
    assert report["roles"]["values"] == ["speed"]
    assert list(report["shape"]) == [240, 2, 1]


def test_inspect_for_people(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(table)]) == 0
    words = capsys.readouterr().out
    assert "speed" in words
    assert "{" not in words


def test_run_then_forecast_with_its_model(
    experiment: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, future = tmp_path / "out", tmp_path / "future.csv"
    assert main(["run", str(experiment), "-o", str(out)]) == 0
    said = capsys.readouterr().out
    assert "persistence" in said
    assert "seasonal_naive" in said
    metrics = json.loads((out / "metrics.json").read_text())
    assert {"mae", "rmse", "skill"} <= set(metrics["ridge"])
    assert (out / "experiment.yaml").exists()

    assert main(["forecast", str(out / "models" / "ridge"), str(table), "-o", str(future)]) == 0
    rows = pd.read_csv(future)
    assert list(rows) == ["origin", "lead", "time", "location", "target", "truth", "forecast", "lower_90", "upper_90"]
    assert len(rows) == 6 * 2
    assert set(rows["location"]) == {"'=A1", "B2"}, "text that a spreadsheet would run is quoted"
    assert (pd.to_datetime(rows["time"]) > pd.Timestamp("2026-03-11 23:00")).all(), "beyond the end of the file"
    assert np.isfinite(rows["forecast"]).all()


def test_quiet_says_nothing(experiment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(experiment), "-o", str(tmp_path / "out"), "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == ""


def test_detect_writes_every_step(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.csv"
    assert main(["detect", str(table), "-o", str(out), "--quiet"]) == 0
    rows = pd.read_csv(out)
    assert list(rows) == ["time", "location", "score", "threshold", "alarm"]
    assert len(rows) == 240 * 2
    assert np.isfinite(rows["score"]).all()


@pytest.mark.parametrize("command", ["models", "detectors"])
def test_registries_are_listed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = stcore.list_models() if command == "models" else stcore.list_detectors()
    assert main([command]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(known)
    assert main([command, "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == list(known)


def test_no_datasets_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets"]) == 0
    assert "No datasets yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [["api", "--port", "8502"], ["token", "new", "--scope", "read"], ["feed"], ["pretrain", "--minutes", "3"]],
)
def test_what_comes_later_says_so(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    words = capsys.readouterr().err
    assert "not part of this version" in words
    assert "->" in words


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", "nowhere.csv"],
        ["run", "nowhere.yaml", "-o", "out"],
        ["forecast", "nowhere", "nowhere.csv", "-o", "out.csv"],
        ["detect", "{table}", "-o", "out.csv", "--detector", "autoo"],
        ["detect", "{table}", "-o", "no/such/folder/out.csv"],
    ],
)
def test_bad_input_is_said_with_a_hint(
    arguments: list[str], table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(table.parent)
    assert main([word.format(table=table) for word in arguments]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert "\n  -> " in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("data: {source: speeds.csv}\nwindow: {lookback: 3}\n", "windows"),
        ("data: {source: speeds.csv}\nmodels: [rigde]\n", "ridge"),
        ("data: {source: speeds.csv}\nwindows: {horizon: 0}\n", "horizon"),
        ("data: {source: speeds.csv}\nwindows: {lookback: 230, horizon: 6}\nmodels: [ridge]\n", "230"),
        ("data: {source: gone.csv}\n", "gone.csv"),
        ("- a\n- b\n", "no settings"),
        ("data: [unclosed\n", "YAML"),
    ],
)
def test_settings_that_cannot_work(table: Path, body: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = table.with_name("bad.yaml")
    path.write_text(body)
    assert main(["run", str(path), "-o", str(table.parent / "out")]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nonsense"], ["run"], ["inspect", "--nope", "a.csv"], ["forecast", "a"]])
def test_wrong_commands_and_options(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Error" in capsys.readouterr().err


def test_failed_training_is_one(
    monkeypatch: pytest.MonkeyPatch, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def diverge(*_: object) -> None:
        raise Diverged("The loss became NaN in epoch 3.", "Lower the learning rate.")

    monkeypatch.setattr(stcore, "inspect", diverge, raising=False)
    assert main(["inspect", str(table)]) == 1
    assert "Lower the learning rate." in capsys.readouterr().err


def test_the_unforeseen_gets_a_reference(
    monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(source: str) -> None:
        raise RuntimeError("boom\x1b[31m")

    monkeypatch.setattr(stcore, "inspect", break_down, raising=False)
    assert main(["inspect", "a.csv"]) == 1
    words = capsys.readouterr().err
    assert "Traceback" not in words
    assert "\x1b" not in words
    reference = words.split("Reference ")[1].split()[0]
    assert reference in (home / "errors.log").read_text()
    assert "break_down" in (home / "errors.log").read_text()
    assert main(["inspect", "a.csv", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_as_a_process() -> None:
    done = subprocess.run([sys.executable, "-m", "stcore", "api"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "REST" in done.stderr
