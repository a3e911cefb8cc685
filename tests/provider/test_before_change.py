"""What is asked before a call that changes something, and what keeps it from being made."""

from __future__ import annotations

import pytest

from lookout_shared.aws import Service, WouldChange, before_change, only_look
from lookout_shared.properties import service_model
from tests.provider.support import REGION, Use, client_error

EQUIPMENT = "lookoutequipment"


LOOKOUT = (EQUIPMENT, "lookoutvision")
#: Every operation of both services, and what each is.
OPERATIONS = [(service, name) for service in LOOKOUT for name in service_model(service).operation_names]
LOOKS = [pair for pair in OPERATIONS if pair[1].startswith(("Describe", "List"))]
CHANGES = [pair for pair in OPERATIONS if pair not in LOOKS]
OF_S3_TOO = [*CHANGES, ("s3", "PutObject"), ("s3", "DeleteObject")]


def names(pairs: list[tuple[str, str]]) -> list[str]:
    return ["-".join(pair) for pair in pairs]


@pytest.mark.parametrize(("service", "name"), OF_S3_TOO, ids=names(OF_S3_TOO))
def test_where_nothing_may_change_no_call_is_made_that_would_change_something(
    use: Use, service: str, name: str
) -> None:
    fake = use()
    with pytest.raises(WouldChange), before_change(only_look):
        Service(service, REGION).call(name)
    assert fake.calls == []


@pytest.mark.parametrize(
    ("service", "name"), [*LOOKS, ("s3", "GetObject"), ("s3", "ListObjectsV2")], ids=lambda value: value
)
def test_where_nothing_may_change_everything_can_be_looked_at(use: Use, service: str, name: str) -> None:
    fake = use()
    with before_change(only_look):
        Service(service, REGION).call(name)
    assert len(fake.calls) == 1


@pytest.mark.parametrize("name", ["StartExecution", "StopExecution", "DescribeExecution"])
def test_what_waits_may_always_change(use: Use, name: str) -> None:
    fake = use()
    with before_change(only_look):
        Service("stepfunctions", REGION).call(name)
    assert len(fake.calls) == 1


def test_what_is_asked_before_a_change_is_asked_before_each(use: Use) -> None:
    use()
    asked: list[str] = []
    with before_change(lambda: asked.append("may I")):
        for name in ("CreateDataset", "DescribeDataset", "TagResource"):
            Service(EQUIPMENT, REGION).call(name)
    assert len(asked) == 2


@pytest.mark.parametrize("call", ["call", "attempt"])
def test_what_is_not_allowed_is_never_taken_for_an_error_of_the_service(use: Use, call: str) -> None:
    use(create_dataset=client_error("ResourceNotFoundException"))
    with pytest.raises(WouldChange), before_change(only_look):
        getattr(Service(EQUIPMENT, REGION), call)("CreateDataset")


def test_a_call_that_was_not_made_is_not_logged(use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use()
    with pytest.raises(WouldChange), before_change(only_look):
        Service(EQUIPMENT, REGION).call("CreateDataset")
    assert capsys.readouterr().out == ""


def test_afterwards_everything_may_change_again(use: Use) -> None:
    fake = use()
    with pytest.raises(WouldChange), before_change(only_look):
        Service(EQUIPMENT, REGION).call("CreateDataset")
    Service(EQUIPMENT, REGION).call("CreateDataset")
    assert len(fake.calls) == 1


def test_of_two_questions_the_inner_one_is_asked(use: Use) -> None:
    fake = use()
    with before_change(only_look), before_change(lambda: None):
        Service(EQUIPMENT, REGION).call("CreateDataset")
    assert len(fake.calls) == 1
