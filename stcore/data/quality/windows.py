"""Whether data are enough for the windows that were chosen: start times to learn from, separate ones to be judged on, cycles seen."""

from __future__ import annotations

from stcore import words
from stcore.data import steps
from stcore.data.splits import Parts
from stcore.findings import Finding

#: Start times under which hardly anything can be learnt, and separate forecasts under which an error is chance.
_FEW_STARTS, _FEW_TESTS = 30, 5


def too_little(step: str, parts: Parts, lookback: int, horizon: int) -> list[Finding]:
    """What is short, although the windows fit.

    Args:
        step: of the panel.
        parts: rows of train, validation and test.
        lookback, horizon: steps of history and steps ahead.

    Returns:
        ``few_starts`` (fewer than 30 start times in the train part), ``few_tests`` (fewer than 5 forecasts that do not
        overlap in the test part) and ``half_a_cycle`` (the train part holds under two of the shortest rhythm the step can
        show, so that no model can tell it from a trend), each where it holds.
    """
    starts = parts.train_end - lookback - horizon + 1
    tests = (parts.steps - parts.validation_end) // max(horizon, 1)
    found = []
    if 0 < starts < _FEW_STARTS:
        found.append(
            Finding(
                code="few_starts", severity="look", count=starts,
                message=f"The train part has only {words.count(starts, 'start time')} of {lookback} + {horizon} steps to learn from.",
                suggestion="Use less history or fewer steps ahead, or give more data.",
            )
        )  # fmt: skip
    if 0 < tests < _FEW_TESTS:
        found.append(
            Finding(
                code="few_tests", severity="look", count=tests,
                message=f"The test part holds {words.count(tests, 'forecast')} of {steps.describe_span(horizon, step)} that "
                f"{'does' if tests == 1 else 'do'} not overlap: the error rests on little.",
                suggestion="Forecast fewer steps ahead, or give the test part a larger share.",
            )
        )  # fmt: skip
    cycle = next((one for one in steps.cycles(step) if one.period), None)
    if cycle and cycle.period and parts.train_end < 2 * cycle.period:
        found.append(
            Finding(
                code="half_a_cycle", severity="note", count=parts.train_end,
                message=f"The train part of {words.count(parts.train_end, 'step')} is shorter than two of the shortest rhythm "
                f"({steps.describe_span(cycle.period, step)}).",
                suggestion="Rhythms that were not seen twice cannot be learnt.",
            )
        )  # fmt: skip
    return found
