"""Files that belong together: one a place or parts of a table, from a folder, a pattern, a list or a zip archive."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.data.sources.parts import Part
from stcore.errors import DataError
from tests.data.tables import long_frame

STATIONS = ("007", "7", "Łódź west")


def one(start: str, level: float, steps: int = 48) -> pd.DataFrame:
    """The table of one place."""
    time = pd.date_range(start, periods=steps, freq="1h")
    return pd.DataFrame({"time": time, "flow": level + np.arange(steps), "wind": np.resize(["N", "NE"], steps)})


def fill(folder: Path, **files: pd.DataFrame) -> Path:
    folder.mkdir(exist_ok=True)
    for name, frame in files.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture
def stations(tmp_path: Path) -> Path:
    """One file a place."""
    return fill(tmp_path / "stations", **{name: one("2024-01-01", 100.0 * n) for n, name in enumerate(STATIONS)})


def read(source: object, **options: object) -> Panel:
    """One panel."""
    panel = ingest.read(source, **options)  # type: ignore[arg-type]
    assert isinstance(panel, Panel)
    return panel


def test_each_file_is_a_place_named_by_it(stations: Path) -> None:
    panel = read(stations)
    assert list(panel.locations.index) == list(STATIONS)
    np.testing.assert_array_equal(panel.values[:, :, 0], np.arange(48)[:, None] + [0.0, 100.0, 200.0])
    report = ingest.inspect(stations)
    (choice,) = [choice for choice in report.choices if choice.code == "files"]
    assert (choice.options, choice.chosen, report.roles.files) == (["places", "parts"], "places", "places")


def test_a_pattern_a_list_and_a_folder_are_the_same(stations: Path) -> None:
    paths = sorted(stations.iterdir())
    panels = [read(stations), read(str(stations / "*.csv")), read(paths), read([str(path) for path in paths])]
    assert len({panel.digest for panel in panels}) == 1


def test_files_that_follow_each_other_are_parts(tmp_path: Path) -> None:
    days = {f"2024-01-0{day}": one(f"2024-01-0{day}", 24.0 * day, steps=24)[["time", "flow"]] for day in range(1, 5)}
    panel = read(fill(tmp_path / "days", **days))
    assert panel.shape == (96, 1, 1)
    np.testing.assert_array_equal(panel.values[:, 0, 0], np.arange(24, 120))
    assert read(tmp_path / "days", roles={"files": "places"}).shape[1] == 4


def test_files_that_name_their_places_are_joined(tmp_path: Path) -> None:
    whole = long_frame()
    files = {f"part{n}": part for n, (_, part) in enumerate(whole.groupby("sensor", sort=False))}
    files["part1"] = files["part1"][["speed", "lon", "lat", "time", "sensor"]].rename(columns={"speed": " Speed"})
    assert read(fill(tmp_path / "parts", **files)).digest == read(whole).digest


def test_formats_and_packings_may_be_mixed(stations: Path) -> None:
    before = read(stations)
    first, second, _ = sorted(stations.iterdir())
    pd.read_csv(first, parse_dates=["time"]).to_parquet(stations / "007.parquet")
    first.unlink()
    (stations / "7.csv.gz").write_bytes(gzip.compress(second.read_bytes()))
    second.unlink()
    assert read(stations).digest == before.digest


def test_what_is_unlike_is_left_out_and_said(stations: Path) -> None:
    (stations / "readme.txt").write_text("These are readings of rivers.\nAll in local time.\n")
    (stations / "picture.png").write_bytes(b"\x89PNG" + b"0" * 99)
    (stations / ".hidden").write_text("x")
    short = one("2024-01-01", 300).drop(columns="wind")
    short.to_csv(stations / "new.csv", index=False)
    report = ingest.inspect(stations)
    found = {finding.where: finding for finding in report.findings if finding.code == "files"}
    assert set(found) == {"", "readme.txt", "picture.png", "new.csv"}
    assert "wind" in found["new.csv"].message
    assert "other columns" in found["readme.txt"].message
    assert "picture" in found["picture.png"].message
    assert report.shape == (48, 4, 1)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no files"), ({"a": pd.DataFrame({"x": [1, 2], "y": [1, 2]}), "b": long_frame()}, "unlike columns"),
    ],
)  # fmt: skip
def test_folders_that_do_not_belong_together_are_refused(
    files: dict[str, pd.DataFrame], words: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=words):
        read(fill(tmp_path / "odd", **files))


def test_unlike_decimal_marks_are_refused(tmp_path: Path) -> None:
    fill(tmp_path / "odd", a=one("2024-01-01", 0.5))
    one("2024-01-01", 0.5).to_csv(tmp_path / "odd" / "b.csv", index=False, sep=";", decimal=",")
    with pytest.raises(DataError, match="decimal commas"):
        read(tmp_path / "odd")


def test_a_folder_is_kept_whole_and_read_again(stations: Path) -> None:
    made = dataset.create(stations, "rivers")
    panel = made.panel()
    assert isinstance(panel, Panel)
    assert list(panel.locations.index) == list(STATIONS)
    again = dataset.create(made.original, "again", roles=made.roles)
    assert again.digest == made.digest
    assert again.about["sha256"] == made.about["sha256"] == dataset.create(stations, "twice").about["sha256"]


def test_stems_keep_what_is_no_ending() -> None:
    names = ["a/007.csv.gz", "station 1.5", "x.parquet", "plain", "b.v2.csv"]
    assert [Part(Path(name), name).stem for name in names] == ["007", "station 1.5", "x", "plain", "b.v2"]
