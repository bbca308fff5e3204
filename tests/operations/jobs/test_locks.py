"""A file lock: one holder, who says who it is; gone with its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stcore.operations.jobs.locks import FileLock


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.take({"pid": 7})
    assert not second.take({"pid": 8})
    assert second.holder() == {"pid": 7}
    first.let_go()
    first.let_go()
    assert second.take({"pid": 8, "port": 1})
    assert first.holder() == {"pid": 8, "port": 1}
    second.let_go()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys, time; from pathlib import Path; from stcore.operations.jobs.locks import FileLock\n"
        "print(FileLock(Path(sys.argv[1])).take({'pid': 1}), flush=True); lock = FileLock(Path(sys.argv[1]))\n"
        "held = FileLock(Path(sys.argv[1])); held.take(); print('ready', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["True\n", "ready\n"]
    lock = FileLock(path)
    assert not lock.take()
    process.kill()
    process.wait()
    process.stdout.close()
    assert lock.take()
    lock.let_go()


def test_a_torn_text_in_the_lock_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text('{"pid": ')
    assert FileLock(tmp_path / "lock").holder() == {}
    assert FileLock(tmp_path / "none").holder() == {}
