"""What pages and the service may read from the server itself: nothing, unless the operator lists it in the settings.

Paths, folders and patterns lie under ``FIELDCAST_ROOTS`` once links are followed; addresses and every redirect name a
host of ``FIELDCAST_HOSTS`` and resolve to public addresses only; databases are those of ``FIELDCAST_SQL_HOSTS``. The
command line and Python do not come through here: they read what their user may read.
"""

from __future__ import annotations

import glob
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from urllib.parse import SplitResult

from stcore.data.sources import database
from stcore.data.sources.database import Database
from stcore.data.sources.parts import Part, parts_of
from stcore.data.sources.remote import Address, Remote
from stcore.errors import ConfigError, DataError
from stcore.settings import settings

HUB = "huggingface.co"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def anything() -> bool:
    """Whether the operator lists anything at all."""
    return bool(_listed(settings().roots) or _listed(settings().hosts) or _listed(settings().sql_hosts))


def admit(given: str) -> Path | list[Part] | Remote | Database:
    """What a person wrote on a page, or a program sent, as a source that may be read.

    Args:
        given: path, folder, pattern, http(s) address, or address of a database.

    Returns:
        What ``ingest.read`` and ``dataset.create`` take; paths are resolved, so a link that changes later leads nowhere.

    Raises:
        ConfigError: not listed in the settings.   DataError: listed, and not there.
    """
    given = given.strip()
    if "\0" in given or not given:
        raise DataError("This is no path.", "Write a path, a folder or an address.")
    if database.is_database(given):
        return _database(given)
    if given.lower().startswith(("http://", "https://")):
        return Remote(given, guard=Listed(), limit_mb=settings().max_upload_mb)
    return _path(given)


def admit_weights(given: str) -> str:
    """Weights of a model that a person named on a page, or a program sent, as weights that may be opened.

    Args:
        given: folder under ``FIELDCAST_ROOTS``, or a name on the Hugging Face hub, ``owner/model``, where
            ``FIELDCAST_HOSTS`` lists huggingface.co.

    Raises:
        ConfigError: not listed.
    """
    roots = [Path(root).expanduser().resolve() for root in _listed(settings().roots)]
    path = Path(os.path.normpath((roots[0] if roots else Path("/")) / given))
    if roots and any(path == root or root in path.parents for root in roots) and path.exists():
        return str(_under(path, roots))
    if given.count("/") != 1 or given.startswith(("/", ".", "~")) or "\\" in given:
        raise _not_listed("This folder", "FIELDCAST_ROOTS")
    if HUB not in {each.lower() for each in _listed(settings().hosts)}:
        raise _not_listed(f"The host “{HUB}”", "FIELDCAST_HOSTS")
    return given


# paths -------------------------------------------------------------------------------------------------------------


def _path(given: str) -> Path | list[Part]:
    roots = [Path(root).expanduser().resolve() for root in _listed(settings().roots)]
    if not roots:
        raise _not_listed("Paths of the server", "FIELDCAST_ROOTS")
    path = Path(os.path.normpath(roots[0] / given))  # an absolute path stays what it is
    _under(path if path.exists() else _before_pattern(path), roots)  # first: what lies elsewhere must not be told
    found = parts_of(path)
    if found is not None:
        return [replace(part, path=_under(part.path, roots)) for part in found]
    if not path.exists():
        raise DataError(f"There is no file “{path.name}”.", "Check the name and the folder.")
    return path.resolve()


def _before_pattern(path: Path) -> Path:
    """The folder above the first part with a wildcard."""
    return Path(*takewhile(lambda part: not glob.has_magic(part), path.parts))


def _under(path: Path, roots: Sequence[Path]) -> Path:
    """The path with links followed, if it lies under one of the roots."""
    resolved = Path(os.path.realpath(path))
    if not any(resolved == root or root in resolved.parents for root in roots):
        raise _not_listed("This path", "FIELDCAST_ROOTS")
    return resolved


# addresses ---------------------------------------------------------------------------------------------------------


class Listed:
    """Lets a download go to hosts of ``FIELDCAST_HOSTS`` on the open internet, at every step of it."""

    def host(self, parts: SplitResult) -> None:
        """Refuse a host that is not listed; another port than the usual one must be listed with it.

        Raises:
            ConfigError: not listed.
        """
        host = str(parts.hostname).lower().rstrip(".")
        standard = {"http": 80, "https": 443}[parts.scheme]
        named = {host, f"{host}:{parts.port}"} if parts.port in (None, standard) else {f"{host}:{parts.port}"}
        if not named & {each.lower() for each in _listed(settings().hosts)}:
            raise _not_listed(f"The host “{host[:80]}”", "FIELDCAST_HOSTS")

    def addresses(self, parts: SplitResult, found: Sequence[Address]) -> None:
        """Refuse a name that leads anywhere into a private network.

        Raises:
            DataError: one of its addresses is not public.
        """
        if not all(_is_public(address) for address in found):
            host = str(parts.hostname)[:80]
            raise DataError(
                f"“{host}” leads into a private network.", "Only public addresses are fetched through pages."
            )


def _is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, also where it wraps another one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


# databases ---------------------------------------------------------------------------------------------------------


def _database(given: str) -> Database:
    known = {each.lower() for each in _listed(settings().sql_hosts)}
    if not known:
        raise _not_listed("Databases", "FIELDCAST_SQL_HOSTS")
    found = database.parse(given)
    if found.kind == "sqlite":
        if "sqlite" not in known:
            raise _not_listed("SQLite files", "FIELDCAST_SQL_HOSTS (sqlite)")
        path = _path(str(found.path))
        if not isinstance(path, Path):
            raise DataError("The address names no database file.", "Write sqlite:///folder/file.db.")
        return replace(found, path=path)
    host = found.host.lower()
    if host not in known and not (host.rsplit(":", 1)[0] in known and host.endswith(":5432")):
        raise _not_listed(f"The database host “{found.host[:80]}”", "FIELDCAST_SQL_HOSTS")
    return found


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _not_listed(what: str, setting: str) -> ConfigError:
    return ConfigError(
        f"{what} may not be read through pages.", f"The operator can list it in {setting}; or upload the file itself."
    )
