"""Irregular events (earthquakes, trips) counted or averaged on a grid of cells and a regular step."""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from stcore.data import steps
from stcore.data.axis import find_stray, in_clock, lay_axis
from stcore.data.observations import Observations
from stcore.data.panel import Panel
from stcore.data.schema import FeatureSchema, guess_schema
from stcore.data.space import Grid, Space
from stcore.errors import ConfigError, DataError, NotYet
from stcore.findings import Finding
from stcore.settings import settings

COUNT = "events"
HOW = ("count", "mean", "sum", "max")
_CELLS = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_STEPS = ("1MS", "7D", "1D", "6h", "1h", "10min", "1min", "1s")
_BUSY_CELLS, _MANY_CELLS, _MANY_STEPS = 100, 1500, 200


@dataclass(frozen=True)
class Cells:
    """The occupied cells: code -> row and column, of ``size`` degrees; row 0 is the southernmost possible (-90)."""

    size: float
    rows: np.ndarray
    columns: np.ndarray

    @property
    def ids(self) -> list[str]:
        """Names by the centre: lat_lon."""
        return [f"{lat:g}_{lon:g}" for lat, lon in zip(self.latitudes, self.longitudes, strict=True)]

    @property
    def latitudes(self) -> np.ndarray:
        """Centres in degrees north."""
        return np.round((self.rows + 0.5) * self.size - 90, 6)

    @property
    def longitudes(self) -> np.ndarray:
        """Centres in degrees east."""
        return np.round((self.columns + 0.5) * self.size - 180, 6)


def events_panel(
    seen: Observations,
    step: str | None = None,
    cell: float | None = None,
    how: str | None = None,
    by: str | None = None,
) -> tuple[Panel, list[Finding]]:
    """Events as a panel of cells.

    Args:
        seen: typed events (line, stamp, lat, lon, v0..).
        step: of the panel; None: the longest that gives some 200 steps.
        cell: size in degrees; None: the smallest at which some 100 cells hold nine tenths of the events.
        how: count (default; a cell and step without an event is 0), mean, sum or max of the values (NaN without one).
        by: "grid".

    Raises:
        DataError: no event with a usable place, or too many cells.
        NotYet: by="h3" or "regions".
    """
    if by not in (None, "grid"):
        raise NotYet(f"Events by “{by[:40]}” are not counted yet.", "Use by=“grid”: cells of equal degrees.")
    how = how or "count"
    if how not in HOW:
        raise ConfigError(f"“{how[:40]}” is no way to join events.", f"Choose {', '.join(HOW)}.")
    stamps, rows = _stamps(seen)
    low, high = find_stray(stamps, rows)
    findings = _lost(seen, int(rows[:low].sum() + rows[high:].sum()))
    stamps, rows = stamps[low:high], rows[low:high]
    step = step or _suggest_step(seen, stamps)
    cells = _cells(seen, cell or _suggest_cell(seen))
    axis = lay_axis(stamps, rows, step, seen.clock, "1ms")
    features = [COUNT] if how == "count" else list(seen.values)
    if len(axis.time) * len(cells.rows) * len(features) > settings().max_cells:
        raise DataError(
            f"{len(axis.time):,} steps x {len(cells.rows):,} cells are more than {settings().max_cells:,} values.",
            "Choose a longer step or larger cells.",
        )
    seen.connection.register("axis", pa.table({"stamp": stamps, "step": axis.position}))
    values = _values(seen, how, (len(axis.time), len(cells.rows), len(features)), cells.size)
    schema = {name: guess_schema(name) for name in features}
    if how == "count":
        schema = {COUNT: FeatureSchema(kind="count", aggregation="sum", range=(0.0, None))}
    table, space = _space(cells)
    findings.append(
        Finding(code="events", count=int(rows.sum()),
                message=f"{int(rows.sum()):,} events became {_words(how)} in {len(cells.rows):,} cells of {cells.size:g} degrees, "
                f"{steps.describe(step)}.",
                suggestion="Choose another step, cell or way to join them if this is too coarse or too fine.")
    )  # fmt: skip
    return Panel(values, axis.time, step, table, tuple(features), schema, space, clock=seen.clock), findings


def _words(how: str) -> str:
    return "counts" if how == "count" else {"mean": "means", "sum": "sums", "max": "largest values"}[how]


_VALID = "abs(lat) <= 90 AND abs(lon) <= 180"


def _stamps(seen: Observations) -> tuple[np.ndarray, np.ndarray]:
    """Distinct stamps of events with a place, and the rows of each."""
    found = seen.connection.sql(
        f"SELECT stamp, count(*) AS rows FROM {seen.source()} WHERE {_VALID} GROUP BY 1 ORDER BY 1"
    ).to_arrow_table()
    if len(found) < 2:
        raise DataError(
            "Fewer than two events have a usable time and place.", "Check the columns of time, latitude and longitude."
        )
    return found["stamp"].to_numpy(), found["rows"].to_numpy()


