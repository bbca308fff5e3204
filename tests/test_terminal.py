"""What the command line says to people."""

from __future__ import annotations

import pytest

from stcore.data.quality import InspectReport
from stcore.data.roles import Choice, Roles
from stcore.findings import Finding
from stcore.terminal import Progress, leaderboard, plain, report_lines

EVENTS = [
    {"event": "plan", "models": ["ridge", "stid"], "share": 1.0},
    {"event": "note", "message": "Device: cpu."},
    {"event": "model", "model": "ridge", "state": "started"},
    {"event": "model", "model": "ridge", "state": "done", "seconds": 1.5, "metrics": {"mae": 2.714}},
    {"event": "note", "message": "Device: cpu."},
    {"event": "epoch", "model": "stid", "epoch": 3, "epochs": 20, "validation_mae": 3.1},
    {"event": "model", "model": "stid", "state": "failed", "message": "Out of memory."},
]


def test_without_a_terminal_one_line_a_finished_model(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        for event in EVENTS:
            progress(event)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "Device: cpu.", "ridge: done, error 2.71 after 1.50 s", "stid: failed, Out of memory."
    ]  # fmt: skip


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=True) as progress:
        for event in EVENTS:
            progress(event)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_a_model(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with Progress() as progress:
        for event in EVENTS:
            progress(event)
        assert progress.bars is not None
        tasks = {task.description: (task.completed, task.total) for task in progress.bars.tasks}
    assert tasks == {"ridge": (1, 1), "stid": (3, 20)}
    assert "epoch 3 of 20" in capsys.readouterr().err or "failed" in progress.bars.tasks[1].fields["note"]


CHANCES = {"mae": 0.2, "accuracy": 0.93, "brier": 0.12, "log_loss": 0.25, "f1": 0.712, "skill": 0.4}


def test_of_chances_of_events_it_says_how_often_they_were_right(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Progress() as progress:
        progress({"event": "model", "model": "stid", "state": "done", "seconds": 1.5, "metrics": CHANCES})
    assert (
        capsys.readouterr().err
        == "stid: done, right 93\N{NO-BREAK SPACE}% of the time, Brier score 0.120 after 1.50 s\n"
    )
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Progress() as progress:
        progress({"event": "plan", "models": ["stid"], "share": 1.0, "chances": True})
        progress({
            "event": "epoch", "model": "stid", "epoch": 3, "epochs": 20, "validation_mae": 0.31, "baseline_mae": 0.5
        })  # fmt: skip
        assert progress.bars is not None
        assert progress.bars.tasks[0].fields["note"] == "epoch 3 of 20, surprise 0.310 (usual share 0.500)"


def test_chances_are_ranked_by_their_brier_score() -> None:
    sure = CHANCES | {"mae": 0.1, "brier": 0.3}
    lines = leaderboard({"sure": sure, "stid": CHANCES}).splitlines()
    assert [line.split()[0] for line in lines] == ["model", "stid", "sure"]
    assert lines[0].split() == ["model", "right", "Brier", "surprise", "F1", "skill"]
    assert "0.712" not in lines[1]
    assert "0.120" in lines[1]


def test_the_leaderboard_ranks_by_error_and_shows_a_dash_for_none() -> None:
    board = leaderboard(
        {
            "b": {"mae": 2.0, "rmse": 3.0, "skill": 0.1},
            "a": {"mae": 1.0, "rmse": 1.5, "skill": None},
            "c": {"mae": None},
        }
    )
    lines = board.splitlines()
    assert [line.split()[0] for line in lines] == ["model", "a", "b", "c"]
    assert "\N{EN DASH}" in lines[1]


def test_a_report_names_roles_findings_and_open_choices() -> None:
    report = InspectReport(
        roles=Roles(time="when", values=[f"v{n}" for n in range(12)]),
        findings=[Finding(code="gaps", severity="look", message="3 gaps.", suggestion="Look."), Finding(code="ok", message="Fine.")],
        choices=[
            Choice(code="by", question="Apart by?", options=["a", "b"]),
            Choice(code="form", question="Which form?", options=["long"], chosen="long"),
        ],
        sentence="One place.",
    )  # fmt: skip
    text = "\n".join(report_lines(report))
    assert text.startswith("One place.")
    assert "v7 and 4 more" in text
    assert text.index("3 gaps. Look.") < text.index("Fine.")
    assert "Apart by? (a, b)" in text
    assert "Which form?" not in text


def test_text_from_a_file_cannot_steer_the_terminal() -> None:
    assert plain("a\x1b[2Jb\nc") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c"
