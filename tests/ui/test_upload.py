"""The route that takes files: with a ticket, from our own pages, streamed; errors come with message and hint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from stcore.operations import uploads
from stcore.ui import upload


def put(
    ticket: str, blocks: Iterable[bytes], headers: dict[str, str] | None = None, broken: bool = False
) -> tuple[int, dict[str, str]]:
    """Status and answer of one file sent in blocks; ``broken``: the sender goes away after them."""
    sent = [{"type": "http.request", "body": block, "more_body": True} for block in blocks]
    last = {"type": "http.disconnect"} if broken else {"type": "http.request", "body": b"", "more_body": False}
    messages = iter([*sent, last])
    given = {"host": "127.0.0.1:8501", "x-file-name": "speeds.csv", **(headers or {})}
    scope = {
        "type": "http", "method": "PUT", "path": f"/upload/{ticket}", "path_params": {"ticket": ticket}, "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip

    async def receive() -> dict[str, object]:
        return next(messages)

    response: Response = asyncio.run(upload.receive(Request(scope, receive)))
    return response.status_code, json.loads(bytes(response.body))


def test_a_file_arrives_whole_under_its_name() -> None:
    body = [b"time,speed\n", b"2026-03-02,1\n" * 200_000, b"2026-03-03,2\n"]
    headers = {"x-file-name": "%E8%BD%A6%20speeds.csv", "content-length": str(sum(map(len, body)))}
    status, answer = put(uploads.ticket("anna"), body, headers)
    kept = uploads.source_of(answer["token"])
    assert (status, kept.name, kept.read_bytes()) == (200, "车 speeds.csv", b"".join(body))


@pytest.mark.parametrize("ticket", ["guess", "x" * 4000])
def test_without_a_ticket_nothing_is_taken(ticket: str, home: Path) -> None:
    status, answer = put(ticket, [b"x"])
    assert status == 404
    assert answer["message"]
    assert answer["hint"]
    assert not (home / "uploads").exists()


def test_a_page_of_another_site_is_refused_even_with_a_ticket() -> None:
    ticket = uploads.ticket("anna")
    assert put(ticket, [b"x"], {"origin": "https://elsewhere.example"})[0] == 404
    assert put(ticket, [b"x"], {"origin": "http://127.0.0.1:8501"})[0] == 200


def test_too_much_is_refused_in_words_and_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_MAX_UPLOAD_MB", "1")
    status, answer = put(uploads.ticket("anna"), [b"x" * 700_000] * 3)
    assert status == 422
    assert "larger than 1 MB" in answer["message"]
    assert list((home / "uploads").iterdir()) == []


def test_a_sender_who_goes_away_leaves_nothing(home: Path) -> None:
    assert put(uploads.ticket("anna"), [b"x" * 100], broken=True)[0] == 400
    assert list((home / "uploads").iterdir()) == []
