"""An experiment file becomes a folder of results, and an interrupted one goes on to the same numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import stcore
from stcore.errors import Cancelled, ConfigError, StcoreError, StoreError
from stcore.experiment import Experiment
from stcore.workflow.result import Result
from tests.panels import daily_wave

NET = {"epochs": 3, "steps_per_epoch": 4, "batch_windows": 64}
COLUMNS = ["origin", "lead", "time", "location", "target", "truth", "forecast", "lower_90", "upper_90", "model"]


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    """A CSV of three places and an experiment beside it."""
    panel = daily_wave(400)
    frame = pd.DataFrame(panel.values[:, :, 0], index=panel.time, columns=["007", "NA", "=cmd()"]).rename_axis("time")
    frame.stack().rename_axis(["time", "sensor"]).rename("speed_mph").reset_index().to_csv(
        tmp_path / "d.csv", index=False
    )
    body = {
        "data": {"source": "d.csv"}, "windows": {"lookback": 12, "horizon": 4},
        "models": ["ridge", {"name": "stid", "training": NET}, {"name": "stid", "as": "wide", "settings": {"hidden": 8}, "training": NET}],
        "ensemble": {"method": "weighted"}, "anomalies": {"detector": "auto"}, "seed": 1,
    }  # fmt: skip
    path = tmp_path / "e.yaml"
    path.write_text(yaml.safe_dump(body))
    return path


def test_the_folder_of_the_contract(experiment: Path, tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    result = stcore.run(experiment, out=tmp_path / "out", progress=lambda event: events.append(dict(event)))
    folder = result.folder
    labels = ["persistence", "seasonal_naive", "ridge", "stid", "wide", "ensemble"]
    assert result.models == labels
    metrics = json.loads((folder / "metrics.json").read_text())
    for label in labels:
        assert {"mae", "rmse", "skill", "by_lead", "cpu_s"} <= set(metrics[label])
        assert len(metrics[label]["by_lead"]["mae"]) == 4
    assert metrics["persistence"]["skill"] == 0
    predictions = pd.read_parquet(folder / "predictions.parquet")
    assert list(predictions.columns) == COLUMNS
    assert set(predictions["location"]) == {"007", "NA", "=cmd()"}
    assert predictions.groupby("model").size().nunique() == 1
    mine = predictions[predictions["model"] == "stid"]
    assert metrics["stid"]["mae"] == pytest.approx((mine["truth"] - mine["forecast"]).abs().mean(), rel=1e-5)
    future = pd.read_parquet(folder / "forecast.parquet")
    assert set(future["model"]) == set(labels)
    assert future["truth"].isna().all()
    assert list(pd.read_parquet(folder / "anomalies.parquet").columns) == [
        "time",
        "location",
        "score",
        "threshold",
        "alarm",
    ]
    assert list(pd.read_csv(folder / "events.csv").columns) == ["event", "start", "end", "kind", "locations", "peak"]
    assert (folder / "validation.parquet").exists()
    report = (folder / "report.html").read_text()
    assert 'src="http' not in report
    assert "=cmd()" not in report.split("<pre>")[0]
    complete = Experiment.load(folder / "experiment.yaml")
    assert complete.data.location == "sensor"
    assert complete.windows.horizon == 4
    assert json.loads(json.dumps(events)) == events
    assert [e["model"] for e in events if e["event"] == "model" and e["state"] == "done"] == labels


def test_the_complete_file_gives_the_same_numbers(experiment: Path, tmp_path: Path) -> None:
    first = stcore.run(experiment, out=tmp_path / "a", exports=False)
    second = stcore.run(tmp_path / "a" / "experiment.yaml", out=tmp_path / "b", exports=False)
    for label in first.models:
        assert first.metrics[label]["hash"] == second.metrics[label]["hash"]
        assert first.metrics[label]["mae"] == second.metrics[label]["mae"]


def test_interrupted_and_resumed_gives_the_same_numbers(experiment: Path, tmp_path: Path) -> None:
    whole = stcore.run(experiment, out=tmp_path / "whole", exports=False)
    seen: list[Any] = []

    def stop() -> bool:
        return len([e for e in seen if e["event"] == "epoch"]) == 4

    with pytest.raises(Cancelled):
        stcore.run(experiment, out=tmp_path / "cut", exports=False, progress=seen.append, should_stop=stop)
    half = Result.open(tmp_path / "cut")
    assert half.models == ["persistence", "seasonal_naive", "ridge", "stid"]
    assert not half.done
    seen.clear()
    resumed = stcore.run(experiment, out=tmp_path / "cut", exports=False, progress=seen.append, resume=True)
    assert [e["epoch"] for e in seen if e["event"] == "epoch"] == [2, 3]
    for label in whole.models:
        np.testing.assert_array_equal(whole.prediction(label).values, resumed.prediction(label).values)
        assert whole.metrics[label]["mae"] == resumed.metrics[label]["mae"]


def test_truth_is_kept_once(tmp_path: Path) -> None:
    result = stcore.run({"models": ["ridge"]}, out=tmp_path, panel=daily_wave(400), exports=False)
    for part in ("test", "validation", "forecast"):
        files = [tmp_path / "models" / label / part / "truth.npy" for label in result.models]
        assert len({file.stat().st_ino for file in files}) == 1
        values = [tmp_path / "models" / label / part / "values.npy" for label in result.models]
        assert len({file.stat().st_ino for file in values}) == 3


def test_baselines_are_always_there(tmp_path: Path) -> None:
    result = stcore.run({"models": ["ridge"]}, out=tmp_path, panel=daily_wave(400), exports=False)
    assert result.models == ["persistence", "seasonal_naive", "ridge"]


def test_one_model_that_does_not_apply_does_not_stop_the_others(tmp_path: Path) -> None:
    bad = {"name": "stid", "training": {**NET, "learning_rate": 10, "loss": "mse", "clip": 1e9}}
    panel = daily_wave(400)
    panel.values[50] = 3e38
    result = stcore.run(
        {"models": ["ridge", bad], "prepare": {"scale": "none"}}, out=tmp_path, panel=panel, exports=False
    )
    assert "ridge" in result.models
    assert "stid" in result.failed
    assert "learning rate" in result.failed["stid"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"models": ["ridge", "ridge"]}, {"models": [{"name": "nonesuch"}]}, {"windows": {"horizon": 0}},
        {"windows": {"lookback": 5000, "horizon": 4}}, {"split": {"train": 1.5}}, {"modles": []},
        {"models": [{"name": "stid", "training": {"device": "cuda:9"}}]},
    ],
    ids=str,
)  # fmt: skip
def test_refused_before_anything_is_written(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(StcoreError) as refused:
        stcore.run(wrong, out=tmp_path / "out", panel=daily_wave(300))
    assert refused.value.hint
    assert not (tmp_path / "out").exists()


def test_further_levels_have_columns_and_a_measured_share(tmp_path: Path) -> None:
    body = {"models": ["ridge"], "windows": {"lookback": 12, "horizon": 4}, "intervals": {"levels": [80, 50, 80]}}
    result = stcore.run(body, out=tmp_path, panel=daily_wave(900))
    frame = pd.read_parquet(tmp_path / "predictions.parquet")
    assert list(frame.columns) == [*COLUMNS[:-1], "lower_50", "upper_50", "lower_80", "upper_80", "model"]
    mine = frame[frame["model"] == "ridge"]
    for level in (50, 80, 90):
        share = float(mine["truth"].between(mine[f"lower_{level}"], mine[f"upper_{level}"]).mean())
        assert result.metrics["ridge"][f"coverage_{level}"] == pytest.approx(share)
        assert share == pytest.approx(level / 100, abs=0.1)


def test_a_detector_that_does_not_exist_is_refused_before_training(tmp_path: Path) -> None:
    body = {"models": ["ridge"], "anomalies": {"detector": "nonesuch"}}
    with pytest.raises(ConfigError, match="nonesuch"):
        stcore.run(body, out=tmp_path / "out", panel=daily_wave(300))
    assert not (tmp_path / "out").exists()


def test_relative_paths_of_a_mapping_are_meant_from_the_current_folder(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    body = {"data": {"source": "d.csv"}, "models": ["ridge"], "windows": {"lookback": 12, "horizon": 4}}
    first = stcore.run(body, out="out", exports=False)
    monkeypatch.chdir(experiment.parent.parent)
    again = stcore.run(tmp_path / "out" / "experiment.yaml", out=tmp_path / "again", exports=False)
    assert again.metrics["ridge"]["hash"] == first.metrics["ridge"]["hash"]


def test_what_a_run_did_not_leave_is_not_removed(experiment: Path, tmp_path: Path) -> None:
    own = tmp_path / "models" / "mine.txt"
    own.parent.mkdir()
    own.write_text("kept")
    body = yaml.safe_load(experiment.read_text()) | {"models": ["ridge"], "anomalies": {}}
    (tmp_path / "experiment.yaml").write_text(yaml.safe_dump(body))
    with pytest.raises(ConfigError, match="would be replaced"):
        stcore.run(tmp_path / "experiment.yaml", out=tmp_path, exports=False)
    stcore.run(experiment, out=tmp_path / "out", exports=False)
    (tmp_path / "out" / "events.csv").write_text("left by an earlier run")
    panel = daily_wave(300)
    result = stcore.run({"models": ["ridge"]}, out=tmp_path / "out", panel=panel)
    assert own.read_text() == "kept"
    assert sorted(path.name for path in (result.folder / "models").iterdir()) == sorted(result.models)
    assert not (result.folder / "events.csv").exists()
    assert not (result.folder / "checkpoints").exists()


def test_no_data_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="names no data"):
        stcore.run({}, out=tmp_path)
    with pytest.raises(ConfigError, match="Cannot read"):
        stcore.run(tmp_path / "missing.yaml")


def test_several_panels(tmp_path: Path) -> None:
    panels = {"a": daily_wave(300, seed=1), "b": daily_wave(260, seed=2)}
    result = stcore.run(
        {"models": ["ridge"], "windows": {"lookback": 6, "horizon": 3}, "anomalies": {}}, out=tmp_path, panel=panels
    )
    assert set(result.predictions("ridge")) == {"a", "b"}
    frame = pd.read_parquet(tmp_path / "predictions.parquet")
    assert {"a/1", "b/3"} <= set(frame["location"])
    mine = frame[frame["model"] == "ridge"]
    assert result.metrics["ridge"]["mae"] == pytest.approx((mine["truth"] - mine["forecast"]).abs().mean(), rel=1e-4)


def test_panels_of_several_zones_share_a_file_in_utc(tmp_path: Path) -> None:
    panels = {}
    for zone in ("Europe/Berlin", "America/New_York"):
        time = pd.date_range("2024-03-20", periods=300, freq="h", tz=zone)
        panels[zone] = stcore.Panel.from_arrays(daily_wave(300).values, time, clock=zone)
    body = {"models": ["ridge"], "windows": {"lookback": 6, "horizon": 3}, "ensemble": {"members": ["ridge", "persistence"]}, "anomalies": {}}  # fmt: skip
    result = stcore.run(body, out=tmp_path, panel=panels)
    assert "ensemble" in result.models
    for name in ("predictions", "forecast", "anomalies"):
        frame = pd.read_parquet(tmp_path / f"{name}.parquet")
        assert str(frame["time"].dtype) == "datetime64[ns, UTC]"
        there = frame[frame["location"] == "America/New_York/1"]["time"].dt.tz_convert("America/New_York")
        assert there.min() >= panels["America/New_York"].time[0]


def test_several_targets_of_unlike_units(tmp_path: Path) -> None:
    panel = daily_wave(400, features=2)
    result = stcore.run({"models": ["ridge"], "windows": {"lookback": 6, "horizon": 3}}, out=tmp_path, panel=panel)
    numbers = json.loads((tmp_path / "metrics.json").read_text())["ridge"]
    assert numbers["mae"] is None
    assert numbers["rmse"] is None
    assert numbers["skill"] is not None
    assert set(numbers["by_target"]) == {"value_0", "value_1"}
    assert result.prediction("ridge").targets == ("value_0", "value_1")


def test_large_tables_are_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stcore.workflow import exports

    monkeypatch.setattr(exports, "ROWS_A_FILE", 1000)
    monkeypatch.setattr(exports, "_ROWS_A_BLOCK", 300)
    result = stcore.run(
        {"models": ["ridge"], "windows": {"lookback": 6, "horizon": 3}}, out=tmp_path, panel=daily_wave(300)
    )
    files = sorted(path.name for path in tmp_path.glob("predictions*.parquet"))
    assert files[0] == "predictions-000.parquet"
    assert len(files) > 1
    total = sum(len(pd.read_parquet(tmp_path / name)) for name in files)
    assert total == sum(result.prediction(label).values.size for label in result.models)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError) as refused:
        stcore.run({"models": ["ridge"]}, out=blocked / "out", panel=daily_wave(300))
    assert refused.value.hint
