"""The verdict on a forecast of events: how good its chances are, each number beside that of the last value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stcore.evaluation.verdict import Part, parts, verdict
from stcore.words import fixed, percent


def event_parts(
    numbers: Mapping[str, Any], last: Mapping[str, Any], season: str = "", subject: str = "The forecast"
) -> tuple[Part, ...]:
    """The judgement in a sentence, then the measures in another one.

    Args:
        numbers, last: summaries of the forecast and of the last value on the same cells; what is missing is a dash.
        season: words of the seasonal baseline ("same time last week").
    """
    return (*parts(verdict({**numbers, "coverage_90": None}, season), subject), Part(" "), *measures(numbers, last))


def measures(numbers: Mapping[str, Any], last: Mapping[str, Any] | None = None) -> tuple[Part, ...]:
    """“It was right 93 % of the time (last value 90 %); F1 0.71 (0.65), Brier score 0.120 (0.190).”"""
    out = [Part("It was right "), Part(percent(numbers.get("accuracy")), "number"), Part(" of the time")]
    if last is not None:
        out.append(Part(f" (last value {percent(last.get('accuracy'))})"))
    for told, name in (("; F1 ", "f1"), (", Brier score ", "brier")):
        out += [Part(told), Part(score(numbers, name), "number")]
        if last is not None:
            out.append(Part(f" ({score(last, name)})"))
    return (*out, Part("."))


def unseen_words(chances: bool) -> tuple[str, str]:
    """What is told after an epoch, and what it stands beside: the mean error, or of chances of events their surprise."""
    return ("Surprise", "usual share") if chances else ("Error", "last value")


def score(numbers: Mapping[str, Any], name: str) -> str:
    """F1 with two decimals; Brier score and surprise, small for rare events, with three. A dash when unknown."""
    return fixed(numbers.get(name), 2 if name == "f1" else 3)
