"""Parts of other packages that a detector may need and that are not installed by default."""

from __future__ import annotations

import importlib.util

from stcore.errors import ModelError


def need(package: str, what: str) -> None:
    """Refuse, naming the package, where it is not installed.

    Raises:
        ModelError: it is not.
    """
    if importlib.util.find_spec(package) is None:
        raise ModelError(
            f"{what} needs the package {package}, which is not installed.",
            f"Run .venv/bin/pip install {package}, or use the detector “auto”.",
        )
