"""A worker that knows the counting kind and does not import torch ahead."""

import sys

from stcore.operations.jobs import worker
from tests.operations import counting  # noqa: F401 - a kind of job

worker._warm = lambda: None
if __name__ == "__main__":
    sys.exit(worker.main())
