"""Make the city traffic sample: 120 road sensors, a speed every five minutes for four weeks, and what happened.

    python sample_data/city_traffic/generate.py --seed 1 --difficulty 1.0 -o DIR

The city is invented and always the same; the seed decides the days, the noise and the events. The order of things:

1. Traffic wants to move (demand): rush hours, weekends, an own mood of every day and road.
2. Where demand passes the capacity of a bottleneck a queue grows, and a full road fills the road before it, so
   congestion travels against the traffic. That is why neighbours help a forecast.
3. A queue and light rain slow the traffic; noise comes on top: autocorrelated, shared with neighbours, wider in queues.
4. Events are laid over it and written to a table of their own, never into the readings: incidents (a drop that
   spreads upstream), faults of one sensor (stuck, dropout, offset), network-wide events (storm, holiday).
5. Some readings are lost, as in any feed.

``difficulty`` divides the size of every event: 2 makes them half as large, so harder to find. The same seed and
difficulty give the same files, byte for byte, on the same machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

START = pd.Timestamp("2026-02-12 17:00")  # a Thursday; wall clock of the city, no change of summer time in the span
DAY = 288  # five-minute steps a day
BEGIN = 17 * 12  # the first step within its day: the data begin and end in an evening rush
STEPS = 28 * DAY
WEEKDAY = 3  # of the first day, Monday is 0
CENTRE = (47.01, 7.96)  # latitude, longitude
KM_PER_DEGREE = 111.2
QUEUE_SPEED_KMH = 10.0  # how fast the tail of a queue moves upstream
INCIDENTS, FAULTS, STORMS = 26, 24, 18
MONDAYS = np.array([11, 18, 25])  # weeks with a holiday each; the first whole week has none
MORNING, EVENING = 7.9, 17.3  # hours of the two peaks


# ---------------------------------------------------------------------------------------------------- the city


def build_city() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The invented city.

    Returns:
        sensors: indexed by id (text) with road, position on the road, x, y in km, lat, lon, free_mph, inbound (-1..1).
        edges: from, to, weight (1 = touching, falls with distance), length_km; from upstream to downstream.
    """
    rows = [
        (road, position, x, y, free, inbound)
        for road, path, free, inbound in _roads()
        for position, (x, y) in enumerate(path)
    ]
    sensors = pd.DataFrame(rows, columns=["road", "position", "x", "y", "free_mph", "inbound"])
    sensors.index = pd.Index([str(401 + number) for number in range(len(sensors))], name="sensor")
    sensors["lat"] = (CENTRE[0] + sensors["y"] / KM_PER_DEGREE).round(4)
    sensors["lon"] = (CENTRE[1] + sensors["x"] / KM_PER_DEGREE / np.cos(np.radians(CENTRE[0]))).round(4)
    return sensors, _edges(sensors)


def _roads() -> Iterator[tuple[str, np.ndarray, float, float]]:
    """Name, path [point, 2] in km in the direction of travel, free speed in mph, inbound share of each road."""
    for number, angle in enumerate(np.radians([12, 72, 128, 190, 247, 305])):
        radius = np.linspace(9.4, 1.3, 12)
        bend = angle + 0.22 * np.sin(radius / 2.1 + number)
        path = np.column_stack([1.25 * radius * np.cos(bend), radius * np.sin(bend)])
        inbound = 1.0 if number % 2 == 0 else -1.0
        yield f"Radial {number + 1}", path[:: int(inbound)], 62.0, inbound
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    yield "Inner ring", np.column_stack([4.0 * np.cos(-turn), 3.1 * np.sin(-turn)]), 50.0, 0.0
    arc = np.radians(np.linspace(-55, 160, 18))
    yield "Outer ring", np.column_stack([8.9 * np.cos(arc), 6.9 * np.sin(arc)]), 66.0, 0.0
    along = np.linspace(-1.9, 1.9, 5)
    yield "Market Street", np.column_stack([along, 0.25 + 0.12 * along]), 31.0, 0.4
    yield "Mill Lane", np.column_stack([0.3 - 0.1 * along, -0.9 * along]), 29.0, -0.4


