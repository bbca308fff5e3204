"""The frozen base of every settings record, and the one way to declare a setting.

A setting is declared once, with default, bounds, unit and help; the form on a page, the schema of the service,
the command line's documents and the search space are derived from that declaration.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stcore.errors import ConfigError, nearest

Level = Literal["basic", "advanced"]


def setting(
    default: Any = ...,
    *,
    title: str,
    help: str,
    unit: str | None = None,
    level: Level = "basic",
    search: Mapping[str, Any] | None = None,
    choices: Mapping[str, str] | None = None,
    **bounds: Any,
) -> Any:
    """Declare one setting.

    Args:
        default: value when left out (``...`` = must be given).
        title: the words a page shows ("History used").
        help: one sentence on what it does and which way to turn it.
        unit: "steps", "epochs", "%"; None for a bare number or a choice.
        level: advanced settings hide behind "More settings".
        search: how a search may vary it ({"low": 1e-4, "high": 1e-2, "log": True}); None = not searched.
        choices: words of a page for the values one can choose from; None = the values themselves.
        **bounds: pydantic bounds (ge, gt, le, lt, min_length, ...).
    """
    extra: dict[str, Any] = {"unit": unit, "level": level, "search": dict(search) if search else None}
    extra |= {"choices": dict(choices)} if choices else {}
    return Field(default, title=title, description=help, json_schema_extra=extra, **bounds)


class Config(BaseModel):
    """Frozen, strict settings: unknown keys are refused, naming the nearest known one."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, ser_json_inf_nan="constants")

    @classmethod
    def parse(cls, value: Mapping[str, Any] | Self | None, where: str = "") -> Self:
        """Build from a mapping, turning pydantic's complaints into one ``ConfigError``.

        Args:
            value: the given keys (None = all defaults).
            where: path shown before the key in messages ("windows").
        """
        if isinstance(value, cls):
            return value
        if value is not None and not isinstance(value, Mapping):
            raise ConfigError(
                f"{where or cls.__name__} must be a group of settings, not {value!r}.",
                f"Write it as keys and values, for example {{{next(iter(cls.model_fields))}: ...}}.",
            )
        try:
            return cls.model_validate(dict(value or {}))
        except ValidationError as error:
            raise _plain(error, cls, where) from error

    def digest(self) -> str:
        """Sixteen hex digits that are the same for the same settings, whatever the order of keys."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class TopConfig(Config):
    """A settings record that people build by hand: a mistake in it, at any depth, is a ``ConfigError``."""

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise _plain(error, type(self), "") from error


def _plain(error: ValidationError, model: type[Config], where: str) -> ConfigError:
    """The first complaint of pydantic as message and hint."""
    first = error.errors()[0]
    path = ".".join(str(part) for part in (where, *first["loc"]) if str(part))
    if first["type"] == "extra_forbidden":
        known = _fields_at(model, first["loc"][:-1])
        return ConfigError(f"Unknown setting “{path}”.", nearest(str(first["loc"][-1]), known))
    told = first["msg"].removeprefix("Value error, ")
    if first["type"] == "model_type":
        told = f"this is a group of settings ({', '.join(_fields_at(model, first['loc']))})"
    subject = f"Setting “{path}”: {told[:1].lower()}" if path else told[:1].upper()
    return ConfigError(f"{subject}{told[1:]}{_shown(first)}.", _hint(model, first["loc"]))


def _shown(complaint: Mapping[str, Any]) -> str:
    """What was given, where it is short enough to be told."""
    given = complaint.get("input")
    simple = given if isinstance(given, list) else [given]
    if complaint["type"] == "missing" or not all(isinstance(part, str | int | float | None) for part in simple):
        return ""
    return f" (given: {given})" if isinstance(given, int | float) else f" (given: {str(given)[:80]!r})"


def _fields_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Names of the fields of the record that ``path`` leads to."""
    for part in path:
        field = model.model_fields.get(str(part))
        model = (_record_in(field.annotation) if field else None) or model
    return list(model.model_fields)


def _record_in(annotation: Any) -> type[BaseModel] | None:
    """The settings record in an annotation such as ``Record``, ``Record | None`` or ``list[Record]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _record_in(part))), None)


def _hint(model: type[BaseModel], path: tuple[int | str, ...]) -> str:
    """The help of the setting complained about, so that the hint says what it is for."""
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None:
            continue
        inner = _record_in(field.annotation)
        if inner is not None and part != path[-1]:
            model = inner
            continue
        if field.description:
            default = "" if field.is_required() or field.default is None else f" Default: {field.default!r}."
            return f"{field.description}{default}"
    return "Correct the value and try again."
