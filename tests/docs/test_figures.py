"""Generated pages are up to date, and figures are those that the code has."""

from __future__ import annotations

import re
from typing import Any

import pytest

from docs import generate_iam, generate_operations
from lookout_provider import handler
from lookout_provider.progress import Phase, Progress
from lookout_provider.protocol import Request
from lookout_server.settings import Limits, Quotas, VisionQuotas
from tests.contract.cases import CASES
from tests.docs import pages
from tests.provider.support import event

COUNTS = {str(case): case.counts for case in CASES}


@pytest.mark.parametrize("generator", [generate_iam, generate_operations], ids=["iam", "operations"])
def test_a_generated_page_is_what_make_docs_writes(generator: Any) -> None:
    assert generator.PAGE.read_text(encoding="utf-8") == generator.page(), "run `make docs`"


def test_every_operation_is_driven_granted_or_answered() -> None:
    rows = pages.rows("docs/operations.md", r"[A-Z]\w+")
    assert len(rows) == 49 + 22
    assert all(driven or granted for _, driven, granted in rows)


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        ("`Dataset`, created", COUNTS["Dataset"]),
        ("`Dataset`, imported", COUNTS["ImportedDataset"]),
        ("`LabelSet` of 3 labels", COUNTS["LabelSet"]),
        ("`ActiveModelVersion`, with a gate", COUNTS["GatedActiveModelVersion"]),
        ("`LatestModelVersion`, with a gate", COUNTS["LatestModelVersion"]),
        ("`vision.Project`", COUNTS["VisionProject"]),
        ("`vision.Dataset` of 2 images", COUNTS["VisionDataset"]),
        *((f"`vision.{name}`", COUNTS[f"Vision{name}"]) for name in ("Model", "HostedModel", "ModelPackagingJob")),
        *(
            (f"`{name}`", COUNTS[name])
            for name in (
                "Model",
                "ModelVersion",
                "ActiveModelVersion",
                "ResourcePolicy",
                "DataIngestion",
                "InferenceScheduler",
                "RetrainingScheduler",
                "LabelGroup",
                "Label",
            )
        ),
    ],
)
def test_the_counts_of_an_operation_are_those_of_the_contract(row: str, counts: dict[str, Any]) -> None:
    [cells] = [cells for cells in pages.rows("docs/cost.md", re.escape(row)) if "call" in cells[1]]
    written = [tuple(int(number) for number in re.findall(r"\d+", cell)) for cell in cells[1:]]
    assert written == list(counts.values())


@pytest.mark.parametrize("row", pages.rows("docs/cost.md", r"\d+ (seconds|minutes?)"), ids=lambda row: row[0])
def test_the_polls_of_a_wait_are_those_of_the_intervals(row: list[str]) -> None:
    number, unit = row[0].split()
    wanted = int(number) * (1 if unit == "seconds" else 60)
    request = Request.parse(event(ResourceType="Custom::LookoutEquipmentModel"))
    # The first poll makes it.
    polls, progress, began = 1, Progress(Phase.CONVERGE, ""), None
    progress.waited = handler._seconds(request, progress, began)
    while progress.waited < wanted:
        progress.phase, began = Phase.SETTLE, 1.0
        progress.waited += handler._seconds(request, progress, began)
        polls += 1
    assert [int(cell) for cell in row[1:]] == [polls, 3 * polls + 2]


def test_the_quotas_are_those_that_the_local_cloud_has() -> None:
    written = {cells[0]: cells[1] for cells in pages.rows("docs/limits.md", r"[a-zV].*")}
    quotas = Quotas()
    assert written["datasets"] == f"{quotas.datasets} *"
    assert written["models"] == f"{quotas.models} *"
    of_vision = VisionQuotas()
    assert written["Vision: projects"] == f"{of_vision.projects} *"
    images = written["Vision: images of a training dataset, of a test dataset"]
    assert images == f"{of_vision.training_images:,}, {of_vision.test_images:,}"
    assert written["Vision: versions of a model"] == f"{of_vision.models_per_project} *"
    assert written["Vision: running models, trainings at a time"] == f"{of_vision.running_models} * each"
    assert of_vision.concurrent_trainings == of_vision.running_models
    assert written["Vision: inference units of a model"] == f"{of_vision.inference_units_per_model} *"
    assert written["Vision: packaging jobs at a time"] == f"{of_vision.concurrent_packaging_jobs} *"
    assert written["label groups"] == f"{quotas.label_groups} *"
    assert written["labels of a group"] == f"{quotas.labels_per_group:,} *"
    assert written["imports of datasets in progress"] == f"{quotas.import_dataset_jobs_in_progress} *"
    assert written["imports of models in progress"] == f"{quotas.import_model_jobs_in_progress} *"
    assert written["columns in training"] == f"{quotas.columns_in_training}"
    assert written["pending ingestion jobs, pending trainings"] == f"{quotas.pending_models} * each"
    assert written["components in a dataset, columns in a dataset"] == f"{quotas.columns_per_dataset:,} each"


def test_the_limits_are_those_that_the_local_cloud_has() -> None:
    written = {cells[0]: cells[1] for cells in pages.rows("docs/limits.md", r"[a-z].*")}
    limits, mebibyte = Limits(), 1024**2
    [(operation, most)] = limits.bytes_per_operation.items()
    bodies = f"{limits.bytes_per_request // mebibyte} MiB; `{operation}` {most // mebibyte} MiB"
    assert written["body of a request to the two services"] == bodies
    assert written["body of a request to S3, to Lambda, to another service"] == (
        f"{limits.bytes_per_object // 1024**3} GiB, {limits.bytes_per_function:,} bytes, "
        f"{limits.bytes_per_request_elsewhere // mebibyte} MiB"
    )
    assert written["time until a body has arrived"] == (
        f"{limits.seconds_per_request:.0f} seconds, and one more for each {limits.slowest_bytes_per_second:,} bytes"
    )
    assert written["connections at a time"] == f"{limits.connections}"
    assert written["calls in the log, characters of a call's parameters"] == (
        f"{limits.calls_in_log:,}, {limits.characters_per_call_in_log:,}"
    )
    assert written["client tokens of an account in a Region"] == f"{limits.client_tokens:,}"
    assert written["internal failures that are kept"] == f"{limits.internal_failures}"