def _edges(sensors: pd.DataFrame) -> pd.DataFrame:
    """Along every road to the next sensor, and at junctions from each road to the next sensor of the other."""
    place = sensors[["x", "y"]].to_numpy()
    roads = [np.flatnonzero(sensors["road"] == road) for road in sensors["road"].unique()]
    following = {int(a): int(b) for road in roads for a, b in pairwise(road)}
    ring = np.flatnonzero(sensors["road"] == "Inner ring")
    following[int(ring[-1])] = int(ring[0])
    pairs = set(following.items())
    for first, road in enumerate(roads):
        for other in roads[first + 1 :]:
            apart = np.linalg.norm(place[road][:, None] - place[other][None], axis=2)
            a, b = np.unravel_index(int(apart.argmin()), apart.shape)
            if apart[a, b] < 0.8:
                here, there = int(road[a]), int(other[b])
                pairs |= {(here, following.get(there, there)), (there, following.get(here, here))}
    start, end = np.array(sorted(pairs)).T
    length = np.maximum(np.linalg.norm(place[start] - place[end], axis=1), 0.1)
    return pd.DataFrame(
        {
            "from": sensors.index[start], "to": sensors.index[end],
            "weight": np.exp(-((length / 1.5) ** 2)).round(3), "length_km": length.round(2),
        }
    )  # fmt: skip


def streets(sensors: pd.DataFrame) -> dict:
    """The roads as GeoJSON lines, for a map."""
    closed = {"Inner ring"}
    features = []
    for road, group in sensors.groupby("road", sort=False):
        line = group[["lon", "lat"]].to_numpy().tolist()
        line += line[:1] if road in closed else []
        features.append(
            {"type": "Feature", "properties": {"name": road}, "geometry": {"type": "LineString", "coordinates": line}}
        )
    return {"type": "FeatureCollection", "features": features}


# ------------------------------------------------------------------------------------------------- plain traffic


