"""How much memory windows may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from stcore.data import memory


def test_what_the_settings_say_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_MEMORY_MB", "12")
    assert memory.limit_bytes() == 12_000_000


def test_else_half_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 1000)
    assert memory.limit_bytes() == 500


def test_a_container_has_no_more_than_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"max": "1000", "current": "900", "stat": "anon 1\ninactive_file 300"}.items():
        (tmp_path / f"memory.{name}").write_text(text)
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    assert memory.free_bytes() in (400, None)
    (tmp_path / "memory.max").write_text("max")
    assert memory.free_bytes() != 400


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    assert memory.limit_bytes() > 0
