"""Names of two files brought together, and the second file with coordinates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stcore.data import dataset, ingest
from stcore.data.matching import match
from stcore.data.panel import Panel
from stcore.errors import DataError
from stcore.experiment import Experiment
from tests.data.tables import long_frame

Write = Callable[..., Path]


def test_case_accents_spaces_and_zeros_do_not_part_names() -> None:
    here = ["München", "são paulo", "St. Gallen", "007", "A-1", "12"]
    there = ["MUNCHEN", "Sao  Paulo", "ST GALLEN", "7", "a1", "12.0"]
    assert match(here, there).found == dict(zip(here, there, strict=True))


def test_what_is_ambiguous_stays_apart() -> None:
    found = match(["7", "a", "B"], ["007", "07", "A", "b"])
    assert found.found == {"a": "A", "B": "b"}
    assert (found.lost, found.spare) == (["7"], ["007", "07"])
    assert match(["7", "007"], ["007", "07"]).found == {"007": "007", "7": "07"}


def test_suggestions_are_nearest_and_used_once() -> None:
    found = match(["Aotizhongxin", "Guanyuan", "x"], ["Aotizongxin", "Guanyan", "Guanyua"])
    assert found.suggested == {"Aotizhongxin": "Aotizongxin", "Guanyuan": "Guanyua"}
    assert found.lost == ["Aotizhongxin", "Guanyuan", "x"]
    assert match(["x", "y"], ["y", "z"], {"x": "z", "q": "y"}).found == {"x": "z", "y": "y"}


@given(st.lists(st.text("aäA0 1.", min_size=1, max_size=4)), st.lists(st.text("aäA0 1.", min_size=1, max_size=4)))
def test_every_name_is_told_once_on_each_side(here: list[str], there: list[str]) -> None:
    found = match(here, there)
    assert sorted([*found.found, *found.lost]) == sorted(set(here))
    assert sorted([*found.found.values(), *found.spare]) == sorted(set(there))
    assert all(found.found[name] == name for name in set(here) & set(there))


# the second file ---------------------------------------------------------------------------------------------------

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
    assert panel.digest == read(TABLE).digest or panel.shape == read(TABLE).shape


def test_what_has_no_partner_is_told_with_a_fix_that_works(write: Write) -> None:
    path = str(write(PLACES, "places.csv"))
    report = ingest.inspect(TABLE, {"places": path})
    lost, spare = (finding for finding in report.findings if finding.code == "places")
    assert (lost.where, lost.count, lost.severity) == ("Mitte", 1, "look")
    assert (spare.where, spare.count) == ("Mite, West", 2)
    assert lost.fix is not None
    mended = Experiment.parse({"data": {"places": path}}).mended([lost.fix])
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


def test_a_dataset_keeps_the_places_it_was_given(write: Write, tmp_path: Path) -> None:
    path = write(PLACES, "places.csv")
    made = dataset.create(write(TABLE.to_csv(index=False)), "d", roles={"places": str(path)})
    path.unlink()
    panel = dataset.open(made.id).panel(step="2h")
    assert isinstance(panel, Panel)
    assert panel.locations.geometry.y.iloc[0] == 48.5
    pd.testing.assert_series_equal(panel.locations["height"], made.panel().locations["height"])  # type: ignore[union-attr]
