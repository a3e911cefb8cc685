"""Every rule that the service model states about input holds, in every operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookout_server.protocol.errors import ServiceError
from lookout_server.protocol.model import Model
from tests.server.services.support import ROLE, Cloud, location, refused

RAW = ServiceModel(Loader().load_service_model("lookoutequipment", "service-2"), "lookoutequipment")
HERE = sorted(RAW.operation_names)
MODEL = Model("lookoutequipment")
SAMPLES = {
    "KmsKeyArn": "arn:aws:kms:eu-west-1:111111111111:key/a",
    "NameOrArn": "key",
    "IamRoleArn": ROLE,
    "S3Prefix": "a/",
    "S3Bucket": "bucket",
    "DatasetArn": "arn:aws:lookoutequipment:eu-west-1:111111111111:dataset/a/b",
    "ModelVersionArn": "arn:aws:lookoutequipment:eu-west-1:111111111111:model/a/b/model-version/1",
    "ResourceArn": "arn:aws:lookoutequipment:eu-west-1:111111111111:dataset/a/b",
    "IngestionJobId": "abc",
    "PolicyRevisionId": "abc",
    "TimeZoneOffset": "+00:00",
    "FileNameTimestampFormat": "EPOCH",
    "ComponentTimestampDelimiter": "-",
    "RetrainingFrequency": "P30D",
    "LookbackWindow": "P180D",
}


def sample(shape: Shape) -> Any:
    """A value that satisfies a shape."""
    if isinstance(shape, StructureShape):
        return {name: sample(member) for name, member in shape.members.items()}
    if isinstance(shape, ListShape):
        return [sample(shape.member)]
    if shape.type_name == "timestamp":
        return 1_700_000_000
    if shape.type_name in ("integer", "long"):
        return shape.metadata.get("min", 1)
    if shape.name in SAMPLES:
        return SAMPLES[shape.name]
    if "enum" in shape.metadata:
        return shape.metadata["enum"][0]
    return "a"


def walk(shape: Shape, value: Any, path: str = "") -> Iterator[tuple[Shape, Any, str, Any]]:
    """Every scalar and list below a value: its shape, what holds it, its path, and its key there."""
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            here = f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")
            if not isinstance(member, StructureShape):
                yield member, value, here, name
            yield from walk(member, value[name], here)
    elif isinstance(shape, ListShape):
        yield from walk(shape.member, value[0], f"{path}.1.member")


def input_of(operation: str) -> StructureShape:
    shape = RAW.operation_model(operation).input_shape
    assert shape is not None
    return shape


def findings(operation: str, parameters: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        MODEL.read(operation, parameters)
    assert caught.value.code == "ValidationException"
    return caught.value.message


CASES = [
    pytest.param(operation, index, id=f"{operation}-{path}")
    for operation in HERE
    for index, (_, _, path, _) in enumerate(walk(input_of(operation), sample(input_of(operation))))
]
REQUIRED = [(operation, name) for operation in HERE for name in input_of(operation).required_members]


@pytest.mark.parametrize("operation", HERE)
def test_a_complete_input_is_accepted(operation: str) -> None:
    MODEL.read(operation, sample(input_of(operation)))


@pytest.mark.parametrize(("operation", "member"), REQUIRED)
def test_a_required_member_must_be_there(operation: str, member: str) -> None:
    parameters = sample(input_of(operation))
    del parameters[member]
    path = member[0].lower() + member[1:]
    assert findings(operation, parameters) == (
        f"1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize("operation", HERE)
def test_an_unknown_member_is_refused(operation: str) -> None:
    assert "'colour'" in findings(operation, {**sample(input_of(operation)), "Colour": "red"})


@pytest.mark.parametrize(("operation", "index"), CASES)
def test_a_value_of_another_type_is_refused_with_its_path(operation: str, index: int) -> None:
    parameters = sample(input_of(operation))
    shape, holder, path, name = list(walk(input_of(operation), parameters))[index]
    holder[name] = {"not": "this"} if shape.type_name != "string" else 7
    message = findings(operation, parameters)
    assert f"at '{path}' failed to satisfy constraint: Member must be " in message


@pytest.mark.parametrize(("operation", "index"), CASES)
def test_a_value_beyond_its_limits_is_refused_with_its_path(operation: str, index: int) -> None:
    parameters = sample(input_of(operation))
    shape, holder, path, name = list(walk(input_of(operation), parameters))[index]
    high = shape.metadata.get("max")
    if shape.type_name == "timestamp":
        holder[name] = 1e300
    elif shape.type_name in ("integer", "long"):
        holder[name] = shape.metadata["min"] - 1
    elif isinstance(shape, ListShape):
        holder[name] = holder[name] * (shape.metadata["max"] + 1)
    elif high:
        holder[name] = "a" * (high + 1)
    else:
        holder[name] = "not one of them"
    assert f"at '{path}' failed to satisfy constraint: " in findings(operation, parameters)


def test_several_faults_are_listed_together(cloud: Cloud) -> None:
    message = refused("ValidationException", cloud.source.create_dataset, DatasetName="a b", Tags=[{"Key": "a"}])
    assert message.startswith("2 validation errors detected: ")


@pytest.mark.parametrize(
    ("operation", "parameters", "path"),
    [
        ("create_dataset", {"DatasetName": "bad name!"}, "datasetName"),
        ("create_dataset", {"DatasetName": "a\n"}, "datasetName"),
        ("create_dataset", {"DatasetName": "ü"}, "datasetName"),
        ("create_dataset", {"DatasetName": "a", "ClientToken": "ü"}, "clientToken"),
        ("create_dataset", {"DatasetName": "a", "Tags": [{"Key": "Modified By", "Value": ""}]}, "tags.1.member.key"),
        ("create_dataset", {"DatasetName": "a", "Tags": [{"Key": "aws:a", "Value": ""}]}, "tags.1.member.key"),
        ("create_dataset", {"DatasetName": "a", "Tags": [{"Key": "a", "Value": "a!"}]}, "tags.1.member.value"),
        ("create_dataset", {"DatasetName": "a", "Tags": [{"Key": "a"}]}, "tags.1.member.value"),
        ("import_dataset", {"SourceDatasetArn": "arn:aws:s3:::a/b/c/d/e/f/g"}, "sourceDatasetArn"),
        ("describe_model_version", {"ModelName": "a", "ModelVersion": 0}, "modelVersion"),
        ("describe_model_version", {"ModelName": "a", "ModelVersion": "2"}, "modelVersion"),
        ("describe_model_version", {"ModelName": "a", "ModelVersion": True}, "modelVersion"),
        ("list_models", {"MaxResults": 501}, "maxResults"),
        ("list_models", {"Status": "DONE"}, "status"),
        ("list_data_ingestion_jobs", {"Status": "ACTIVE"}, "status"),
        (
            "start_data_ingestion_job",
            {"DatasetName": "a", "RoleArn": ROLE, "IngestionInputConfiguration": location("bucket", "no-slash")},
            "ingestionInputConfiguration.s3InputConfiguration.prefix",
        ),
        (
            "start_data_ingestion_job",
            {"DatasetName": "a", "RoleArn": "arn:aws:iam::1:role/x", "IngestionInputConfiguration": location("bucket")},
            "roleArn",
        ),
    ],
)
def test_what_the_client_lets_through_the_service_refuses(
    cloud: Cloud, operation: str, parameters: dict[str, Any], path: str
) -> None:
    message = refused("ValidationException", getattr(cloud.source, operation), **parameters)
    assert f"at '{path}' failed to satisfy constraint" in message


def test_a_long_value_is_shown_shortened() -> None:
    assert len(findings("DescribeDataset", {"DatasetName": "a" * 100_000})) < 1_000


def test_a_refused_input_is_not_authorized_and_changes_nothing(cloud: Cloud) -> None:
    refused("ValidationException", cloud.source.create_dataset, DatasetName="bad name")
    assert cloud.authorizer.asked == []
    assert cloud.source.list_datasets()["DatasetSummaries"] == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=210))
def test_a_name_is_accepted_exactly_when_it_has_1_to_200_of_its_characters(name: str) -> None:
    letters = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    assert MODEL.matches("DatasetName", name) == (1 <= len(name) <= 200 and set(name) <= letters)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=150)
@given(ANY_JSON)
def test_no_input_makes_the_checks_crash(value: Any) -> None:
    for operation in ("CreateDataset", "TagResource", "ListModelVersions"):
        for member in input_of(operation).members:
            with suppress(ServiceError):
                MODEL.read(operation, {**sample(input_of(operation)), member: value})
