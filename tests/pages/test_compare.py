"""Compare: one ranking of all models on the same start times, joined forecasts with their weights, pictures, download."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stcore.evaluation import evaluate
from stcore.operations import jobs, store
from stcore.plots.theme import LIGHT, model_colour
from stcore.training.joined import combine_predictions
from stcore.ui import compare_board, compare_view
from stcore.ui.compare_board import Board, Row
from stcore.ui.pages import listed
from stcore.workflow.result import Result
from tests.pages.app import ROOT, address, page, said, table, title
from tests.pages.test_train import group, pressed
from tests.pages.trained import PLACES, QUICK, experiment, saved

NAMES = ("Last value", "Same time yesterday", "Ridge", "STID", "Weighted mean", "Simple mean")


def board(data: str, target: str | None = None) -> Board:
    """The ranking as the page makes it with all members."""
    row = store.dataset(data)
    ((basis, entrants),) = compare_board.gather(row).items()
    return compare_board.board(row, basis, entrants, [one.key for one in entrants], target)


def train(monkeypatch: pytest.MonkeyPatch, data: str, *models: object, **more: object) -> str:
    """Id of one more finished run."""
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    run, job = jobs.submit_training(data, experiment(*models, **more), "More")
    assert jobs.get(job).status == "done", jobs.get(job).error
    return run


def test_without_a_model_it_leads_to_train() -> None:
    app = page("compare", dataset=saved())
    assert "No finished model yet" in said(app)
    assert title(pressed(app, "Train models")) == "Train"


def test_the_leaderboard_ranks_models_baselines_and_means(trained: tuple[str, str]) -> None:
    app = page("compare", dataset=trained[0])
    told = said(app)
    assert all(name in told for name in NAMES)
    assert "Six forecasters on the same" in told
    assert "<script>" not in told
    shown = board(trained[0])
    skills = [row.skill for row in shown.rows]
    assert skills == sorted(skills, reverse=True)
    assert sorted(row.title for row in shown.rows) == sorted(NAMES)
    assert len(app.get("plotly_chart")) == 3
    assert len(app.get("deck_gl_json_chart")) == 1


def test_means_have_the_numbers_that_the_library_gives(trained: tuple[str, str]) -> None:
    data, run = trained
    result = Result.open(store.run_folder(run))
    validation, test = (
        {name: result.prediction(name, part) for name in ("ridge", "stid")} for part in ("validation", "test")
    )
    for method in ("weighted", "mean"):
        expected, weights = combine_predictions(validation, test, method)
        row = next(row for row in board(data).rows if row.key == method)
        assert row.numbers["mae"] == pytest.approx(evaluate(expected, ("mae",))["mae"].item())
        assert row.joined is not None
        assert sorted(row.joined.weights.values()) == pytest.approx(sorted(weights.values()))
        assert sum(row.joined.weights.values()) == pytest.approx(1)


def test_weights_are_drawn_from_validation_alone(trained: tuple[str, str]) -> None:
    result = Result.open(store.run_folder(trained[1]))
    validation, test = (
        {name: result.prediction(name, part) for name in ("ridge", "stid")} for part in ("validation", "test")
    )
    spoilt = {name: part.select() for name, part in test.items()}
    object.__setattr__(spoilt["stid"], "truth", np.asarray(spoilt["stid"].truth) + 100)
    assert combine_predictions(validation, test)[1] == combine_predictions(validation, spoilt)[1]


def test_members_can_be_switched(trained: tuple[str, str]) -> None:
    app = page("compare", dataset=trained[0])
    group(app, "Joined from").set_value([])
    told = said(app.run())
    assert "Weighted mean" not in told
    assert "STID" in told


def test_the_same_training_twice_is_one_row_and_another_one_is_told_apart(
    trained: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = trained
    again = train(monkeypatch, data, "ridge")
    rows = [row for row in board(data).rows if row.title == "Ridge"]
    assert [row.entrant.run for row in rows if row.entrant] == [again]
    train(monkeypatch, data, {"name": "ridge", "settings": {"own_weights": False}})
    notes = {row.note for row in board(data).rows if row.title == "Ridge"}
    assert notes == {"weights a place on", "weights a place off"}


def test_runs_with_other_steps_ahead_are_ranked_apart(
    trained: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, first = trained
    second = train(monkeypatch, data, "ridge", windows={"lookback": 24, "horizon": 3})
    groups = compare_board.gather(store.dataset(data))
    assert [{one.run for one in found} for found in groups.values()] == [{second}, {first}]
    told = said(page("compare", dataset=data, run=first))
    assert "up to 6 hours ahead" in told


def test_values_in_unlike_units_are_ranked_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    second = [line.rpartition(",")[2] for line in table(PLACES, value="wind_mph").splitlines()]
    both = "\n".join(
        f"{line},{extra}" for line, extra in zip(table(PLACES, value="temp_f").splitlines(), second, strict=True)
    )
    data = saved(both)
    train(monkeypatch, data, "ridge")
    app = page("compare", dataset=data)
    assert group(app, "Value").value == "temp_f"
    result = Result.open(store.run_folder(store.runs_of(data)[0].id))
    row = next(row for row in board(data, "wind_mph").rows if row.title == "Ridge")
    assert row.numbers["mae"] == pytest.approx(result.metrics["ridge"]["by_target"]["wind_mph"]["mae"])
    assert board(data, "wind_mph").unit == "mph"


def plain(skill: float, **more: Any) -> Row:
    return Row("key", "STID", "", "STID", "stid", {"skill": skill, **more})


@pytest.mark.parametrize(("share", "red"), [(0.90, False), (0.952, False), (0.96, True), (0.84, True), (0.85, False)])
def test_a_band_more_than_five_points_off_is_red(trained: tuple[str, str], share: float, red: bool) -> None:
    shown = board(trained[0])
    numbers = {"skill": 0.2, "coverage_90": share}
    assert ("fc-bad" in str(compare_view._band(plain(**numbers)))) is red
    assert shown.rows


def test_the_sentence_says_when_nothing_beats_the_last_value(trained: tuple[str, str]) -> None:
    shown = board(trained[0])
    worse = Board([plain(-0.03), plain(-0.2)], shown.basis, None, "", shown.sample)
    told = "".join(map(str, compare_view.verdict(worse)))
    assert told.startswith("No model beats the last value")
    assert "3\N{NO-BREAK SPACE}% worse" in told


def test_a_season_that_beats_every_model_is_named(trained: tuple[str, str]) -> None:
    shown = board(trained[0])
    season = next(row for row in shown.rows if row.title == "Same time yesterday")
    rows = [replace(season, numbers={"skill": 0.9}), plain(0.6)]
    told = "".join(map(str, compare_view.verdict(Board(rows, shown.basis, None, "", shown.sample))))
    assert told.startswith("No model beats the same time yesterday: the best of them, ")
    assert "60\N{NO-BREAK SPACE}% better</b> than the last value." in told


def test_a_second_within_the_range_is_called_close(trained: tuple[str, str]) -> None:
    shown = board(trained[0])
    rows = [plain(0.20, skill_range=(0.15, 0.25)), plain(0.16), plain(0.02)]
    assert "close second" in "".join(map(str, compare_view.verdict(Board(rows, shown.basis, None, "", shown.sample))))
    rows[1] = plain(0.14)
    assert "close second" not in "".join(
        map(str, compare_view.verdict(Board(rows, shown.basis, None, "", shown.sample)))
    )


def test_two_models_of_one_colour_are_told_apart() -> None:
    """STID and DLinear would both be blue; a second STID too."""
    first = compare_board._colour("dlinear", ["stid"])
    second = compare_board._colour("stid", ["stid", first])
    assert len({model_colour(LIGHT, name) for name in ("stid", first, second)}) == 3
    assert compare_board._colour("dlinear", ["ridge"]) == "dlinear"


def test_the_download_is_guarded(trained: tuple[str, str]) -> None:
    shown = board(trained[0])
    evil = Row("key", "=cmd()", "-2+3", "evil", "ridge", {"skill": -0.25, "mae": 2.5})
    text = compare_view.csv(Board([evil], shown.basis, None, "", shown.sample)).decode()
    assert text.startswith("rank,model,")
    assert "1,'=cmd(),'-2+3," in text
    assert ",-0.25," in text


def test_use_opens_the_forecast_of_the_best(trained: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    data, run = trained
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    best = board(data).best
    app = page("compare", dataset=data)
    pressed(app, f"Use {compare_view.short_name(best)}")
    assert title(app) == "Forecast"
    used = store.run(address(app, "run"))
    assert used.id == run if best.entrant else used.id != run


def test_a_joined_model_becomes_a_run_that_forecasts(trained: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    data, run = trained
    monkeypatch.setenv("FIELDCAST_EXECUTOR", "inline")
    shown = next(row for row in board(data).rows if row.key == "weighted")
    members = [{"run": run, "label": label} for label in ("ridge", "stid")]
    body = experiment("ridge", {"name": "stid", "training": QUICK})
    kept, job = jobs.submit_run("join", data, body, {"members": members, "method": "weighted"}, "Weighted mean")
    assert jobs.get(job).status == "done", jobs.get(job).error
    result = Result.open(store.run_folder(kept))
    assert result.metrics["ensemble"]["mae"] == pytest.approx(shown.numbers["mae"], rel=1e-4)
    ahead = result.prediction("ensemble", "forecast")
    assert ahead.values.shape[1] == 6
    assert np.isfinite(ahead.values).all()
    rows = board(data).rows
    assert [row.entrant.run for row in rows if row.title == "Weighted mean" and row.entrant] == [kept]
    assert [row.title for row in rows].count("Weighted mean") == 1, "the same mean is not joined again"
    assert ", kept" in said(page("compare", dataset=data))
    assert title(page("forecast", dataset=data, run=kept)) == "Forecast"


def test_no_page_loads_torch(trained: tuple[str, str]) -> None:
    data, run = trained
    names = [entry.address for entries in listed().values() for entry in entries]
    script = (
        "import sys\nfrom tests.pages.app import address, page, said\n"
        f"for name in {names!r}:\n    said(page(name, dataset={data!r}, run={run!r}))\n    assert 'torch' not in sys.modules, name\n"
        "print('light')\n"
    )
    path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip().endswith("light"), done.stderr[-3000:]


def test_a_forecast_of_another_version_is_left_out(trained: tuple[str, str]) -> None:
    data, run = trained
    path = store.run_folder(run) / "models" / "ridge" / "test" / "prediction.json"
    path.write_text(path.read_text().replace('"schema_version": ', '"schema_version": 9', 1))
    told = said(page("compare", dataset=data))
    assert "STID" in told
    assert "<td>Ridge" not in told
