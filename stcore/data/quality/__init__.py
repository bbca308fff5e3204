"""What a person should know about a table before trusting it: the report, and the rules that find what is odd."""

from stcore.data.quality.reading import lay_findings, read_findings
from stcore.data.quality.report import InspectReport, by_weight, over_runs, place_word, sentence
from stcore.data.quality.rules import RULES, value_findings
from stcore.data.quality.survey import missing_cells
from stcore.data.quality.windows import too_little

__all__ = [
    "RULES", "InspectReport", "by_weight", "lay_findings", "missing_cells", "over_runs", "place_word", "read_findings", "sentence", "too_little",
    "value_findings",
]  # fmt: skip
