"""What a person reads when the environment cannot be made; a stand-in for Python plays each trouble."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = """#!/bin/sh
case "$*" in
    *"version_info < (3, 11)"*) exit {too_old};;
    --version) echo "Python {version}";;
    "-m venv "*) {venv};;
    *"pip install"*) echo "$@" >>"$CALLS"; shift; while [ "$1" != "--log" ]; do shift; done; {pip};;
    *"pip check"*) exit 0;;
esac
"""


class Clone:
    """A folder with the set-up script and its requirement files, and a Python that behaves as told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls, self.tools = folder / "clone", folder / "calls", folder / "bin"
        for name in ("tools/setup.sh", "requirements.txt", "requirements-dev.txt"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.folder / name)
        self.tools.mkdir()
        for name in ("sh", "cat", "cksum", "rm", "grep", "tail", "cut", "dirname", "echo", "mkdir", "cp"):
            (self.tools / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name}"))

    def python(
        self, name: str = "python3", version: str = "3.12.1", pip: str = "exit 0", venv: str | None = None
    ) -> None:
        path = self.tools / name
        made = venv or f"mkdir -p .venv/bin && cp {path} .venv/bin/python"
        too_old = int(tuple(map(int, version.split(".")[:2])) < (3, 11))
        path.write_text(PYTHON.format(version=version, too_old=too_old, pip=pip, venv=made))
        path.chmod(0o755)

    def setup(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.tools / "sh", "tools/setup.sh", *arguments],
            cwd=self.folder, capture_output=True, text=True,
            env={"PATH": str(self.tools), "CALLS": str(self.calls), **environment},
        )  # fmt: skip

    def installs(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_torch_is_installed_first_and_the_second_call_does_nothing(clone: Clone) -> None:
    clone.python()
    assert clone.setup().returncode == 0
    first = clone.installs()
    assert "torch==2.13.0" in first[0]
    assert "requirements.txt" in first[1]
    assert clone.setup().returncode == 0
    assert clone.installs() == first


def test_a_changed_pin_installs_again(clone: Clone) -> None:
    clone.python()
    clone.setup()
    (clone.folder / "requirements.txt").write_text("torch==2.13.0\nmore==1\n")
    before = len(clone.installs())
    clone.setup()
    assert len(clone.installs()) > before


def test_dev_tools_come_on_top(clone: Clone) -> None:
    clone.python()
    clone.setup("dev")
    assert "requirements-dev.txt" in clone.installs()[-1]
    before = clone.installs()
    clone.setup("dev")
    assert clone.installs() == before


def test_torch_can_come_from_another_index(clone: Clone) -> None:
    clone.python()
    clone.setup(TORCH_INDEX="https://example.org/whl")
    torch, rest = clone.installs()
    assert "--index-url https://example.org/whl" in torch
    assert "--index-url" not in rest


def test_an_old_python_is_named_with_its_version(clone: Clone) -> None:
    clone.python(version="3.9.2")
    done = clone.setup()
    assert done.returncode == 1
    assert "Python 3.9.2" in done.stderr
    assert "3.11 or newer" in done.stderr
    assert "->" in done.stderr


def test_a_newer_python_of_another_name_is_found(clone: Clone) -> None:
    clone.python(version="3.9.2")
    clone.python("python3.12")
    assert clone.setup().returncode == 0


def test_no_python_at_all(clone: Clone) -> None:
    done = clone.setup()
    assert done.returncode == 1
    assert "python3 was not found" in done.stderr


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("ERROR: No matching distribution found for torch (from versions: none)", "package index did not answer"),
        ("NewConnectionError: Temporary failure in name resolution", "Check the network"),
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: torch-2.13.0 is not a supported wheel", "torch-2.13.0 is not a supported wheel"),
    ],
)
def test_a_failed_download_is_said_in_a_sentence(clone: Clone, log: str, words: str) -> None:
    clone.python(pip=f"echo '{log}' >\"$2\"; exit 1")
    done = clone.setup()
    assert done.returncode == 1
    assert words in done.stderr
    clone.python()
    shutil.copy(clone.tools / "python3", clone.folder / ".venv/bin/python")
    assert clone.setup().returncode == 0, "the next call starts where this one failed"


def test_a_python_without_venv(clone: Clone) -> None:
    clone.python(venv="exit 1")
    done = clone.setup()
    assert done.returncode == 1
    assert "python3-venv" in done.stderr


def test_a_broken_environment_is_made_anew(clone: Clone) -> None:
    clone.python()
    clone.setup()
    (clone.folder / ".venv/bin/python").write_text("#!/bin/sh\nexit 1\n")
    assert clone.setup().returncode == 0
    assert os.access(clone.folder / ".venv/bin/python", os.X_OK)
