"""Parameters of stacks that are deployed again."""

from __future__ import annotations

from collections.abc import Iterator

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm
from botocore.exceptions import ClientError

from lookout_local import LocalCloud

pytestmark = pytest.mark.e2e

NAME = "Parametrised"


def stack(*, content: str = "x", **defaults: str | None) -> cdk.Stack:
    """A stack with parameters, each an output; None is for one without a default, which is not echoed."""
    made = cdk.Stack(cdk.App(), NAME)
    ssm.StringParameter(made, "Own", string_value=content)
    for name, default in defaults.items():
        parameter = cdk.CfnParameter(made, name, default=default, no_echo=default is None)
        cdk.CfnOutput(made, f"{name}Out", value=parameter.value_as_string)
    return made


@pytest.fixture
def cloud(lookout_cloud: LocalCloud) -> Iterator[LocalCloud]:
    yield lookout_cloud
    lookout_cloud.destroy(stack())


def test_values_stay_until_they_are_given_anew(cloud: LocalCloud) -> None:
    assert cloud.deploy(stack(A="a", B="b"), parameters={"A": "given"}) == {"AOut": "given", "BOut": "b"}
    assert cloud.deploy(stack(A="a", B="b", content="y")) == {"AOut": "given", "BOut": "b"}
    assert cloud.deploy(stack(A="a", B="b"), parameters={"B": "also"}) == {"AOut": "given", "BOut": "also"}
    assert cloud.deploy(stack(A="a", B="b"), parameters={"A": "a"}) == {"AOut": "a", "BOut": "also"}


def test_a_default_that_changes_does_not_change_a_value(cloud: LocalCloud) -> None:
    cloud.deploy(stack(A="first"))
    assert cloud.deploy(stack(A="second")) == {"AOut": "first"}


def test_a_new_parameter_has_its_default_and_one_that_is_gone_is_forgotten(cloud: LocalCloud) -> None:
    cloud.deploy(stack(A="a"), parameters={"A": "given"})
    assert cloud.deploy(stack(A="a", B="b")) == {"AOut": "given", "BOut": "b"}
    assert cloud.deploy(stack(B="b")) == {"BOut": "b"}
    assert cloud.deploy(stack(A="a", B="b")) == {"AOut": "a", "BOut": "b"}


def test_a_value_that_is_not_echoed_stays_as_well(cloud: LocalCloud) -> None:
    assert cloud.deploy(stack(Secret=None), parameters={"Secret": "hush"}) == {"SecretOut": "hush"}
    assert cloud.deploy(stack(Secret=None, content="y")) == {"SecretOut": "hush"}
    described = cloud.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]["Parameters"]
    assert {"ParameterKey": "Secret", "ParameterValue": "****"} in described


def test_a_parameter_without_a_value_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match="Secret"):
        cloud.deploy(stack(Secret=None))


def test_a_deployment_of_the_same_changes_nothing(cloud: LocalCloud) -> None:
    cloud.deploy(stack(A="a"), parameters={"A": "given"})
    before = len(cloud.events(stack()))
    cloud.deploy(stack(A="a"))
    assert len(cloud.events(stack())) == before


def test_a_stack_that_never_came_to_be_leaves_no_values(cloud: LocalCloud) -> None:
    broken = stack(A="a")
    ssm.CfnParameter(broken, "Broken", type="String", value=cdk.Fn.import_value("nobody's"))
    with pytest.raises(Exception, match="nobody's"):
        cloud.deploy(broken, parameters={"A": "given"})
    assert cloud.deploy(stack(A="a")) == {"AOut": "a"}
