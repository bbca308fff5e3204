"""Districts joined to places: borders, parents, totals worked out by hand, matches that are remembered."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import box

from stcore.data import dataset, ingest
from stcore.data.districts import districts_of, simplified, totals
from stcore.data.panel import Panel
from stcore.errors import DataError
from stcore.experiment import Experiment

NAMES = ["Nord", "Süd", "Ost"]


def shapes(names: list[str] = NAMES, **columns: list[object]) -> gpd.GeoDataFrame:
    """Unit squares side by side along the equator."""
    return gpd.GeoDataFrame(
        {"name": names, **columns}, geometry=[box(n, 0, n + 1, 1) for n in range(len(names))], crs="EPSG:4326"
    )


def readings(names: list[str] = NAMES, steps: int = 6) -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=steps, freq="1D")
    frames = [
        pd.DataFrame(
            {"date": times, "district": name, "cases": 10.0 * (n + 1), "temp_c": float(n), "wind_dir": 90.0 * n}
        )
        for n, name in enumerate(names)
    ]
    return pd.concat(frames, ignore_index=True)


def read(*args: object, **options: object) -> Panel:
    panel = ingest.read(*args, **options)  # type: ignore[arg-type]
    assert isinstance(panel, Panel)
    return panel


def test_common_borders_become_the_network() -> None:
    panel = read(readings(), geometry=shapes())
    edges = panel.space.edges["borders"]
    pairs = set(zip(edges["from"], edges["to"], strict=True))
    assert pairs == {("Nord", "Süd"), ("Süd", "Nord"), ("Süd", "Ost"), ("Ost", "Süd")}
    assert panel.space.parts == {"geometry", "edges"}


def test_unmatched_names_are_listed_and_a_suggestion_can_be_ticked() -> None:
    frame = readings(["Nord County", "Sued-Stadt", "Östlich"])
    roles = {"geometry": shapes(["Nord", "Sued-Stadtt", "West"])}
    findings = [f for f in ingest.inspect(frame, roles).findings if f.code.startswith("district")]
    assert findings[0].count == 2
    assert "Östlich" in findings[0].where
    assert "West" in findings[0].message
    fix = findings[1].fix
    assert fix is not None
    assert fix.value == {"Sued-Stadt": "Sued-Stadtt"}
    mended = Experiment(data={"join": "name"}).mended([fix])  # type: ignore[arg-type]
    assert mended.data.join is not None
    assert mended.data.join.matches == {"Sued-Stadt": "Sued-Stadtt"}
    panel = read(frame, geometry=roles["geometry"], join=mended.data.join)
    assert panel.locations.geometry["Sued-Stadt"].equals(box(1, 0, 2, 1))
    assert panel.locations.geometry["Östlich"] is None


def test_pieces_of_one_district_are_put_together_and_one_name_in_two_areas_joins_none() -> None:
    twice = shapes(["Nord", "Nord", "Süd", "Süd", "Ost"], state=["a", "a", "a", "b", "b"])
    panel = read(readings(), geometry=twice, join={"on": "name", "parent": "state"})
    assert panel.locations.geometry["Nord"].area == pytest.approx(2)
    assert panel.locations.geometry["Süd"] is None
    found = [
        f for f in ingest.inspect(readings(), {"geometry": twice, "join": "name"}).findings if f.code == "districts"
    ]
    assert any("several larger areas" in f.message and f.where == "Süd" for f in found)


def test_totals_of_the_larger_areas() -> None:
    frame = readings()
    frame.loc[(frame["district"] == "Süd") & (frame["date"] == "2024-01-02"), ["cases", "temp_c"]] = np.nan
    panel = read(frame, geometry=shapes(state=["west", "west", "east"]), join={"parent": "state"})
    area = totals(panel)
    assert list(area.locations.index) == ["west", "east"]
    np.testing.assert_array_equal(area.values[:3, 0, 0], [30, np.nan, 30])  # a part of a sum is no sum
    np.testing.assert_array_equal(area.values[:3, 0, 1], [0.5, 0, 0.5])
    np.testing.assert_allclose(area.values[:, 0, 2], 45, atol=1e-4)
    np.testing.assert_array_equal(area.values[0, 1], [30, 2, 180])
    assert area.locations.geometry["west"].equals(box(0, 0, 2, 1))
    assert set(area.space.edges["borders"]["from"]) == {"west", "east"}
    with pytest.raises(DataError, match="no larger areas"):
        totals(area)


def test_a_place_without_any_reading_does_not_spoil_the_sum() -> None:
    frame = readings()
    frame.loc[frame["district"] == "Süd", "cases"] = np.nan
    panel = read(frame, geometry=shapes(state=["west", "west", "east"]))
    assert totals(panel).values[:, 0, 0].tolist() == [10] * 6


def test_no_match_and_unknown_properties_are_refused() -> None:
    with pytest.raises(DataError, match="None of the 3 places"):
        read(readings(), geometry=shapes(["x", "y", "z"]))
    with pytest.raises(DataError, match="no property") as refused:
        read(readings(), geometry=shapes(), join="nam")
    assert "name" in refused.value.hint


def test_a_dataset_keeps_its_districts_and_its_matches() -> None:
    join = {"on": "name", "matches": {"Nord": "Norden"}}
    roles = {"geometry": json.loads(shapes(["Norden", "Süd", "Ost"]).to_json())}
    content = json.dumps(roles["geometry"]).encode()
    saved = dataset.open(dataset.create(readings(), "x", geometry=content, join=join).id)
    assert saved.about["recipe"]["join"] == join
    weekly = saved.panel(step="2D")
    assert isinstance(weekly, Panel)
    assert weekly.locations.geometry["Nord"].equals(box(0, 0, 1, 1))


def test_points_fall_into_districts_and_borders_belong_to_the_first() -> None:
    found = districts_of({"lon": np.array([0.5, 1.0, 2.5, 9.0]), "lat": np.array([0.5, 0.5, 0.5, 0.5])}, shapes())
    assert found.tolist() == [0, 0, 2, -1]


def test_simplified_outlines_still_share_their_borders() -> None:
    angle = np.linspace(0, np.pi, 3000)
    arc = np.column_stack([0.2 * np.sin(9 * angle), angle])
    left = shapely.Polygon(np.vstack([[[-1, 0]], arc, [[-1, np.pi]]]))
    right = shapely.Polygon(np.vstack([[[1, 0]], arc, [[1, np.pi]]]))
    thin = simplified(gpd.GeoSeries([left, right], crs=4326))
    assert shapely.get_num_coordinates(thin.to_numpy()).sum() < 800
    assert shapely.coverage_is_valid(thin.to_numpy())
    assert thin.iloc[0].area == pytest.approx(left.area, rel=1e-3)
    few = shapes().geometry
    assert simplified(few) is few
