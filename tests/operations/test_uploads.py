"""Files that are handed in: streamed, whole or not at all, under a name that stays in its folder."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import pytest

from stcore.errors import DataError, NotFound, StoreError
from stcore.operations import uploads


def test_a_file_in_pieces_is_kept_whole(home: Path) -> None:
    incoming = uploads.Incoming("speeds.csv", "anna", expected=6)
    for block in (b"abc", b"", b"def"):
        incoming.write(block)
    token = incoming.finish()
    assert uploads.source_of(token).read_bytes() == b"abcdef"
    assert uploads.source_of(token).name == "speeds.csv"
    uploads.forget(token)
    assert list((home / "uploads").iterdir()) == []


def test_the_same_file_twice_is_one_and_another_owner_has_his_own() -> None:
    one, two, other = (uploads.keep(io.BytesIO(b"abc"), "a.csv", owner) for owner in ("anna", "anna", "ben"))
    assert one == two != other


def test_what_is_given_up_leaves_nothing(home: Path) -> None:
    incoming = uploads.Incoming("a.csv")
    incoming.write(b"abc")
    incoming.give_up()
    assert list((home / "uploads").iterdir()) == []


def test_more_than_the_limit_is_refused_when_announced_and_when_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_MAX_UPLOAD_MB", "1")
    with pytest.raises(DataError, match="larger than 1 MB") as refused:
        uploads.Incoming("a.csv", expected=1_000_001)
    assert "FIELDCAST_MAX_UPLOAD_MB" in refused.value.hint
    with pytest.raises(DataError, match="larger than 1 MB"):
        uploads.keep([b"x" * 600_000] * 2, "a.csv")


def test_a_disk_that_is_too_small_is_told_before_anything_is_sent(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 70 << 20})())
    with pytest.raises(StoreError, match="are free") as refused:
        uploads.Incoming("a.csv", expected=20 << 20)
    assert refused.value.hint
    assert list((home / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../evil.csv", "evil.csv"), ("..\\..\\evil.csv", "evil.csv"), ("a b.csv", "a b.csv"), ("", "file"), ("...", "file"),
        ("<img src=x>.csv", "_img src=x_.csv".replace("=", "_")), ("车速.csv", "车速.csv"), ("x" * 500 + ".csv", "x" * 116 + ".csv"),
    ],
)  # fmt: skip
def test_any_name_stays_in_its_folder(given: str, kept: str, home: Path) -> None:
    token = uploads.keep(io.BytesIO(b"x"), given)
    assert uploads.source_of(token) == home / "uploads" / token / kept


@pytest.mark.parametrize("token", ["", "..", "../datasets", "0" * 16, "a/b"])
def test_tokens_that_are_none_are_not_found(token: str) -> None:
    with pytest.raises(NotFound):
        uploads.source_of(token)


def test_a_ticket_is_its_owners_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = uploads.ticket("anna")
    assert uploads.owner_of(ticket) == "anna"
    later = time.monotonic() + 13 * 3600
    monkeypatch.setattr(uploads.time, "monotonic", lambda: later)
    for shown in (ticket, "", "guess"):
        with pytest.raises(NotFound):
            uploads.owner_of(shown)


def test_what_a_broken_connection_left_is_swept_a_day_later(home: Path) -> None:
    old, young = uploads.Incoming("a.csv"), uploads.Incoming("b.csv")
    day_ago = time.time() - 90_000
    os.utime(old._folder, (day_ago, day_ago))
    uploads.keep(io.BytesIO(b"x"), "c.csv")
    assert young._folder.exists()
    assert not old._folder.exists()
