"""What somebody says about how a source is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from stcore.config import Config


@dataclass(frozen=True)
class Asked:
    """How a source is to be read; what is None is found.

    Attributes:
        delimiter, decimal, header: how a text is written.
        sheet: name of the sheet of a workbook.
        files: whether several files are ``places`` (one each) or ``parts`` of one table.
        query: what a database is asked.
    """

    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None
    sheet: str | None = None
    files: str | None = None
    query: str | None = None

    @classmethod
    def of(cls, roles: Any) -> Asked:
        """From a mapping, ``Roles`` or the ``data`` part of an experiment; what is not about reading is left aside."""
        mapping: Mapping[str, Any] = roles.model_dump() if isinstance(roles, Config) else roles or {}
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in mapping.items() if key in known and value not in (None, "")})
