"""Who a process is, and when another one is certainly dead."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from stcore.operations.jobs import process


def parts() -> list[str]:
    return process.identity().split("|")


def test_we_are_alive_and_local() -> None:
    assert not process.is_dead(process.identity())
    assert process.local_pid(process.identity()) == os.getpid()
    assert not process.rebooted(process.identity())


def test_an_ended_process_is_dead_also_when_its_number_is_used_again() -> None:
    host, boot, _, start = parts()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert process.is_dead("|".join((host, boot, str(ended.pid), start)))
    assert process.is_dead("|".join((host, boot, str(os.getpid()), "1")))


def test_before_a_restart_of_the_machine_everything_is_dead() -> None:
    host, _, pid, start = parts()
    earlier = "|".join((host, "another-boot", pid, start))
    assert process.is_dead(earlier)
    assert process.rebooted(earlier)
    assert process.local_pid(earlier) is None


@pytest.mark.parametrize("worker", [None, "", "elsewhere|b|1|1", "a|b", "|||"])
def test_of_others_nothing_is_certain(worker: str | None) -> None:
    assert not process.is_dead(worker)
    assert process.local_pid(worker) is None
