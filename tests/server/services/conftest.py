"""A Backend with real botocore clients for two accounts, and S3 in a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.server.services.support import Cloud, model_of, until_over

# The second half of the rows that are ingested.
EVALUATION = {
    "EvaluationDataStartTime": datetime(2023, 1, 13, tzinfo=UTC),
    "EvaluationDataEndTime": datetime(2023, 1, 25, tzinfo=UTC),
}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A fresh cloud; the test fails when a service failed inside."""
    made = Cloud()
    yield made
    assert made.backend.internal_failures == made.expected_failures


@pytest.fixture
def shared_version(cloud: Cloud) -> str:
    """The ARN of a version that the target account may import, in which its dataset already is."""
    cloud.active_dataset()
    version = str(cloud.train(**EVALUATION)["ActiveModelVersionArn"])
    dataset = cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"]
    cloud.share(dataset, action="ImportDataset")
    cloud.share(model_of(version), action="ImportModelVersion")
    cloud.target.import_dataset(SourceDatasetArn=dataset)
    until_over(lambda: cloud.target.describe_dataset(DatasetName="pumps"))
    return version
