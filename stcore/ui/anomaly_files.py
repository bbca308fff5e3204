"""Downloads of the Anomalies page: events as CSV and GeoJSON, scores as CSV; text that a spreadsheet would run is guarded."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st

from stcore.data import export
from stcore.data.space import coordinates
from stcore.ui import anomaly_view
from stcore.ui.anomaly_view import View


def downloads(shown: View, table: pd.DataFrame) -> None:
    """The popover with the files; each is made when it is asked for."""
    with st.popover("Download", key="anomalies-download"):
        _button("Events as CSV", lambda: csv(shown, table), "events.csv", "text/csv")
        if coordinates(shown.found.locations) is not None:
            _button("Events as GeoJSON", lambda: geojson(shown, table), "events.geojson", "application/geo+json")
        _button("Scores as CSV", lambda: export.to_csv(shown.found.to_frame()), "scores.csv", "text/csv")


def _button(label: str, made: Any, name: str, kind: str) -> None:
    st.download_button(label, made, name, kind, on_click="ignore", key=f"download-{name}", width="stretch")


def told(shown: View, table: pd.DataFrame) -> pd.DataFrame:
    """The listed events, each with its description and what was said about it."""
    return table.assign(
        description=[anomaly_view.describe(shown, row) for _, row in table.iterrows()],
        said=[anomaly_view.said_of(shown, row) for _, row in table.iterrows()],
    )


def csv(shown: View, table: pd.DataFrame) -> bytes:
    """The listed events as a guarded CSV table."""
    return export.to_csv(told(shown, table))


def geojson(shown: View, table: pd.DataFrame) -> bytes:
    """The listed events as a GeoJSON of points, one feature an event with all its places; texts are guarded."""
    lonlat = coordinates(shown.found.locations)
    assert lonlat is not None
    ids = shown.found.locations.index
    features = []
    for _, row in told(shown, table).iterrows():
        spots = lonlat[ids.get_indexer(row["locations"])]
        points = [[round(float(lon), 6), round(float(lat), 6)] for lon, lat in spots if lon == lon and lat == lat]
        features.append({
            "type": "Feature", "geometry": {"type": "MultiPoint", "coordinates": points} if points else None,
            "properties": {name: _plain(row[name]) for name in table.columns.append(pd.Index(["description", "said"]))},
        })  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _plain(cell: Any) -> Any:
    """A cell as JSON: times in ISO form, texts guarded as in a CSV, since tables are often made of these."""
    if isinstance(cell, list):
        return [_plain(one) for one in cell]
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat()
    if isinstance(cell, str):
        return export.guarded(cell)
    return cell.item() if hasattr(cell, "item") else cell
