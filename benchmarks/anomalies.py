"""Detectors on labelled data: ``python -m benchmarks.anomalies DATA --detectors auto knn``, DATA with anomaly_nab and anomaly_skab.

- **NAB** (Numenta; the series with a label, each as the sequence of its rows): mean VUS-PR, threshold-free and tolerant of
  the borders of labels (``stcore.evaluation.volume``, margins up to the measured period). Nothing is learnt from labels; each
  detector is fitted on the series it scores. Random scores stand beside.
- **NAB, live**: the benchmark's own score, standard profile, all series. Each detector is fitted on the first 15 % (at most 750 rows),
  which count for nothing, and looks back only (``causal``); its scores are taken against the past (``against_past``), quiet for as
  many steps after each. One threshold for all series, the best one for these labels, as that benchmark does it.
- **SKAB** valve1 (16 runs of a water loop with eight sensors): F1, false alarms and misses over all rows after the first
  400 of each run, which are usual and all that is learnt from; the threshold comes from them (``clean``).

One thread (``OMP_NUM_THREADS=1``); CPU seconds are those of fit and score together.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import stcore
from stcore.anomaly import DETECTORS, against_past, fit_detector
from stcore.anomaly.rarity import first_of, from_before, rarity
from stcore.data.panel import Panel
from stcore.errors import StcoreError
from stcore.evaluation.nab_score import PROBATION, PROBATION_ROWS, nab_score
from stcore.evaluation.volume import spans, volumes

TRAIN_ROWS = 400
NETWORK = ("network", "network_pca", "neighbours")


def nab(folder: Path, labelled: bool = True) -> Iterator[tuple[np.ndarray, np.ndarray, pd.Timedelta]]:
    """Values, labels and step of each series; ``labelled``: only of those with a label."""
    table = pd.read_csv(folder / "anomaly_nab" / "data.csv.gz", parse_dates=["timestamp"])
    for _, rows in table.groupby("location_id"):
        if not labelled or rows["anomaly_window"].any():
            step = rows["timestamp"].diff().mode()[0]
            yield rows["value"].to_numpy(np.float32), rows["anomaly_window"].to_numpy() == 1, step


def skab(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray, list[str]]]:
    """Values [row, sensor], labels and sensors of each valve1 run."""
    table = pd.read_csv(folder / "anomaly_skab" / "data.csv.gz")
    sensors = [name for name in table if name not in ("timestamp", "location_id", "anomaly", "changepoint")]
    for run, rows in table.groupby("location_id"):
        if str(run).startswith("valve1"):
            yield rows[sensors].to_numpy(np.float32), rows["anomaly"].to_numpy() == 1, sensors


def buffer(values: np.ndarray) -> int:
    """Longest tolerance in steps: the lag of the highest peak of the autocorrelation, 125 where there is none up to 300."""
    centred = values[:20_000].astype(np.float64) - values[:20_000].mean()
    power = np.abs(np.fft.rfft(centred, 2 * len(centred))) ** 2
    alike = np.fft.irfft(power)[3:401]
    peaks = np.flatnonzero((alike[1:-1] > alike[:-2]) & (alike[1:-1] > alike[2:])) + 1
    highest = int(peaks[np.argmax(alike[peaks])]) if len(peaks) else 0
    return highest + 3 if 3 <= highest <= 300 else 125


def panel_of(values: np.ndarray, step: Any, features: list[str] | None = None) -> Panel:
    """One place with the rows as they come, a step apart."""
    time_ = pd.date_range("2024-01-01", periods=len(values), freq=step)
    return Panel.from_arrays(values.reshape(len(values), 1, -1), time_, None, features)


def nab_row(folder: Path, name: str) -> tuple[float, float]:
    """Mean VUS-PR and CPU seconds; “random”: of random numbers."""
    found, spent, random = [], 0.0, np.random.default_rng(0)
    for values, labels, step in nab(folder):
        began = time.process_time()
        scores = random.random(len(values)) if name == "random" else scored(panel_of(values, step), name)
        spent += time.process_time() - began
        found.append(volumes(scores, labels, buffer(values))[1])
    return float(np.mean(found)), spent


def scored(panel: Panel, name: str) -> np.ndarray:
    """Scores of the one place."""
    found = stcore.detect(panel, name)
    assert not isinstance(found, dict)
    return found.scores[:, 0]


def live_row(folder: Path, name: str) -> tuple[float, float]:
    """NAB's score and CPU seconds; “random”: of random numbers; “level”: of the distance from all before alone."""
    scores, windows, spent, random = [], [], 0.0, np.random.default_rng(0)
    for values, labels, step in nab(folder, labelled=False):
        began, probation = time.process_time(), int(min(PROBATION * len(values), PROBATION_ROWS))
        if name == "random":
            scores.append(first_of(random.random((len(values), 1)), probation)[:, 0])
        elif name == "level":
            scores.append(first_of(rarity(from_before(values[:, None])), probation)[:, 0])
        else:
            scores.append(live(panel_of(values, step), name, probation))
        spent += time.process_time() - began
        windows.append(list(zip(*(each.tolist() for each in spans(labels)), strict=True)))
    return nab_score(scores, windows).score, spent


