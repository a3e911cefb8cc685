"""How large templates are: printed with `pytest -s`, so that a release can state it."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest

from cdk_lookout import equipment
from tests.constructs.support import provider_policies, template


@pytest.mark.parametrize("count", [1, 100, 300])
def test_a_dataset_takes_one_resource_and_less_than_900_bytes_of_template(stack: cdk.Stack, count: int) -> None:
    for number in range(count):
        equipment.Dataset(stack, f"Pumps{number}", source=equipment.DatasetSource.detected())
    found = template(stack)
    size = len(json.dumps(found, separators=(",", ":")))
    policies = sum(len(text) for text in provider_policies(stack).values())
    print(f"{count} datasets: {len(found['Resources'])} resources, {size} bytes, {policies} characters of policies")
    assert len(found["Resources"]) == count + 7
    assert size < 9_000 + 900 * count
