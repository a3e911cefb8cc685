"""Calls to AWS: what an error means, how often a call is made, what is logged of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore import exceptions, xform_name
from botocore.awsrequest import AWSResponse

from lookout_shared import aws
from lookout_shared.aws import Kind, Service, ServiceError, WouldChange, before_change
from lookout_shared.properties import operation
from tests.provider.support import REGION, Use, client_error, lines, operations

EQUIPMENT = "lookoutequipment"
KINDS = {
    "AccessDeniedException": (400, Kind.DENIED),
    "ConflictException": (409, Kind.CONFLICT),
    "InternalServerException": (500, Kind.UNAVAILABLE),
    "ResourceNotFoundException": (404, Kind.NOT_FOUND),
    "ServiceQuotaExceededException": (402, Kind.REJECTED),
    "ThrottlingException": (429, Kind.BUSY),
    "ValidationException": (400, Kind.REJECTED),
}
DECLARED = [(name, shape.name) for name in operations() for shape in operation(EQUIPMENT, name).error_shapes or []]


def _error(use: Use, error: Exception) -> ServiceError:
    use(describe_dataset=error)
    with pytest.raises(ServiceError) as raised:
        Service(EQUIPMENT, REGION).call("DescribeDataset", DatasetName="pumps")
    return raised.value


# -- kinds of errors ----------------------------------------------------------------------------------------


def test_every_exception_of_the_service_has_a_kind() -> None:
    assert {exception for _, exception in DECLARED} == set(KINDS)


@pytest.mark.parametrize(("name", "exception"), DECLARED, ids=["-".join(pair) for pair in DECLARED])
def test_an_exception_of_an_operation_has_its_kind(use: Use, name: str, exception: str) -> None:
    status, kind = KINDS[exception]
    use(**{xform_name(name): client_error(exception, status=status)})
    with pytest.raises(ServiceError) as raised:
        Service(EQUIPMENT, REGION).call(name)
    assert raised.value.kind is kind


@pytest.mark.parametrize("exception", KINDS)
def test_an_exception_is_known_in_the_form_in_which_the_service_sends_it(exception: str) -> None:
    status, kind = KINDS[exception]
    _answering(status, exception)
    with pytest.raises(ServiceError, match=f"ListDatasets: {exception}: its own words") as raised:
        Service(EQUIPMENT, REGION).call("ListDatasets")
    assert raised.value.kind is kind


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDenied", 403, Kind.DENIED),
        ("UnrecognizedClientException", 400, Kind.DENIED),
        ("TooManyRequestsException", 400, Kind.BUSY),
        ("Throttling", 400, Kind.BUSY),
        ("RequestThrottlingException", 400, Kind.BUSY),
        ("SlowDown", 429, Kind.BUSY),
        ("ServiceUnavailable", 503, Kind.UNAVAILABLE),
        ("502", 502, Kind.UNAVAILABLE),
        ("Unheard", 400, Kind.REJECTED),
        ("ExpiredTokenException", 400, Kind.REJECTED),
    ],
)
def test_an_error_that_any_service_may_give_has_its_kind(use: Use, code: str, status: int, kind: Kind) -> None:
    assert _error(use, client_error(code, status=status)).kind is kind


@pytest.mark.parametrize(
    "message",
    [
        "Lookout for Equipment cannot assume the role arn:aws:iam::222222222222:role/r",
        "Unable to assume role",
        "Could not assume the given role",
        "The role cannot be assumed by the service",
        "is not authorized to assume the role",
    ],
)
@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException"])
def test_a_role_that_is_not_known_yet_counts_as_access_denied(use: Use, code: str, message: str) -> None:
    assert _error(use, client_error(code, message)).kind is Kind.DENIED


@pytest.mark.parametrize(
    "message",
    ["You have 5 pending jobs", "too many imports in progress", "in-progress models", "concurrent jobs", "5 running"],
)
def test_a_quota_of_work_in_progress_is_one_that_passes(use: Use, message: str) -> None:
    assert _error(use, client_error("ServiceQuotaExceededException", message)).kind is Kind.QUOTA_OF_WORK


@pytest.mark.parametrize(
    ("quota", "kind"),
    [
        ("L-82DA2ABD", Kind.QUOTA_OF_WORK),
        ("L-2489F742", Kind.QUOTA_OF_WORK),
        ("L-A2F581AB", Kind.QUOTA_OF_WORK),
        ("L-64685F61", Kind.REJECTED),
    ],
    ids=["running models", "trainings", "packaging jobs", "projects"],
)
def test_lookout_for_vision_names_the_quota_that_passes(use: Use, quota: str, kind: Kind) -> None:
    error = client_error("ServiceQuotaExceededException", "the limit is 2", status=402)
    error.response["QuotaCode"] = quota  # type: ignore[typeddict-unknown-key]
    assert _error(use, error).kind is kind


@pytest.mark.parametrize("message", ["Maximum number of datasets reached: 15", "too many models in this account"])
def test_a_quota_of_things_that_exist_does_not_pass(use: Use, message: str) -> None:
    assert _error(use, client_error("ServiceQuotaExceededException", message)).kind is Kind.REJECTED


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (exceptions.EndpointConnectionError(endpoint_url="http://x"), Kind.UNREACHABLE),
        (exceptions.ConnectTimeoutError(endpoint_url="http://x"), Kind.UNREACHABLE),
        (exceptions.ConnectionClosedError(endpoint_url="http://x"), Kind.UNAVAILABLE),
        (exceptions.ReadTimeoutError(endpoint_url="http://x"), Kind.UNAVAILABLE),
        (exceptions.ResponseStreamingError(error="cut"), Kind.UNAVAILABLE),
        (exceptions.HTTPClientError(error="something"), Kind.UNAVAILABLE),
        (exceptions.SSLError(endpoint_url="http://x", error=OSError("expired")), Kind.REJECTED),
        (exceptions.NoCredentialsError(), Kind.REJECTED),
        (exceptions.ParamValidationError(report="bad"), Kind.REJECTED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_an_error_without_an_answer_has_its_kind(use: Use, error: Exception, kind: Kind) -> None:
    assert _error(use, error).kind is kind


def test_an_error_says_operation_code_and_the_services_own_words(use: Use) -> None:
    error = _error(use, client_error("ConflictException", "the dataset is in use"))
    assert str(error) == "DescribeDataset: ConflictException: the dataset is in use"


def test_an_error_without_a_code_is_still_one(use: Use) -> None:
    response: Any = {"Message": "words at the top"}
    assert (
        str(_error(use, exceptions.ClientError(response, "DescribeDataset")))
        == "DescribeDataset: Unknown: words at the top"
    )


def test_what_is_no_error_of_aws_is_not_caught(use: Use) -> None:
    use(describe_dataset=ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        Service(EQUIPMENT, REGION).call("DescribeDataset")


# -- clients ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", [EQUIPMENT, "stepfunctions", "s3"])
def test_the_retries_of_a_client_are_said(service: str) -> None:
    config: Any = aws.client(service, REGION).meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 4}


@pytest.mark.parametrize(
    ("status", "exception"),
    [(500, "InternalServerException"), (503, "ServiceUnavailable"), (429, "ThrottlingException")],
)
def test_a_call_that_fails_for_a_while_is_made_four_times(status: int, exception: str) -> None:
    attempts = _answering(status, exception)
    with pytest.raises(ServiceError):
        Service(EQUIPMENT, REGION).call("ListDatasets")
    assert len(attempts) == 4


def test_a_call_that_is_refused_is_made_once() -> None:
    attempts = _answering(400, "ValidationException")
    with pytest.raises(ServiceError):
        Service(EQUIPMENT, REGION).call("ListDatasets")
    assert len(attempts) == 1


def test_a_change_is_not_tried_again_once_it_is_not_wanted_any_more() -> None:
    attempts = _answering(500, "InternalServerException")

    def once() -> None:
        if attempts:
            raise WouldChange

    with pytest.raises(WouldChange), before_change(once):
        Service(EQUIPMENT, REGION).call("DeleteDataset", DatasetName="pumps")
    assert len(attempts) == 1


def _answering(status: int, exception: str) -> list[str]:
    """Make the service answer every request so, on a real client; the list fills with the requests' addresses."""
    attempts: list[str] = []
    body = json.dumps({"__type": exception, "Message": "its own words"}).encode()

    def answer(request: Any, **_: Any) -> AWSResponse:
        attempts.append(request.url)
        return AWSResponse(request.url, status, {}, _Raw(body))  # type: ignore[arg-type]

    events: Any = aws.client(EQUIPMENT, REGION).meta.events
    events.register("before-send.lookoutequipment.*", answer)
    return attempts


