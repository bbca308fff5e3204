from __future__ import annotations

import math

import numpy as np
import pytest

from stcore.errors import DataError
from stcore.evaluation.nab_score import nab_score


def sigmoid(position: float) -> float:
    return -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1


def slowly(files, windows):
    """The benchmark's own sweep over thresholds, point by point."""
    points, names = [], set()
    for file, (scores, given) in enumerate(zip(files, windows, strict=True)):
        before = None
        for row, score in enumerate(scores):
            inside = next((w for w in given if w[0] <= row <= w[1]), None)
            before = next((w for w in reversed(given) if w[1] < row), None)
            if inside:
                worth = sigmoid(-(inside[1] - row + 1) / (inside[1] - inside[0] + 1)) / sigmoid(-1)
            else:
                worth = 0.11 * (sigmoid((row - before[1]) / (before[1] - before[0])) if before else -1)
            if row >= int(min(0.15 * len(scores), 750)):
                points.append((score, worth, inside and (file, inside)))
                names |= {(file, inside)} if inside else set()
    points.sort(key=lambda point: -point[0])
    parts, false, best = dict.fromkeys(names, -1.0), 0.0, (-float(len(names)), np.inf)
    for number, (score, worth, name) in enumerate(points):
        if name:
            parts[name] = max(parts[name], worth)
        else:
            false += worth
        if number + 1 == len(points) or points[number + 1][0] != score:
            best = max(best, (false + sum(parts.values()), score), key=lambda found: found[0])
    return 100 * (best[0] + len(names)) / (2 * len(names)), best[1]


@pytest.mark.parametrize("seed", range(5))
def test_the_sweep_is_that_of_the_benchmark(seed):
    random = np.random.default_rng(seed)
    files = [np.round(random.normal(size=size), seed + 1) for size in (200, 333, 120)]
    windows = [[(60, 75), (110, 111)], [(100, 140)], []]
    for scores, given in zip(files, windows, strict=True):
        for start, _ in given:
            scores[start + 2] += 3 * random.random()
    found = nab_score(files, windows)
    assert (found.score, found.threshold) == pytest.approx(slowly(files, windows))


def test_perfect_is_100_silence_0_and_noise_below():
    windows = [[(100, 119)], [(60, 69), (150, 159)]]
    perfect = [np.zeros(200), np.zeros(200)]
    for scores, given in zip(perfect, windows, strict=True):
        scores[[start for start, _ in given]] = 1
    assert nab_score(perfect, windows) == nab_score(perfect, windows, threshold=1)
    assert nab_score(perfect, windows).score == pytest.approx(100)
    assert nab_score(perfect, windows, threshold=2).score == 0
    assert nab_score([np.ones(200), np.ones(200)], windows, threshold=1).score < 0


def test_an_early_alarm_is_worth_more_and_one_in_the_first_steps_costs_nothing():
    def alone(*rows):
        scores = np.zeros(400)
        scores[list(rows)] = 1
        return nab_score([scores], [[(200, 239)]], threshold=1).score

    assert alone(200) > alone(220) > alone(239) > alone(300)
    assert alone(200, 220) == alone(200)
    assert alone(200, 10) == alone(200) > alone(200, 100)


def test_where_every_alarm_costs_silence_is_best():
    scores = np.zeros(200)
    scores[100] = 1
    found = nab_score([scores], [[(190, 191)]])
    assert found.score == pytest.approx(0)
    assert found.threshold == np.inf


def test_without_a_window_there_is_no_score():
    with pytest.raises(DataError, match="no labelled window"):
        nab_score([np.zeros(50)], [[]])
    with pytest.raises(DataError):
        nab_score([np.zeros(50)], [])
    with pytest.raises(DataError):
        nab_score([np.full(50, np.nan)], [[(20, 30)]])
