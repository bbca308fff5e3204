"""What detectors found in a saved data set, and what they would catch in it: made by jobs, kept in the data set's folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from stcore.data.panel import Panel, as_panels
from stcore.data.space import Space
from stcore.errors import NotFound
from stcore.operations.store import LOCAL, DatasetRow, Job, dataset_folder, job_rows, reading

FOLDER, TESTS = "detections", "self_tests"
STAGES = {
    "Reading the data": 0.02, "Learning what is usual": 0.1, "Scoring every step": 0.55, "Naming the events": 0.85,
    "Saving": 0.95,
}  # fmt: skip
MOST_TEST_CELLS = 250_000
LEAST_TEST_STEPS = 1000
TEST_ROUNDS = 7
"""A self-test judges the data as they are and up to six times with anomalies in them."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Kept:
    """A stored detection: its key, detector (registry name), settings, values it judged, when it was made (ISO, UTC), and the
    last time that taught what is usual (None: all of them)."""

    key: str
    detector: str
    settings: Mapping[str, Any]
    features: tuple[str, ...]
    made: str
    fit_end: str | None = None


def key_of(detector: str, settings: Mapping[str, Any], fit_end: str | None = None) -> str:
    """Name of what a detector with these settings, taught up to ``fit_end``, finds: “auto”, “knn-1f3a9c02”."""
    if not settings and fit_end is None:
        return detector
    told = [detector, dict(settings), *([] if fit_end is None else [fit_end])]
    text = json.dumps(told, sort_keys=True, default=str)
    return f"{detector}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def kept(row: DatasetRow) -> list[Kept]:
    """Stored detections of a data set as it is now, newest first."""
    from stcore.anomaly.detection_files import about_detection

    found = []
    for folder in (dataset_folder(row.id) / FOLDER).glob("[!.]*"):
        about = about_detection(folder)
        if about.get("digest") == row.digest:
            found.append(
                Kept(
                    folder.name,
                    about["detector"],
                    about["settings"],
                    tuple(about["features"]),
                    about["made"],
                    about.get("fit_end"),
                )
            )
    return sorted(found, key=lambda each: each.made, reverse=True)


def folder_of(row: DatasetRow, key: str) -> Path:
    """Where a stored detection lies.

    Raises:
        NotFound: there is none of this key.
    """
    if key not in {each.key for each in kept(row)}:
        raise NotFound(f"Nothing was looked for as “{key[:40]}” in “{row.name}”.", "Look for anomalies again.")
    return dataset_folder(row.id) / FOLDER / key


def job_of(row: DatasetRow, kind: str, owner: str = LOCAL) -> Job | None:
    """The newest job of a kind on a data set."""
    with reading() as connection:
        listed = job_rows.of_owner(connection, owner, 100)
    return next((job for job in listed if job.kind == kind and job.payload.get("dataset") == row.id), None)


def make(row: DatasetRow, payload: Mapping[str, Any], tell: Tell) -> None:
    """Judge a data set with a detector and keep what it finds.

    Args:
        payload: detector, settings; fit_end, the last time that teaches what is usual, where it is not all the data.
        tell: is told each of ``STAGES``; may raise to end the work there.
    """
    from stcore.anomaly import fit_detector, in_context, spec
    from stcore.anomaly.detection_files import write_detection
    from stcore.anomaly.rows import scored_features

    name, settings, fit_end = str(payload["detector"]), dict(payload.get("settings") or {}), payload.get("fit_end")
    spec(name)
    tell("Reading the data")
    panel = panel_of(row)
    tell("Learning what is usual")
    detector = fit_detector(panel, name, fit_end, settings)
    tell("Scoring every step")
    found = detector.score(panel)  # type: ignore[union-attr]
    tell("Naming the events")
    found = in_context(found, panel, fit_end)
    tell("Saving")
    about = {
        "settings": settings, "digest": row.digest, "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "features": list(scored_features(panel).features), "fit_end": fit_end,
    }  # fmt: skip
    write_detection(found, dataset_folder(row.id) / FOLDER / key_of(name, settings, fit_end), about)


def panel_of(row: DatasetRow) -> Panel:
    """The panel that is judged; of several runs kept apart the first."""
    from stcore.data import dataset as datasets

    return next(iter(as_panels(datasets.open(row.id).panel()).values()))


def part_to_test(panel: Panel) -> Panel:
    """The part a self-test plants into: the newest steps of evenly spaced places, so many that it takes minutes at most."""
    steps = max(LEAST_TEST_STEPS, MOST_TEST_CELLS // max(1, len(panel.locations)))
    if len(panel.time) > steps:
        panel = panel.between(panel.time[-steps])
    most = max(1, MOST_TEST_CELLS // max(1, len(panel.time)))
    if len(panel.locations) > most:
        panel = _some_places(panel, np.unique(np.linspace(0, len(panel.locations) - 1, most).astype(int)))
    return panel


def _some_places(panel: Panel, places: np.ndarray) -> Panel:
    """The panel at some positions; edges to places that are left out mean nothing and are passed over."""
    observed = None if panel.observed is None else panel.observed[:, places]
    return replace(
        panel, values=panel.values[:, places], observed=observed, locations=panel.locations.iloc[places],
        space=Space(edges=panel.space.edges),
    )  # fmt: skip


def path_of_test(row: DatasetRow, key: str) -> Path:
    """Where a self-test of a key (``stcore.anomaly.self_test_key``) lies."""
    return dataset_folder(row.id) / TESTS / f"{key}.json"


def self_test(row: DatasetRow, payload: Mapping[str, Any], tell: Callable[[str, float], None]) -> None:
    """Plant anomalies into a data set, see what a detector catches, keep the answer.

    Args:
        payload: detector, settings.
        tell: is told what happens and how much is done, 0..1; may raise to end the work there.
    """
    from stcore import anomaly

    name, settings = str(payload["detector"]), dict(payload.get("settings") or {})
    part, rounds = part_to_test(panel_of(row)), 0

    def judge(panel: Panel) -> Any:
        nonlocal rounds
        tell(f"Round {rounds + 1}: planting anomalies and looking for them", min(0.95, rounds / TEST_ROUNDS))
        rounds += 1
        return anomaly.detect(panel, name, settings=settings)

    found = anomaly.self_test(part, judge, settings)
    key = anomaly.self_test_key(part, name, settings)
    found.save(path_of_test(row, key), {"steps": len(part.time), "locations": len(part.locations)})


__all__ = [
    "STAGES",
    "Kept",
    "folder_of",
    "job_of",
    "kept",
    "key_of",
    "make",
    "panel_of",
    "part_to_test",
    "path_of_test",
    "self_test",
]  # fmt: skip
