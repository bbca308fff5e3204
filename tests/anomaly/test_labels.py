from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly.labels import (
    COLUMNS,
    exchanged,
    from_column,
    from_marks,
    labels_of,
    last_words,
    read_labels,
    truth,
    with_verdict,
    write_labels,
)
from stcore.data.panel import Panel
from stcore.errors import DataError, StoreError


@pytest.fixture
def small() -> Panel:
    time = pd.date_range("2024-01-01", periods=20, freq="1h")
    return Panel.from_arrays(np.zeros((20, 3)), time, ["a", "b", "dir/c"], ["x"])


def test_marks_become_spans_and_spans_marks_again(small):
    marks = np.zeros((20, 3))
    marks[3:6, 0] = marks[10, 1] = marks[19, 2] = 1
    marks[5, 1] = np.nan
    labels = from_marks(marks, small)
    assert labels["location"].tolist() == ["a", "b", "dir/c"]
    assert labels["start"][0] == small.time[3]
    assert labels["end"][0] == small.time[5]
    assert np.array_equal(truth(labels, small), np.nan_to_num(marks) > 0)
    everywhere = from_marks(marks[:, 0], small)
    assert everywhere["location"].tolist() == [None]
    assert truth(everywhere, small).sum() == 9
    with pytest.raises(DataError):
        from_marks(np.zeros(7), small)


def test_a_column_of_a_table_is_matched_by_time_and_place(small):
    table = pd.DataFrame({
        "when": ["2024-01-01 03:00", "2024-01-01 04:00", "2024-01-01 04:00", "2030-01-01"], "who": ["a", "a", "b", "a"],
        "incident": ["1", "1", "0", "1"],
    })  # fmt: skip
    labels = from_column(table, "incident", small, "when", "who")
    assert labels[["location", "kind"]].to_numpy().tolist() == [["a", "incident"]]
    assert truth(labels, small)[:, 0].nonzero()[0].tolist() == [3, 4]
    assert from_column(table.drop(columns="who"), "incident", small, "when")["location"].tolist() == [None]
    with pytest.raises(DataError, match="nothing"):
        from_column(table, "nothing", small, "when")
    with pytest.raises(DataError, match="No row"):
        from_column(table.assign(who="z"), "incident", small, "when", "who")


def test_a_csv_and_a_json_come_back_as_they_were(small, tmp_path):
    labels = with_verdict(
        from_marks(np.eye(20)[4], small),
        {"start": small.time[7], "end": small.time[8], "kind": "local", "locations": ["a", "b"]},
        "relabel", "ann", pd.Timestamp("2024-02-01 09:00"), "=roadworks",
    )  # fmt: skip
    for name in ("labels.csv", "labels.json"):
        again = read_labels(write_labels(labels, tmp_path / name), small)
        assert tuple(again.columns) == COLUMNS
        assert again.drop(columns="kind").astype(str).equals(labels.drop(columns="kind").astype(str))
    assert again["kind"].tolist() == ["anomaly", "=roadworks", "=roadworks"]
    assert "'=roadworks" in (tmp_path / "labels.csv").read_text()


def test_windows_and_points_of_the_benchmark_are_read(small, tmp_path):
    path = tmp_path / "windows.json"
    path.write_text(
        json.dumps({"dir/c.csv": [["2024-01-01 02:00:00.000", "2024-01-01 05:00:00.000"]], "other.csv": []})
    )
    labels = read_labels(path, small)
    assert labels["location"].tolist() == ["dir/c"]
    assert truth(labels, small)[:, 2].nonzero()[0].tolist() == [2, 3, 4, 5]
    path.write_text(json.dumps({"a": ["2024-01-01 02:00:00", "2024-01-01 07:00:00"]}))
    assert truth(read_labels(path, small), small)[:, 0].nonzero()[0].tolist() == [2, 7]


