"""Samples are found, ordered and answered by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from stcore.errors import ConfigError, NotFound
from stcore.scenarios import samples


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in place of the real samples."""
    monkeypatch.setattr(samples, "FOLDER", tmp_path)
    samples.samples.cache_clear()
    yield tmp_path
    samples.samples.cache_clear()


def put(shelf: Path, name: str, text: str) -> None:
    (shelf / name).mkdir()
    (shelf / name / "scenario.yaml").write_text(text, encoding="utf-8")


def test_cards_stand_in_their_order() -> None:
    assert [sample.name for sample in samples.samples()][:3] == ["city_traffic", "airport_weather", "rain_cells"]


def test_an_unknown_sample_names_the_nearest() -> None:
    with pytest.raises(NotFound) as caught:
        samples.sample("city_trafic")
    assert "city_traffic" in caught.value.hint


def test_paths_of_the_experiment_are_absolute() -> None:
    source = samples.sample("city_traffic").experiment().data.source
    assert source is not None
    assert Path(source).is_absolute()


def test_no_samples_are_no_error(shelf: Path) -> None:
    assert samples.samples() == ()


def test_an_unknown_key_is_refused_with_the_nearest(shelf: Path) -> None:
    put(shelf, "one", "title: One\nquestion: Why?\nsize: small\npicture: grid\nordr: 1\n")
    with pytest.raises(ConfigError) as caught:
        samples.samples()
    assert "ordr" in caught.value.message
    assert "order" in caught.value.hint


def test_a_sample_without_drawing_has_none(shelf: Path) -> None:
    put(shelf, "one", "title: One\nquestion: Why?\nsize: small\npicture: grid\n")
    assert samples.sample("one").drawing("dark") == ""