def _lost(seen: Observations, stray: int) -> list[Finding]:
    """Events that cannot be used."""
    count, lines = seen.connection.execute(
        f"SELECT count(*), min(line, 10) FROM {seen.source()} WHERE NOT coalesce({_VALID}, false)"
    ).fetchall()[0]
    found = []
    if count:
        found.append(
            Finding(code="coordinates", severity="look", count=count, lines=[int(line) for line in lines],
                    message=f"{count:,} events have no usable coordinates; set aside.")
        )  # fmt: skip
    if stray:
        found.append(
            Finding(code="stray_times", severity="look", count=stray,
                    message=f"{stray:,} events lie far from all others in time; set aside.", suggestion="Correct the dates in the file.")
        )  # fmt: skip
    return found


def _suggest_step(seen: Observations, stamps: np.ndarray) -> str:
    first, last = in_clock(stamps[[0, -1]], seen.clock)
    return next((step for step in _STEPS if (last - first) / steps.typical(step) >= _MANY_STEPS), _STEPS[-1])


def _row_column(size: float) -> str:
    """SQL of the cell an event lies in; the north pole and 180 degrees east belong to the last cells."""
    rows, columns = int(np.ceil(180 / size)), int(np.ceil(360 / size))
    return (
        f"least({rows - 1}, CAST(floor((lat + 90) / {size!r}) AS BIGINT)) AS row_, "
        f"least({columns - 1}, CAST(floor((lon + 180) / {size!r}) AS BIGINT)) AS column_"
    )


def _suggest_cell(seen: Observations) -> float:
    """The smallest round size at which few cells hold nine tenths of the events and not too many hold any."""
    for size in _CELLS:
        found = seen.connection.sql(
            f"SELECT count(*) AS n FROM (SELECT {_row_column(size)} FROM {seen.source()} WHERE {_VALID}) AS e "
            "GROUP BY row_, column_ ORDER BY n DESC"
        ).to_arrow_table()["n"].to_numpy()  # fmt: skip
        busy = int(np.searchsorted(found.cumsum(), 0.9 * found.sum())) + 1
        if busy <= _BUSY_CELLS and len(found) <= _MANY_CELLS:
            return size
    return _CELLS[-1]


def _cells(seen: Observations, size: float) -> Cells:
    """The occupied cells in order of first appearance, registered as ``cells``."""
    if not 0.0001 <= size <= 90:
        raise ConfigError(f"A cell of {size:g} degrees is out of bounds.", "Choose between 0.0001 and 90 degrees.")
    found = seen.connection.sql(
        f"SELECT row_, column_ FROM (SELECT line, stamp, {_row_column(size)} FROM {seen.source()} WHERE {_VALID}) AS e "
        "GROUP BY 1, 2 ORDER BY min(line)"
    ).to_arrow_table()
    seen.connection.register("cells", found.append_column("cell", pa.array(np.arange(len(found)))))
    return Cells(float(size), found["row_"].to_numpy(), found["column_"].to_numpy())


def _values(seen: Observations, how: str, shape: tuple[int, int, int], size: float) -> np.ndarray:
    """float32 [time, cell, feature]: 0 where nothing was counted, NaN where there is nothing to join."""
    joins = {"mean": "avg(v{})", "sum": "sum(v{})", "max": "max(v{})"}
    columns = ["count(*)"] if how == "count" else [joins[how].format(n) for n in range(shape[2])]
    selected = ", ".join(f"CAST({column} AS FLOAT) AS x{n}" for n, column in enumerate(columns))
    found = seen.connection.sql(
        f"SELECT step, cell, {selected} FROM (SELECT *, {_row_column(size)} FROM {seen.source()} WHERE {_VALID}) AS e "
        "JOIN axis ON e.stamp = axis.stamp JOIN cells ON e.row_ = cells.row_ AND e.column_ = cells.column_ GROUP BY 1, 2"
    ).to_arrow_table()
    values = np.full(shape, 0 if how == "count" else np.nan, np.float32)
    where = found["step"].to_numpy(), found["cell"].to_numpy()
    for number in range(shape[2]):
        values[(*where, number)] = found.column(2 + number).to_numpy()
    return values


def _space(cells: Cells) -> tuple[gpd.GeoDataFrame, Space]:
    """Centres as points, and the grid they lie on (crossing the date line where that makes it narrower)."""
    index = pd.Index(cells.ids, dtype=object, name="location")
    points = gpd.GeoSeries(gpd.points_from_xy(cells.longitudes, cells.latitudes), index=index, crs="EPSG:4326")
    around, columns = int(np.ceil(360 / cells.size)), cells.columns
    turned = np.where(columns < around // 2, columns + around, columns)
    columns = turned if np.ptp(turned) < np.ptp(columns) else columns
    rows, columns = cells.rows - cells.rows.min(), columns - columns.min()
    west = float(cells.longitudes[int(np.argmin(columns))])
    shape = int(rows.max()) + 1, int(columns.max()) + 1
    latitudes = float(cells.latitudes.min()) + cells.size * np.arange(shape[0])
    grid = Grid(rows, columns, shape, latitudes, west + cells.size * np.arange(shape[1]))
    return gpd.GeoDataFrame(geometry=points, index=index, crs="EPSG:4326"), Space(geometry=points, grid=grid)
