"""The drop zone and the route behind it: a file of any size streams from the browser to the disk, a megabyte at a time.

Streamlit's own uploader keeps the whole file in the server's memory, twice. Here the browser sends it to a route of this
server, with a ticket that the page got for its owner; the page is told the token of the kept file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from stcore.errors import NotFound, StcoreError
from stcore.operations import uploads
from stcore.settings import settings
from stcore.ui import state

HERE = Path(__file__).parent
ADDRESS = "/upload/{ticket}"


def zone(title: str, note: str, types: Sequence[str], key: str) -> str | None:
    """The drop zone; the token of a file that was just handed in, else None.

    Args:
        title: what to do.
        note: what may be dropped.
        types: endings offered in the file dialog, without dots; the server looks at the bytes.
        key: of the widget.
    """
    slot = f"{key}-ticket"
    if slot not in st.session_state:
        st.session_state[slot] = uploads.ticket(state.owner())
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    data = {
        "title": title, "note": note, "types": ",".join(f".{ending}" for ending in types),
        "address": f"{'/' + base if base else ''}/upload/{st.session_state[slot]}",
        "most": settings().max_upload_mb * 10**6,
        "larger": "Read it with `python -m stcore`, save it as Parquet, or raise FIELDCAST_MAX_UPLOAD_MB.",
    }  # fmt: skip
    result = _component()(data=data, key=key, on_uploaded_change=lambda: None)
    token = getattr(result, "uploaded", None)
    return str(token) if token else None


@lru_cache(maxsize=1)
def _component() -> Any:
    html, css, js = ((HERE / f"zone.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component("fieldcast_drop_zone", html=html, css=css, js=js)


def routes() -> list[Route]:
    """For ``st.App``."""
    return [Route(ADDRESS, receive, methods=["PUT"])]


async def receive(request: Request) -> JSONResponse:
    """Take one file: 200 with its token, else the status of the error with message and hint."""
    try:
        _refuse_strangers(request.headers)
        owner = uploads.owner_of(request.path_params["ticket"])
        return JSONResponse({"token": await _take(request, owner)})
    except StcoreError as error:
        return JSONResponse({"message": error.message, "hint": error.hint}, status_code=error.http_status)
    except ClientDisconnect:
        return JSONResponse({"message": "The sender went away.", "hint": ""}, status_code=400)


async def _take(request: Request, owner: str) -> str:
    announced = request.headers.get("content-length", "")
    name = unquote(request.headers.get("x-file-name", ""))[:400]
    incoming = await run_in_threadpool(uploads.Incoming, name, owner, int(announced) if announced.isdigit() else None)
    waiting = bytearray()
    try:
        async for block in request.stream():
            waiting += block
            if len(waiting) >= uploads.CHUNK:
                await run_in_threadpool(incoming.write, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(incoming.write, bytes(waiting))
        return await run_in_threadpool(incoming.finish)
    finally:
        await run_in_threadpool(incoming.give_up)


def _refuse_strangers(headers: Mapping[str, str]) -> None:
    """A page of another site may not hand files in, whatever it knows.

    Raises:
        NotFound: the request comes from elsewhere.
    """
    origin = headers.get("origin")
    if origin and urlsplit(origin).netloc != headers.get("host"):
        raise NotFound(
            "Files are taken from this server's own pages only.", "Open the dashboard and drop the file there."
        )
