"""The answers a model can give, as words; what they are in numbers lies in ``stcore.models.nets.heads``."""

from __future__ import annotations

from typing import Literal, get_args

Answer = Literal["point", "quantiles", "gaussian", "negative_binomial", "zero_inflated", "classes"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
#: Page words of each answer.
CHOICES: dict[str, str] = {
    "point": "One number", "quantiles": "A band learnt with it", "gaussian": "A bell curve", "negative_binomial": "Counts",
    "zero_inflated": "Counts that are often zero", "classes": "Chance of an event",
}  # fmt: skip
#: Answers that are about whole numbers from zero on.
COUNTS = ("negative_binomial", "zero_inflated")
