"""The longest attributes that a resource type can have, from the service's own shapes."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime

from botocore.model import Shape

from lookout_provider.identity import text
from lookout_provider.properties import operation
from lookout_provider.resources import TYPES
from lookout_provider.resources.base import Resource
from tests.provider.support import input_shape

#: Where each type's attributes are described.
DESCRIBED_BY = {
    "Custom::LookoutEquipmentDataset": ("DescribeDataset", "DescribeDataIngestionJob"),
    "Custom::LookoutEquipmentModel": ("DescribeModelVersion", "DescribeModel"),
    "Custom::LookoutEquipmentModelVersion": ("DescribeModelVersion",),
    "Custom::LookoutEquipmentActiveModelVersion": ("DescribeModel",),
    "Custom::LookoutEquipmentResourcePolicy": ("DescribeResourcePolicy", "PutResourcePolicy"),
}

_REGION, _ACCOUNT, _UUID = "ap-northeast-2", "2" * 12, "6a7f9b4e-1111-4222-8333-944455556666"
_LONG = 2**63 - 1
_ARN = f"arn:aws-us-gov:lookoutequipment:{_REGION}:{_ACCOUNT}"
#: The model bounds an ARN by 2,048 characters, which none reaches: it is as long as the longest name makes it.
_NAME = "n" * input_shape("CreateModel").members["ModelName"].metadata["max"]
_ARNS = {
    "DatasetArn": f"{_ARN}:dataset/{_NAME}/{_UUID}",
    "ModelArn": f"{_ARN}:model/{_NAME}/{_UUID}",
    "ModelVersionArn": f"{_ARN}:model/{_NAME}/{_UUID}/model-version/{_LONG}",
    "ResourceArn": f"{_ARN}:model/{_NAME}/{_UUID}/model-version/{_LONG}",
}
STACK = f"arn:aws-us-gov:cloudformation:{_REGION}:{_ACCOUNT}:stack/{'s' * 128}/{_UUID}"
LOGICAL_ID = "L" * 255

#: The longest physical id of each type.
PHYSICAL_IDS = {
    "Custom::LookoutEquipmentDataset": _NAME,
    "Custom::LookoutEquipmentModel": _NAME,
    "Custom::LookoutEquipmentModelVersion": f"{_NAME}/model-version/{_LONG}",
    "Custom::LookoutEquipmentActiveModelVersion": f"{_NAME}/active-model-version/{_LONG}",
    "Custom::LookoutEquipmentResourcePolicy": _ARNS["ResourceArn"],
}


def longest(shape: Shape) -> str:
    """The longest text of an attribute of *shape*."""
    if shape.name in _ARNS:
        return _ARNS[shape.name]
    if shape.type_name == "timestamp":
        return text(datetime(2024, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
    if shape.type_name in ("long", "integer"):
        return str(_LONG)
    if allowed := shape.metadata.get("enum"):
        return max(map(str, allowed), key=len)
    maximum: int = shape.metadata["max"]
    assert maximum <= 256, f"{shape.name} is bulk: {maximum} characters"
    return "x" * maximum


def attributes(resource_type: str) -> tuple[str, ...]:
    module, _, name = TYPES[resource_type].partition(":")
    resource: type[Resource] = getattr(importlib.import_module(f"lookout_provider.resources.{module}"), name)
    return resource.attributes


def shape_of(resource_type: str, attribute: str) -> Shape:
    """The shape of *attribute*, in what describes the type."""
    for name in DESCRIBED_BY[resource_type]:
        model = operation("lookoutequipment", name)
        for shape in (model.output_shape, model.input_shape):
            if shape is not None and attribute in shape.members:
                found: Shape = shape.members[attribute]
                return found
    raise AssertionError(f"nothing describes {attribute} of {resource_type}")


def data(resource_type: str) -> dict[str, str]:
    """All attributes of the type, each as long as can be."""
    return {name: longest(shape_of(resource_type, name)) for name in attributes(resource_type)}
