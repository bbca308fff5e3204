"""Mangled files: each must be read or refused in words. ``python -m benchmarks.fuzz --files 10000``; ends with 1 otherwise.

What went wrong is named by its seed: ``tests.data.mangling.mangled(seed)`` gives the very file.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter

from stcore.data import ingest
from stcore.errors import StcoreError
from tests.data.mangling import mangled


def outcome(seed: int) -> tuple[str, str]:
    """What became of one file: read, refused (with the message), or crashed (with the traceback)."""
    try:
        with ingest.loaded(mangled(seed)) as read:
            return "read", read.report.sentence
    except StcoreError as error:
        if not (error.message.strip() and error.hint.strip()):
            return "crashed", "refused without a word"
        return "refused", error.message
    except Exception:  # noqa: BLE001 - whatever escapes is what is looked for
        return "crashed", traceback.format_exc()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    given = parser.parse_args()
    counted: Counter[str] = Counter()
    begun = time.monotonic()
    for seed in range(given.first, given.first + given.files):
        what, why = outcome(seed)
        counted[what] += 1
        if what == "crashed":
            print(f"seed {seed}: {why}", flush=True)
    took = time.monotonic() - begun
    print(f"{given.files:,} files in {took:.0f} s: " + ", ".join(f"{n:,} {what}" for what, n in counted.most_common()))
    return int(counted["crashed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
