"""Whatever callers do, in whatever order: the services never fail inside, and keep their own rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.server.services import scheduling
from tests.server.services.support import (
    ROLE,
    SOURCE,
    TARGET_ROLE,
    Cloud,
    csv_text,
    location,
    model_of,
    policy,
    rows,
    schema,
)

NAMES = st.sampled_from(["a", "b"])
NUMBERS = st.integers(1, 3)
TAGS = st.just([{"Key": "k", "Value": "v"}])
TOKENS = st.sampled_from(["t1", "t2"])
STRATEGIES = st.sampled_from(["NO_IMPORT", "OVERWRITE"])
SCHEMAS = st.sampled_from([schema(pump1=["flow"]), schema(pump1=["flow", "heat"]), schema(fan=["x"])])
# Which resource of an account a later step refers to: its kind, name and version.
REFERENCES = st.tuples(st.sampled_from(["dataset", "model", "version", "group"]), NAMES, NUMBERS)


def step(operation: str, required: dict[str, Any], optional: dict[str, Any] | None = None) -> Any:
    parameters = st.fixed_dictionaries(required, optional=optional or {})
    return st.tuples(st.just(operation), st.sampled_from(["source", "target"]), parameters)


INGESTION = st.just(location("data", "raw/", "{prefix}/{component_name}/*"))
CREATION = {"Tags": TAGS, "ClientToken": TOKENS}
LABELS = st.sampled_from([{"LabelGroupName": "a"}, {"LabelGroupName": "b"}])
LABEL = {
    "StartTime": st.just(datetime(2023, 1, 1, tzinfo=UTC)),
    "EndTime": st.just(datetime(2023, 1, 2, tzinfo=UTC)),
    "Rating": st.sampled_from(["ANOMALY", "NEUTRAL"]),
}
RETRAINING = {"RetrainingFrequency": st.just("P30D"), "LookbackWindow": st.sampled_from(["P180D", "P720D"])}
MODES = st.sampled_from(["MANAGED", "MANUAL"])
FREQUENCIES = st.sampled_from(["PT5M", "PT1H"])
INFERENCE = {
    "DataUploadFrequency": FREQUENCIES,
    "DataInputConfiguration": st.just(scheduling.source()),
    "DataOutputConfiguration": st.just({"S3OutputConfiguration": {"Bucket": "data", "Prefix": "out/"}}),
    "RoleArn": st.sampled_from([ROLE, TARGET_ROLE]),
}
EVER = {"IntervalStartTime": st.just(scheduling.at(0)), "IntervalEndTime": st.just(scheduling.at(60))}
STEPS = st.one_of(
    step("create_dataset", {"DatasetName": NAMES}, {**CREATION, "DatasetSchema": SCHEMAS}),
    step("import_dataset", {"SourceDatasetArn": REFERENCES}, {**CREATION, "DatasetName": NAMES}),
    step(
        "start_data_ingestion_job",
        {"DatasetName": NAMES, "IngestionInputConfiguration": INGESTION, "RoleArn": st.just(ROLE)},
    ),
    step("describe_dataset", {"DatasetName": NAMES}),
    step("list_datasets", {}, {"MaxResults": NUMBERS}),
    step("list_sensor_statistics", {"DatasetName": NAMES}),
    step("list_data_ingestion_jobs", {}, {"DatasetName": NAMES}),
    step("delete_dataset", {"DatasetName": NAMES}),
    step("create_model", {"ModelName": NAMES, "DatasetName": NAMES}, CREATION),
    step(
        "import_model_version",
        {"SourceModelVersionArn": REFERENCES, "DatasetName": NAMES},
        {**CREATION, "ModelName": NAMES, "InferenceDataImportStrategy": STRATEGIES},
    ),
    step("describe_model", {"ModelName": NAMES}),
    step("describe_model_version", {"ModelName": NAMES, "ModelVersion": NUMBERS}),
    step("list_models", {}),
    step("list_model_versions", {"ModelName": NAMES}),
    step(
        "update_model",
        {"ModelName": NAMES},
        {"RoleArn": st.sampled_from([ROLE, TARGET_ROLE]), "LabelsInputConfiguration": LABELS},
    ),
    step("update_active_model_version", {"ModelName": NAMES, "ModelVersion": NUMBERS}),
    step("delete_model", {"ModelName": NAMES}),
    step("put_resource_policy", {"ResourceArn": REFERENCES, "ResourcePolicy": st.sampled_from(["Allow", "Deny"])}),
    step("describe_resource_policy", {"ResourceArn": REFERENCES}),
    step("delete_resource_policy", {"ResourceArn": REFERENCES}),
    step("tag_resource", {"ResourceArn": REFERENCES, "Tags": TAGS}),
    step("list_tags_for_resource", {"ResourceArn": REFERENCES}),
    step("create_label_group", {"LabelGroupName": NAMES}, CREATION),
    step("create_label", {"LabelGroupName": NAMES, **LABEL}, {"ClientToken": TOKENS}),
    step("list_labels", {"LabelGroupName": NAMES}),
    step("create_retraining_scheduler", {"ModelName": NAMES, **RETRAINING}, {"PromoteMode": MODES}),
    *(
        step(f"{operation}_retraining_scheduler", {"ModelName": NAMES})
        for operation in ("describe", "update", "start", "stop", "delete")
    ),
    step("list_retraining_schedulers", {}),
    step("create_inference_scheduler", {"InferenceSchedulerName": NAMES, "ModelName": NAMES, **INFERENCE}, CREATION),
    *(
        step(f"{operation}_inference_scheduler", {"InferenceSchedulerName": NAMES})
        for operation in ("describe", "start", "stop", "delete")
    ),
    step("update_inference_scheduler", {"InferenceSchedulerName": NAMES, "DataUploadFrequency": FREQUENCIES}),
    step("list_inference_schedulers", {}),
    step("list_inference_executions", {"InferenceSchedulerName": NAMES}),
    step("list_inference_events", {"InferenceSchedulerName": NAMES, **EVER}),
    step("advance", {"days": st.sampled_from([0.01, 31])}),
    step("delete_label_group", {"LabelGroupName": NAMES}),
)


def arn_of(client: Any, reference: tuple[str, str, int]) -> str:
    """The ARN that a reference means now; one that does not exist when it means nothing."""
    kind, name, number = reference
    try:
        if kind == "dataset":
            return str(client.describe_dataset(DatasetName=name)["DatasetArn"])
        if kind == "group":
            return str(client.describe_label_group(LabelGroupName=name)["LabelGroupArn"])
        model = str(client.describe_model(ModelName=name)["ModelArn"])
    except ClientError:
        return f"arn:aws:lookoutequipment:eu-west-1:{SOURCE}:{kind}/{name}/none"
    return model if kind == "model" else f"{model}/model-version/{number}"


def resolve(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with real ARNs, and a policy that fits its resource."""
    found = dict(parameters)
    for name in ("SourceDatasetArn", "SourceModelVersionArn", "ResourceArn"):
        if name in found:
            found[name] = arn_of(cloud.source, found[name])
    if "ResourcePolicy" in found:
        action = "ImportDataset" if ":dataset/" in found["ResourceArn"] else "ImportModelVersion"
        found["ResourcePolicy"] = policy(found["ResourceArn"], action=action, effect=found["ResourcePolicy"])
    return found


