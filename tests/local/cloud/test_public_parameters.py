"""The public parameters of SSM that tell where the Lookout services are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lookout_local.cloud import LocalCloud
from lookout_local.deployment import Deployer

from .conftest import ENVIRONMENT

pytestmark = pytest.mark.e2e

ROOT = "/aws/service/global-infrastructure"
EQUIPMENT = ["ap-northeast-2", "eu-west-1", "us-east-1"]
VISION = ["ap-northeast-1", "ap-northeast-2", "eu-central-1", "eu-west-1", "us-east-1", "us-east-2", "us-west-2"]


def values(ssm: Any, path: str, **options: Any) -> list[str]:
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, **options)
    return [parameter["Value"] for page in pages for parameter in page["Parameters"]]


@pytest.mark.parametrize(("service", "regions"), [("lookoutequipment", EQUIPMENT), ("lookoutvision", VISION)])
@pytest.mark.parametrize("place", [("111111111111", "us-east-1"), ("222222222222", "eu-south-1")])
def test_the_regions_of_a_service_are_found_from_anywhere(
    lookout_cloud: LocalCloud, service: str, regions: list[str], place: tuple[str, str]
) -> None:
    ssm = lookout_cloud.client("ssm", *place)
    path = f"{ROOT}/services/{service}/regions"
    assert values(ssm, path) == regions
    assert values(ssm, f"{path}/", PaginationConfig={"PageSize": 2}) == regions
    assert ssm.get_parameter(Name=f"{path}/{regions[0]}")["Parameter"]["Value"] == regions[0]
    found = ssm.get_parameters(Names=[f"{path}/{regions[0]}", f"{path}/nowhere-1"])
    assert ([item["Value"] for item in found["Parameters"]], found["InvalidParameters"]) == (
        [regions[0]],
        [f"{path}/nowhere-1"],
    )
    arn = ssm.get_parameter(Name=f"{path}/{regions[0]}")["Parameter"]["ARN"]
    assert arn == f"arn:aws:ssm:{place[1]}::parameter{path}/{regions[0]}"


def test_the_services_of_a_region_are_found_as_well(lookout_cloud: LocalCloud) -> None:
    ssm = lookout_cloud.client("ssm")
    assert values(ssm, f"{ROOT}/regions/eu-west-1/services") == ["lookoutequipment", "lookoutvision"]
    assert values(ssm, f"{ROOT}/regions/us-west-2/services") == ["lookoutvision"]
    assert values(ssm, f"{ROOT}/services/lookoutequipment", Recursive=True) == [
        "Amazon Lookout for Equipment",
        *EQUIPMENT,
    ]


def test_they_are_parameters_of_stacks_and_nobody_s_own(lookout_cloud: LocalCloud) -> None:
    deployer = Deployer(lambda service, *, account, region: lookout_cloud.client(service, account, region))
    name = f"{ROOT}/services/lookoutequipment/regions/eu-west-1"
    template = {
        "Parameters": {"Where": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}},
        "Resources": {"Own": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}},
        "Outputs": {"Where": {"Value": {"Ref": "Where"}}, "There": {"Value": f"{{{{resolve:ssm:{name}}}}}"}},
    }
    assert deployer.put("WhereItIs", json.dumps(template), ENVIRONMENT)["Where"] == "eu-west-1"
    ssm = lookout_cloud.client("ssm")
    assert not [item for item in ssm.describe_parameters()["Parameters"] if item["Name"].startswith("/aws/")]
    with pytest.raises(ssm.exceptions.ClientError, match="reserved parameter name"):
        ssm.put_parameter(Name=name, Value="elsewhere", Type="String")
    deployer.destroy("WhereItIs", ENVIRONMENT)


def test_other_parameters_are_found_below_their_paths_as_ever(lookout_cloud: LocalCloud) -> None:
    ssm = lookout_cloud.client("ssm")
    ssm.put_parameter(Name="/plants/one/name", Value="x", Type="String")
    assert values(ssm, "/plants/one") == ["x"]
    assert values(ssm, "/plants", Recursive=True) == ["x"]
    assert values(ssm, f"{ROOT}/services/nothing/regions") == []
    ssm.delete_parameter(Name="/plants/one/name")
