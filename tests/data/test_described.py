"""A second file that describes the places: coordinates and columns, joined by their ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.errors import DataError
from stcore.experiment import Experiment
from tests.data.tables import long_frame

Write = Callable[..., Path]


TABLE = long_frame(places=("001", "Nord", "Sud", "Mitte"))[["time", "sensor", "speed"]]
PLACES = "name,code,latitude,longitude,height,kind\nx,1,48.5,11.5,500,hill\ny,NORD,49.5,12.5,400,\nz,Süd,47.5,350.0,300,valley\nw,Mite,1,2,3,town\nv,West,1,2,3,town\n"  # fmt: skip


def read(source: object, **options: object) -> Panel:
    """One panel."""
    panel = ingest.read(source, **options)  # type: ignore[arg-type]
    assert isinstance(panel, Panel)
    return panel


def test_coordinates_and_columns_come_from_the_second_file(write: Write) -> None:
    panel = read(TABLE, roles={"places": str(write(PLACES, "places.csv"))})
    points = panel.locations.geometry
    np.testing.assert_array_equal(points.y[:3], [48.5, 49.5, 47.5])
    np.testing.assert_array_equal(points.x[:3], [11.5, 12.5, -10.0])
    assert points.iloc[3] is None
    np.testing.assert_array_equal(panel.locations["height"], [500, 400, 300, np.nan])
    assert panel.locations["kind"].iloc[[0, 2]].tolist() == ["hill", "valley"]
    assert "geometry" in panel.space.parts
    np.testing.assert_array_equal(panel.values, read(TABLE).values)


def test_what_has_no_partner_is_told_with_a_fix_that_works(write: Write) -> None:
    path = str(write(PLACES, "places.csv"))
    report = ingest.inspect(TABLE, {"places": path})
    lost, spare = (finding for finding in report.findings if finding.code == "places")
    (match,) = (finding for finding in report.findings if finding.code == "place_match")
    assert (lost.where, lost.count, lost.severity) == ("Mitte", 1, "look")
    assert (spare.where, spare.count) == ("Mite, West", 2)
    assert match.fix is not None
    mended = Experiment.parse({"data": {"places": path}}).mended([match.fix])
    assert mended.data.matches == {"Mitte": "Mite"}
    assert read(TABLE, roles=mended.data).locations.geometry.y.iloc[3] == 1


def test_rows_that_repeat_a_place_and_impossible_coordinates_are_told(write: Write) -> None:
    text = "id,lat,lon\n001,95,11\nNord,48,11\nNord,49,11\nSud,48,12\nMitte,48,13\n"
    report = ingest.inspect(TABLE, {"places": str(write(text))})
    told = {finding.code: finding.count for finding in report.findings if finding.code in ("places", "coordinates")}
    assert told == {"places": 1, "coordinates": 1}


def test_a_second_file_of_other_places_is_refused(write: Write) -> None:
    with pytest.raises(DataError, match="None of the 4 places") as refused:
        read(TABLE, roles={"places": str(write("id,lat,lon\nfoo,1,2\nbar,2,3\n"))})
    assert refused.value.hint


def test_a_dataset_keeps_the_second_file(write: Write) -> None:
    path = write(PLACES, "places.csv")
    made = dataset.create(
        write(TABLE.to_csv(index=False)), "d", roles={"places": str(path), "matches": {"Mitte": "Mite"}}
    )
    path.unlink()
    whole = made.panel()
    assert isinstance(whole, Panel)
    for panel in (dataset.open(made.id).panel(step="2h"), *made.panel(by="sensor").values()):  # type: ignore[union-attr]
        assert isinstance(panel, Panel)
        pd.testing.assert_series_equal(
            panel.locations["height"], whole.locations["height"][panel.locations.index], check_index_type=False
        )
    assert (
        read(TABLE, roles={"places": made.second["places"], "matches": {"Mitte": "Mite"}}).locations.geometry.y.iloc[3]
        == 1
    )
