"""The verdict under a page's title: what the numbers say about a forecast, as data and as a plain sentence.

The sentence comes in parts, so that a page can colour the judgement and only the judgement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from stcore.evaluation.summary import summary
from stcore.records import Prediction
from stcore.words import percent

Word = Literal["better", "worse", "no better", "unknown"]
Role = Literal["plain", "number", "good", "bad"]

SAME_WITHIN_PERCENT = 0.5
HONEST_WITHIN_POINTS = 5.0
AIM_PERCENT = 90


@dataclass(frozen=True)
class Part:
    """A piece of a sentence: ``good`` and ``bad`` carry a judgement, ``number`` stands out without one."""

    text: str
    role: Role = "plain"


@dataclass(frozen=True)
class Verdict:
    """What can honestly be said about a forecast.

    Attributes:
        percent: skill against the last value in percent (18.3 = error 18.3 % smaller); None when unknown.
        word: better, worse, no better (within half a percent), unknown (nothing to compare with).
        seasonal_percent: the same against the seasonal baseline, or None.
        season: words of that baseline ("same time last week").
        coverage: share of truths in the 90 % band in percent, or None.
    """

    percent: float | None
    word: Word
    seasonal_percent: float | None = None
    season: str = ""
    coverage: float | None = None

    @property
    def honest_band(self) -> bool | None:
        """Whether the band held within five points of its 90 %; None without a band."""
        return None if self.coverage is None else abs(self.coverage - AIM_PERCENT) <= HONEST_WITHIN_POINTS

    @property
    def beaten_by_season(self) -> bool:
        """Whether simply repeating the last season would have been better."""
        return self.seasonal_percent is not None and self.seasonal_percent <= -SAME_WITHIN_PERCENT


def verdict(source: Prediction | Mapping[str, Any], season: str = "") -> Verdict:
    """The verdict on a prediction, or on its summary as ``metrics.json`` keeps it.

    Args:
        source: a prediction, or the mapping that ``summary`` returned.
        season: words of the seasonal baseline; taken from the prediction when given one.
    """
    if isinstance(source, Prediction):
        season, numbers = season or source.season, summary(source)
    else:
        numbers = dict(source)
    percent = _percent(numbers.get("skill"))
    return Verdict(
        percent, _word(percent), _percent(numbers.get("skill_seasonal")), season, _percent(numbers.get("coverage_90"))
    )


def sentence(told: Verdict, subject: str = "The forecast") -> str:
    """The verdict in one plain sentence."""
    return "".join(part.text for part in parts(told, subject))


def parts(told: Verdict, subject: str = "The forecast") -> tuple[Part, ...]:
    """The verdict sentence in parts. The subject is a page's own words; it is not escaped here."""
    if told.percent is None:
        return (Part(f"{subject} could not be compared with the last value: there is no truth to judge it by."),)
    return (Part(f"{subject} is "), *_judgement(told), *_season(told), *_band(told), Part("."))


def _judgement(told: Verdict) -> tuple[Part, ...]:
    size = percent(abs(told.percent or 0) / 100)
    if told.word == "better":
        return Part(f"{size} better", "good"), Part(" than repeating the last value")
    if told.word == "worse":
        return Part(f"{size} worse", "bad"), Part(" than repeating the last value: do not use it")
    return Part("no better", "bad"), Part(" than repeating the last value")


def _season(told: Verdict) -> tuple[Part, ...]:
    """A warning when the seasonal baseline beats a forecast that beats the last value."""
    if told.word != "better" or not told.beaten_by_season:
        return ()
    size = percent(abs(told.seasonal_percent or 0) / 100)
    return Part(" but "), Part(f"{size} worse", "bad"), Part(f" than the {told.season or 'same time last season'}")


def _band(told: Verdict) -> tuple[Part, ...]:
    if told.coverage is None:
        return ()
    joint = "; its" if told.word == "worse" or _season(told) else ", and its"
    only = "only " if told.coverage < AIM_PERCENT - HONEST_WITHIN_POINTS else ""
    share = Part(percent(told.coverage / 100), "number" if told.honest_band else "bad")
    return Part(f"{joint} {percent(AIM_PERCENT / 100)} band held the truth {only}"), share, Part(" of the time")


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * float(share)


def _word(percent: float | None) -> Word:
    if percent is None:
        return "unknown"
    if abs(percent) < SAME_WITHIN_PERCENT:
        return "no better"
    return "better" if percent > 0 else "worse"
