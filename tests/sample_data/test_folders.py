"""Every sample folder is complete, small, and names columns that are in its file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from stcore.experiment import Experiment
from stcore.plots import pictures
from stcore.plots.theme import DARK, LIGHT
from stcore.scenarios import samples
from tests.sample_data.conftest import SAMPLES, load_script

FOLDERS = sorted(path for path in SAMPLES.iterdir() if (path / "scenario.yaml").exists())


def header(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.readline().strip().split(",")


def test_the_three_samples_are_there() -> None:
    assert {folder.name for folder in FOLDERS} >= {"airport_weather", "city_traffic", "rain_cells"}


def test_together_they_stay_under_12_mb() -> None:
    files = [path for path in SAMPLES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    total = sum(path.stat().st_size for path in files)
    assert total < 12_000_000


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_experiment_parses_and_its_columns_exist(folder: Path) -> None:
    experiment = Experiment.load(folder / "experiment.yaml")
    data = experiment.data
    columns = header(Path(data.source or ""))
    named = [data.time, data.location, data.lat, data.lon, *(data.values or [])]
    assert set(named) <= set(columns)
    assert set(experiment.targets or []) <= set(data.values or [])
    assert data.adjacency is None or Path(data.adjacency).exists()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_scenario_says_what_a_card_shows(folder: Path) -> None:
    sample = samples.sample(folder.name)
    assert sample.question.endswith("?")
    assert set(sample.units) == set(sample.experiment().data.values or [])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_readme_states_origin_licence_and_clock(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"**{word}**" in text for word in ("Origin", "Licence", "Clock"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_labels_are_not_in_the_data_file(folder: Path) -> None:
    columns = header(Path(Experiment.load(folder / "experiment.yaml").data.source or ""))
    assert not {"label", "event", "anomaly", "kind", "incident", "fault"} & set(columns)


@pytest.mark.parametrize("sample", samples.samples(), ids=lambda sample: sample.name)
def test_the_pictures_are_drawn_from_the_data(sample: samples.Sample) -> None:
    draw = load_script("draw_pictures")
    panel = draw.picture_panel(sample)
    for theme in (LIGHT, DARK):
        assert sample.drawing(theme.name).strip() == pictures.sample(panel, theme), "run sample_data/draw_pictures.py"
