"""The experiment file: names that can be folders, members that exist, paths, versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stcore.errors import ConfigError
from stcore.experiment import SCHEMA_VERSION, Experiment, RunConfig


@pytest.mark.parametrize(
    "label",
    ["../../elsewhere", "a/b", "a\\b", ".", "..", ".hidden", "", " ", "a\n", "x" * 81, "con:1", "ends."],
    ids=repr,
)  # fmt: skip
def test_a_name_that_is_no_plain_folder_is_refused(label: str) -> None:
    with pytest.raises(ConfigError, match="name in results"):
        Experiment.parse({"models": [{"name": "ridge", "as": label}]})


@pytest.mark.parametrize("label", ["wide", "STID (30 epochs)", "模型-2", "a", "x" * 80])
def test_plain_names_are_taken(label: str) -> None:
    assert Experiment.parse({"models": [{"name": "ridge", "as": label}]}).models[0].label == label


@pytest.mark.parametrize("label", ["ensemble", "persistence", "Seasonal_naive"])
def test_names_of_rows_that_are_always_there_are_taken(label: str) -> None:
    with pytest.raises(ConfigError, match="another row"):
        Experiment.parse({"models": [{"name": "ridge", "as": label}]})


def test_names_that_share_a_folder_on_some_systems_are_refused() -> None:
    with pytest.raises(ConfigError, match="two models are called Ridge, ridge"):
        Experiment.parse({"models": ["ridge", {"name": "stid", "as": "Ridge"}]})


@pytest.mark.parametrize(
    ("members", "words"), [(["ridge", "stidd"], "stidd"), (["ridge"], "at least two"), (["ridge", "ridge"], "at least two")]
)  # fmt: skip
def test_members_must_be_there(members: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Experiment.parse({"models": ["ridge", "stid"], "ensemble": {"members": members}})
    assert Experiment.parse({"models": ["ridge"], "ensemble": {"members": ["ridge", "persistence"]}}).ensemble


@pytest.mark.parametrize("record", [Experiment, RunConfig])
def test_another_schema_version_is_refused(record: Any) -> None:
    with pytest.raises(ConfigError, match=f"schema version {SCHEMA_VERSION}"):
        record.parse({"schema_version": SCHEMA_VERSION + 1})


def test_paths_are_meant_from_the_folder_of_the_file(tmp_path: Path) -> None:
    home = tmp_path / "deep"
    home.mkdir()
    (home / "e.yaml").write_text("data: {source: ../d.csv, adjacency: net.csv}\n")
    data = Experiment.load(home / "e.yaml").data
    assert (data.source, data.adjacency, data.geometry) == (str(tmp_path / "d.csv"), str(home / "net.csv"), None)


def test_weights_beside_the_file_are_found_and_names_on_a_hub_stay(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    file = tmp_path / "experiment.yaml"
    models = [{"name": "transformers", "as": name, "settings": {"weights": given}}
              for name, given in (("own", "mine"), ("hub", "owner/model"))]  # fmt: skip
    file.write_text(yaml.safe_dump({"models": models}))
    found = {entry.label: entry.settings["weights"] for entry in Experiment.load(file).models}
    assert found == {"own": str(tmp_path / "mine"), "hub": "owner/model"}


def test_the_complete_file_reads_back_equal(tmp_path: Path) -> None:
    experiment = Experiment.parse({"models": ["ridge", {"name": "stid", "as": "模型"}], "ensemble": {}, "seed": 4})
    (tmp_path / "e.yaml").write_text(experiment.to_yaml(), encoding="utf-8")
    assert Experiment.load(tmp_path / "e.yaml") == experiment


def test_on_without_quotes_is_the_property_to_join_by(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("data: {source: a.csv, join: {on: name, parent: state}}")
    join = Experiment.load(path).data.join
    assert join is not None
    assert (join.on, join.parent) == ("name", "state")
    path.write_text("data: {source: a.csv, join: code, rules: {x: max}, neighbours: {kind: borders}}")
    again = Experiment.load(path)
    assert Experiment.parse(yaml.safe_load(again.to_yaml())) == again
