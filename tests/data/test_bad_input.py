"""Every kind of bad file the product must survive: a saved dataset with findings, or a clear refusal and nothing on disk."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stcore.data import dataset, ingest
from stcore.data.panel import Panel
from stcore.errors import DataError, StcoreError
from tests.data.tables import long_frame, long_text, wide_text

ROWS = long_text().splitlines()


def zipped() -> bytes:
    """A real zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data.csv", long_text())
    return out.getvalue()


def with_time(number: int, time: str) -> str:
    """The long table with another text as time in one data row."""
    rows = list(ROWS)
    rows[number] = time + rows[number][rows[number].index(",") :]
    return "\n".join(rows)


def with_column(name: str, cell: Callable[[int], object], base: str | None = None) -> str:
    """The long table with one column replaced, by row number."""
    frame = long_frame()
    frame[base or name] = [cell(number) for number in range(len(frame))]
    return frame.to_csv(index=False)


REFUSED: dict[str, tuple[bytes | str, str]] = {
    "empty file": (b"", "empty"),
    "blank lines only": (b"\n\n  \n", "empty"),
    "header only": ("time,sensor,speed\n", "no rows"),
    "binary junk": (bytes(range(256)) * 40, "not a text file"),
    "random bytes": (np.random.default_rng(1).bytes(5000), "text|archive|picture"),
    "cut-off zip": (zipped()[:-30], "zip"),
    "cut-off gzip": (gzip.compress(long_text().encode() * 50)[:-200], "damaged"),
    "no time column": ("sensor,speed\n" + "a,1\nb,2\n" * 20, "reads as a time"),
    "all times unreadable": ("time,sensor,speed\n" + "noon,a,1\nlater,a,2\n" * 5, "can be read"),
    "all years outside": ("time,sensor,speed\n0001-01-01,a,1\n0001-01-02,a,2\n9999-01-01,a,3\n", "1678 to 2261"),
    "one step": ("time,sensor,speed\n" + "".join(f"2024-01-01,s{n},{n}\n" for n in range(9)), "1 point in time"),
    "all missing": ("time,sensor,speed\n" + "".join(f"2024-01-{n:02},a,\n" for n in range(1, 20)), "holds a number"),
    "all values text": ("time,sensor,speed\n" + "".join(f"2024-01-{n:02},a,fast\n" for n in range(1, 20)), "number"),
    "web page": ("<!DOCTYPE html>\n<html><body>Not found</body></html>\n", "web page"),
    "one column of words": ("fruit\n" + "apple\npear\n" * 20, "only column"),
    "empty time column": ("time,sensor,speed\n" + ",a,1\n,b,2\n" * 5, "time"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_used_is_refused_and_leaves_nothing(
    name: str, write: Callable[..., Path], home: Path
) -> None:
    content, words = REFUSED[name]
    path = write(content)
    with pytest.raises(DataError, match=words) as refused:
        dataset.create(path, name)
    assert refused.value.hint
    assert list((home / "datasets").iterdir()) == []
    assert path.exists()


KEPT: dict[str, tuple[bytes | str, set[str]]] = {
    "plain": (long_text(), set()),
    "some times unreadable": (with_time(7, "yesterday"), {"bad_rows"}),
    "year 1": (with_time(7, "0001-01-01"), {"bad_rows"}),
    "year 9999": (with_time(7, "9999-12-31"), {"bad_rows"}),
    "stray date": (with_time(7, "1970-01-01 00:00:00"), {"stray_times"}),
    "stray date ahead": (with_time(7, "2199-01-01 00:00:00"), {"stray_times"}),
    "two formats": (with_time(7, "03/13/2024 14:00"), {"mixed_times", "stray_times", "gaps"}),
    "lat 91": (with_column("lat", lambda n: 91 if n % 3 == 0 else 48.0), {"coordinates"}),
    "lon 200": (with_column("lon", lambda n: 200 if n % 3 == 0 else 11.0), {"coordinates"}),
    "text among numbers": (with_column("speed", lambda n: "broken" if n == 5 else n), {"bad_values"}),
    "nan and inf": (with_column("speed", lambda n: ("NaN", "inf", "1e300", n)[min(n, 3)]), {"bad_values", "gaps"}),
    "duplicates": (long_text() + "\n".join(ROWS[1:4]) + "\n", {"duplicates"}),
    "differing duplicates": (long_text() + ROWS[1] + "9\n", {"duplicates"}),
    "duplicate column names": (long_text().replace("lat,lon,speed", "lat,speed,speed"), {"duplicate_columns"}),
    "constant values": (with_column("speed", lambda n: 7), {"constant"}),
    "more places than steps": (long_text(steps=5, places=tuple(f"s{n}" for n in range(20))), {"few_steps"}),
    "ragged line": (long_text() + "2024-03-01,a1,48,11,5,6,7\n", {"bad_rows"}),
    "short line": (long_text() + "2024-03-03 00:00:00,a1\n", {"gaps"}),
    "open quote": (long_text().replace("a1", '"a1', 1), {"open_quotes"}),
    "two open quotes far apart": (long_text().replace("a1", '"a1', 20).replace('"a1', "a1", 18), {"open_quotes"}),
    "quoted line breaks": (with_column("note", lambda n: "two\nlines, or so" if n % 7 == 0 else "ok"), set()),
    "empty column": (with_column("note", lambda n: ""), {"empty_columns"}),
    "separator at the end of rows": (long_text().replace("\n", ",\n"), {"empty_columns"}),
    "title and remarks above": ("# logger 7\nStation report\n\n" + long_text(), {"lines_above"}),
    "repeated header": ("\n".join([*ROWS[:50], ROWS[0], *ROWS[50:]]), {"bad_rows"}),
    "footer": (long_text() + "Total,,,,99\n", {"bad_rows"}),
    "row numbers without a name": (long_frame().to_csv(), set()),
    "typographic minus": (with_column("speed", lambda n: f"\u2212{n}"), set()),
    "thousands": (with_column("speed", lambda n: f"{n * 100:,}.5"), set()),
    "missing words": (with_column("speed", lambda n: ("NA", "null", "--", "无", n)[min(n, 4)]), {"gaps"}),
    "one location": (long_text(places=("a1",)), set()),
    "no place at all": (long_frame(places=("a1",))[["time", "speed"]].to_csv(index=False), set()),
    "utf-8 with mark": (b"\xef\xbb\xbf" + long_text().encode(), set()),
    "utf-16": (long_text().encode("utf-16"), {"encoding"}),
    "latin-1": (long_text(places=("Zürich", "Orléans")).encode("latin-1"), {"encoding"}),
    "gb18030": (long_text(places=("天安门", "海淀区")).replace("sensor", "站点").encode("gb18030"), {"encoding"}),
    "chinese headers": (long_text().replace("time,sensor,lat,lon,speed", "时间,站点,纬度,经度,速度"), set()),
    "semicolons": (long_text().replace(",", ";"), set()),
    "decimal commas": (long_frame().to_csv(index=False, sep=";", decimal=","), set()),
    "tabs": (long_text().replace(",", "\t"), set()),
    "windows line ends": (long_text().replace("\n", "\r\n"), set()),
    "old mac line ends": (long_text().replace("\n", "\r"), set()),
    "blank lines": (long_text().replace("\n", "\n\n"), set()),
    "strange ids": (long_text(places=("<script>alert(1)</script>", "=cmd()", "../../etc/passwd")), set()),
    "strange header": (long_text().replace("speed", "<img src=x onerror=alert(1)>"), set()),
    "path header": (long_text().replace("speed", "../../speed"), set()),
    "quotes in header": (long_text().replace("speed", "\"sp'\"\"; DROP TABLE raw; --\""), set()),
    "long id": (long_text(places=("x" * 10_000, "b")), set()),
    "long header": (long_text().replace("speed", "s" * 10_000), set()),
    "ids like numbers": (long_text(places=("007", "NA", "1e5")), set()),
    "wide": (wide_text(), set()),
    "zip named csv": (zipped(), set()),
    "numbers only": ("".join(f"{n * 0.5}\n" for n in range(30)), {"counted_time"}),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_a_file_with_faults_becomes_a_dataset_with_findings(name: str, write: Callable[..., Path]) -> None:
    content, codes = KEPT[name]
    saved = dataset.create(write(content), name)
    report = dataset.open(saved.id).report
    found = {finding.code for finding in report.findings}
    assert codes <= found
    assert found - codes <= {"gaps", "few_steps", "late_or_early"}
    panel = saved.panel()
    assert np.isfinite(panel.values).any()
    assert panel.shape == report.shape


@pytest.mark.parametrize(
    "name",
    [
        "open quote", "two open quotes far apart", "quoted line breaks", "empty column", "separator at the end of rows",
        "title and remarks above", "repeated header", "footer", "row numbers without a name",
    ],
)  # fmt: skip
def test_what_is_beside_the_table_changes_no_value(name: str, write: Callable[..., Path]) -> None:
    panel, plain = ingest.read(write(KEPT[name][0])), ingest.read(write(long_text()))
    assert isinstance(panel, Panel)
    assert isinstance(plain, Panel)
    assert panel.digest == plain.digest
    assert panel.features == ("speed",)


def test_a_row_set_aside_is_reported_once(write: Callable[..., Path]) -> None:
    report = ingest.inspect(write(long_text() + "Total,,,,n/k\n"))
    assert [finding.code for finding in report.findings] == ["bad_rows"]
    assert sum(finding.count for finding in report.findings) == report.rows - 144


def test_lines_are_counted_from_the_top_of_the_file(write: Callable[..., Path]) -> None:
    report = ingest.inspect(write("# a\n# b\n" + with_time(7, "yesterday")))
    assert next(finding.lines for finding in report.findings if finding.code == "bad_rows") == [10]


def test_a_silent_column_of_a_wide_table_is_a_place(write: Callable[..., Path]) -> None:
    header, *rows = wide_text().splitlines()
    report = ingest.inspect(write("\n".join([f"{header},s4,", *(f"{row},," for row in rows)])))
    assert report.roles.values == ["s1", "s2", "s3", "s4"]
    assert {finding.code for finding in report.findings} >= {"all_missing_places", "empty_columns"}


def test_rows_in_are_rows_used_and_rows_reported(write: Callable[..., Path]) -> None:
    rows = list(ROWS)
    rows[3], rows[9] = "bad" + rows[3][4:], rows[9].replace("c3", "")
    report = ingest.inspect(write("\n".join([*rows, rows[20], "1,2,3,4,5,6,7"])))
    reported = sum(finding.count for finding in report.findings if finding.code in ("bad_rows", "duplicates"))
    assert report.rows == len(ROWS) - 1 + 2
    assert reported == 4
    steps, places, _ = report.shape or (0, 0, 0)
    assert report.rows - reported == steps * places - (report.missing or 0)


def test_bad_rows_are_named_by_their_line(write: Callable[..., Path]) -> None:
    report = ingest.inspect(write(with_time(7, "yesterday")))
    finding = next(finding for finding in report.findings if finding.code == "bad_rows")
    assert finding.lines == [8]
    assert "yesterday" in finding.message


def test_line_numbers_are_right_behind_blank_lines_and_quoted_ones(write: Callable[..., Path]) -> None:
    text = (
        'time,sensor,speed,note\n2024-01-01,a,1,"two\nlines"\n\n2024-01-02,a,2,\n2024-01-03,a,oops,\n2024-01-04,a,3,\n'
    )
    report = ingest.inspect(write(text))
    assert next(finding.lines for finding in report.findings if finding.code == "bad_values") == [6]


def test_one_endless_line_is_refused_without_being_read(home: Path) -> None:
    megabyte = gzip.compress(b"7" * 1_000_000)
    (home.parent / "line.csv").write_bytes(megabyte * 300)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="Line 1 is longer than"):
            dataset.create(home.parent / "line.csv", "line")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert list((home / "datasets").iterdir()) == []


def test_more_columns_than_allowed_are_refused(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_MAX_COLUMNS", "50")
    with pytest.raises(DataError, match="60 columns") as refused:
        ingest.inspect(write(wide_text(places=tuple(f"s{n}" for n in range(59)))))
    assert "MAX_COLUMNS" in refused.value.hint


def allow_small_arrays_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on a large array is a failure."""
    full = np.full

    def small(shape: Any, *rest: Any, **named: Any) -> np.ndarray:
        assert np.prod(shape) < 1000, "allocated"
        return full(shape, *rest, **named)

    monkeypatch.setattr(np, "full", small)


def test_a_grid_that_is_too_large_is_refused_before_it_is_made(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(long_text(steps=2000))
    monkeypatch.setenv("FIELDCAST_MAX_CELLS", "1000")
    allow_small_arrays_only(monkeypatch)
    with pytest.raises(DataError, match="cells"):
        ingest.read(path)


def test_times_decades_apart_are_refused_before_a_grid_is_made(
    write: Callable[..., Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"19{year}-01-01 00:00:0{second},{second}.5" for year in (50, 60, 70, 80, 90) for second in range(8)]
    allow_small_arrays_only(monkeypatch)
    with pytest.raises(DataError, match=r"1,300,000,000 steps of 1 second; only one in 32,000,000") as refused:
        dataset.create(write("\n".join(["time,v", *rows])), "apart")
    assert "longer step" in refused.value.hint
    assert list((home / "datasets").iterdir()) == []


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for source in (tmp_path, tmp_path / "nothing.csv", 5):
        with pytest.raises(StcoreError) as refused:
            ingest.inspect(source)
        assert refused.value.hint
