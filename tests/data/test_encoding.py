"""Any encoding becomes the same UTF-8; what is no text is refused."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from stcore.data.encoding import as_text
from stcore.errors import DataError, StoreError
from stcore.settings import settings

CHINESE = "时间,站点,流量\n" + "".join(f"2024-01-{n:02},海淀区第{n}号,{n}\n" for n in range(1, 29))
GERMAN = "Zeit,Ort,Wert\n" + "".join(f"2024-01-{n:02},Köln-Müngersdorf,{n}\n" for n in range(1, 29))


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (CHINESE, "utf-8", "UTF-8"), (CHINESE, "utf-8-sig", "UTF-8"), (CHINESE, "utf-16", "UTF-16"),
        (CHINESE, "utf-16-le", "UTF-16"), (CHINESE, "gb18030", "GB18030"), (CHINESE, "gbk", "GB18030"),
        (GERMAN, "utf-8", "UTF-8"), (GERMAN, "utf-16-le", "UTF-16"), (GERMAN, "utf-16-be", "UTF-16"),
        (GERMAN, "latin-1", "Windows-1252"), (GERMAN.replace("Wert", "Wert in €"), "cp1252", "Windows-1252"),
    ],
)  # fmt: skip
def test_every_encoding_is_told_and_read(
    text: str, encoding: str, name: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    if encoding == "utf-16-le" and text is CHINESE:
        text = "time,place,value\n" + "2024-01-01,海淀,1\n" * 30
    found = as_text(write(text.encode(encoding)), tmp_path)
    assert found.encoding == name
    assert found.path.read_text(encoding="utf-8-sig") == text
    assert found.lines == text.count("\n")
    assert found.damaged == 0


def test_utf8_is_read_where_it_lies(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write(CHINESE)
    assert as_text(path, tmp_path).path == path


def test_gzip_is_told_from_its_bytes_not_from_its_name(write: Callable[..., Path], tmp_path: Path) -> None:
    assert (
        as_text(write(gzip.compress(GERMAN.encode("latin-1")), "table.txt"), tmp_path).path.read_text("utf-8") == GERMAN
    )
    assert as_text(write(GERMAN, "plain.gz"), tmp_path).path.read_text("utf-8") == GERMAN


@pytest.mark.parametrize("wrap", [lambda data: data, io.BytesIO, lambda data: io.StringIO(data.decode())])
def test_bytes_and_file_objects_are_read_from_their_beginning(wrap: Callable[[bytes], object], tmp_path: Path) -> None:
    source = wrap(GERMAN.encode())
    if hasattr(source, "read"):
        source.read(5)
    assert as_text(source, tmp_path).path.read_text("utf-8") == GERMAN


def test_a_few_damaged_characters_do_not_change_the_encoding(write: Callable[..., Path], tmp_path: Path) -> None:
    damaged = CHINESE.encode().replace("号,7".encode(), b"\xff\xfe,7", 1)
    found = as_text(write(damaged), tmp_path)
    assert found.encoding == "UTF-8"
    assert found.damaged >= 1
    assert "海淀区第8号" in found.path.read_text("utf-8")


def test_a_character_cut_in_two_by_a_block_is_read_whole(write: Callable[..., Path], tmp_path: Path) -> None:
    row = "2024-01-01,海淀区,1\n"
    text = row * (2_500_000 // len(row.encode()))
    assert as_text(write(text.encode("utf-16")), tmp_path).path.read_text("utf-8") == text
    assert as_text(write(text), tmp_path).encoding == "UTF-8"


def test_lines_up_to_the_limit_pass_and_longer_ones_do_not(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDCAST_MAX_LINE_BYTES", "3000000")
    assert settings().max_line_bytes == 3_000_000
    lines = as_text(write("a,b\n" + "x" * 3_000_000 + "\n1,2\n"), tmp_path).lines
    assert lines == 3
    with pytest.raises(DataError, match="Line 2 is longer"):
        as_text(write("a,b\n" + "x" * 3_000_001 + "\n1,2\n"), tmp_path)
    monkeypatch.setenv("FIELDCAST_MAX_LINE_BYTES", "1000")
    with pytest.raises(DataError, match="longer than 1,000"):
        as_text(write("a,b\n" * 10 + "x" * 1001 + "\n1,2\n"), tmp_path)


def test_an_archive_that_unpacks_without_end_is_stopped(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDCAST_MAX_TABLE_MB", "3")
    with pytest.raises(DataError, match="3 MB"):
        as_text(write(gzip.compress(b"1,2\n" * 2_000_000)), tmp_path)
    assert not (tmp_path / "unpacked").exists()


def test_a_full_disk_leaves_no_half_copy(write: Callable[..., Path], tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space"):
        as_text(Full(b"abc"), tmp_path)
    assert not (tmp_path / "given").exists()
