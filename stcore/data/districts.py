"""Districts: outlines joined to places by name or id, their common borders as network, their totals by the area above them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stcore.data.graphs import border_edges
from stcore.data.matching import Matched, core, match, plain
from stcore.data.panel import Panel
from stcore.data.places import Places
from stcore.data.schema import FeatureSchema
from stcore.data.space import Space
from stcore.errors import DataError, nearest
from stcore.findings import Finding, Fix
from stcore.spatial import JoinConfig

_PARENTS = ("parent", "parent_id", "region", "province", "state", "country", "continent")
_MOST_SUGGESTED = 20
#: Outlines with fewer points than this are drawn as they are.
_FEW_POINTS = 4000


def join_config(join: Any) -> JoinConfig:
    """What ``join`` says: a property, a mapping, or the record."""
    return JoinConfig(on=join) if isinstance(join, str) else JoinConfig.parse(join, "join")


def with_districts(
    places: Places, shapes: gpd.GeoDataFrame, join: Any = None, everyone: list[str] | None = None
) -> Places:
    """The places with the outlines of districts, joined by id or name; common borders become the network ``borders``.

    Args:
        shapes: districts (EPSG:4326) with their properties as columns.
        join: property that holds the id or name; or {"on": property, "parent": property, "matches": {place: district}};
            None: the one that fits best.
        everyone: all ids of the data, also those that are not among these places; None: these places.

    Raises:
        DataError: no district fits any of them, or an unknown property.
    """
    config = join_config(join)
    ids = [str(name) for name in (places.table.index if everyone is None else everyone)]
    on = property_of(shapes, config, ids)
    shapes, mixed = one_each(shapes, on, parent_of(shapes, config, on))
    found = match(ids, list(shapes[on]), config.matches)
    if (found.position < 0).all():
        raise DataError(
            f"None of the {len(ids)} places is a district in “{on}” (places: {_listed(ids)}; "
            f"districts: {_listed(found.unused)}).",
            "Name with join the property that holds the same ids or names as the data.",
        )
    findings = _findings(ids, found, on) + mixed
    here = pd.Series(found.position, index=ids)[places.table.index.map(str)].to_numpy()
    return _joined(places, shapes, replace(found, position=here), on, config, findings)


def _joined(
    places: Places, shapes: gpd.GeoDataFrame, found: Matched, on: str, config: JoinConfig, findings: list[Finding]
) -> Places:
    index, matched = places.table.index, found.position >= 0
    outline = places.table.geometry.to_numpy().copy()
    outline[matched] = shapes.geometry.to_numpy()[found.position[matched]]
    geometry = gpd.GeoSeries(outline, index=index, crs="EPSG:4326")
    table = gpd.GeoDataFrame(places.table.drop(columns="geometry"), geometry=geometry)
    parent, column = None, parent_of(shapes, config, on)
    if column is not None:
        parent = parents(shapes[column].iloc[found.position], index).where(matched, None)
        table["parent"] = parent
    space = Space(geometry=geometry, edges=places.space.edges, parent=parent)
    if geometry.geom_type.isin(["Polygon", "MultiPolygon"]).any():
        space = space.with_edges("borders", border_edges(geometry))
    return Places(table, space, places.findings + findings)


def parents(names: pd.Series, index: pd.Index) -> pd.Series:
    """Names of larger areas as text or None, for the locations in ``index``."""
    return pd.Series([None if pd.isna(name) else str(name) for name in names], index=index, dtype=object)


def property_of(shapes: gpd.GeoDataFrame, config: JoinConfig, ids: list[str] | None = None) -> str:
    """The property that names districts: the one given, or the one whose values name most of the places; without places
    the first that is different in most districts.

    Raises:
        DataError: no properties, or not the ones that are named.
    """
    known = [str(name) for name in shapes.columns if name != "geometry"]
    if not known:
        raise DataError("The districts have no properties to join by.", "Give each feature an id or a name.")
    for name in (config.on, config.parent):
        if name is not None and name not in known:
            raise DataError(f"The districts have no property “{name[:60]}”.", nearest(name, known))
    if config.on is not None:
        return config.on
    if ids is None:
        return max(known, key=lambda name: (shapes[name].map(str).nunique(), name.lower() in ("name", "id")))
    spelled, cores = {plain(name) for name in ids}, {core(name) for name in ids}
    fits = {}
    for name in known:
        values = set(shapes[name].dropna().map(str))
        hits = len(spelled & {plain(v) for v in values}) + 0.9 * len(cores & {core(v) for v in values})
        fits[name] = (hits, len(values))
    return max(fits, key=lambda name: fits[name])


def parent_of(shapes: gpd.GeoDataFrame, config: JoinConfig, on: str) -> str | None:
    """The property that names the larger area: the one given, or one that is called so."""
    if config.parent is not None:
        return config.parent
    by_name = {str(name).lower(): str(name) for name in shapes.columns}
    return next((by_name[name] for name in _PARENTS if name in by_name and by_name[name] != on), None)


def one_each(shapes: gpd.GeoDataFrame, on: str, parent: str | None) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """One row a name: pieces of one district are put together; one name in several larger areas joins none of them."""
    shapes = shapes[shapes[on].notna()].reset_index(drop=True)
    keys = shapes[on].map(plain)
    if not keys.duplicated().any():
        return shapes, []
    doubtful = (
        keys.map(shapes[parent].map(str).groupby(keys).nunique() > 1)
        if parent
        else pd.Series(False, index=shapes.index)
    )
    names = list(dict.fromkeys(str(name) for name in shapes.loc[doubtful, on]))
    pieces = shapes[~doubtful].dissolve(by=keys[~doubtful].rename("_key"), sort=False)
    finding = Finding(
        code="districts", severity="look", where=_listed(names), count=len(names),
        message=f"{len(names):,} names of districts stand in several larger areas (“{parent}”) and join none.",
        suggestion="Join by a property that is different for every district, such as an id.",
    )  # fmt: skip
    return pieces.reset_index(drop=True), [finding] if names else []


def _findings(ids: list[str], found: Matched, on: str) -> list[Finding]:
    """Both lists of what did not match, and each suggested match as a fix to tick."""
    if not found.lost:
        return []
    left = f"; districts left over: {_listed(found.unused)}" if found.unused else ""
    overview = Finding(
        code="districts", severity="look", where=_listed(found.lost), count=len(found.lost),
        message=f"{len(found.lost)} of {len(ids)} places {'has' if len(found.lost) == 1 else 'have'} no district in “{on}”{left}.",
        suggestion="Tick the matches that are right, or use the same spelling in both files.",
    )  # fmt: skip
    pairs = list(found.suggestions.items())[:_MOST_SUGGESTED]
    return [overview, *(_suggestion(place, district) for place, district in pairs)]


def _suggestion(place: str, district: str) -> Finding:
    words = f"“{place[:60]}” is “{district[:60]}”"
    return Finding(
        code="district_match", where=place[:80], count=1, message=f"“{place[:60]}” may be the district “{district[:60]}”.",
        suggestion="Tick it if that is so.", fix=Fix(words=words, setting="data.join.matches", value={place: district}),
    )  # fmt: skip


def _listed(names: list[str]) -> str:
    """Up to ten names, shortened."""
    return ", ".join(name[:40] for name in names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")


# drawing -----------------------------------------------------------------------------------------------------------


def simplified(shapes: gpd.GeoSeries, pixels: int = 1200) -> gpd.GeoSeries:
    """Outlines with fewer points, for a map about ``pixels`` wide; borders stay common, no district disappears.

    Visvalingam-Whyatt on shared borders (GEOS coverage simplification), which needs outlines that fit together; others are
    simplified one by one.
    """
    outlines = shapes.to_numpy().copy()
    there = np.flatnonzero(shapes.notna() & ~shapes.is_empty & shapes.geom_type.isin(["Polygon", "MultiPolygon"]))
    if shapely.get_num_coordinates(outlines[there]).sum() <= _FEW_POINTS:
        return shapes
    west, south, east, north = shapes.total_bounds
    tolerance = max(east - west, north - south) / pixels
    if shapely.coverage_is_valid(outlines[there]):
        thin = shapely.coverage_simplify(outlines[there], tolerance)
    else:
        thin = shapely.simplify(outlines[there], tolerance / 2, preserve_topology=True)
    outlines[there] = np.where(shapely.is_empty(thin), outlines[there], thin)
    return gpd.GeoSeries(outlines, index=shapes.index, crs=shapes.crs)


# totals ------------------------------------------------------------------------------------------------------------


def totals(panel: Panel) -> Panel:
    """The panel of the larger areas its places belong to, in order of first appearance.

    Values join as their schema says: sums and counts add up, and are missing where a place that has readings at all has
    none at that step; means, extremes and directions are taken of the places that have one. Outlines are put together.

    Raises:
        DataError: the places belong to nothing.
    """
    parent = panel.space.parent
    known = None if parent is None else parent[parent.notna()]
    if known is None or known.empty:
        raise DataError(
            "The places belong to no larger areas.",
            "Give districts with a property that names them: join = {parent: property}.",
        )
    names = list(dict.fromkeys(known))
    members = [panel.locations.index.get_indexer(known.index[known == name]) for name in names]
    shape = (len(panel.time), len(names), len(panel.features))
    values = np.full(shape, np.nan, np.float32)
    for number, name in enumerate(panel.features):
        for area, places in enumerate(members):
            values[:, area, number] = _together(panel.values[:, places, number], panel.schema[name])
    index = pd.Index(names, dtype=object, name="location")
    outlines = [shapely.union_all(panel.locations.geometry.to_numpy()[places]) for places in members]
    table = gpd.GeoDataFrame(geometry=gpd.GeoSeries(outlines, index=index, crs="EPSG:4326"))
    space = Space(geometry=table.geometry if not table.is_empty.all() else None)
    if table.geom_type.isin(["Polygon", "MultiPolygon"]).sum() > 1:
        space = space.with_edges("borders", border_edges(table.geometry))
    return replace(panel, values=values, locations=table, space=space, observed=None, labels=panel.labels.iloc[:0])


def _together(values: np.ndarray, schema: FeatureSchema) -> np.ndarray:
    """[time] one value of [time, place]."""
    numbers = np.asarray(values, dtype=np.float64)
    there = np.isfinite(numbers)
    any_ = there.any(axis=1)
    if schema.aggregation in ("sum", "count"):
        whole = there[:, there.any(axis=0)].all(axis=1) & any_
        return np.where(whole, np.where(there, numbers, 0).sum(axis=1), np.nan)
    if schema.aggregation in ("max", "min"):
        fill, pick = (-np.inf, np.max) if schema.aggregation == "max" else (np.inf, np.min)
        return np.where(any_, pick(np.where(there, numbers, fill), axis=1), np.nan)
    count = np.maximum(there.sum(axis=1), 1)
    if schema.aggregation == "angle":
        turn = np.exp(1j * np.radians(np.where(there, numbers, 0))) * there
        mean = turn.sum(axis=1) / count
        angle = np.degrees(np.angle(mean))
        return np.where(np.abs(mean) > 1e-6, angle % 360 if schema.range[0] == 0 else angle, np.nan)
    return np.where(any_, np.where(there, numbers, 0).sum(axis=1) / count, np.nan)


def districts_of(point: Mapping[str, np.ndarray], shapes: gpd.GeoDataFrame) -> np.ndarray:
    """Number of the district each point lies in, -1 outside all of them; on a common border the first one.

    Args:
        point: lon and lat in degrees, each [point].
    """
    tree = shapely.STRtree(shapes.geometry.to_numpy())
    which = np.full(len(point["lon"]), -1)
    for start in range(0, len(which), 1_000_000):
        part = slice(start, start + 1_000_000)
        points = shapely.points(point["lon"][part], point["lat"][part])
        found, district = tree.query(points, predicate="intersects")
        first = np.full(len(points), len(shapes))
        np.minimum.at(first, found, district)
        which[part] = np.where(first < len(shapes), first, -1)
    return which
