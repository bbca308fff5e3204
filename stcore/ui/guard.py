"""The one guard: errors made for people show message and hint; any other shows a reference, its traceback goes to the log."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import streamlit as st

from stcore.errors import NotFound, StcoreError

log = logging.getLogger("stcore.ui")


@contextmanager
def shown(page: str = "") -> Iterator[None]:
    """Run a page or a part of it; what goes wrong is shown in its place. Streamlit's own control flow passes through.

    Args:
        page: title of the page, for an error that arrives before its header was drawn; empty for a part of a page.
    """
    from stcore.ui import frame

    if page:
        frame.expect_header()
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the one place where anything may arrive
        if page and not frame.has_header():
            frame.header(page)
        if isinstance(error, StcoreError):
            _known(error)
        else:
            _unknown(error)


def watched(function: Callable[..., Any]) -> Callable[..., Any]:
    """The guard around a fragment, which reruns without its page."""

    @wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        with shown():
            return function(*args, **kwargs)

    return inner


def on_script_error(error: Exception) -> bool:
    """For ``st.App``: the last resort, for callbacks and whatever runs outside the page; True = shown by us."""
    try:
        if isinstance(error, StcoreError):
            _known(error)
        else:
            _unknown(error)
    except Exception:
        log.exception("the error could not be shown")
        return False
    return True


def _known(error: StcoreError) -> None:
    from stcore.ui import pages, parts

    log.info("%s: %s", error.code, error.message)
    parts.error(error.message, error.hint)
    if isinstance(
        error, NotFound
    ):  # a link: the id is forgotten by now, so a button would not be drawn again to be heard
        st.page_link(pages.path("home"), label="Open Home")


def _unknown(error: Exception) -> None:
    from stcore.ui import parts

    reference = secrets.token_hex(4)
    log.error("reference %s", reference, exc_info=error)
    parts.error(
        "Something went wrong inside Fieldcast.",
        "Reload the page. If it happens again, look up the reference in the log of the server.", reference, changed=True,
    )  # fmt: skip
    st.button("Reload", key=f"reload-{reference}")
