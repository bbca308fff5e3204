"""A detection on disk is the same detection; a torn one is refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import alarms_a_week, detect
from stcore.anomaly.detection_files import about_detection, read_detection, write_detection
from stcore.data.panel import Panel
from stcore.errors import StoreError
from stcore.records import Detection


def found(clock: str | None = None) -> Detection:
    rng = np.random.default_rng(1)
    values = rng.normal(20, 1, (400, 3)).astype(np.float32)
    values[200:203, 1] += 30
    time = pd.date_range("2026-01-01", periods=400, freq="h", tz=clock)
    made = detect(Panel.from_arrays(values, time, ["a", "b", "c"], ["x"], clock=clock), "residual")
    assert isinstance(made, Detection)
    return made


@pytest.mark.parametrize("clock", [None, "Europe/Berlin"])
def test_comes_back_as_it_was(tmp_path: Path, clock: str | None) -> None:
    before = found(clock)
    folder = write_detection(before, tmp_path / "kept" / "residual", {"settings": {"rate": 0.1}})
    after = read_detection(folder)
    np.testing.assert_array_equal(after.scores, before.scores)
    assert after.threshold == before.threshold
    assert list(after.time) == list(before.time)
    pd.testing.assert_frame_equal(after.events, before.events)
    assert about_detection(folder) == {"detector": "residual", "settings": {"rate": 0.1}}
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["residual"], "nothing is left aside"


def test_a_torn_one_is_refused(tmp_path: Path) -> None:
    folder = write_detection(found(), tmp_path / "kept", {})
    (folder / "scores.npy").write_bytes(b"torn")
    with pytest.raises(StoreError, match="cannot be read"):
        read_detection(folder)
    assert about_detection(tmp_path / "nowhere") == {}


def test_alarms_a_week_counts_stretches_like_the_alarms_themselves() -> None:
    detection = found()
    cuts = [0.0, 1.0, detection.threshold, 1e9]
    weeks = len(detection.time) / 168
    counted = alarms_a_week(detection, cuts)
    for cut, rate in zip(cuts, counted, strict=True):
        alarms = (detection.scores > cut) & detection.observed
        begun = 0
        for place in range(3):
            rows = np.flatnonzero(alarms[:, place])
            begun += len(rows) and 1 + int((np.diff(rows) > 3).sum())
        assert rate == pytest.approx(begun / weeks / 3)
    assert counted[-1] == 0
