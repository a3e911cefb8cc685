"""Clients for a service that boto3 does not know any more."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import UnknownServiceError

import lookout_local
from lookout_server.protocol.model import Model

ENDPOINT = {"endpoint_url": "http://127.0.0.1:9"}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the cloud")


def test_boto3_itself_has_no_client_for_vision() -> None:
    with pytest.raises(UnknownServiceError):
        boto3.client("lookoutvision", region_name="us-east-1", **ENDPOINT)


@pytest.mark.parametrize(("service", "count"), [("lookoutvision", 22), ("lookoutequipment", 49)])
def test_here_there_is_one_for_either_service(service: str, count: int) -> None:
    made = lookout_local.client(service, **ENDPOINT)
    assert len(made.meta.service_model.operation_names) == count


def test_it_has_paginators() -> None:
    made = lookout_local.client("lookoutvision", **ENDPOINT)
    names = [name for name in made.meta.method_to_api_mapping if made.can_paginate(name)]
    assert names == ["list_dataset_entries", "list_model_packaging_jobs", "list_models", "list_projects"]


def test_other_services_are_boto3s() -> None:
    assert lookout_local.client("s3", **ENDPOINT).meta.service_model.service_name == "s3"


def test_the_secret_is_taken_from_the_environment() -> None:
    made: Any = lookout_local.client("lookoutvision", **ENDPOINT)
    assert made._request_signer._credentials.secret_key == "of the cloud"
    other: Any = lookout_local.client("lookoutvision", aws_secret_access_key="given", **ENDPOINT)
    assert other._request_signer._credentials.secret_key == "given"


def test_without_a_secret_the_client_that_has_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(lookout_local.LocalCloudError, match=r'AWS_SECRET_ACCESS_KEY.*cloud\.client\("lookoutvision"\)'):
        lookout_local.client("lookoutvision", **ENDPOINT)


def test_an_unknown_service_is_unknown() -> None:
    with pytest.raises(UnknownServiceError):
        lookout_local.client("lookoutcoffee", **ENDPOINT)


def test_a_model_that_was_not_built_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"no model of lookoutcoffee in .*_models"):
        Model("lookoutcoffee")
