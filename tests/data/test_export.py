"""A spreadsheet shows what we write and runs none of it."""

from __future__ import annotations

import errno
from pathlib import Path

import pandas as pd
import pytest

from stcore.data.export import guarded, guarded_frame, to_csv, write_table
from stcore.errors import StoreError


@pytest.mark.parametrize("text", ["=cmd()", "+1+2", "-2+3", "@SUM(A1)", "\tx", "\r=1"])
def test_text_that_would_run_gets_a_quote(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["A1", "", "007", "-3.5", "+2e-3", -3.5, None, "a=b"])
def test_everything_else_stays(cell: object) -> None:
    assert guarded(cell) == cell


def test_names_categories_and_lists_are_guarded_too() -> None:
    frame = pd.DataFrame({"=name": pd.Categorical(["=a", "b"]), "list": [["=x", "y"], ["z"]], "n": [-1.5, 2.0]})
    out = guarded_frame(frame)
    assert list(out.columns) == ["'=name", "list", "n"]
    assert out["'=name"].tolist() == ["'=a", "b"]
    assert out["list"].tolist() == ["'=x; y", "z"]
    assert out["n"].tolist() == [-1.5, 2.0]


def test_missing_cells_stay_empty() -> None:
    frame = pd.DataFrame({"text": ["=a", None], "kind": pd.Categorical(["x", None])})
    assert to_csv(frame).decode().splitlines() == ["text,kind", "'=a,x", ","]


def test_a_table_round_trips(tmp_path: Path) -> None:
    frame = pd.DataFrame({"place": ["007", "NA"], "value": [1.5, -2.0]})
    for name in ("a.csv", "a.csv.gz"):
        back = pd.read_csv(write_table(frame, tmp_path / name), dtype={"place": str}, keep_default_na=False)
        pd.testing.assert_frame_equal(back, frame, check_dtype=False)
    pd.testing.assert_frame_equal(pd.read_parquet(write_table(frame, tmp_path / "a.parquet")), frame)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.csv.gz", "a.parquet"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere") as caught:
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "nowhere" / "a.csv")
    assert caught.value.hint


def test_a_disk_that_refuses_even_to_clean_up_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(StoreError, match="nowhere"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "nowhere" / "a.csv")
