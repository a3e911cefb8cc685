"""What the service's API takes: the patterns of its model, in words where they meet a reader."""

from __future__ import annotations

from cdk_lookout.validation import check_pattern

_NAME = r"[0-9a-zA-Z_-]{1,200}"
_ARN = r"arn:aws(-[^:]+)?:lookoutequipment:[a-zA-Z0-9\-]*:[0-9]{12}:"
_DATASET_ARN = rf"{_ARN}dataset/{_NAME}/[^/]+"
_MODEL_ARN = rf"{_ARN}model/{_NAME}/[^/]+"
_MODEL_VERSION_ARN = rf"{_MODEL_ARN}/model-version/[1-9][0-9]*"
_INFERENCE_SCHEDULER_ARN = rf"{_ARN}inference-scheduler/{_NAME}/[^/]+"
_LABEL_GROUP_ARN = rf"{_ARN}label-group/{_NAME}/[^/]+"
_PREFIX = r"[\t\n\r\x20-\xff]{1,1023}/|"


def check_name(what: str, where: object, name: str) -> str:
    return check_pattern(what, where, name, _NAME, "1 to 200 letters, digits, hyphens and underscores")


def check_dataset_arn(where: object, arn: str) -> str:
    expected = "arn:aws:lookoutequipment:<region>:<account>:dataset/<name>/<id>"
    return check_pattern("dataset_arn", where, arn, _DATASET_ARN, expected)


def check_model_arn(where: object, arn: str) -> str:
    expected = "arn:aws:lookoutequipment:<region>:<account>:model/<name>/<id>"
    return check_pattern("model_arn", where, arn, _MODEL_ARN, expected)


def check_model_version_arn(where: object, arn: str) -> str:
    expected = "arn:aws:lookoutequipment:<region>:<account>:model/<name>/<id>/model-version/<number>"
    return check_pattern("model_version_arn", where, arn, _MODEL_VERSION_ARN, expected)


def check_inference_scheduler_arn(where: object, arn: str) -> str:
    expected = "arn:aws:lookoutequipment:<region>:<account>:inference-scheduler/<name>/<id>"
    return check_pattern("inference_scheduler_arn", where, arn, _INFERENCE_SCHEDULER_ARN, expected)


def check_label_group_arn(where: object, arn: str) -> str:
    expected = "arn:aws:lookoutequipment:<region>:<account>:label-group/<name>/<id>"
    return check_pattern("label_group_arn", where, arn, _LABEL_GROUP_ARN, expected)


def check_prefix(what: str, where: object, prefix: str) -> str:
    return check_pattern(what, where, prefix, _PREFIX, "nothing, or at most 1024 characters ending with a slash")


def check_key_pattern(what: str, where: object, pattern: str) -> str:
    expected = "at most 2048 characters with {component_name} in them"
    return check_pattern(what, where, pattern, r"(?=.{1,2048}\Z).*\{component_name\}.*", expected)
