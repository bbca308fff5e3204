"""Numbers about predictions: what a forecast is worth beside its baselines. Knows no model class.

Statistic (a number a cell) -> metric (a formula on means) -> breakdown (groups and sums that add up) -> summary, verdict.
"""

from stcore.evaluation.breakdown import State, accumulate, evaluate
from stcore.evaluation.classification import EVENT_METRICS
from stcore.evaluation.metrics import METRICS, Metric
from stcore.evaluation.summary import coverages, days_judged, skill_by_day, summary
from stcore.evaluation.verdict import Part, Verdict, parts, sentence, verdict

__all__ = [
    "EVENT_METRICS", "METRICS", "Metric", "Part", "State", "Verdict", "accumulate", "coverages", "days_judged", "evaluate", "parts", "sentence",
    "skill_by_day", "summary", "verdict",
]  # fmt: skip
