"""Numbers about predictions: what a forecast is worth beside its baselines. Knows no model class.

Statistic (a number a cell) -> metric (a formula on means) -> breakdown (groups and sums that add up) -> summary, verdict.
Alarms are judged beside it: ``volume`` (scores), ``anomaly_measures`` (alarms), ``nab_score`` (a published benchmark).
"""

from stcore.evaluation.anomaly_measures import EventShares, Shares, by_event, by_range, by_step
from stcore.evaluation.breakdown import State, accumulate, evaluate
from stcore.evaluation.classification import EVENT_METRICS
from stcore.evaluation.event_verdict import event_parts, measures, score, unseen_words
from stcore.evaluation.metrics import METRICS, Metric
from stcore.evaluation.nab_score import NabScore, nab_score
from stcore.evaluation.recommend import Recommendation, advice, recommend
from stcore.evaluation.summary import coverages, days_judged, skill_by_day, summary
from stcore.evaluation.verdict import Part, Verdict, parts, sentence, verdict
from stcore.evaluation.volume import Ranking, ranking, volumes

__all__ = [
    "EVENT_METRICS", "METRICS", "EventShares", "Metric", "NabScore", "Part", "Ranking", "Recommendation", "Shares", "State", "Verdict", "accumulate", "advice",
    "by_event", "by_range", "by_step", "coverages", "days_judged", "evaluate", "event_parts", "measures", "nab_score", "parts",
    "ranking", "recommend", "score", "sentence", "skill_by_day", "summary", "unseen_words", "verdict", "volumes",
]  # fmt: skip
