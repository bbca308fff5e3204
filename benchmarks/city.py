"""A generated city: sensors with faults, local incidents and regional events, found and named by the detector ``network``.

``python -m benchmarks.city --seeds 101 102 103``: 100 sensors, 28 days, speeds in mph with rush hours, weekends, a mood of the
whole city, noise that neighbours share, noise of its own at each sensor, and 3 % missing. Planted in equal numbers: faults of one
sensor (stuck, off by a step, noise, dead), incidents that slow a sensor and its surroundings and spread outwards, events that
slow most of the city. Aims, on seeds no threshold was set on: events found >= 0.9 at <= 1 false event a day, kind right >= 0.9,
start within 2 steps (median). Ends with 1 when missed.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from time import process_time

import numpy as np
import pandas as pd

from stcore.anomaly import detect
from stcore.anomaly.context import in_context
from stcore.anomaly.network import watch
from stcore.data.panel import Panel
from stcore.data.space import great_circle_km
from stcore.records import Detection

AIM = {"found": 0.9, "false a day": 1.0, "kind right": 0.9, "start": 2.0}
DAYS, SENSORS, EACH = 28, 100, 12
FAULTS = ("stuck", "shift", "noise", "dead")


@dataclass(frozen=True)
class Truth:
    """One planted event: kind, first and last row, positions of the places it touches."""

    kind: str
    first: int
    last: int
    places: tuple[int, ...]


def city(
    seed: int, minutes: int = 5, size: float = 1.0, days: int = DAYS, sensors: int = SENSORS, each: int = EACH
) -> tuple[Panel, list[Truth]]:
    """A panel and what is planted in it.

    Args:
        minutes: step of the data.
        size: how large incidents and events are; 1 slows the centre of an incident by 30 to 60 %.
        each: faults, incidents and regional events each.
    """
    random = np.random.default_rng(seed)
    time = pd.date_range("2024-03-04", periods=days * 24 * 60 // minutes, freq=f"{minutes}min")
    where = np.column_stack([8.5 + random.random(sensors) * 0.13, 47.3 + random.random(sensors) * 0.09])
    far = great_circle_km(where[:, None].repeat(sensors, 1), where[None].repeat(sensors, 0))
    usual, values = _calm(random, time, far, minutes)
    truths = _planted(random, usual, values, far, minutes, size, each)
    values[random.random(values.shape) < 0.02] = np.nan
    for place in random.integers(0, sensors, sensors // 4):  # and a few long gaps
        start = random.integers(0, len(time))
        values[start : start + random.integers(1, 8 * 60 // minutes), place] = np.nan
    table = pd.DataFrame({"lon": where[:, 0], "lat": where[:, 1]}, index=[f"s{n:03d}" for n in range(sensors)])
    return Panel.from_arrays(np.clip(values, 0, 80), time, table, ["speed_mph"]), truths


def _calm(
    random: np.random.Generator, time: pd.DatetimeIndex, far: np.ndarray, minutes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Usual speeds and speeds of an uneventful month: [time, sensor]."""
    sensors = len(far)
    hour = np.asarray(time.hour + time.minute / 60)[:, None]
    free = random.uniform(45, 68, sensors)
    depth = [random.uniform(0.05, 0.4, sensors) for _ in range(2)]
    late = random.normal(0, 0.5, sensors)
    rush = depth[0] * np.exp(-(((hour - 8 - late) / 1.3) ** 2)) + depth[1] * np.exp(
        -(((hour - 17.3 - late) / 1.8) ** 2)
    )
    weekday = np.where(np.asarray(time.day_of_week)[:, None] < 5, 1.0, 0.25)
    usual = free * (1 - rush * weekday)
    keep = np.exp(-minutes / 60)  # what one step leaves of a deviation: an hour's memory
    shared = np.linalg.cholesky(np.exp(-far / 1.5) + 1e-6 * np.eye(sensors))
    mood = _walk(random.normal(size=(len(time), 1)), keep) * random.uniform(0.5, 1.5, sensors)
    around = _walk(random.normal(size=(len(time), sensors)) @ shared.T, keep)
    own = random.standard_t(5, size=(len(time), sensors)) * random.uniform(0.8, 1.6, sensors)
    rough = 1 + 1.5 * rush * weekday  # busy hours vary more
    return usual, usual + rough * (0.8 * mood + 1.2 * around) + own


def _walk(noise: np.ndarray, keep: float) -> np.ndarray:
    """Noise with memory, of unit variance."""
    out = noise.copy()
    for row in range(1, len(out)):
        out[row] = keep * out[row - 1] + np.sqrt(1 - keep**2) * noise[row]
    return out


def _planted(
    random: np.random.Generator,
    usual: np.ndarray,
    values: np.ndarray,
    far: np.ndarray,
    minutes: int,
    size: float,
    each: int,
) -> list[Truth]:
    """Put the events into ``values``: one every few hours at most, the first day left calm."""
    hours = 60 // minutes
    slots = np.linspace(24 * hours, len(values) - 8 * hours, 3 * each).astype(int)
    kinds = random.permutation(["fault", "local", "regional"] * each)
    truths = []
    for number, (kind, slot) in enumerate(zip(kinds, slots, strict=True)):
        first = int(slot + random.integers(0, 4 * hours))
        if kind == "fault":
            truths.append(_fault(random, usual, values, first, FAULTS[number % len(FAULTS)], hours))
        elif kind == "local":
            truths.append(_incident(random, usual, values, first, far, hours, size))
        else:
            truths.append(_regional(random, usual, values, first, hours, size))
    return truths


