"""The longest attributes that a resource type can have, from the service's own shapes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from botocore.model import Shape

from lookout_provider.identity import text
from lookout_provider.resources import TYPES, type_of
from lookout_provider.resources.base import GENERATION
from lookout_shared.properties import operation
from tests.provider.support import input_shape

#: Where each type's attributes are described.
DESCRIBED_BY = {
    "Custom::LookoutEquipmentDataset": ("DescribeDataset", "DescribeDataIngestionJob"),
    "Custom::LookoutEquipmentModel": ("DescribeModelVersion", "DescribeModel"),
    "Custom::LookoutEquipmentModelVersion": ("DescribeModelVersion",),
    "Custom::LookoutEquipmentActiveModelVersion": ("DescribeModel",),
    "Custom::LookoutEquipmentResourcePolicy": ("DescribeResourcePolicy", "PutResourcePolicy"),
    "Custom::LookoutEquipmentDataIngestion": ("DescribeDataIngestionJob",),
    "Custom::LookoutEquipmentLabelGroup": ("DescribeLabelGroup",),
    "Custom::LookoutEquipmentLabel": ("DescribeLabel",),
    "Custom::LookoutEquipmentLabelSet": ("DescribeLabelGroup",),
    "Custom::LookoutEquipmentLatestModelVersion": ("DescribeModelVersion",),
    "Custom::LookoutEquipmentInferenceScheduler": ("DescribeInferenceScheduler", "DescribeModel"),
    "Custom::LookoutEquipmentRetrainingScheduler": ("DescribeRetrainingScheduler",),
    "Custom::LookoutVisionProject": ("DescribeProject",),
    "Custom::LookoutVisionDataset": ("DescribeDataset",),
    "Custom::LookoutVisionModel": ("DescribeModel",),
    "Custom::LookoutVisionHostedModel": ("DescribeModel",),
    "Custom::LookoutVisionModelPackagingJob": ("DescribeModelPackagingJob",),
}

_REGION, _ACCOUNT, _UUID = "ap-northeast-2", "2" * 12, "6a7f9b4e-1111-4222-8333-944455556666"
_LONG = 2**63 - 1
_ARN = f"arn:aws-us-gov:lookoutequipment:{_REGION}:{_ACCOUNT}"
#: The model bounds an ARN by 2,048 characters, which none reaches: it is as long as the longest name makes it.
_NAME = "n" * input_shape("CreateModel").members["ModelName"].metadata["max"]
_ARNS = {
    "DatasetArn": f"{_ARN}:dataset/{_NAME}/{_UUID}",
    "ModelArn": f"{_ARN}:model/{_NAME}/{_UUID}",
    "LabelGroupArn": f"{_ARN}:label-group/{_NAME}/{_UUID}",
    "InferenceSchedulerArn": f"{_ARN}:inference-scheduler/{_NAME}/{_UUID}",
    "ModelVersionArn": f"{_ARN}:model/{_NAME}/{_UUID}/model-version/{_LONG}",
    "ResourceArn": f"{_ARN}:model/{_NAME}/{_UUID}/model-version/{_LONG}",
}
#: The same of Lookout for Vision, whose ARNs have no identifier of the service's own.
_PROJECT = "p" * 255
_VISION_ARN = f"arn:aws-us-gov:lookoutvision:{_REGION}:{_ACCOUNT}"
_VISION_ARNS = {
    "ProjectArn": f"{_VISION_ARN}:project/{_PROJECT}",
    "ModelArn": f"{_VISION_ARN}:model/{_PROJECT}/{'9' * 10}",
}
_TIME = text(datetime(2024, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
STACK = f"arn:aws-us-gov:cloudformation:{_REGION}:{_ACCOUNT}:stack/{'s' * 128}/{_UUID}"
LOGICAL_ID = "L" * 255

#: Attributes out of what the service describes as a text or a structure: files and values are counted in numbers,
#: events are at most the rows that a training takes (1,500,000), their time is that of as many hours, and ratios have
#: six decimals.
DERIVED = {
    **dict.fromkeys(("LabeledEvents", "IdentifiedEvents", "UnknownEvents"), "1500000"),
    **{name: str(1_500_000 * 3600) for name in ("WarningTimeInSeconds", "UnknownTimeInSeconds")},
    **{
        f"{prior}{name}": "0.123456"
        for prior in ("", "Prior")
        for name in ("Recall", "Precision", "MeanFractionalLeadTime", "Auc")
    },
    "ModelDiagnosticsResultsBucket": "b" * 63,
    **{
        f"{which}NumberOf{what}": str(_LONG)
        for which, what in (
            ("Total", "Files"),
            ("Ingested", "Files"),
            ("Discarded", "Files"),
            ("Total", "MissingValues"),
            ("Total", "InvalidValues"),
            ("Total", "UnsupportedTimestamps"),
            ("Total", "DuplicateTimestamps"),
        )
    },
    "F1Score": "0.123456",
    "EvaluationManifestBucket": "b" * 63,
    "EvaluationResultBucket": "b" * 63,
    "ComponentName": "c" * 128,
    "ComponentVersion": "999999.999999.999999",
    "ComponentVersionArn": f"arn:aws-us-gov:greengrass:{_REGION}:aws:components:{'c' * 128}",
    # Left out beside names as long as these.
    "ModelDiagnosticsResultsKey": "",
    "EvaluationManifestKey": "",
    "EvaluationResultKey": "",
    # The service takes 16,000 images.
    **{f"ImageStats{name}": "16000" for name in ("Total", "Labeled", "Normal", "Anomaly")},
    "ContentDigest": "0" * 32,
}
#: The types whose work takes time.
WAITED_FOR = tuple(name for name in TYPES if GENERATION in type_of(name).attributes)
#: The longest physical id of each type.
PHYSICAL_IDS = {
    "Custom::LookoutEquipmentDataset": _NAME,
    "Custom::LookoutEquipmentModel": _NAME,
    "Custom::LookoutEquipmentModelVersion": f"{_NAME}/model-version/{_LONG}",
    "Custom::LookoutEquipmentActiveModelVersion": f"{_NAME}/active-model-version/{_LONG}",
    "Custom::LookoutEquipmentResourcePolicy": _ARNS["ResourceArn"],
    "Custom::LookoutEquipmentLabelGroup": _NAME,
    "Custom::LookoutEquipmentLabel": f"{_NAME}/label/{'0' * 12}",
    "Custom::LookoutEquipmentLabelSet": f"{_NAME}/label-set",
    "Custom::LookoutEquipmentDataIngestion": f"{_NAME}/data-ingestion/{'a' * 32}/01234567",
    "Custom::LookoutEquipmentLatestModelVersion": f"{_NAME}/latest-model-version/{_LONG}/01234567",
    "Custom::LookoutEquipmentInferenceScheduler": _NAME,
    "Custom::LookoutEquipmentRetrainingScheduler": f"{_NAME}/retraining-scheduler",
    "Custom::LookoutVisionProject": f"found:{_PROJECT}#{'0' * 12}",
    "Custom::LookoutVisionDataset": f"{_PROJECT}/train#{'0' * 12}",
    "Custom::LookoutVisionModel": f"{_PROJECT}/model/{'9' * 10}",
    "Custom::LookoutVisionHostedModel": f"{_PROJECT}/model/{'9' * 10}/hosting",
    "Custom::LookoutVisionModelPackagingJob": f"{_PROJECT}/model-packaging-job/{'j' * 64}",
    "Custom::LookoutWait": f"wait:{LOGICAL_ID}",
}
#: What tells that work was done anew, where it is not the time.
_GENERATIONS = {name: PHYSICAL_IDS[name] for name in ("Custom::LookoutEquipmentDataIngestion",)} | {
    "Custom::LookoutVisionModel": "9" * 10,
    "Custom::LookoutVisionModelPackagingJob": "j" * 64,
}


def longest(shape: Shape, service: str = "lookoutequipment") -> str:
    """The longest text of an attribute of *shape*, of *service*."""
    arns = _ARNS if service == "lookoutequipment" else _VISION_ARNS
    if shape.name in arns:
        return arns[shape.name]
    if shape.type_name == "timestamp":
        return _TIME
    if shape.type_name in ("long", "integer"):
        return str(_LONG)
    if allowed := shape.metadata.get("enum"):
        return max(map(str, allowed), key=len)
    maximum: int = shape.metadata["max"]
    assert maximum <= 256, f"{shape.name} is bulk: {maximum} characters"
    return "x" * maximum


def described_attributes(resource_type: str) -> list[str]:
    """The attributes that are members of what the service describes."""
    return [name for name in type_of(resource_type).attributes if name != GENERATION and name not in DERIVED]


def shape_of(resource_type: str, attribute: str) -> Shape:
    """The shape of *attribute*, in what describes the type."""
    for name in DESCRIBED_BY[resource_type]:
        model = operation(type_of(resource_type).service_name, name)
        for shape in (model.output_shape, model.input_shape):
            members = {} if shape is None else shape.members
            # Lookout for Vision has all that it tells in one member.
            nested = [inner for outer in members.values() for inner in getattr(outer, "members", {}).items()]
            for known, found in (*members.items(), *nested):
                if known == attribute:
                    return cast(Shape, found)
    raise AssertionError(f"nothing describes {attribute} of {resource_type}")


def data(resource_type: str) -> dict[str, str]:
    """All attributes of the type, each as long as can be."""
    if resource_type == "Custom::LookoutWait":
        # Its answer is that of what it waits for, and the id of that.
        target = max(WAITED_FOR, key=lambda name: len(str(data(name))))
        return data(target) | {"PhysicalId": PHYSICAL_IDS[target]}
    service = type_of(resource_type).service_name
    found = {name: longest(shape_of(resource_type, name), service) for name in described_attributes(resource_type)}
    found |= {name: value for name, value in DERIVED.items() if name in type_of(resource_type).attributes}
    return found | ({GENERATION: _GENERATIONS.get(resource_type, _TIME)} if resource_type in WAITED_FOR else {})
