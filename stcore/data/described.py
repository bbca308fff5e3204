"""A second, small file that describes the places of a table: coordinates and columns with one content a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data import names as named
from stcore.data.matching import Matched, core, match
from stcore.data.numbers import find_numbers
from stcore.data.places import Places
from stcore.data.sources import open_table
from stcore.data.space import recognise_grid
from stcore.errors import DataError
from stcore.findings import Finding, Fix

_MOST_ROWS = 1_000_000
_SHOWN = 5
_MOST_SUGGESTED = 20


@dataclass(frozen=True, eq=False)
class Described:
    """The second file: its cells as text, and as numbers (NaN where a cell is none), under the same columns."""

    texts: pd.DataFrame
    numbers: pd.DataFrame


def read_described(source: Any, folder: Path) -> Described:
    """The second file, with one row a place.

    Raises:
        DataError: no table, or more than a million rows.
    """
    if isinstance(source, Described):
        return source
    room = folder / "places"
    room.mkdir(exist_ok=True)
    table = open_table(source, room)
    try:
        if table.rows > _MOST_ROWS:
            raise DataError(f"The file of places has {table.rows:,} rows.", "Give one row a place.")
        columns = {name: table.column(name) for name in table.names}
        found = find_numbers(table.ask, columns, table.dialect.decimal, known_units=True)
        texts = ", ".join(f"nullif(trim({column}), '') AS {column}" for column in columns.values())
        numbers = ", ".join(f"{found[name].form.sql(column)} AS {column}" for name, column in columns.items())
        frames = [table.arrow(cells, "ORDER BY line").to_pandas() for cells in (texts, numbers)]
    finally:
        table.close()
    for frame in frames:
        frame.columns = pd.Index(table.names)
    return Described(frames[0].astype("str").where(frames[0].notna(), None), frames[1].astype(np.float64))


def with_described(
    places: Places, everyone: list[str], second: Described, by_hand: Mapping[str, str] | None = None
) -> Places:
    """The places with coordinates and columns of a second file, joined by their ids.

    Args:
        everyone: all ids of the data, also those that are not among these places: told once, whatever is laid.
        second: as ``read_described`` gives it.
        by_hand: id in the data -> id in the second file, decided by a person.

    Raises:
        DataError: no column of the second file names any of the places.
    """
    on = _id_column(everyone, second.texts, by_hand)
    named_rows = second.texts[on].notna()
    known = second.texts[named_rows].drop_duplicates(on)
    matched = match(everyone, known[on].tolist(), by_hand)
    found = pd.Series(matched.position, index=everyone)[list(places.table.index)].to_numpy()
    rows, numbers = (
        frame.loc[known.index].drop(columns=on).reset_index(drop=True).reindex(found).set_axis(places.table.index)
        for frame in (second.texts, second.numbers)
    )
    north = next((name for name in rows if named.is_lat(name) and numbers[name].notna().any()), None)
    east = next((name for name in rows if named.is_lon(name) and numbers[name].notna().any()), None)
    findings = _unmatched(matched, len(everyone), on) + _doubled(int(named_rows.sum()) - len(known), on)
    if north is not None and east is not None:
        places, bad = _placed(places, numbers[north], numbers[east])
        findings += bad
        rows = rows.drop(columns=[north, east])
    columns = {
        name: numbers[name] if (numbers[name].notna() | rows[name].isna()).all() and numbers[name].notna().any() else rows[name]
        for name in rows
        if name != "geometry" and rows[name].notna().any()
    }  # fmt: skip
    return replace(places, table=places.table.assign(**columns), findings=places.findings + findings)


def _id_column(ids: list[str], table: pd.DataFrame, by_hand: Mapping[str, str] | None) -> str:
    """The column whose cells name most of the places."""
    wanted = {core(name) for name in ids} | {core(name) for name in (by_hand or {}).values()}
    names = [str(name) for name in table if not named.is_lat(str(name)) and not named.is_lon(str(name))]
    fits = {name: len(wanted & {core(cell) for cell in table[name].dropna().unique()}) for name in names}
    if not names:
        raise DataError("The second file names no places.", "Give it a column with the ids or names of the data.")
    best = max(fits, key=lambda name: fits[name])
    if not fits[best]:
        first = next((name for name in names if named.place_score(name) > 0), names[0])
        raise DataError(
            f"None of the {len(ids)} places (for example {_listed(ids)}) is in the second file "
            f"(its column “{first}”: {_listed([str(cell) for cell in table[first].dropna().unique()])}).",
            "Give a file with a column of the same ids or names.",
        )
    return best


def _placed(places: Places, north: pd.Series, east: pd.Series) -> tuple[Places, list[Finding]]:
    """Places at the coordinates of the second file; where it has none, at those they had."""
    east = east.where(~((east > 180) & (east <= 360)), east - 360)
    good = (north.abs() <= 90) & (east.abs() <= 180)
    bad = (north.notna() | east.notna()) & ~good
    points = gpd.GeoSeries(gpd.points_from_xy(east, north), index=north.index, crs="EPSG:4326")
    geometry = points.where(good, places.table.geometry)
    table = places.table.set_geometry(geometry, crs="EPSG:4326")
    plain = geometry.where(geometry.geom_type == "Point")
    grid = recognise_grid(np.column_stack([plain.x, plain.y]))
    findings = []
    if bad.any():
        message = f"{int(bad.sum())} places have coordinates in the second file that do not exist; they were dropped."
        findings.append(
            Finding(code="coordinates", severity="look", where=_listed(list(map(str, north.index[bad]))), count=int(bad.sum()),
                    message=message, suggestion="Correct them; are latitude and longitude swapped?")
        )  # fmt: skip
    return replace(places, table=table, space=replace(places.space, geometry=table.geometry, grid=grid)), findings


def _unmatched(matched: Matched, count: int, on: str) -> list[Finding]:
    """Both lists of what has no partner, and each suggested match as a fix to tick."""
    found, lost, unused = [], len(matched.lost), len(matched.unused)
    if lost:
        found.append(
            Finding(
                code="places", severity="look", where=_listed(matched.lost), count=lost,
                message=f"{lost} of {count} places {'is' if lost == 1 else 'are'} not in the second file (by “{on[:40]}”): "
                f"{_listed(matched.lost)}.",
                suggestion="Tick the matches that are right, or use the same spelling in both files.",
            )
        )  # fmt: skip
    if unused:
        places = "1 place of the second file is" if unused == 1 else f"{unused} places of the second file are"
        message = f"{places} not in the data: {_listed(matched.unused)}."
        found.append(Finding(code="places", where=_listed(matched.unused), count=unused, message=message))
    return found + [_suggestion(*pair) for pair in list(matched.suggestions.items())[:_MOST_SUGGESTED]]


def _suggestion(place: str, other: str) -> Finding:
    words = f"“{place[:60]}” is “{other[:60]}”"
    return Finding(
        code="place_match", where=place[:80], count=1, message=f"“{place[:60]}” may be “{other[:60]}” of the second file.",
        suggestion="Tick it if that is so.", fix=Fix(words=words, setting="data.matches", value={place: other}),
    )  # fmt: skip


def _doubled(count: int, on: str) -> list[Finding]:
    if not count:
        return []
    message = f"{count} rows of the second file repeat a place of “{on[:40]}”; the first row of each counts."
    return [Finding(code="places", severity="look", count=count, message=message)]


def _listed(names: list[str]) -> str:
    """Up to five names, shortened."""
    return ", ".join(name[:40] for name in names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
