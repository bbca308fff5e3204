from __future__ import annotations

import numpy as np
import pytest

from stcore.errors import DataError
from stcore.evaluation.volume import CUTS, auc_pr, auc_roc, ranking, spans, volumes


def made(seed: int, steps: int = 400, digits: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Scores with some skill and a few labelled spans, some of them touching the ends or each other's margins."""
    random = np.random.default_rng(seed)
    labels = np.zeros(steps, bool)
    for start in random.integers(0, steps, random.integers(1, 8)):
        labels[start : start + random.integers(1, 25)] = True
    labels[-1] |= seed % 3 == 0
    scores = random.normal(size=steps) + labels * random.random()
    return (scores if digits is None else np.round(scores, digits)), labels


def by_the_paper(scores: np.ndarray, labels: np.ndarray, window: int) -> tuple[float, float]:
    """Equations of Paparrizos et al. 2022, step by step: extended labels, then a curve for every margin."""
    cuts = -np.sort(-scores)[np.linspace(0, len(scores) - 1, CUTS).astype(int)]
    parts = list(zip(*spans(labels), strict=True))
    roc, pr = [], []
    for margin in range(window + 1):
        soft = labels.astype(float)
        for start, end in parts:
            for distance in range(1, margin // 2 + 1):
                for row in (start - distance, end + distance):
                    if 0 <= row < len(soft):
                        soft[row] = min(1, soft[row] + np.sqrt(1 - distance / margin))
        wide = [[max(a - margin // 2, 0), min(b + margin // 2, len(soft) - 1)] for a, b in parts]
        joined = [wide[0]]
        for a, b in wide[1:]:
            if a <= joined[-1][1]:
                joined[-1][1] = b
            else:
                joined.append([a, b])
        rates, false, precise = [0.0], [0.0], []
        for cut in cuts:
            said = scores >= cut
            hits = soft[said].sum()
            mass = (labels.sum() + labels.sum() + soft[said & ~labels].sum()) / 2
            found = np.mean([said[a : b + 1].any() for a, b in joined])
            rates.append(min(hits / mass, 1) * found)
            false.append((said.sum() - hits) / (len(soft) - mass))
            precise.append(hits / said.sum())
        pr.append(sum((rates[n + 1] - rates[n]) * precise[n] for n in range(CUTS)))
        rates, false = [*rates, 1.0], [*false, 1.0]
        roc.append(sum((false[n + 1] - false[n]) * (rates[n + 1] + rates[n]) / 2 for n in range(CUTS + 1)))
    return float(np.mean(roc)), float(np.mean(pr))


@pytest.mark.parametrize("seed", range(4))
def test_volumes_are_those_of_the_paper(seed):
    scores, labels = made(seed, 300, digits=1 if seed % 2 else None)
    assert volumes(scores, labels, 9) == pytest.approx(by_the_paper(scores, labels, 9), abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_volumes_are_those_of_the_authors_package(seed):
    metrics = pytest.importorskip("vus.utils.metrics")
    scores, labels = made(seed, 700, digits=1 if seed % 2 else None)
    *_, roc, pr = metrics.metricor().RangeAUC_volume_opt(labels.astype(float), scores, 5 * seed, CUTS)
    assert volumes(scores, labels, 5 * seed) == pytest.approx((roc, pr), abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_areas_are_those_of_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    scores, labels = made(seed, digits=1 if seed % 2 else None)
    assert auc_roc(scores, labels) == pytest.approx(metrics.roc_auc_score(labels, scores))
    assert auc_pr(scores, labels) == pytest.approx(metrics.average_precision_score(labels, scores))


def test_random_scores_reach_about_the_share_of_labelled_steps():
    random = np.random.default_rng(0)
    labels = np.zeros(5000, bool)
    labels.reshape(10, 500)[:, 200:250] = True
    reached = [ranking(random.random(5000), labels, 10) for _ in range(20)]
    assert np.mean([one.vus_pr for one in reached]) == pytest.approx(0.1, abs=0.02)
    assert np.mean([one.auc_pr for one in reached]) == pytest.approx(0.1, abs=0.01)
    assert np.mean([one.auc_roc for one in reached]) == pytest.approx(0.5, abs=0.02)


def test_a_perfect_score_is_near_one_and_a_shifted_one_is_forgiven():
    labels = np.zeros(1000, bool)
    labels[300:360] = labels[700:760] = True
    perfect, late = ranking(labels.astype(float), labels, 40), ranking(np.roll(labels, 8).astype(float), labels, 40)
    assert perfect.auc_pr == perfect.auc_roc == 1
    assert perfect.vus_pr > 0.95
    assert late.vus_pr > late.auc_pr + 0.05


def test_only_the_order_of_scores_counts():
    scores, labels = made(3)
    assert ranking(scores, labels) == ranking(np.exp(scores), labels)


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        ([1, 2, 3], [0, 0, 0]), ([1, 2, 3], [1, 1, 1]), ([1, np.nan, 3], [0, 1, 0]), ([1, 2], [0, 1, 0]), ([], []),
        ([[1, 2]], [[0, 1]]),
    ],
)  # fmt: skip
def test_what_cannot_be_ranked_is_refused(scores, labels):
    with pytest.raises(DataError):
        volumes(np.asarray(scores, float), np.asarray(labels))
