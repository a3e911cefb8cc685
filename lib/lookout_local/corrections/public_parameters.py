"""The public parameters of SSM that tell where the Lookout services are.

AWS: has `/aws/service/global-infrastructure/services/<service>/regions` and, the other way round,
`/aws/service/global-infrastructure/regions/<Region>/services` in every account and Region, for all services.
MiniStack: has two of Amazon Linux only.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_region, json_response
from ministack.services import ssm

_ROOT = "/aws/service/global-infrastructure"
_PUBLISHED = 1728518400  # as MiniStack has it of its own two
#: Where each service was.
REGIONS = {
    "lookoutequipment": ["ap-northeast-2", "eu-west-1", "us-east-1"],
    "lookoutvision": [
        "ap-northeast-1",
        "ap-northeast-2",
        "eu-central-1",
        "eu-west-1",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    ],
}
_NAMES = {"lookoutequipment": "Amazon Lookout for Equipment", "lookoutvision": "Amazon Lookout for Vision"}
_public_parameter = ssm._public_parameter
_get_parameters_by_path = ssm._get_parameters_by_path


def _values() -> dict[str, str]:
    values = {}
    for service, regions in REGIONS.items():
        values[f"{_ROOT}/services/{service}"] = service
        values[f"{_ROOT}/services/{service}/longName"] = _NAMES[service]
        for region in regions:
            values[f"{_ROOT}/services/{service}/regions/{region}"] = region
            values[f"{_ROOT}/regions/{region}/services/{service}"] = service
    return dict(sorted(values.items()))


_VALUES = _values()


def install() -> None:
    """Replace the look-up of one public parameter, and the request for those below a path."""
    ssm._public_parameter = public_parameter
    ssm._get_parameters_by_path = get_parameters_by_path


def public_parameter(name: str) -> dict[str, Any] | None:
    """A public parameter; None when there is none of that name."""
    if name not in _VALUES:
        found: dict[str, Any] | None = _public_parameter(name)
        return found
    return {
        "ARN": f"arn:aws:ssm:{get_region()}::parameter{name}",
        "Name": name,
        "Type": "String",
        "DataType": "text",
        "Value": _VALUES[name],
        "Version": 1,
        "LastModifiedDate": _PUBLISHED,
    }


def get_parameters_by_path(data: dict[str, Any]) -> Any:
    """GetParametersByPath, for public parameters and others: they never share a path."""
    path = data.get("Path", "/").rstrip("/") + "/"
    below = [name for name in _VALUES if name.startswith(path) and path.startswith("/aws/")]
    if not data.get("Recursive"):
        below = [name for name in below if "/" not in name.removeprefix(path)]
    if not below:
        return _get_parameters_by_path(data)
    start = ssm._decode_next_token(data["NextToken"]) if data.get("NextToken") else 0
    end = start + data.get("MaxResults", ssm.DEFAULT_PAGE_SIZE)
    answer = {"Parameters": [ssm._param_out(public_parameter(name), False) for name in below[start:end]]}
    more = {"NextToken": ssm._encode_next_token(end)} if end < len(below) else {}
    return json_response({**answer, **more})