def test_times_are_read_in_the_clock_of_the_panel(tmp_path):
    time = pd.date_range("2024-01-01", periods=20, freq="1h", tz="Europe/Berlin")
    panel = Panel.from_arrays(np.zeros((20, 1)), time, clock="Europe/Berlin")
    path = tmp_path / "labels.csv"
    path.write_text("start,end\n2024-01-01 03:00,2024-01-01 04:00\n2024-01-01T06:00Z,2024-01-01T06:00Z\n")
    assert truth(read_labels(path, panel), panel)[:, 0].nonzero()[0].tolist() == [3, 4, 7]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("l.csv", "start,end\nsoon,later\n", "soon"), ("l.csv", "from,to\n1,2\n", "start"), ("l.csv", "", "no labels"),
        ("l.csv", "start,end\n2024-01-02,2024-01-01\n", "ends before"), ("l.csv", "start,end\n2024-01-02,\n", "no time"),
        ("l.csv", "start,end,verdict\n2024-01-01,2024-01-02,maybe\n", "maybe"), ("l.json", "[1, 2]", "no labels"),
        ("l.json", '{"z": [["2024-01-01", "2024-01-02"]]}', "None of the 1"), ("l.json", "{", "no labels"),
    ],
)  # fmt: skip
def test_what_is_no_label_is_refused_with_the_reason(small, tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=told):
        read_labels(tmp_path / name, small)


def test_a_missing_file_is_said(small, tmp_path):
    with pytest.raises(StoreError):
        read_labels(tmp_path / "none.csv", small)
    with pytest.raises(StoreError):
        write_labels(labels_of(small), tmp_path / "none" / "l.json")


def test_the_last_word_on_a_span_counts(small):
    event = {"start": small.time[7], "end": small.time[8], "kind": "fault", "locations": ["a"]}
    labels = labels_of(small)
    for day, verdict in ((3, "reject"), (1, "confirm")):
        labels = with_verdict(labels, event, verdict, "ann", pd.Timestamp(2024, 2, day))
    assert not truth(labels, small).any()
    labels = with_verdict(labels, event, "relabel", "bob", pd.Timestamp(2024, 2, 5), "local")
    assert truth(labels, small)[:, 0].nonzero()[0].tolist() == [7, 8]


@pytest.fixture
def said(panel):
    rows = [
        (panel.time[5], panel.time[9], "p1", "fault", "Ann", "confirm", pd.Timestamp("2024-05-01", tz="UTC")),
        (panel.time[5], panel.time[9], "p1", "fault", "Bob", "reject", pd.Timestamp("2024-05-02", tz="UTC")),
        (panel.time[1], panel.time[3], None, "anomaly", "", "confirm", pd.NaT),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@pytest.mark.parametrize("row", [0, 1, 2])
def test_a_label_is_changed_deleted_and_put_back_alone(said, panel, tmp_path, row):
    stored = read_labels(write_labels(said, tmp_path / "labels.json"), panel)
    old = stored.iloc[[row]]
    deleted = exchanged(stored, old, old.iloc[:0])
    assert len(deleted) == 2
    assert set(deleted["by"]) == {"Ann", "Bob", ""} - {said["by"][row]}
    new = old.assign(kind="regional", verdict="relabel")
    named = exchanged(stored, old, new)
    assert (len(named), list(named["kind"]).count("regional")) == (3, 1)
    again = exchanged(named, new, old).sort_values("by", ignore_index=True)
    pd.testing.assert_frame_equal(again, stored.sort_values("by", ignore_index=True), check_dtype=False)
    assert len(exchanged(deleted, old, old.iloc[:0])) == 2  # it is no more


def test_the_last_label_can_go_and_comes_back_from_the_file(said, panel, tmp_path):
    one = said.iloc[[0]]
    none = exchanged(one, one, one.iloc[:0])
    read = read_labels(write_labels(none, tmp_path / "labels.json"), panel)
    assert read.empty
    assert len(exchanged(read, one.iloc[:0], one)) == 1


def test_the_last_word_on_each_span_at_a_place(said):
    assert last_words(said, "p1")["verdict"].tolist() == ["confirm", "reject"]
    assert last_words(said, "p0")["kind"].tolist() == ["anomaly"]
