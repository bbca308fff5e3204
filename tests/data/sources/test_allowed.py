"""What pages may read from the server: only what the operator lists, whatever links, redirects and names do."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from stcore.data import ingest
from stcore.data.sources import allowed
from stcore.data.sources.allowed import admit
from stcore.data.sources.parts import Part
from stcore.data.sources.remote import Address, Remote
from stcore.errors import ConfigError, DataError, StcoreError
from tests.data.tables import long_frame, long_text

PUBLIC = ipaddress.ip_address("93.184.216.34")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A listed folder beside one that is not."""
    folder = tmp_path / "open"
    (folder / "days").mkdir(parents=True)
    (tmp_path / "closed").mkdir()
    for path in (
        folder / "table.csv",
        folder / "days" / "1.csv",
        folder / "days" / "2.csv",
        tmp_path / "closed" / "x.csv",
    ):
        path.write_text(long_text())
    monkeypatch.setenv("FIELDCAST_ROOTS", f"{tmp_path / 'nowhere'}, {folder}")
    return folder


def test_nothing_is_listed_by_itself(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(long_text())
    assert not allowed.anything()
    for given in (str(tmp_path / "table.csv"), "postgresql://u@h/d", "sqlite:///x.db", "~", "."):
        with pytest.raises(ConfigError, match="may not be read"):
            admit(given)
    remote = admit("http://data.example.org/x.csv")
    assert isinstance(remote, Remote)
    with pytest.raises(ConfigError, match="may not be read"):
        remote.fetch(tmp_path / "out")


def test_paths_folders_and_patterns_under_a_root_are_let_in(root: Path) -> None:
    assert allowed.anything()
    assert admit(str(root / "table.csv")) == root / "table.csv"
    assert admit(str(root / "days" / ".." / "table.csv")) == root / "table.csv"
    days = [Part(root / "days" / "1.csv", "1.csv"), Part(root / "days" / "2.csv", "2.csv")]
    assert admit(f" {root / 'days'} ") == days == admit(str(root / "days" / "*.csv"))
    assert ingest.inspect(admit(str(root / "table.csv"))).shape == (48, 3, 1)


@pytest.mark.parametrize(
    "given",
    ["{root}/../closed/x.csv", "{root}/../closed", "{root}/../closed/*", "{root}/link.csv", "{root}/linked", "{root}/linked/*", "/etc/passwd", "{root}x", "{root}/../closed/none", "{root}/d*/../../closed/x.csv", "~/x.csv", "a\0b", ""],
)  # fmt: skip
def test_what_leads_out_of_the_roots_is_refused(given: str, root: Path) -> None:
    (root / "link.csv").symlink_to(root.parent / "closed" / "x.csv")
    (root / "linked").symlink_to(root.parent / "closed")
    with pytest.raises(StcoreError) as refused:
        admit(given.format(root=root))
    assert refused.value.hint
    assert "closed" not in refused.value.message


def test_a_link_inside_a_folder_is_refused_too(root: Path) -> None:
    (root / "days" / "3.csv").symlink_to(root.parent / "closed" / "x.csv")
    with pytest.raises(ConfigError, match="may not be read"):
        admit(str(root / "days"))
    with pytest.raises(ConfigError, match="may not be read"):
        admit(str(root / "days" / "*"))


def test_weights_lie_under_a_root_or_on_a_listed_hub(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = root.parent / "nowhere" / "own" / "tiny"  # relative to the first root
    weights.mkdir(parents=True)
    assert allowed.admit_weights(str(root / "days")) == str(root / "days")
    assert allowed.admit_weights("own/tiny") == str(weights)
    (root / "way").symlink_to(root.parent / "closed")
    for given in (str(root.parent / "closed"), "../closed", "~/x", str(root / "way"), "owner/model"):
        with pytest.raises(ConfigError, match="may not be read"):
            allowed.admit_weights(given)
    monkeypatch.setenv("FIELDCAST_HOSTS", "huggingface.co")
    assert allowed.admit_weights("owner/model") == "owner/model"
    monkeypatch.delenv("FIELDCAST_ROOTS")
    for given in ("/etc", "../etc", "etc"):
        with pytest.raises(ConfigError, match="may not be read"):
            allowed.admit_weights(given)


def test_databases_are_those_that_are_listed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_SQL_HOSTS", "db.example.org, other:6000")
    for address in (
        "postgresql://u@db.example.org/d",
        "postgresql://u@DB.example.org:5432/d",
        "postgresql://u@other:6000/d",
    ):
        assert str(admit(address)) == address
    for address in ("postgresql://u@other/d", "postgresql://u@db.example.org:6000/d", "postgresql://u@evil/d", "postgresql:///d", f"sqlite:///{root / 'table.csv'}"):  # fmt: skip
        with pytest.raises(ConfigError, match="may not be read"):
            admit(address)
    monkeypatch.setenv("FIELDCAST_SQL_HOSTS", "sqlite")
    assert str(admit(f"sqlite:///{root / 'table.csv'}")).startswith("sqlite:///")
    with pytest.raises(ConfigError, match="may not be read"):
        admit(f"sqlite:///{root.parent / 'closed' / 'x.csv'}")


# addresses ---------------------------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        kind, _, rest = self.path[1:].partition("?")
        if kind == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
        elif kind == "table.csv":
            self._send(long_text().encode())
        elif kind == "large":
            self._send(b"1,2\n" * 600_000, told=rest == "told")
        elif kind == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"time,v\n")
        else:
            self.send_error(404)

    def _send(self, body: bytes, told: bool = True) -> None:
        self.send_response(200)
        if told:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server of this machine's own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


NAMES = {
    "data.example.org": [PUBLIC], "inside.example.org": [ipaddress.ip_address("10.0.0.7")],
    "mixed.example.org": [PUBLIC, ipaddress.ip_address("127.0.0.1")], "wrapped.example.org": [ipaddress.ip_address("::ffff:169.254.169.254")],
}  # fmt: skip


def through(url: str, port: int) -> Remote:
    """As a page would fetch, with names of our own and every public address leading to the test server."""

    def resolver(host: str, _: int) -> list[Address]:
        assert host in NAMES or host[0] in "1[:", "resolved a name that is not listed"
        return NAMES.get(host) or [ipaddress.ip_address(host)]

    def connector(address: Address, _: int, timeout_s: float) -> socket.socket:
        assert address == PUBLIC, "connected to an address that was not judged"
        return socket.create_connection(("127.0.0.1", port), timeout_s)

    admitted = admit(url)
    assert isinstance(admitted, Remote)
    return replace(admitted, resolver=resolver, connector=connector)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts an operator listed, some of which lead inside."""
    monkeypatch.setenv("FIELDCAST_HOSTS", ",".join([*NAMES, "127.0.0.1", "8.8.8.8:81"]))


def test_a_listed_host_is_fetched(port: int, hosts: None) -> None:
    remote = through("http://data.example.org/to?/to?http://DATA.example.org/table.csv", port)
    report = ingest.inspect(remote)
    assert report.shape == (48, 3, 1)


@pytest.mark.parametrize(
    "url",
    ["http://other.example.org/table.csv", "http://data.example.org:8080/table.csv", "http://inside.example.org/x", "http://mixed.example.org/x",
     "http://wrapped.example.org/x", "http://127.0.0.1/x", "http://[::1]/x", "http://u:p@data.example.org/x", "http:///x", "http://data.example.org:99999/x"],
)  # fmt: skip
def test_other_hosts_and_private_addresses_are_refused(url: str, port: int, hosts: None, tmp_path: Path) -> None:
    for address in (url, f"http://data.example.org/to?{url}"):
        with pytest.raises(StcoreError) as refused:
            through(address, port).fetch(tmp_path / "out")
        assert refused.value.hint
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "onward", ["file:///etc/passwd", "ftp://data.example.org/x", "http://data.example.org/" + "to?/" * 8 + "x"]
)
def test_redirects_lead_to_files_of_the_web_only_and_end(onward: str, port: int, hosts: None, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        through(f"http://data.example.org/to?{onward}", port).fetch(tmp_path / "out")


@pytest.mark.parametrize(
    ("path", "words"), [("large?told", "larger than 1 MB"), ("large", "larger than 1 MB"), ("cut", "broke off|cannot be read"), ("none", "404")]
)  # fmt: skip
def test_what_is_too_large_broken_or_not_there_is_refused(
    path: str, words: str, port: int, hosts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDCAST_MAX_UPLOAD_MB", "1")
    with pytest.raises(DataError, match=words):
        through(f"http://data.example.org/{path}", port).fetch(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_slow_answer_is_ended(port: int, hosts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDCAST_FETCH_TIMEOUT_S", "0.000001")
    with pytest.raises(DataError, match="longer than"):
        through("http://data.example.org/table.csv", port).fetch(tmp_path / "out")


def test_python_reads_what_its_user_may_read(port: int) -> None:
    panel = ingest.read(f"http://127.0.0.1:{port}/table.csv")
    assert panel.digest == ingest.read(long_frame()).digest  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:4700::1111", True), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("127.0.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("255.255.255.255", False), ("::1", False), ("::", False), ("fe80::1", False), ("fc00::1", False), ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False), ("2002:a00:1::", False), ("::ffff:93.184.216.34", True),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert allowed._is_public(ipaddress.ip_address(address)) is public