def _fault(
    random: np.random.Generator, usual: np.ndarray, values: np.ndarray, first: int, kind: str, hours: int
) -> Truth:
    place = int(random.integers(values.shape[1]))
    last = first + int(random.uniform(1, 6) * hours) - 1
    part = slice(first, last + 1)
    if kind == "stuck":
        values[part, place] = random.choice([values[first, place] - 15, 78.0])
    elif kind == "shift":
        values[part, place] += random.choice([-1, 1]) * random.uniform(12, 25)
    elif kind == "noise":
        values[part, place] += random.normal(0, 14, last + 1 - first)
    else:
        values[part, place] = 0.0
    return Truth("fault", first, last, (place,))


def _incident(
    random: np.random.Generator,
    usual: np.ndarray,
    values: np.ndarray,
    first: int,
    far: np.ndarray,
    hours: int,
    size: float,
) -> Truth:
    """Slow at the centre, less farther away, and later there; then it clears."""
    centre = int(random.integers(values.shape[1]))
    reach = random.uniform(1.2, 2.5)
    near = np.flatnonzero(np.exp(-((far[centre] / reach) ** 2)) > 0.3)
    if len(near) < 3:  # nobody lives alone: the two nearest feel it as well
        near = np.argsort(far[centre])[:3]
    drop, long = size * random.uniform(0.3, 0.6), int(random.uniform(0.75, 3) * hours)
    rows = np.arange(len(values))
    for place in near:
        share = drop * max(np.exp(-((far[centre, place] / reach) ** 2)), 0.3)
        start = first + far[centre, place] * 5 / 60 * hours  # five minutes a kilometre
        shape = np.clip((rows - start + 1) / max(hours / 12, 1), 0, 1) * np.clip(
            (start + long - rows) / (hours / 3), 0, 1
        )
        values[:, place] -= share * usual[:, place] * shape
    return Truth("local", first, first + long, tuple(int(place) for place in near))


def _regional(
    random: np.random.Generator, usual: np.ndarray, values: np.ndarray, first: int, hours: int, size: float
) -> Truth:
    """Snow or a strike: most places, each by a share of its own."""
    touched = np.flatnonzero(random.random(values.shape[1]) < 0.85)
    long = int(random.uniform(1.5, 5) * hours)
    rows = np.arange(len(values))
    shape = np.clip((rows - first + 1) / (hours / 4), 0, 1) * np.clip((first + long - rows) / (hours / 2), 0, 1)
    share = size * random.uniform(0.12, 0.3) * random.uniform(0.6, 1.4, len(touched))
    values[:, touched] -= share * usual[:, touched] * shape[:, None]
    return Truth("regional", first, first + long, tuple(int(place) for place in touched))


def judged(found: Detection, truths: list[Truth]) -> dict[str, float]:
    """Share of events found and of those with the right kind, false events a day, median size of the error of the start in steps.

    A found event belongs to a planted one when they share a place and a step; to each planted one the found event with the most
    of both counts.
    """
    table = found.events
    first, last = (found.time.get_indexer(table[side]) for side in ("start", "end"))
    places = [set(found.locations.index.get_indexer(ids)) for ids in table["locations"]]
    touched: set[int] = set()
    right, late = [], []
    for truth in truths:
        common = {
            row: len(places[row] & set(truth.places)) * (min(last[row], truth.last) - max(first[row], truth.first) + 1)
            for row in np.flatnonzero((first <= truth.last) & (last >= truth.first))
            if places[row] & set(truth.places)
        }
        touched.update(int(row) for row in common)
        if common:
            best = max(common, key=lambda row: common[row])
            right.append(table["kind"].iloc[best] == truth.kind)
            late.append(abs(int(first[best]) - truth.first))
    days = (found.time[-1] - found.time[0]) / pd.Timedelta(days=1)
    return {
        "found": len(right) / len(truths), "false a day": (len(table) - len(touched)) / days,
        "kind right": float(np.mean(right)) if right else 0.0, "start": float(np.median(late)) if late else np.inf,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--minutes", type=int, nargs="+", default=[5, 15])
    parser.add_argument("--size", type=float, default=1.0, help="of incidents and events")
    parser.add_argument(
        "--detector", default="", help="another detector whose events are put in context, for comparison"
    )
    given = parser.parse_args()
    met = True
    for minutes in given.minutes:
        for seed in given.seeds:
            panel, truths = city(seed, minutes, given.size)
            begun = process_time()
            if given.detector:
                plain = detect(panel, given.detector)
                assert isinstance(plain, Detection)
                found = in_context(plain, panel)
            else:
                found = watch(panel)
            spent = process_time() - begun
            reached = judged(found, truths)
            told = ", ".join(f"{name} {number:.2f}" for name, number in reached.items())
            print(f"{minutes:2d} min, seed {seed}: {told}, {spent:.1f} CPU s", flush=True)
            met &= reached["found"] >= AIM["found"] and reached["kind right"] >= AIM["kind right"]
            met &= reached["false a day"] <= AIM["false a day"] and reached["start"] <= AIM["start"]
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
