"""What tells things apart whose names come again."""

from __future__ import annotations

import uuid


def guid(arn: str) -> str:
    """What tells a resource from an earlier one of the same name."""
    return arn.rpartition("/")[2]


def job_prefix(dataset_arn: str) -> str:
    """What the ids of a dataset's jobs begin with: its own, so that they go with it."""
    return guid(dataset_arn).replace("-", "")[:16]


def new_job_id(dataset_arn: str) -> str:
    """An id for a job of a dataset: 32 hexadecimal digits (shape IngestionJobId)."""
    return job_prefix(dataset_arn) + uuid.uuid4().hex[:16]
