"""Whatever callers do, in whatever order: the service never fails inside, and keeps its own rules."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.server.services.vision.material import DARK, line, manifest, picture
from tests.server.services.vision.support import OUTPUT, Studio, lenient

NAMES = st.sampled_from(["a", "b"])
KINDS = st.sampled_from(["train", "test"])
VERSIONS = st.sampled_from(["1", "2", "latest"])
TOKENS = st.sampled_from(["t1", "t2"])
IMAGES = [line(f"raw/{number:03}.png", "anomaly" if number > 2 else "normal") for number in range(6)]
CHANGES = st.sampled_from([manifest(IMAGES[:1]).encode(), manifest(IMAGES).encode(), b"no json"])
SOURCES = st.sampled_from(["good", "bad", "none"]).map(
    lambda key: {"GroundTruthManifest": {"S3Object": {"Bucket": "manifests", "Key": key}}}
)
GREENGRASS = {"S3OutputLocation": {"Bucket": "results"}, "ComponentName": "c", "TargetDevice": "jetson_xavier"}
BODIES = st.sampled_from([picture(), picture(spot=DARK), picture(size=(80, 80)), b"x"])
FAILING = ("CreateDataset", "UpdateDatasetEntries", "DeleteDataset", "CreateModel", "StartModel")


def step(operation: str, required: dict[str, Any], optional: dict[str, Any] | None = None) -> Any:
    parameters = st.fixed_dictionaries(required, optional=optional or {})
    return st.tuples(st.just(operation), parameters)


PROJECT = {"ProjectName": NAMES}
DATASET = {**PROJECT, "DatasetType": KINDS}
MODEL = {**PROJECT, "ModelVersion": VERSIONS}
TOKEN = {"ClientToken": TOKENS}
STEPS = st.one_of(
    step("create_project", PROJECT, TOKEN),
    step("describe_project", PROJECT),
    step("list_projects", {}),
    step("delete_project", PROJECT, TOKEN),
    step("create_dataset", DATASET, {**TOKEN, "DatasetSource": SOURCES}),
    step("describe_dataset", DATASET),
    step("update_dataset_entries", {**DATASET, "Changes": CHANGES}, TOKEN),
    step("list_dataset_entries", DATASET, {"Labeled": st.booleans()}),
    step("delete_dataset", DATASET, TOKEN),
    step("create_model", {**PROJECT, "OutputConfig": st.just(OUTPUT)}, TOKEN),
    step("describe_model", MODEL),
    step("list_models", PROJECT),
    step("delete_model", {**PROJECT, "ModelVersion": st.sampled_from(["1", "2"])}, TOKEN),
    step("start_model", {**MODEL, "MinInferenceUnits": st.integers(1, 6)}, TOKEN),
    step("stop_model", MODEL, TOKEN),
    step("detect_anomalies", {**MODEL, "ContentType": st.just("image/png"), "Body": BODIES}),
    step(
        "start_model_packaging_job",
        {**MODEL, "Configuration": st.just({"Greengrass": GREENGRASS})},
        {**TOKEN, "JobName": st.just("job")},
    ),
    step("describe_model_packaging_job", {**PROJECT, "JobName": st.just("job")}),
    step("list_model_packaging_jobs", PROJECT),
)


def check(studio: Studio) -> None:
    """What must hold at any time."""
    running = 0
    for project in studio.vision.list_projects()["Projects"]:
        models = studio.vision.list_models(ProjectName=project["ProjectName"])["Models"]
        numbers = [int(model["ModelVersion"]) for model in models]
        assert numbers == sorted(set(numbers))
        for model in models:
            trained = model["Status"] not in ("TRAINING", "TRAINING_FAILED", "DELETING")
            assert not trained or 0 <= model["Performance"]["F1Score"] <= 1
            running += model["Status"] in ("STARTING_HOSTING", "HOSTED", "STOPPING_HOSTING")
    assert running <= studio.quotas.running_models


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(STEPS, min_size=30, max_size=60), st.integers(0, 1), st.booleans())
def test_no_sequence_of_calls_makes_the_service_fail_inside(
    steps: list[tuple[str, dict[str, Any]]], describes: int, failing: bool
) -> None:
    studio = Studio()
    studio.settings.progress = Progress.by_describes(describes)
    studio.settings.vision_quotas = lenient()
    for number in range(6):
        studio.s3.put("images", f"raw/{number:03}.png", picture(spot=DARK if number > 2 else None, shade=number % 3))
    studio.s3.put("manifests", "good", manifest(IMAGES))
    studio.s3.put("manifests", "bad", "no json")
    studio.trained("a", IMAGES)
    studio.vision.start_model(ProjectName="a", ModelVersion="1", MinInferenceUnits=1)
    for operation in FAILING if failing else ():
        studio.backend.faults.add(operation, Fault.fail("no"))
    unexpected: list[str] = []
    for operation, parameters in steps:
        try:
            getattr(studio.vision, operation)(**parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            unexpected += [code] if code in ("InternalServerException", "SerializationException") else []
        check(studio)
    assert (unexpected, studio.backend.internal_failures) == ([], [])
