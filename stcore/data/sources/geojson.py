"""GeoJSON features as records: properties as columns, points as lat and lon, districts also as outlines."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import orjson
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from stcore.errors import DataError

#: More different outlines than this are not kept; their inner points still are.
_MOST_OUTLINES = 50_000


def is_feature(record: dict[str, Any]) -> bool:
    """Whether a record is a GeoJSON feature."""
    return record.get("type") == "Feature" and "properties" in record


class Shapes:
    """Makes features flat, one at a time, and keeps each different outline once."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[float | None, float | None]] = {}
        self._rows: list[dict[str, Any]] = []
        self._shapes: list[BaseGeometry] = []

    def flat(self, feature: dict[str, Any]) -> dict[str, Any]:
        """One feature as a record: its properties, its id, and lat and lon where no property has these names."""
        properties = feature.get("properties") or {}
        record = dict(properties)
        if feature.get("id") is not None:
            record.setdefault("id", feature["id"])
        lat, lon = self._point(feature.get("geometry"), properties)
        if not {"lat", "lon", "latitude", "longitude"} & {str(key).lower() for key in properties}:
            record |= {"lat": lat, "lon": lon}
        return record

    def outlines(self) -> gpd.GeoDataFrame | None:
        """The different outlines with the properties of their first feature, or None where all were points."""
        if not self._shapes:
            return None
        return gpd.GeoDataFrame(self._rows, geometry=self._shapes, crs="EPSG:4326")

    def _point(self, geometry: Any, properties: dict[str, Any]) -> tuple[float | None, float | None]:
        """Latitude and longitude of a point, or of a place inside an outline."""
        if not isinstance(geometry, dict):
            return None, None
        if geometry.get("type") == "Point":
            lon, lat = (geometry.get("coordinates") or [None, None])[:2]
            return lat, lon
        key = orjson.dumps(geometry)
        if key not in self._known:
            self._known[key] = self._keep(key, properties)
        return self._known[key]

    def _keep(self, geometry: bytes, properties: dict[str, Any]) -> tuple[float | None, float | None]:
        try:
            shape = shapely.from_geojson(geometry)
        except (ShapelyError, ValueError) as error:
            raise DataError("A geometry of the GeoJSON cannot be read.", "Save the GeoJSON again.") from error
        if shape is None or shape.is_empty:
            return None, None
        inner = shape.representative_point()
        if len(self._shapes) < _MOST_OUTLINES:
            self._shapes.append(shape)
            self._rows.append({**properties, "_point": f"{inner.y},{inner.x}"})
        return inner.y, inner.x
