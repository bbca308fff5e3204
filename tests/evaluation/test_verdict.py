from __future__ import annotations

import numpy as np
import pytest

from stcore.evaluation import parts, sentence, verdict


def told(**numbers):
    return verdict({"skill": None, "skill_seasonal": None, "coverage_90": None} | numbers, season="same time last week")


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"skill": 0.18, "coverage_90": 0.91},
         "The forecast is 18 % better than repeating the last value, and its 90 % band held the truth 91 % of the time."),
        ({"skill": -0.031}, "The forecast is 3 % worse than repeating the last value: do not use it."),
        ({"skill": 0.004}, "The forecast is no better than repeating the last value."),
        ({"skill": 0.2, "skill_seasonal": -0.1, "coverage_90": 0.7},
         "The forecast is 20 % better than repeating the last value but 10 % worse than the same time last week; "
         "its 90 % band held the truth only 70 % of the time."),
        ({}, "The forecast could not be compared with the last value: there is no truth to judge it by."),
    ],
)  # fmt: skip
def test_sentences(numbers, expected):
    assert plain(sentence(told(**numbers))) == expected


def test_numbers_keep_their_unit_on_the_line():
    assert "18\u00a0%" in sentence(told(skill=0.18))


def test_only_the_judgement_is_coloured():
    coloured = [part.text for part in parts(told(skill=0.18, coverage_90=0.91)) if part.role in ("good", "bad")]
    assert [plain(text) for text in coloured] == ["18 % better"]
    bad = [plain(part.text) for part in parts(told(skill=0.18, coverage_90=0.6)) if part.role == "bad"]
    assert bad == ["60 %"]


def test_words_and_honesty_of_the_band():
    assert [told(skill=s).word for s in (0.2, -0.2, 0.004, -0.004, None)] == [
        "better",
        "worse",
        "no better",
        "no better",
        "unknown",
    ]
    assert told(skill=0.2).honest_band is None
    assert told(skill=0.2, coverage_90=0.86).honest_band is True
    assert told(skill=0.2, coverage_90=0.99).honest_band is False


def test_a_prediction_is_judged_directly(make):
    truth = np.zeros((30, 1, 1, 1))
    seen = verdict(make(truth + 3, truth, truth + 4, truth + 2))
    assert (seen.percent, seen.word, seen.season) == (25.0, "better", "same time last week")
    assert seen.beaten_by_season
    assert seen.coverage is None
