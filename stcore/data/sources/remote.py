"""A file behind an http or https address, streamed to disk under a limit of size and time.

Each step, the first and every redirect, resolves the name once, may be judged by a guard, and connects to exactly the
address that was judged: a name that resolves otherwise a moment later leads nowhere else.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from stcore.data.packed import CHUNK, Space
from stcore.errors import DataError
from stcore.settings import settings

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_SILENCE_S = 20.0
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Guard(Protocol):
    """Judges every step of a download; raises to refuse."""

    def host(self, parts: SplitResult) -> None:
        """Whether the host may be asked at all, before its name is resolved."""

    def addresses(self, parts: SplitResult, found: Sequence[Address]) -> None:
        """Whether what the name resolves to may be connected to."""


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a host.

    Raises:
        OSError: it is not known.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(each[4][0]).split("%")[0]) for each in dict.fromkeys(found)]


def connect(address: Address, port: int, timeout_s: float) -> socket.socket:
    """A connection to one address."""
    return socket.create_connection((str(address), port), timeout_s)


@dataclass(frozen=True)
class Remote:
    """A file to be fetched.

    Attributes:
        url: http or https.
        guard: judges every step; None: the user's own command may go where the user may.
        resolver, connector: how names and connections are made.
        limit_mb: largest file; None: ``settings().max_table_mb``.
    """

    url: str
    guard: Guard | None = None
    resolver: Callable[[str, int], Sequence[Address]] = field(default=resolve, repr=False)
    connector: Callable[[Address, int, float], socket.socket] = field(default=connect, repr=False)
    limit_mb: int | None = None

    def fetch(self, target: Path) -> Path:
        """The file written to ``target``.

        Raises:
            DataError: refused, unknown, silent, too slow, too large, or no answer with a file.
        """
        until = time.monotonic() + settings().fetch_timeout_s
        url = self.url
        for _ in range(_MOST_REDIRECTS + 1):
            parts = _checked(url)
            try:
                connection, response = self._ask(parts, until)
                with connection:
                    if response.status not in _REDIRECTS:
                        return self._save(response, parts, target, until)
                    onward = urljoin(url, response.getheader("Location") or "")
            except (OSError, http.client.HTTPException) as error:
                raise DataError(
                    f"“{parts.hostname}” cannot be read ({_reason(error)}).", "Check the address and the connection."
                ) from error
            if parts.scheme == "https" and urlsplit(onward).scheme != "https":
                raise DataError(
                    f"“{parts.hostname}” leads on to an open (http) address.", "Give the address of the file itself."
                )
            url = onward
        raise DataError(
            f"The address leads on more than {_MOST_REDIRECTS} times.", "Give the address of the file itself."
        )

    def _ask(self, parts: SplitResult, until: float) -> tuple[Any, http.client.HTTPResponse]:
        """Connect to an address that was judged, and ask for the file."""
        host, secure = str(parts.hostname), parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        if self.guard is not None:
            self.guard.host(parts)
        addresses = list(self.resolver(host, port))
        if not addresses:
            raise OSError("the host is not known")
        if self.guard is not None:
            self.guard.addresses(parts, addresses)
        plain = self.connector(addresses[0], port, min(_SILENCE_S, _left(until)))
        try:
            link = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
            connection = http.client.HTTPConnection(host, port)
            connection.sock = link
            connection.request("GET", _path(parts), headers={"User-Agent": "Fieldcast", "Accept-Encoding": "identity"})
            return link, connection.getresponse()
        except BaseException:
            plain.close()
            raise

    def _save(self, response: http.client.HTTPResponse, parts: SplitResult, target: Path, until: float) -> Path:
        if response.status != 200:
            raise DataError(f"“{parts.hostname}” answers {response.status} {response.reason}.", "Check the address.")
        limit, written = (self.limit_mb or settings().max_table_mb) * 10**6, 0
        told = response.getheader("Content-Length") or ""
        if told.isdigit() and int(told) > limit:
            raise self._too_large(limit)
        with Space(target), target.open("wb") as out:
            while block := _block(response):
                written += len(block)
                if written > limit:
                    raise self._too_large(limit)
                _left(until)
                out.write(block)
            if told.isdigit() and written < int(told):
                raise DataError(f"The file broke off after {written:,} of {int(told):,} bytes.", "Try again.")
        return target

    def _too_large(self, limit: int) -> DataError:
        name = "FIELDCAST_MAX_TABLE_MB" if self.limit_mb is None else "FIELDCAST_MAX_UPLOAD_MB"
        return DataError(f"The file is larger than {limit / 1e6:,.0f} MB.", f"Give a smaller one, or raise {name}.")


def _checked(url: str) -> SplitResult:
    """The parts of an http or https address without a password in it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise DataError("This is no address of a file.", "Write https://host/path/file.csv.")
    if parts.username or parts.password:
        raise DataError("An address with a password in it is not fetched.", "Download the file and give its path.")
    return parts


def _path(parts: SplitResult) -> str:
    """What is asked of the host, with everything but plain characters escaped."""
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else path


def _left(until: float) -> float:
    """Seconds left."""
    left = until - time.monotonic()
    if left <= 0:
        raise DataError(
            f"The download took longer than {settings().fetch_timeout_s:g} s.",
            "Try again later, or raise FIELDCAST_FETCH_TIMEOUT_S.",
        )
    return left


def _block(response: http.client.HTTPResponse) -> bytes:
    """What has come, without waiting for a whole block, so that time is looked at."""
    return response.read1(CHUNK)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"silent for {_SILENCE_S:g} s"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
