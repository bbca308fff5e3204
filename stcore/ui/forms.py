"""A form from any settings record: title, help, unit and bounds come from the declaration, nothing is said twice."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic.fields import FieldInfo

from stcore.config import Config

Values = dict[str, Any]


def edit(
    cls: type[Config], key: str, current: Mapping[str, Any] | None = None, leave_out: Collection[str] = (),
    columns: int = 2, folded: bool = True,
) -> Values:  # fmt: skip
    """Draw a record's settings and return what they say now; advanced ones sit under “More settings”.

    Args:
        cls: the record; its values are checked by ``cls.parse(values)``, on the server, when they are used.
        key: start of the widgets' keys, unique on the page.
        current: values to begin with; left out = the defaults.
        leave_out: names of settings that are not drawn.
        columns: settings side by side.
        folded: advanced settings sit under “More settings”; False where the whole form already does.

    Returns:
        The values that differ from the defaults; settings of a kind that has no widget (groups, lists of texts) are passed
        over.
    """
    start = dict(current or {})
    fields = {name: field for name, field in cls.model_fields.items() if name not in leave_out and _widget(field)}
    basic = {name: field for name, field in fields.items() if _extra(field).get("level") != "advanced"}
    advanced = {name: field for name, field in fields.items() if name not in basic}
    if not folded:
        basic, advanced = {**basic, **advanced}, {}
    values = _draw(basic, key, start, columns)
    if advanced:
        with st.expander("More settings", key=f"{key}-more"):
            values |= _draw(advanced, key, start, columns)
    return {name: value for name, value in values.items() if value != _default(cls.model_fields[name])}


def _draw(fields: Mapping[str, FieldInfo], key: str, start: Mapping[str, Any], columns: int) -> Values:
    values: Values = {}
    places = st.columns(columns, gap="medium") if columns > 1 else [st.container()]
    for number, (name, field) in enumerate(fields.items()):
        draw = _widget(field)
        if draw is None:
            continue
        with places[number % len(places)]:
            values[name] = draw(field, f"{key}-{name}", start.get(name, _default(field)))
    return values


def _widget(field: FieldInfo) -> Callable[[FieldInfo, str, Any], Any] | None:
    """The widget for a field's type, or None."""
    kind, _ = _kind(field)
    if get_origin(kind) is Literal:
        return _choice
    if get_origin(kind) is list:
        return _of_list(get_args(kind)[0])
    return {bool: _switch, int: _whole, float: _real, str: _words}.get(kind)


def _kind(field: FieldInfo) -> tuple[Any, bool]:
    """The type without None, and whether None is allowed."""
    kind = field.annotation
    if get_origin(kind) in (Union, types.UnionType):
        rest = [part for part in get_args(kind) if part is not type(None)]
        return (rest[0] if len(rest) == 1 else None), len(rest) < len(get_args(kind))
    return kind, False


def _extra(field: FieldInfo) -> Mapping[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _default(field: FieldInfo) -> Any:
    return None if field.is_required() else field.get_default(call_default_factory=True)


def label(field: FieldInfo) -> str:
    """Title with its unit: “History used, steps”."""
    unit = _extra(field).get("unit")
    title = field.title or ""
    return f"{title}, {unit}" if unit and unit not in title.lower().split() else title


def _bounds(field: FieldInfo) -> tuple[Any, Any]:
    """Smallest and largest value a widget may give; strict bounds are left to the check."""
    low = next((part.ge for part in field.metadata if isinstance(part, annotated_types.Ge)), None)
    high = next((part.le for part in field.metadata if isinstance(part, annotated_types.Le)), None)
    return low, high


def _switch(field: FieldInfo, key: str, value: Any) -> bool:
    return st.toggle(label(field), value=bool(value), key=key, help=field.description)


def _choice(field: FieldInfo, key: str, value: Any) -> Any:
    options, said = list(get_args(_kind(field)[0])), _said(field)
    if len(options) <= 4:
        chosen = st.segmented_control(
            label(field), options, default=value if value in options else options[0], required=True, key=key,
            help=field.description, format_func=said, wrap=True,
        )  # fmt: skip
    else:
        index = options.index(value) if value in options else 0
        chosen = st.selectbox(label(field), options, index=index, key=key, help=field.description, format_func=said)
    return chosen if chosen in options else value


def _said(field: FieldInfo) -> Callable[[Any], str]:
    """Words of a value that can be chosen."""
    choices = _extra(field).get("choices") or {}
    return lambda value: str(choices.get(value, value))


def _of_list(item: Any) -> Callable[[FieldInfo, str, Any], Any] | None:
    """The widget for a list: pills for choices, a line of text for numbers."""
    item = get_args(item)[0] if get_origin(item) is Annotated else item
    if get_origin(item) is Literal:
        return _several
    return _numbers if item in (int, float) else None


def _several(field: FieldInfo, key: str, value: Any) -> list[Any]:
    item = get_args(_kind(field)[0])[0]
    return st.pills(
        label(field), list(get_args(item)), selection_mode="multi", default=list(value or ()), format_func=_said(field),
        key=key, help=field.description,
    )  # fmt: skip


def _numbers(field: FieldInfo, key: str, value: Any) -> list[Any]:
    """Numbers with commas or spaces between; what is no number is left to the check."""
    shown = ", ".join(f"{number:g}" for number in value or ())
    given = st.text_input(
        label(field), value=shown, key=key, help=f"{field.description} With commas between.", max_chars=300
    )
    return [_number(part) for part in re.split(r"[,;\s]+", given or "") if part]


def _number(text: str) -> int | float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _whole(field: FieldInfo, key: str, value: Any) -> int | None:
    low, high = (None if bound is None else int(bound) for bound in _bounds(field))
    return st.number_input(
        label(field), min_value=low, max_value=high, value=value, step=1, key=key, help=field.description,
        placeholder="suggested from the data",
    )  # fmt: skip


def _real(field: FieldInfo, key: str, value: Any) -> float | None:
    low, high = (None if bound is None else float(bound) for bound in _bounds(field))
    return st.number_input(
        label(field), min_value=low, max_value=high, value=None if value is None else float(value), format="%g", key=key,
        step=abs(float(value)) / 2 if value else 0.1, help=field.description, placeholder="suggested from the data",
    )  # fmt: skip


def _words(field: FieldInfo, key: str, value: Any) -> str | None:
    given = st.text_input(label(field), value=value or "", key=key, help=field.description, max_chars=500)
    return given or (None if _kind(field)[1] else "")
