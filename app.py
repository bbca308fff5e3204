"""Fieldcast as an ASGI application: ``streamlit run app.py``.

The pages and their frame are in ``stcore/ui/main.py``; this file starts and ends the background thread that keeps the
workers, adds the route that takes files, and names the one guard that shows errors.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st

from stcore.errors import StcoreError
from stcore.operations.jobs import supervisor
from stcore.ui import upload
from stcore.ui.guard import on_script_error

PATIENCE_S = 2


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Before the first page: take the home and start the workers. After the last: end them."""
    try:
        supervisor.start(st.get_option("server.port"))
    except StcoreError as error:
        print(f"\n  {error.message}\n  {error.hint}\n", file=sys.stderr, flush=True)
        os._exit(2)  # raised, the server would wrap it in two tracebacks; nothing runs yet that needs an ending
    _end_with_status_0()
    try:
        yield
    finally:
        supervisor.stop()
        last = threading.Timer(PATIENCE_S, os._exit, (0,))  # a page that still computes is not waited for
        last.daemon = True
        last.start()


def _end_with_status_0() -> None:
    """Being told to end is no failure: ask uvicorn to shut down instead of letting it raise the signal once more."""
    for number in (signal.SIGTERM, signal.SIGINT):
        server = getattr(signal.getsignal(number), "__self__", None)
        if hasattr(server, "should_exit"):
            signal.signal(number, lambda *_, server=server: _ask_to_end(server))


def _ask_to_end(server: Any) -> None:
    server.config.timeout_graceful_shutdown = PATIENCE_S  # for open tabs and uploads
    server.should_exit = True


app = st.App("stcore/ui/main.py", lifespan=lifespan, routes=upload.routes(), on_script_error=on_script_error)
