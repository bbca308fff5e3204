"""What stops a start, in a sentence, before the server is tried."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stcore.errors import ConfigError
from tools import serve


def test_a_taken_port_is_refused_with_its_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind((serve.ADDRESS, 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        assert serve.main() == 2
    words = capsys.readouterr().err
    assert f"Port {port} is taken" in words
    assert "make run PORT=" in words


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "80.5"])
def test_a_port_that_is_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(ConfigError, match="1 to 65535"):
        serve.chosen_port()


def test_an_empty_port_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    assert serve.chosen_port() == 8501


def test_a_home_that_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("FIELDCAST_HOME", str(tmp_path / "file" / "home"))
    with socket.socket() as free:
        free.bind((serve.ADDRESS, 0))
        monkeypatch.setenv("PORT", str(free.getsockname()[1]))
    assert serve.main() == 2
    assert "cannot be written to" in capsys.readouterr().err


def test_the_server_listens_on_this_machine_only() -> None:
    assert "--server.address=127.0.0.1" in serve.server_command(8501)
