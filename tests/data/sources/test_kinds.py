"""One table, every format, every way of packing, under a name that says nothing: always the same panel."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stcore.data import ingest
from stcore.data.panel import Panel
from stcore.errors import ConfigError, DataError
from tests.data.tables import long_frame, long_text

Write = Callable[..., Path]
FRAME = long_frame()
RECORDS = json.loads(FRAME.assign(time=FRAME["time"].astype(str)).to_json(orient="records"))


def read(source: object, **options: object) -> Panel:
    """One panel."""
    panel = ingest.read(source, **options)  # type: ignore[arg-type]
    assert isinstance(panel, Panel)
    return panel


PLAIN = read(FRAME)


def zipped(**files: bytes) -> bytes:
    """A zip archive of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


def excel(**sheets: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    with pd.ExcelWriter(out) as book:
        for name, frame in sheets.items():
            frame.to_excel(book, sheet_name=name, index=False)
    return out.getvalue()


def lines(records: list[dict[str, object]]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def features() -> list[dict[str, object]]:
    """The table as GeoJSON points."""
    return [
        {
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {key: row[key] for key in ("time", "sensor", "speed")},
        }
        for row in RECORDS
    ]  # fmt: skip


FORMS: dict[str, bytes] = {
    "csv": long_text().encode(), "tsv": FRAME.to_csv(index=False, sep="\t").encode(), "parquet": parquet(FRAME),
    "parquet with an index": parquet(FRAME.set_index("time")), "excel": excel(Data=FRAME), "json lines": lines(RECORDS),
    "json array": json.dumps(RECORDS).encode(), "json array, indented": json.dumps(RECORDS, indent=1).encode(),
    "json in utf-16": json.dumps(RECORDS).encode("utf-16"),
    "records in an object": json.dumps({"meta": {"n": [1, 2]}, "result": {"data": RECORDS}}).encode(),
    "columns in an object": json.dumps({"unit": "mph", "hourly": {k: [r[k] for r in RECORDS] for k in RECORDS[0]}}).encode(),
    "geojson": json.dumps({"type": "FeatureCollection", "features": features()}).encode(),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_format_gives_the_same_panel(form: str, write: Write) -> None:
    panel = read(write(FORMS[form], "data.bin"))
    assert panel.digest == PLAIN.digest
    pd.testing.assert_series_equal(panel.locations.geometry.y, PLAIN.locations.geometry.y)


def test_groups_inside_records_become_columns(write: Write) -> None:
    records = [{"time": r["time"], "sensor": r["sensor"], "at": {"lat": r["lat"], "lon": r["lon"]}, "speed": r["speed"]} for r in RECORDS]  # fmt: skip
    report = ingest.inspect(write(lines(records)))
    assert report.columns == ("time", "sensor", "at.lat", "at.lon", "speed")
    assert report.shape == PLAIN.shape


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": lambda b: pa.compress(b, "zstd", asbytes=True),
    "zip": lambda b: zipped(**{"folder/any.thing": b, "__MACOSX/._any": b"x"}), "zip of gz": lambda b: zipped(a=gzip.compress(b)),
}  # fmt: skip


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("form", ["csv", "parquet", "json array"])
def test_every_packing_is_unpacked(packing: str, form: str, write: Write) -> None:
    assert read(write(PACKINGS[packing](FORMS[form]), "plain.csv")).digest == PLAIN.digest


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst", "zip"])
def test_what_is_packed_without_end_is_stopped(packing: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_MAX_TABLE_MB", "3")
    with pytest.raises(DataError, match="3 MB"):
        ingest.inspect(write(PACKINGS[packing](b"time,v\n" + b"2024-01-01,2\n" * 300_000)))


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst", "zip"])
def test_what_is_cut_off_is_refused(packing: str, write: Write) -> None:
    noise = np.random.default_rng(1).integers(0, 10**9, 50_000).astype(str)
    whole = PACKINGS[packing](("v\n" + "\n".join(noise)).encode())
    with pytest.raises(DataError, match="damaged"):
        ingest.inspect(write(whole[: len(whole) // 2]))


def test_a_zip_with_a_password_says_so(write: Write) -> None:
    locked = bytearray(zipped(a=FORMS["csv"]))
    locked[6] |= 1  # the flag of encryption, in the file's own header and in the directory
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DataError, match="password"):
        ingest.inspect(write(bytes(locked)))


def test_lines_that_are_no_records_are_counted(write: Write) -> None:
    text = lines(RECORDS).decode().splitlines()
    report = ingest.inspect(write("\n".join([*text[:3], "broken {", *text[3:], "7", '{"time": "cut'])))
    (bad,) = [finding for finding in report.findings if finding.code == "bad_rows"]
    assert (bad.count, bad.lines) == (3, [4, 146, 147])
    assert report.rows == len(RECORDS) + 3
    assert report.shape == PLAIN.shape


def test_keys_that_come_late_or_hold_odd_text_are_columns_too(write: Write) -> None:
    odd = "a'b\"c; DROP"
    records = [{**record, **({odd: n} if n > 100 else {})} for n, record in enumerate(RECORDS)]
    panel = read(write(lines(records)))
    assert panel.features == ("speed", odd)
    assert int(np.isfinite(panel.values[..., 1]).sum()) == len(RECORDS) - 101


@pytest.mark.parametrize(
    "content", [b"[]", b'{"a": 1}', json.dumps(RECORDS).encode()[:-30], b'{"features": [{"type": "Feature", "proper', b'{"a":1,"A":2}\n' * 3]
)  # fmt: skip
def test_json_without_records_is_refused(content: bytes, write: Write) -> None:
    with pytest.raises(DataError) as refused:
        ingest.inspect(write(content))
    assert refused.value.hint


def test_districts_in_geojson_keep_their_outlines(write: Write) -> None:
    square = {"north": [[0, 1], [1, 1], [1, 2], [0, 2], [0, 1]], "south": [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]}
    parts = [
        {
            "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"district": name, "date": f"2024-01-{day:02}", "cases": day * 10 + len(name)},
        }
        for day in range(1, 21) for name, ring in square.items()
    ]  # fmt: skip
    panel = read(write(json.dumps({"type": "FeatureCollection", "features": parts})))
    assert panel.shape == (20, 2, 1)
    assert [outline.bounds for outline in panel.locations.geometry] == [(0, 1, 1, 2), (0, 0, 1, 1)]
    assert list(panel.locations.index) == ["north", "south"]


def test_coordinates_in_another_system_are_refused(write: Write) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
    with pytest.raises(DataError, match="25832"):
        ingest.inspect(write(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features()})))


# parquet -----------------------------------------------------------------------------------------------------------


def test_parquet_keeps_its_zone_and_its_numbers(tmp_path: Path) -> None:
    time = pd.date_range("2024-03-30", periods=48, freq="1h", tz="Europe/Berlin")
    values = np.random.default_rng(0).normal(size=48).astype(np.float32)
    pd.DataFrame({"time": time, "v": values}).to_parquet(tmp_path / "t")
    panel = read(tmp_path / "t")
    assert panel.clock == "Europe/Berlin"
    assert panel.time[0] == time[0]
    np.testing.assert_array_equal(panel.values[:, 0, 0], values)


def test_parquet_is_read_where_it_lies(tmp_path: Path) -> None:
    from stcore.data.sources import open_table

    FRAME.assign(at=[{"x": n} for n in range(len(FRAME))], blob=b"x").to_parquet(tmp_path / "t")
    (tmp_path / "scratch").mkdir()
    table = open_table(tmp_path / "t", tmp_path / "scratch")
    assert list((tmp_path / "scratch").rglob("*.parquet")) == []
    assert table.names == ["time", "sensor", "lat", "lon", "speed", "at.x"]
    assert table.ask("line, c5", "ORDER BY line LIMIT 2") == [(2, "0"), (3, "1")]
    assert [finding.code for finding in table.findings] == ["left_out"]
    table.close()


def test_a_very_wide_parquet_file_becomes_rows(tmp_path: Path) -> None:
    wide = pd.DataFrame(np.arange(4 * 1200.0).reshape(4, 1200), columns=[f"s{n}" for n in range(1200)])
    wide.insert(0, "time", pd.date_range("2024-01-01", periods=4))
    wide.to_parquet(tmp_path / "t")
    panel = read(tmp_path / "t")
    assert panel.shape == (4, 1200, 1)
    assert panel.values[3, 1199, 0] == 4 * 1200 - 1


def test_parquet_that_unpacks_too_far_or_is_damaged_is_refused(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="damaged"):
        ingest.inspect(write(FORMS["parquet"][:400]))
    monkeypatch.setenv("FIELDCAST_MAX_TABLE_MB", "1")
    table = pa.table({"v": np.random.default_rng(0).random(300_000)})
    pq.write_table(table, tmp_path / "t")
    with pytest.raises(DataError, match="at most 1 MB"):
        ingest.inspect(tmp_path / "t")


# excel -------------------------------------------------------------------------------------------------------------


def test_several_sheets_are_asked_about(write: Write) -> None:
    other = FRAME.assign(speed=FRAME["speed"] + 1).head(60)
    path = write(excel(Notes=pd.DataFrame({"about": ["x"]}), Old=other, New=FRAME))
    (choice,) = [choice for choice in ingest.inspect(path).choices if choice.code == "sheet"]
    assert (choice.options, choice.chosen) == (["Old", "New"], "New")
    assert read(path).digest == PLAIN.digest
    assert read(path, roles={"sheet": "Old"}).values[0, 0, 0] == 51
    with pytest.raises(ConfigError, match="Odl"):
        read(path, roles={"sheet": "Odl"})


def test_titles_above_the_table_and_ids_with_zeros(write: Write) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Readings of the year"])
    sheet.append([])
    sheet.append(["time", "station", "flow"])
    for day, station in ((day, station) for day in range(1, 25) for station in ("007", "012")):
        sheet.append([pd.Timestamp(2024, 1, day).to_pydatetime(), station, day * 1.0])
    out = io.BytesIO()
    book.save(out)
    panel = read(write(out.getvalue()))
    assert list(panel.locations.index) == ["007", "012"]
    assert panel.step == "1D"
    np.testing.assert_array_equal(panel.values[:, 1, 0], np.arange(1, 25))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped(**{"word/document.xml": b"x"}), "Word"), (zipped(**{"a.shp": b"x", "a.dbf": b"x"}), "geometry"),
        (zipped(**{"xl/workbook.xml": b"broken"}), "Excel"), (b"\xd0\xcf\x11\xe0" + b"0" * 600, "xls"), (zipped(), "empty"),
        (b"%PDF-1.7" + b" " * 90, "PDF"), (b"SQLite format 3\0" + b"\0" * 90, "query"),
    ],
)  # fmt: skip
def test_what_holds_no_table_says_what_it_is(content: bytes, words: str, write: Write) -> None:
    with pytest.raises((DataError, ConfigError)) as refused:
        ingest.inspect(write(content))
    assert words in refused.value.message + refused.value.hint
