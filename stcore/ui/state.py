"""What is chosen, as ids in the page's address, and who is looking.

``?dataset=&run=&model=&place=`` open the same view anywhere (``upload``: a file that could not be read yet;
``judge``: what a detector found). Streamlit
drops the ids when another page is chosen in the top bar, so the last ones are remembered for the session and put back.
"""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

Key = Literal["dataset", "run", "model", "place", "upload", "judge"]
KEYS: tuple[Key, ...] = ("dataset", "run", "model", "place", "upload", "judge")
LONGEST = 500


def chosen(key: Key) -> str | None:
    """The id in the address, else the last one of this session (which is put back into the address)."""
    given = st.query_params.get(key)
    if given:
        given = given[:LONGEST]
        st.session_state[_slot(key)] = given
        return given
    kept = st.session_state.get(_slot(key))
    if kept:
        st.query_params[key] = kept
    return kept


def choose(key: Key, value: str | None) -> None:
    """Set an id in the address; choosing another dataset forgets run, model and place, another run its model."""
    if value == st.query_params.get(key) == st.session_state.get(_slot(key)):
        return
    below = {"dataset": ("run", "model", "place", "upload", "judge"), "run": ("model",)}.get(key, ())
    for name in below:
        forget(name)  # type: ignore[arg-type]
    if value is None:
        forget(key)
        return
    st.session_state[_slot(key)] = value
    st.query_params[key] = value


def forget(key: Key) -> None:
    """Drop an id from address and memory."""
    st.session_state.pop(_slot(key), None)
    if key in st.query_params:
        del st.query_params[key]


def address() -> dict[str, str]:
    """The chosen ids, for links to other pages."""
    return {key: value for key in KEYS if (value := chosen(key))}


def go(page: str, **ids: str) -> None:
    """Open another page (``"forecast"``) with these ids besides the chosen ones."""
    from stcore.ui.pages import path

    for key, value in ids.items():
        choose(key, value)  # type: ignore[arg-type]
    st.switch_page(path(page), query_params=address())


def kept(name: str, default: Any = None) -> Any:
    """A value of this session: of a widget before it is drawn, or one that was set by ``keep``."""
    return st.session_state.get(name, default)


def keep(name: str, value: Any) -> None:
    """Remember a value for this session."""
    st.session_state[name] = value


def drop(name: str) -> None:
    """Forget a value of this session."""
    st.session_state.pop(name, None)


def owner() -> str:
    """Who is looking: the signed-in user's id, or “local” without sign-in."""
    user = st.user
    if getattr(user, "is_logged_in", False):
        return str(user.get("sub") or user.get("email") or "local")
    return "local"


def who() -> str:
    """Name of who is looking, as it stands beside what they said; “you” without sign-in."""
    user = st.user
    if getattr(user, "is_logged_in", False):
        return str(user.get("name") or user.get("email") or user.get("sub"))
    return "you"


def _slot(key: str) -> str:
    return f"chosen_{key}"
