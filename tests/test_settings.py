"""What the environment says, and what is told when it says something impossible."""

from __future__ import annotations

import pytest

from stcore.errors import ConfigError
from stcore.settings import settings


@pytest.mark.parametrize(("name", "value"), [("FIELDCAST_WORKERS", "0"), ("FIELDCAST_EXECUTOR", "cloud")])
def test_an_impossible_setting_is_named_as_it_was_written(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name):
        settings()
