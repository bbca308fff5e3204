"""How values are prepared, in words."""

from __future__ import annotations

from stcore import words
from stcore.preparation import PrepareConfig
from stcore.ui.opened import Opened

_GAPS = {
    "none": "gaps stay gaps", "forward": "gaps take the last value", "linear": "gaps are bridged by a line",
    "spline": "gaps are bridged by a curve", "seasonal": "gaps take the usual course",
    "neighbours": "gaps take what neighbours say", "low_rank": "gaps follow from all other readings of their time",
}  # fmt: skip
_SCALES = {
    "standard": "brought to mean 0 and spread 1", "robust": "scaled by their middle half", "min_max": "brought to 0 to 1",
    "none": "not scaled",
}  # fmt: skip
_BENT = {"none": "", "log": " as logarithms", "box_cox": " bent toward a bell", "yeo_johnson": " bent toward a bell"}
_SEEN = {
    "none": "",
    "first": " and seen as changes from step to step",
    "season": " and seen as changes from season to season",
}


def gaps(prepare: PrepareConfig) -> str:
    """“gaps take the usual course”."""
    return _GAPS[prepare.fill]


def scaled(data: Opened, prepare: PrepareConfig) -> str:
    """“the values of each sensor are brought to mean 0 and spread 1”."""
    apart = prepare.scale_over == "place" and len(data.panel.locations) > 1
    whose = f"the values of each {data.place} are" if apart else "values are"
    return f"{whose} {_SCALES[prepare.scale]}{_BENT[prepare.transform]}{_SEEN[prepare.difference]}"


def cleaning(prepare: PrepareConfig) -> str:
    """“readings are set aside by three rules”."""
    rules = [prepare.zeros_are_missing, prepare.clean.limits, prepare.clean.jump, prepare.clean.spikes, prepare.clean.stuck,
             prepare.clean.leave_out]  # fmt: skip
    count = sum(bool(rule) for rule in rules)
    if not count:
        return "every reading counts"
    return f"readings are set aside by {words.in_words(count)} {'rule' if count == 1 else 'rules'}"


def summary(data: Opened, prepare: PrepareConfig) -> str:
    """All of it in one sentence."""
    further = "" if prepare.derived.nothing else "; further values are worked out"
    varied = "" if prepare.augment.nothing else "; training windows are varied"
    told = f"{cleaning(prepare)}, {gaps(prepare)}, {scaled(data, prepare)}{further}{varied}."
    return words.sentence(told)