def check(client: Any) -> None:
    """What must hold at any time."""
    for dataset in client.list_datasets()["DatasetSummaries"]:
        assert dataset["Status"] in ("CREATED", "INGESTION_IN_PROGRESS", "ACTIVE", "IMPORT_IN_PROGRESS")
    for model in client.list_models()["ModelSummaries"]:
        versions = client.list_model_versions(ModelName=model["ModelName"])["ModelVersionSummaries"]
        numbers = [version["ModelVersion"] for version in versions]
        assert numbers == list(range(1, len(numbers) + 1))
        assert model["Status"] == versions[-1]["Status"]
        if "ActiveModelVersion" in model:
            assert versions[model["ActiveModelVersion"] - 1]["Status"] == "SUCCESS"


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(STEPS, min_size=30, max_size=60), st.integers(0, 1), st.booleans())
def test_no_sequence_of_calls_makes_the_service_fail_inside(
    steps: list[tuple[str, str, dict[str, Any]]], describes: int, failing: bool
) -> None:
    cloud = Cloud()
    cloud.settings.progress = Progress.by_describes(describes)
    cloud.s3.put("data", "raw/pump1/a.csv", csv_text(rows(6)))
    cloud.active_dataset("a")
    version = cloud.trained_model("a", "a")
    cloud.add_version(version, "a", "a")
    cloud.share(model_of(version), action="ImportModelVersion")
    for minute in range(1, 60, 5):
        scheduling.send(cloud, minute, scheduling.ODD if minute % 2 else scheduling.NORMAL)
    if failing:
        cloud.backend.faults.add("ImportModelVersion", Fault.fail("no"))
    unexpected: list[str] = []
    for operation, account, parameters in steps:
        client = getattr(cloud, account)
        if operation == "advance":
            cloud.clock.advance(86_400 * parameters["days"])
            continue
        try:
            getattr(client, operation)(**resolve(cloud, parameters))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            unexpected += [code] if code in ("InternalServerException", "SerializationException") else []
    check(cloud.source)
    check(cloud.target)
    assert (unexpected, cloud.backend.internal_failures) == ([], [])
