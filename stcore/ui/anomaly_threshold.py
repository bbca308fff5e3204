"""The threshold as people choose it: by how many alarms it gives, not by a number of scores."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from stcore import words
from stcore.anomaly import AlarmSettings
from stcore.records import Detection
from stcore.ui import anomaly_judges, forms, state
from stcore.ui.anomaly_judges import Judge

FACTORS = (8, 6, 4, 3, 2.5, 2, 1.75, 1.5, 1.25, 1.1, 1, 0.9, 0.8, 0.7, 0.6, 0.5)


def slot(judge: Judge) -> str:
    """Key of the slider; each judge has its own scores."""
    return f"anomalies-threshold-{judge.slot}"


def applied(judge: Judge) -> Detection:
    """What the judge found under the threshold and rules that are chosen now."""
    preset = judge.preset
    chosen = state.kept(slot(judge))
    threshold = chosen if isinstance(chosen, float) and chosen in offered(judge, "place") else preset.threshold
    rules: Mapping[str, float] = state.kept(_rules_slot(judge)) or {}
    return anomaly_judges.cut(judge, threshold, float(rules.get("hysteresis", 1.0)), int(rules.get("least_steps", 1)))


def offered(judge: Judge, word: str) -> dict[float, str]:
    """Threshold -> words, falling, so that right is more alarms; those that change nothing are left out.

    The threshold the judge chose by itself is among them, and one that was set from labels.
    """
    preset = judge.preset
    own = {preset.threshold, *([state.kept(_set_slot(judge))] if state.kept(_set_slot(judge)) else [])}
    cuts = tuple(sorted({preset.threshold * factor for factor in FACTORS} | own, reverse=True))
    said = [rate_words(float(rate), len(preset.locations), word) for rate in anomaly_judges.rates(judge, cuts)]
    kept: dict[float, str] = {}
    for cut, text in sorted(zip(cuts, said, strict=True), key=lambda pair: pair[0] not in own):
        if text not in kept.values():
            kept[cut] = text
        elif cut in own:
            kept[cut] = f"{text} ({words.number(cut, 3)})"
    return dict(sorted(kept.items(), reverse=True))


def rate_words(rate: float, places: int, word: str) -> str:
    """“about 2 a week a sensor”, “about 5 a week in all”, “about one in 6 weeks”, “none”.

    Args:
        rate: alarms a week at each place.
    """
    if rate <= 0:
        return "none"
    if rate >= 0.95:
        return f"about {words.number(rate, 2)} a week" + (f" a {word}" if places > 1 else "")
    whole = rate * places
    if whole >= 0.95:
        return f"about {words.number(whole, 2)} a week in all"
    return f"about one in {words.number(1 / whole, 2)} weeks"


def set_to(judge: Judge, threshold: float) -> None:
    """Move the slider to a threshold that came from elsewhere (labels); before it is drawn again."""
    state.keep(_set_slot(judge), threshold)
    state.keep(slot(judge), threshold)


def slider(judge: Judge, word: str) -> None:
    """Draw the slider."""
    options = offered(judge, word)
    now = state.kept(slot(judge))
    if now is not None and now not in options:
        state.drop(slot(judge))
    if len(options) < 2:
        return
    st.select_slider(
        "Alarms (fewer … more)", list(options), judge.preset.threshold, lambda cut: options.get(cut, str(cut)), key=slot(judge), width=300,
        help="About so many alarms come with this threshold. Scores are not computed again. The preset is what was usual "
        "before anybody looked.",
    )  # fmt: skip


def more(judge: Judge) -> None:
    """When an alarm ends and how long it must last, for those who open it; changes what ``applied`` says next time."""
    values = forms.edit(
        AlarmSettings, f"anomalies-rules-{judge.slot}", state.kept(_rules_slot(judge)), ("method", "alarms_a_week"), 1, False
    )  # fmt: skip
    if values != (state.kept(_rules_slot(judge)) or {}):
        state.keep(_rules_slot(judge), values)
        st.rerun()


def _rules_slot(judge: Judge) -> str:
    return f"anomalies-alarm-rules-{judge.slot}"


def _set_slot(judge: Judge) -> str:
    return f"anomalies-set-threshold-{judge.slot}"