def live(panel: Panel, name: str, probation: int) -> np.ndarray:
    """Scores of the one place, from the past alone."""
    settings = {"causal": True} if "causal" in DETECTORS[name].settings.model_fields else {}
    detector = fit_detector(panel, name, fit_end=panel.time[probation - 1], settings=settings)
    assert not isinstance(detector, dict)
    return against_past(detector.score(panel), panel, quiet=probation).scores[:, 0]


def skab_row(folder: Path, name: str) -> tuple[float, float, float, float]:
    """F1, false alarms %, missed %, CPU seconds; “always”: of an alarm at every row."""
    counts, began = np.zeros((2, 2)), time.process_time()
    for values, labels, sensors in skab(folder):
        panel = panel_of(values, "1s", sensors)
        alarms = np.ones(len(values), bool)
        if name != "always":
            settings: dict[str, Any] = {"clean": True} if "clean" in DETECTORS[name].settings.model_fields else {}
            detector = fit_detector(panel, name, fit_end=panel.time[TRAIN_ROWS - 1], settings=settings)
            assert not isinstance(detector, dict)
            alarms = detector.score(panel).alarms[:, 0]
        np.add.at(counts, (labels[TRAIN_ROWS:].astype(int), alarms[TRAIN_ROWS:].astype(int)), 1)
    (quiet, false), (missed, hit) = counts
    f1 = 2 * hit / (2 * hit + false + missed)
    return f1, 100 * false / (false + quiet), 100 * missed / (missed + hit), time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with anomaly_nab and anomaly_skab")
    parser.add_argument("--detectors", nargs="*", default=[n for n, s in DETECTORS.items() if s.package is None])
    given = parser.parse_args()
    single = [name for name in given.detectors if name not in NETWORK]
    print(f"{'NAB':<20}{'VUS-PR':>9}{'CPU s':>9}")
    for name in ("random", *single):
        print("{:<20}{:>9.3f}{:>9.1f}".format(name, *nab_row(given.data, name)), flush=True)
    print(f"\n{'NAB, live':<20}{'score':>9}{'CPU s':>9}")
    for name in ("random", "level", *single):
        print("{:<20}{:>9.1f}{:>9.1f}".format(name, *live_row(given.data, name)), flush=True)
    print(f"\n{'SKAB valve1':<20}{'F1':>9}{'false %':>9}{'missed %':>9}{'CPU s':>9}")
    for name in ("always", *given.detectors):
        try:
            print("{:<20}{:>9.3f}{:>9.1f}{:>9.1f}{:>9.1f}".format(name, *skab_row(given.data, name)), flush=True)
        except StcoreError as refused:
            print(f"{name:<20}{refused}")


if __name__ == "__main__":
    main()
