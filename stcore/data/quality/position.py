"""Rules about where: swapped coordinates, points at 0,0, points in the sea among places on land, strays."""

from __future__ import annotations

import re

import numpy as np

from stcore import words
from stcore.data.land import on_land
from stcore.data.quality.survey import Survey, named
from stcore.data.space import EARTH_RADIUS_KM, coordinates
from stcore.findings import Finding, Fix

#: Places at sea are odd only where at most this share of all are.
_FEW = 0.2
_MARINE = re.compile(r"sea|ocean|buoy|marine|wave|sst|tide|ship|vessel|offshore|海|浮标", re.I)
_AT_ZERO = 0.01
#: South of here lies Antarctica, where swapped places of North America would come to lie.
_INHABITED = -60
#: A place strays when its nearest neighbour is this many times as far as nine of ten places have theirs, and this far.
_STRAY, _STRAY_KM = 20.0, 300.0
#: Above this many places distances between all pairs are not worked out.
_MOST_PAIRED = 2000


def positions(survey: Survey) -> list[Finding]:
    """What is odd about the coordinates of points; districts and regular grids are not judged."""
    lonlat = _points(survey)
    if lonlat is None:
        return []
    there = np.isfinite(lonlat).all(axis=1)
    zero = there & (np.abs(lonlat) < _AT_ZERO).all(axis=1)
    found = [_at_zero(survey, zero)] if zero.any() else []
    judged = there & ~zero
    swapped = _swapped(survey, lonlat[judged])
    if swapped:
        return [*found, *swapped]
    strays = _strays(survey, lonlat, judged)
    return found + strays + ([] if strays else _at_sea(survey, lonlat, judged))


def _points(survey: Survey) -> np.ndarray | None:
    """[place, 2] longitude, latitude, or None where there are none or they are outlines or cells."""
    locations = survey.panel.locations
    if survey.panel.space.grid is not None or "geometry" not in locations:
        return None
    kinds = set(locations.geom_type.dropna())
    return coordinates(locations) if kinds == {"Point"} else None


def _at_zero(survey: Survey, zero: np.ndarray) -> Finding:
    ids = survey.ids(np.flatnonzero(zero))
    return Finding(
        code="at_zero", severity="look", where=named(ids), count=len(ids),
        message=f"{words.count(len(ids), 'place')} {'lies' if len(ids) == 1 else 'lie'} at 0° north, 0° east, in the Atlantic: no coordinates rather than these.",
        suggestion="Leave the coordinates empty where they are unknown.",
    )  # fmt: skip


def swap_fix(lat: str | None, lon: str | None) -> Fix | None:
    """Latitude and longitude read the other way round; None without columns."""
    if not lat or not lon:
        return None
    return Fix(words="Swap the coordinates", setting="data", value={"lat": lon, "lon": lat})


def _swapped(survey: Survey, lonlat: np.ndarray) -> list[Finding]:
    """All points lie at sea as they are, and on land with latitude and longitude swapped."""
    marine = any(_MARINE.search(name) for name in (*survey.panel.features, survey.location or "", survey.panel.name))
    if len(lonlat) < 3 or marine or np.abs(lonlat[:, 0]).max() > 90:
        return []
    as_given, as_swapped = (
        (on_land(points) & (points[:, 1] > _INHABITED)).mean() for points in (lonlat, lonlat[:, ::-1])
    )
    if as_given > 0.25 or as_swapped < 0.85:
        return []
    return [
        Finding(
            code="swapped", severity="look", count=len(lonlat), where=f"{survey.lat or 'latitude'}, {survey.lon or 'longitude'}"[:80],
            message=f"{words.percent(1 - float(as_given))} of the {len(lonlat):,} places lie in the sea or in Antarctica; with latitude and longitude swapped "
            f"{words.percent(float(as_swapped))} lie on land.",
            suggestion="The two columns seem to be swapped.", fix=swap_fix(survey.lat, survey.lon),
        )
    ]  # fmt: skip


def _at_sea(survey: Survey, lonlat: np.ndarray, judged: np.ndarray) -> list[Finding]:
    """A few points in the sea, some 20 km and more from any shore, where all others are on land."""
    wet = judged & ~on_land(lonlat, 2)
    if _on_lattice(lonlat[judged]) or not wet.any() or wet.sum() > max(1, _FEW * judged.sum()) or judged.sum() < 3:
        return []
    ids = survey.ids(np.flatnonzero(wet))
    lon, lat = lonlat[np.flatnonzero(wet)[0]]
    return [
        Finding(
            code="at_sea", severity="look", where=named(ids), count=len(ids),
            message=f"{words.count(len(ids), 'place')} of {int(judged.sum()):,} {'lies' if len(ids) == 1 else 'lie'} in the sea (for example {ids[0]} at "
            f"{lat:.3f}° north, {lon:.3f}° east) while the others are on land.",
            suggestion="Check the coordinates; forecasts do not suffer, maps and distances do.",
        )
    ]  # fmt: skip


def _on_lattice(lonlat: np.ndarray, least: float = 0.2) -> bool:
    """Points are middles of cells (all coordinates on round marks a fifth of a degree or more apart), not stations."""
    for along in (lonlat[:, 0], lonlat[:, 1]):
        marks = np.unique(np.round(along, 6))
        apart = np.diff(marks)
        if (
            not len(apart)
            or apart.min() < least
            or np.abs(apart / apart.min() - np.rint(apart / apart.min())).max() > 0.01
        ):
            return False
    return True


def _strays(survey: Survey, lonlat: np.ndarray, judged: np.ndarray) -> list[Finding]:
    """Points far from all others; where swapping its coordinates brings one back among them, that is told."""
    index = np.flatnonzero(judged)
    if not 5 <= len(index) <= _MOST_PAIRED:
        return []
    near = _nearest_km(lonlat[index], lonlat[index], itself=True)
    usual = float(np.quantile(near, 0.9 if len(index) >= 20 else 0.5))
    far = near > max(_STRAY * usual, _STRAY_KM)
    if not far.any() or far.sum() > max(1, 0.05 * len(index)):
        return []
    turned = lonlat[index[far]][:, ::-1]
    possible = np.abs(turned[:, 1]) <= 90
    back = possible & (_nearest_km(turned, lonlat[index[~far]]) < max(5 * usual, 50.0))
    ids = survey.ids(index[far])
    hint = "With latitude and longitude swapped it would be among them." if back.all() else "Check its coordinates."
    return [
        Finding(
            code="stray_place", severity="look", where=named(ids), count=len(ids),
            message=f"{words.count(len(ids), 'place')} {'lies' if len(ids) == 1 else 'lie'} far from all others: {ids[0]} "
            f"{words.number(float(near[far][0]))} km from the next one.",
            suggestion=hint,
        )
    ]  # fmt: skip


def _nearest_km(points: np.ndarray, others: np.ndarray, itself: bool = False) -> np.ndarray:
    """Great-circle distance in km of each point [n, 2] to the nearest of the others [m, 2]; n times m stays small here."""
    cosine = _on_sphere(points) @ _on_sphere(others).T
    if itself:
        np.fill_diagonal(cosine, -1)
    return np.asarray(EARTH_RADIUS_KM * np.arccos(np.clip(cosine.max(axis=1), -1, 1)))


def _on_sphere(lonlat: np.ndarray) -> np.ndarray:
    """[n, 3] points of the unit sphere."""
    lon, lat = np.radians(lonlat[:, 0]), np.radians(np.clip(lonlat[:, 1], -90, 90))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
