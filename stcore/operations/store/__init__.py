"""What is kept: data sets, runs and jobs, in SQLite inside the home folder or in PostgreSQL."""

from stcore.operations.store.database import close, reading, writing
from stcore.operations.store.dataset_rows import DatasetRow
from stcore.operations.store.job_rows import Job, Status
from stcore.operations.store.library import (
    add_dataset,
    dataset,
    dataset_folder,
    datasets,
    delete_dataset,
    recent_runs,
    run,
    run_folder,
    runs_of,
)
from stcore.operations.store.run_rows import Run
from stcore.operations.store.tables import LOCAL

__all__ = [
    "LOCAL", "DatasetRow", "Job", "Run", "Status", "add_dataset", "close", "dataset", "dataset_folder", "datasets",
    "delete_dataset", "reading", "recent_runs", "run", "run_folder", "runs_of", "writing",
]  # fmt: skip