def _demand(sensors: pd.DataFrame, holidays: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """[step, sensor] wish to travel, 1 = about what an ordinary road carries; ``holidays`` [29 days] in 0..1."""
    hour = np.arange(DAY) / 12
    peak = lambda at, width: np.exp(-0.5 * ((hour - at) / width) ** 2)  # noqa: E731
    day_time = 0.42 / (1 + np.exp(-(hour - 6.3) * 1.6)) / (1 + np.exp((hour - 20.8) * 0.9))
    leisure = 0.2 + 0.4 * peak(14.6, 3.6)
    inbound = sensors["inbound"].to_numpy()
    shift = rng.normal(0, 0.3, len(sensors))  # a road's own peak time, in hours
    days = []
    for day, holiday in enumerate(holidays):
        weekday = (WEEKDAY + day) % 7
        work = (1.0 if weekday < 5 else 0.0) * (1 - holiday)
        morning = peak(MORNING + rng.normal(0, 0.1), 0.8)[:, None] * (0.55 + 0.24 * inbound)
        evening = peak(EVENING + rng.normal(0, 0.15) - 0.7 * (weekday == 4), 1.15)[:, None] * (0.55 - 0.22 * inbound)
        working = 0.18 + day_time[:, None] + morning + evening
        free = np.broadcast_to((leisure * (0.9 if weekday == 6 else 1.05))[:, None], working.shape)
        days.append((work * working + (1 - work) * free) * rng.normal(1, 0.04))
    demand = np.concatenate(days)[BEGIN : BEGIN + STEPS]
    rolled = np.column_stack([np.roll(demand[:, n], round(12 * shift[n])) for n in range(len(sensors))])
    roads = pd.factorize(sensors["road"])[0]
    mood = _wander(len(demand), roads.max() + 1, 0.985, rng)[:, roads]
    mood += 0.6 * _wander(len(demand), len(sensors), 0.96, rng)
    return rolled * (1 + 0.055 * mood)


def _wander(steps: int, count: int, memory: float, rng: np.random.Generator) -> np.ndarray:
    """[steps, count] first-order autoregressive noise of standard deviation 1; ``memory`` = correlation of two steps."""
    shocks = rng.standard_normal((steps, count)) * np.sqrt(1 - memory**2)
    shocks[0] /= np.sqrt(1 - memory**2)
    out = np.empty_like(shocks)
    state = np.zeros(count)
    for step in range(steps):
        state = memory * state + shocks[step]
        out[step] = state
    return out


def _queues(demand: np.ndarray, sensors: pd.DataFrame, edges: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """[step, sensor] fullness 0 (free) to 1 (jammed); a full sensor fills the ones upstream of it."""
    capacity = rng.uniform(0.98, 1.16, len(sensors))
    bottlenecks = rng.choice(len(sensors), 26, replace=False)
    capacity[bottlenecks] = rng.uniform(0.68, 0.9, len(bottlenecks))
    where = {name: number for number, name in enumerate(sensors.index)}
    spill = np.zeros((len(sensors), len(sensors)))
    spill[edges["from"].map(where), edges["to"].map(where)] = 0.55 * edges["weight"]
    queues = np.empty_like(demand)
    queue = np.zeros(len(sensors))
    pressure = demand / capacity - 1
    for step, wish in enumerate(pressure):
        change = 0.30 * wish + 0.22 * (spill @ np.maximum(queue - 0.3, 0))
        queue = np.clip(queue + np.clip(change, -0.09, 0.13), 0, 1)
        queues[step] = queue
    return queues


def _rain(steps: int, rng: np.random.Generator) -> np.ndarray:
    """[step] share of speed lost to ordinary rain, 0 most of the time, 6 % at most."""
    wet = np.maximum(_wander(steps, 1, 0.992, rng)[:, 0] - 0.9, 0)
    return np.minimum(0.045 * wet, 0.06)


def _noise(queues: np.ndarray, edges: pd.DataFrame, sensors: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """[step, sensor] mph: slow, partly shared with neighbours, plus the sensor's own jitter; widest in half-full roads."""
    steps, count = queues.shape
    own = rng.uniform(0.8, 1.25, count)
    where = {name: number for number, name in enumerate(sensors.index)}
    start, end = edges["from"].map(where), edges["to"].map(where)
    near = np.eye(count)
    near[start, end] = near[end, start] = 0.7
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    slow = 1.5 * _wander(steps, count, 0.9, rng) @ near.T
    jitter = 2.3 * rng.standard_normal((steps, count))
    return own * (0.75 + 3.0 * queues * (1 - 0.75 * queues)) * (slow + jitter)


# ------------------------------------------------------------------------------------------------------- events


def _upstream(edges: pd.DataFrame, sensor: str, hops: int) -> dict[str, tuple[int, float]]:
    """Sensors at most ``hops`` edges upstream of ``sensor`` (itself with 0) -> (hops, km)."""
    reached, front = {sensor: (0, 0.0)}, [sensor]
    for hop in range(1, hops + 1):
        ahead = edges[edges["to"].isin(front) & ~edges["from"].isin(reached)]
        front = []
        for edge in ahead.itertuples(index=False):
            if edge[0] not in reached:
                reached[edge[0]] = (hop, reached[edge[1]][1] + edge[3])
                front.append(edge[0])
    return reached


def _slots(count: int, rng: np.random.Generator, hours: tuple[int, int]) -> np.ndarray:
    """[count] start steps, one in each equal share of the weeks, at an hour of the day inside ``hours``."""
    days = 1 + (28 * (np.arange(count) + rng.uniform(0.1, 0.9, count)) / count).astype(int)
    steps = (days * DAY + 12 * rng.uniform(*hours, count)).astype(int) - BEGIN
    return np.where(steps > STEPS - DAY // 4, steps - DAY, steps)  # not in the last hours, which are to be forecast


def _wave(length: int, rise: int, fall: int) -> np.ndarray:
    """[length] 0..1: up within ``rise`` steps, down within ``fall``."""
    step = np.arange(1, length + 1)
    return np.minimum(1, np.minimum(step / rise, (length - step + 1) / fall))


def _incidents(
    speed: np.ndarray, sensors: pd.DataFrame, edges: pd.DataFrame, difficulty: float, rng: np.random.Generator
) -> list:
    """Lay incidents over ``speed`` in place: the drop starts at one sensor and moves upstream, weaker and later."""
    events = []
    busy = [name for name in sensors.index[sensors["free_mph"] > 40] if len(_upstream(edges, name, 2)) > 2]
    for start in _slots(INCIDENTS, rng, (6, 21)):
        origin, size = str(rng.choice(busy)), rng.uniform(0.15, 0.60) / difficulty
        length, reach = int(rng.integers(8, 27)), _upstream(edges, origin, int(rng.integers(2, 6)))
        last = start
        for sensor, (hop, km) in reach.items():
            begin = start + round(12 * km / QUEUE_SPEED_KMH)
            rows = slice(begin, min(begin + length, len(speed)))
            wave = size * 0.88**hop * _wave(length, 2, 5)[: rows.stop - rows.start]
            speed[rows, sensors.index.get_loc(sensor)] *= 1 - wave
            last = max(last, rows.stop - 1)
        events.append(("incident", "upstream", start, last, ";".join(reach), size))
    return events


def _faults(
    speed: np.ndarray, sensors: pd.DataFrame, events: list, difficulty: float, rng: np.random.Generator
) -> list:
    """Lay faults of one sensor each over ``speed`` in place, never on a sensor that is part of an incident."""
    taken = {sensor for event in events for sensor in event[4].split(";")}
    free = np.array([name for name in sensors.index if name not in taken])
    chosen = rng.choice(free, FAULTS, replace=len(free) < FAULTS)
    faults = []
    for number, (start, sensor) in enumerate(zip(_slots(FAULTS, rng, (5, 18)), chosen, strict=True)):
        column = sensors.index.get_loc(sensor)
        kind = ("stuck", "dropout", "offset")[number % 3]
        length = int(12 * rng.uniform(*{"stuck": (2, 7), "dropout": (1, 4), "offset": (3, 10)}[kind]))
        rows = slice(start, min(start + length, len(speed)))
        size = 1.0
        if kind == "stuck":
            rows = slice(start, start + max(6, round(length / difficulty)))
            speed[rows, column] = speed[start, column]
        elif kind == "dropout":
            size = min(1.0, 0.6 / difficulty)
            lost = rng.random(rows.stop - rows.start) < size
            lost[0] = lost[-1] = True
            speed[rows, column] = np.where(lost, 0, speed[rows, column])
        else:
            size = rng.choice([-1, 1]) * rng.uniform(9, 20) / difficulty
            speed[rows, column] += size
        faults.append(("fault", kind, start, rows.stop - 1, sensor, size))
    return faults


def _storms(speed: np.ndarray, difficulty: float, rng: np.random.Generator) -> list:
    """Lay storms over ``speed`` in place: everything slows, some roads more."""
    storms = []
    for start in _slots(STORMS, rng, (0, 20)):
        length, size = int(12 * rng.uniform(1.5, 4)), rng.uniform(0.10, 0.26) / difficulty
        rows = slice(start, min(start + length, len(speed)))
        exposed = rng.uniform(0.7, 1.3, speed.shape[1])
        speed[rows] *= 1 - size * _wave(length, 5, 8)[: rows.stop - rows.start, None] * exposed
        storms.append(("network", "storm", start, rows.stop - 1, "all", size))
    return storms


def _lose_readings(speed: np.ndarray, rng: np.random.Generator) -> None:
    """Set readings to NaN in place: single ones, spells of one sensor, two broken sensors, one outage of the feed."""
    steps, count = speed.shape
    speed[rng.random(speed.shape) < 0.0003] = np.nan
    for _ in range(90):
        start = rng.integers(steps)
        speed[start : start + rng.integers(3, 30), rng.integers(count)] = np.nan
    for days in (1.6, 3.2):
        start = rng.integers(steps - 4 * DAY)
        speed[start : start + int(days * DAY), rng.integers(count)] = np.nan
    start = rng.integers(steps // 2, steps - DAY)
    speed[start : start + 9] = np.nan


# ------------------------------------------------------------------------------------------------------ together


def generate(seed: int = 1, difficulty: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Four weeks of the city.

    Args:
        seed: decides days, noise and events.
        difficulty: > 0; sizes of all events are divided by it.

    Returns:
        readings: time, sensor, lat, lon, speed_mph (one decimal, NaN where lost); sorted by time, then sensor.
        events: kind, subtype, start, end (last affected step, included), sensors (ids joined by ";", or "all"),
            size (share of speed lost; mph for an offset; share of zeros for a dropout).
        edges: from, to, weight, length_km.

    Raises:
        ValueError: difficulty is not positive.
    """
    if not difficulty > 0:
        raise ValueError(f"difficulty is {difficulty}; it must be above 0")
    rng = np.random.default_rng(seed)
    sensors, edges = build_city()
    weekdays = rng.permutation(5)  # another weekday each week, so that no weekday becomes a free one
    late = weekdays[weekdays < 3][0]  # the last week ends on a Thursday
    days = np.add(MONDAYS, [*weekdays[weekdays != late][:2], late])
    holidays = np.zeros(29)
    holidays[days] = min(1.0, 1 / difficulty)
    queues = _queues(_demand(sensors, holidays, rng), sensors, edges, rng)
    free = sensors["free_mph"].to_numpy() + rng.normal(0, 2.5, len(sensors))
    speed = free * (1 - 0.58 * queues) * (1 - _rain(len(queues), rng))[:, None]
    events = [
        ("network", "holiday", day * DAY - BEGIN, (day + 1) * DAY - 1 - BEGIN, "all", holidays[day]) for day in days
    ]
    events += _storms(speed, difficulty, rng)
    events += _incidents(speed, sensors, edges, difficulty, rng)
    speed = np.clip(speed + _noise(queues, edges, sensors, rng), 3, 82).round(1)
    events += _faults(speed, sensors, [event for event in events if event[0] == "incident"], difficulty, rng)
    speed = np.maximum(speed, 0).round(1)
    _lose_readings(speed, rng)
    return _readings(speed, sensors), _table(events), edges


def _readings(speed: np.ndarray, sensors: pd.DataFrame) -> pd.DataFrame:
    time = pd.date_range(START, periods=len(speed), freq="5min")
    tiled = {name: np.tile(sensors[name].to_numpy(), len(speed)) for name in ("lat", "lon")}
    ids = pd.Categorical.from_codes(np.tile(np.arange(len(sensors)), len(speed)), list(sensors.index))
    return pd.DataFrame({"time": time.repeat(len(sensors)), "sensor": ids, **tiled, "speed_mph": speed.ravel()})


def _table(events: list) -> pd.DataFrame:
    table = pd.DataFrame(events, columns=["kind", "subtype", "start", "end", "sensors", "size"])
    for end in ("start", "end"):
        table[end] = START + pd.to_timedelta(5 * table[end].clip(upper=STEPS - 1), unit="min")
    return table.assign(size=table["size"].round(3)).sort_values(["start", "kind"], ignore_index=True)


def write(folder: Path, seed: int, difficulty: float) -> None:
    """Write city_speeds.csv.gz, events.csv, edges.csv and streets.geojson into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    readings, events, edges = generate(seed, difficulty)
    (folder / "city_speeds.csv.gz").write_bytes(gzip.compress(_csv(readings), 9, mtime=0))
    events.to_csv(folder / "events.csv", index=False, lineterminator="\n", date_format="%Y-%m-%d %H:%M")
    edges.to_csv(folder / "edges.csv", index=False, lineterminator="\n")
    (folder / "streets.geojson").write_text(json.dumps(streets(build_city()[0])) + "\n", encoding="utf-8")


def _csv(readings: pd.DataFrame) -> bytes:
    """The readings as CSV; texts of times and places are made once each, so a million rows take two seconds."""
    count = readings["sensor"].nunique()
    times = readings["time"].iloc[::count].dt.strftime("%Y-%m-%d %H:%M").tolist()
    first = readings.iloc[:count]
    places = [f",{row.sensor},{row.lat:.4f},{row.lon:.4f}," for row in first.itertuples(index=False)]
    speeds = iter("" if np.isnan(value) else f"{value:.1f}" for value in readings["speed_mph"])
    lines = [time + place + next(speeds) for time in times for place in places]
    return "\n".join(["time,sensor,lat,lon,speed_mph", *lines, ""]).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the city traffic sample.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--difficulty", type=float, default=1.0, help="divides the size of every event")
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    write(given.out, given.seed, given.difficulty)


if __name__ == "__main__":
    main()
