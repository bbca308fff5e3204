"""What a detector would catch on one's own data: anomalies are planted from a seed, and those it noticed are counted.

Always alarming catches all: read it with the rate of alarms on the data as they are, which may hold true anomalies.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stcore.anomaly.planting import KIND_WORDS, LASTING, Planted, day_length, plan, plant
from stcore.data import steps
from stcore.data.panel import Panel
from stcore.errors import DataError, storing
from stcore.evaluation.anomaly_measures import by_event
from stcore.evaluation.volume import WINDOW, ranking
from stcore.records import Detection
from stcore.words import number, percent

MOST_ROUNDS = 6
ENOUGH = 0.8
VERSION = 1
TABLE = ("kind", "size", "lasts", "planted", "caught", "recall")


@dataclass(frozen=True, eq=False)
class SelfTest:
    """What was caught.

    Attributes:
        table: one row a kind and size: kind, size, lasts (words, or empty), planted, caught, recall (0..1).
        false_a_week: alarms a week at each place on the data as they are.
        vus_pr: mean over the places something was planted at; None where nothing could be ranked.
        key: of data, detector and settings, for a store.
    """

    table: pd.DataFrame
    false_a_week: float
    vus_pr: float | None
    key: str

    def caught_from(self, enough: float = ENOUGH) -> dict[str, float | None]:
        """Kind -> the smallest size from which on at least this share is caught; None where even the largest is missed."""
        out: dict[str, float | None] = {}
        for kind, rows in self.table.sort_values("size", ascending=False).groupby("kind", sort=False):
            good = (rows["recall"] >= enough).cummin()
            out[str(kind)] = float(rows["size"][good].min()) if good.any() else None
        return out

    def sentences(self) -> list[str]:
        """“Spikes: from 4 times the usual change on.”, one a kind, then how often it alarms anyway."""
        sizes = self.caught_from()
        told = [f"{KIND_WORDS[kind]}: {self._from(kind, size)}." for kind, size in sizes.items()]
        return [*told, f"On the data as they are: {number(self.false_a_week, 2)} alarms a week at each place."]

    def save(self, path: str | Path, about: Mapping[str, Any] | None = None) -> None:
        """Write it as JSON; ``about`` is kept beside it.

        Raises:
            StoreError: the file cannot be written.
        """
        path = Path(path)
        told = {
            "schema_version": VERSION, "table": self.table.to_dict("records"), "false_a_week": self.false_a_week,
            "vus_pr": self.vus_pr, "key": self.key, "about": dict(about or {}),
        }  # fmt: skip
        with storing("The self-test"):
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_name(f".{os.getpid()}-{path.name}")
            aside.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
            aside.replace(path)

    @classmethod
    def load(cls, path: str | Path) -> tuple[SelfTest, dict[str, Any]] | None:
        """A saved self-test and what was kept beside it; None where there is none that this version reads."""
        try:
            told = json.loads(Path(path).read_text(encoding="utf-8"))
            if told["schema_version"] != VERSION:
                return None
            table = pd.DataFrame(told["table"], columns=list(TABLE))
            return cls(table, float(told["false_a_week"]), told["vus_pr"], told["key"]), dict(told["about"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _from(self, kind: str, size: float | None) -> str:
        rows = self.table[self.table["kind"] == kind].sort_values("size")
        if size is None:
            return f"missed; {percent(float(rows['recall'].iloc[-1]))} of the largest are caught"
        if kind in LASTING:
            return f"caught when they last {rows.loc[rows['size'] == size, 'lasts'].iloc[0]} or more"
        return f"caught from {number(size)} times the usual change on"


def self_test(
    panel: Panel,
    detector: str | Callable[[Panel], Detection] = "auto",
    settings: Mapping[str, Any] | None = None,
    kinds: Sequence[str] | None = None,
    each: int = 4,
    seed: int = 0,
) -> SelfTest:
    """Plant, detect, count. Costs one detection of the panel as it is and up to six with anomalies in it.

    A planting counts as caught when an alarm stands in it that was not there before.

    Args:
        detector: a name of ``DETECTORS``, or a function from a panel to its detection.
        settings: settings of the detector.
        kinds: kinds of ``planting.SIZES``; None: all.
        each: plantings of every kind and size.
        seed: the same seed, the same result.

    Raises:
        DataError: nothing can be planted. ConfigError: an unknown kind.
    """
    judge = detector if callable(detector) else _judge(detector, settings)
    rounds: list[Planted] = []
    waiting = plan(kinds, each)
    while waiting and len(rounds) < MOST_ROUNDS:
        planted = plant(panel, waiting, seed + len(rounds))
        if not len(planted.spans):
            break
        rounds.append(planted)
        waiting = planted.left
    if not rounds:
        raise DataError(
            f"There is no room for an anomaly in {len(panel.time):,} steps, or nothing ever changes.",
            "Take a longer stretch of a value that changes.",
        )
    before = judge(panel)
    judged = [(planted, judge(planted.panel)) for planted in rounds]
    seen = [row for planted, found in judged for row in _caught(planted, found, before)]
    return SelfTest(
        _table(pd.DataFrame(seen, columns=["kind", "size", "caught"]), panel), _a_week(before), _quality(judged, panel),
        self_test_key(panel, detector if isinstance(detector, str) else before.detector, settings, kinds, each, seed),
    )  # fmt: skip


def self_test_key(
    panel: Panel, detector: str, settings: Mapping[str, Any] | None = None, kinds: Sequence[str] | None = None,
    each: int = 4, seed: int = 0,
) -> str:  # fmt: skip
    """Sixteen hex digits that change when the result may: to keep a self-test under."""
    asked = [VERSION, panel.digest, detector, dict(settings or {}), list(kinds or ()), each, seed]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _judge(detector: str, settings: Mapping[str, Any] | None) -> Callable[[Panel], Detection]:
    from stcore.anomaly import detect

    def judge(panel: Panel) -> Detection:
        found = detect(panel, detector, settings=settings)
        assert isinstance(found, Detection)
        return found

    return judge


def _caught(planted: Planted, found: Detection, before: Detection) -> list[tuple[str, float, bool]]:
    """Kind, size and whether it was caught of the spans that had no alarm before."""
    alarms, old = found.alarms, before.alarms
    return [
        (span.kind, span.size, bool(alarms[span.first : span.last + 1, span.place].any()))
        for span in planted.spans.itertuples()
        if not old[span.first : span.last + 1, span.place].any()
    ]


def _table(seen: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Counts a kind and size, in the order of the plan."""
    counted = seen.groupby(["kind", "size"], sort=False)["caught"].agg(planted="size", caught="sum").reset_index()
    order = {kind: number for number, kind in enumerate(KIND_WORDS)}
    counted = counted.sort_values(["kind", "size"], key=lambda c: c.map(order) if c.name == "kind" else c)
    day = day_length(panel)
    lasts = [
        steps.describe_span(max(1, round(size * day)), panel.step) if kind in LASTING else ""
        for kind, size in zip(counted["kind"], counted["size"], strict=True)
    ]
    counted.insert(2, "lasts", lasts)
    counted["caught"] = counted["caught"].astype(int)
    return counted.assign(recall=counted["caught"] / counted["planted"]).reset_index(drop=True)


def _a_week(found: Detection) -> float:
    """Stretches of alarms a week and place; alarms two steps apart are one."""
    alarms = found.alarms
    none = np.zeros(len(alarms), bool)
    raised = sum(by_event(alarms[:, place], none, gap=2).raised for place in np.flatnonzero(alarms.any(axis=0)))
    weeks = len(found.time) * (steps.typical(found.step) / pd.Timedelta(days=7))
    return float(raised / max(alarms.shape[1], 1) / weeks)


def _quality(judged: Sequence[tuple[Planted, Detection]], panel: Panel) -> float | None:
    """Mean VUS-PR of the planted places."""
    window = min(WINDOW, len(panel.time) // 10)
    found = []
    for planted, detection in judged:
        labels = planted.labels
        for place in np.unique(planted.spans["place"]):
            found.append(ranking(detection.scores[:, place], labels[:, place], window).vus_pr)
    return float(np.mean(found)) if found else None