class _Raw:
    """The body of an answer, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self._body]


@pytest.mark.parametrize("service", ["lookoutequipment"])
def test_the_endpoint_is_honoured_for_the_lookout_services(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKOUT_ENDPOINT_URL", "http://127.0.0.1:9")
    assert aws.client(service, REGION).meta.endpoint_url == "http://127.0.0.1:9"


@pytest.mark.parametrize("service", ["stepfunctions", "s3"])
def test_the_endpoint_is_not_for_other_services(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKOUT_ENDPOINT_URL", "http://127.0.0.1:9")
    assert aws.client(service, REGION).meta.endpoint_url.endswith(".amazonaws.com")


@pytest.mark.parametrize("endpoint", [None, ""])
def test_without_an_endpoint_the_regions_own_is_used(endpoint: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if endpoint is not None:
        monkeypatch.setenv("LOOKOUT_ENDPOINT_URL", endpoint)
    assert aws.client(EQUIPMENT, REGION).meta.endpoint_url == f"https://lookoutequipment.{REGION}.amazonaws.com"


def test_a_client_is_made_once_for_a_service_and_region() -> None:
    assert aws.client(EQUIPMENT, REGION) is aws.client(EQUIPMENT, REGION)


def test_another_region_has_another_client() -> None:
    assert aws.client(EQUIPMENT, REGION) is not aws.client(EQUIPMENT, "us-east-1")


# -- finding and listing ------------------------------------------------------------------------------------


def test_what_does_not_exist_is_found_to_be_nothing(use: Use) -> None:
    use(describe_dataset=client_error("ResourceNotFoundException"))
    assert Service(EQUIPMENT, REGION).attempt("DescribeDataset", DatasetName="pumps") is None


def test_what_exists_is_found(use: Use) -> None:
    use(describe_dataset={"DatasetName": "pumps"})
    assert Service(EQUIPMENT, REGION).attempt("DescribeDataset", DatasetName="pumps") == {"DatasetName": "pumps"}


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "ConflictException"])
def test_another_error_does_not_mean_that_nothing_exists(use: Use, code: str) -> None:
    use(describe_dataset=client_error(code))
    with pytest.raises(ServiceError):
        Service(EQUIPMENT, REGION).attempt("DescribeDataset", DatasetName="pumps")


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_page_of_a_list_is_read(use: Use, count: int) -> None:
    pages = [{"DatasetSummaries": [{"n": page}], "NextToken": f"token-{page + 1}"} for page in range(count)]
    del pages[-1]["NextToken"]
    fake = use(list_datasets=list(pages))
    items = list(Service(EQUIPMENT, REGION).pages("ListDatasets", "DatasetSummaries", MaxResults=5))
    assert [item["n"] for item in items] == list(range(count))
    tokens = [call.get("NextToken") for call in fake.made("list_datasets")]
    assert tokens == [None, *(f"token-{page}" for page in range(1, count))]


def test_the_parameters_of_a_list_go_along_with_every_page(use: Use) -> None:
    fake = use(list_datasets=[{"NextToken": "more"}, {}])
    assert list(Service(EQUIPMENT, REGION).pages("ListDatasets", "DatasetSummaries", MaxResults=5)) == []
    assert [call["MaxResults"] for call in fake.made("list_datasets")] == [5, 5]


def test_an_empty_token_ends_a_list(use: Use) -> None:
    fake = use(list_datasets={"DatasetSummaries": [{"n": 1}], "NextToken": ""})
    assert len(list(Service(EQUIPMENT, REGION).pages("ListDatasets", "DatasetSummaries"))) == 1
    assert len(fake.calls) == 1


def test_an_answer_holds_nothing_of_its_transport(use: Use) -> None:
    use(describe_dataset={"DatasetName": "pumps"})
    assert Service(EQUIPMENT, REGION).call("DescribeDataset") == {"DatasetName": "pumps"}


# -- logging ------------------------------------------------------------------------------------------------


def test_a_call_is_one_log_line(use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(create_dataset={})
    Service(EQUIPMENT, REGION).call("CreateDataset", DatasetName="pumps")
    (line,) = lines(capsys.readouterr().out)
    assert line.pop("milliseconds") >= 0
    assert line == {
        "level": "INFO",
        "message": "call",
        "service": EQUIPMENT,
        "operation": "CreateDataset",
        "outcome": "ok",
        "awsRequestId": "service-request",
    }


def test_no_request_body_is_logged(use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(put_resource_policy=client_error("ValidationException", "policy of another account"))
    with pytest.raises(ServiceError):
        Service(EQUIPMENT, REGION).call("PutResourcePolicy", ResourcePolicy=json.dumps({"Secret": "statement"}))
    assert "Secret" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (client_error("ConflictException"), "ConflictException"),
        (exceptions.EndpointConnectionError(endpoint_url="http://x"), "EndpointConnectionError"),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
    ids=["refused", "unreachable", "a bug"],
)
def test_a_failed_call_is_one_log_line_with_its_error(
    use: Use, error: Exception, outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    use(describe_dataset=error)
    with pytest.raises(type(error) if isinstance(error, ZeroDivisionError) else ServiceError):
        Service(EQUIPMENT, REGION).call("DescribeDataset")
    assert [line["outcome"] for line in lines(capsys.readouterr().out)] == [outcome]


def test_the_services_request_id_is_logged_for_a_failed_call(use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(describe_dataset=client_error("ConflictException"))
    with pytest.raises(ServiceError):
        Service(EQUIPMENT, REGION).call("DescribeDataset")
    assert lines(capsys.readouterr().out)[0]["awsRequestId"] == "service-request"


def test_the_error_for_a_missing_bucket_names_it(use: Use) -> None:
    error = {"Code": "NoSuchBucket", "Message": "The specified bucket does not exist", "BucketName": "sensors"}
    use(get_object=exceptions.ClientError({"Error": error}, "GetObject"))
    with pytest.raises(ServiceError, match=r"NoSuchBucket: The specified bucket does not exist: sensors$"):
        Service("s3", REGION).call("GetObject", Bucket="sensors", Key="a.csv")
