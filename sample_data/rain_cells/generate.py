"""Make the rain cells sample: an hourly grid over which showers move, grow and die.

    python sample_data/rain_cells/generate.py --seed 1 --difficulty 1.0 -o DIR

The region is invented. A wind that turns slowly over days carries every shower; a shower is born, grows, fades within
4 to 16 hours and is an ellipse of rain, strongest in its middle. Dry and wet spells of a few days take turns, and
afternoons bring more showers. Where it rains next therefore follows from where it rains now and from the wind, which
shows only in the movement: a model that sees the last hours as pictures can know it, repeating the last hour can not.

``difficulty`` (> 0) scales what can not be known: how far each shower strays from the wind and how uneven its rain is.
The same seed and difficulty give the same file, byte for byte, on the same machine.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np
import pandas as pd

START = pd.Timestamp("2025-06-01")  # wall clock
DAYS = 60
ROWS = COLUMNS = 24
SOUTH, WEST = 45.1, 6.3  # centre of the south-western cell
STEP_LAT, STEP_LON = 0.2, 0.28  # about 22 km either way
MARGIN = 8  # cells around the grid in which showers may be born, so that they also enter from outside
LEAST = 0.2  # mm/h; less counts as dry, as a rain gauge has it


def generate(seed: int = 1, difficulty: float = 1.0) -> pd.DataFrame:
    """Sixty days of rain.

    Args:
        seed: decides wind, spells and showers.
        difficulty: > 0; scales the part that can not be known.

    Returns:
        time, cell, lat, lon, rain_mmh (two decimals below 1 mm/h, else one; no gaps); sorted by time, row, column.

    Raises:
        ValueError: difficulty is not positive.
    """
    if not difficulty > 0:
        raise ValueError(f"difficulty is {difficulty}; it must be above 0")
    rng = np.random.default_rng(seed)
    hours = 24 * DAYS
    wind = _wind(hours, rng)
    rain = np.zeros((hours, ROWS, COLUMNS))
    for born in range(hours):
        for _ in range(rng.poisson(_births(born, rng))):
            _add_shower(rain, born, wind, difficulty, rng)
    rain *= np.exp(_texture(rain.shape, rng) * 0.16 * difficulty)
    rain[rain < LEAST] = 0
    return _frame(np.where(rain < 1, rain.round(2), rain.round(1)))


def _wind(hours: int, rng: np.random.Generator) -> np.ndarray:
    """[hour, 2] cells an hour northward and eastward: mostly from the west, turning over days."""
    shocks = rng.standard_normal((hours + 48, 2))
    turning = np.empty_like(shocks)
    state = np.zeros(2)
    for hour, shock in enumerate(shocks):
        state = 0.985 * state + np.sqrt(1 - 0.985**2) * shock
        turning[hour] = state
    return np.array([0.25, 1.05]) + np.array([0.6, 0.35]) * turning


def _births(hour: int, rng: np.random.Generator) -> float:
    """Showers born in one hour: wet and dry spells of a few days, more in the afternoon, a little chance."""
    spell = np.sin(2 * np.pi * hour / 118) + 0.8 * np.sin(2 * np.pi * hour / 307 + 1)
    afternoon = 1 + 0.9 * np.exp(-0.5 * ((hour % 24 - 15.5) / 3) ** 2)
    return float(np.clip(0.62 + 0.68 * spell, 0.03, None) * afternoon * rng.uniform(0.8, 1.2))


def _add_shower(rain: np.ndarray, born: int, wind: np.ndarray, difficulty: float, rng: np.random.Generator) -> None:
    """Add the whole life of one shower to ``rain`` [hour, row, column] in place."""
    life = int(rng.integers(4, 17))
    at = rng.uniform(-MARGIN, [ROWS + MARGIN, COLUMNS + MARGIN])
    stray = rng.normal(0, 0.12 * difficulty, 2)
    size, stretch, angle = rng.uniform(0.8, 1.7), rng.uniform(1, 1.8), rng.uniform(0, np.pi)
    strength = rng.gamma(2.2, 2.3)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    for age in range(min(life, len(rain) - born)):
        at = at + wind[born + age] + stray
        grown = np.sin(np.pi * (age + 0.7) / (life + 0.4))  # 0 at birth and death, 1 halfway
        south, west = rows - at[0], columns - at[1]
        along = (west * np.cos(angle) + south * np.sin(angle)) / stretch
        across = south * np.cos(angle) - west * np.sin(angle)
        width = size * (0.55 + 0.6 * grown)
        rain[born + age] += strength * grown * np.exp(-0.5 * (along**2 + across**2) / width**2)


def _texture(shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Standard normal noise [hour, row, column], alike in neighbouring cells."""
    noise = rng.standard_normal(shape)
    for axis in (1, 2):
        noise = noise + np.roll(noise, 1, axis) + np.roll(noise, -1, axis)
    return noise / noise.std()


def _frame(rain: np.ndarray) -> pd.DataFrame:
    """Long table of [hour, row, column]."""
    hours = len(rain)
    rows, columns = (part.ravel() for part in np.mgrid[:ROWS, :COLUMNS])
    names = [f"r{row:02d}c{column:02d}" for row, column in zip(rows, columns, strict=True)]
    return pd.DataFrame(
        {
            "time": pd.date_range(START, periods=hours, freq="1h").repeat(len(names)),
            "cell": pd.Categorical.from_codes(np.tile(np.arange(len(names)), hours), names),
            "lat": np.tile((SOUTH + STEP_LAT * rows).round(2), hours),
            "lon": np.tile((WEST + STEP_LON * columns).round(2), hours),
            "rain_mmh": rain.ravel(),
        }
    )  # fmt: skip


def write(folder: Path, seed: int, difficulty: float) -> None:
    """Write rain_cells.csv.gz into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    table = generate(seed, difficulty)
    count = ROWS * COLUMNS
    times = table["time"].iloc[::count].dt.strftime("%Y-%m-%d %H:%M").tolist()
    places = [f",{row.cell},{row.lat:.2f},{row.lon:.2f}," for row in table.iloc[:count].itertuples(index=False)]
    numbers = iter(f"{value:.2f}".rstrip("0").rstrip(".") for value in table["rain_mmh"])
    lines = [time + place + next(numbers) for time in times for place in places]
    text = "\n".join(["time,cell,lat,lon,rain_mmh", *lines, ""])
    (folder / "rain_cells.csv.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the rain cells sample.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--difficulty", type=float, default=1.0, help="scales what can not be known")
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    write(given.out, given.seed, given.difficulty)


if __name__ == "__main__":
    main()
