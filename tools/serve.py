"""Start the dashboard: check what would stop it, say so in a sentence, then become the Streamlit server.

The process is replaced, not wrapped: a signal sent to it reaches the server itself.
"""

from __future__ import annotations

import os
import socket
import sys

from stcore.errors import ConfigError, StcoreError
from stcore.settings import prepare_home

ADDRESS = "127.0.0.1"


def chosen_port() -> int:
    """The port named by PORT (default 8501)."""
    text = os.environ.get("PORT") or "8501"
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ConfigError(f"PORT is “{text}”, not a number from 1 to 65535.", "Try make run PORT=8510")
    return int(text)


def check_port_is_free(port: int) -> None:
    """Refuse a port that somebody listens on or that this user may not open."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            reason = "is taken" if error.errno in (48, 98, 10048) else f"cannot be opened ({error.strerror})"
            raise ConfigError(
                f"Port {port} {reason}.",
                f"If Fieldcast already runs, open http://{ADDRESS}:{port}; otherwise choose another port: make run PORT=8510",
            ) from error


def main() -> int:
    """Check, then never return: the exit code is the server's, or 2 with a sentence."""
    try:
        port = chosen_port()
        check_port_is_free(port)
        prepare_home()
    except StcoreError as error:
        print(f"fieldcast: {error.message}\n  -> {error.hint}", file=sys.stderr)
        return 2
    os.execv(sys.executable, server_command(port))


def server_command(port: int) -> list[str]:
    """What runs the dashboard on one port of this machine."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    return [*command, f"--server.address={ADDRESS}", f"--server.port={port}"]


if __name__ == "__main__":
    sys.exit(main())
