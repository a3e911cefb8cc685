"""What a resource policy may say: the rules, apart from the CDK."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_lookout.equipment.policy_document import LONGEST, flat, problems

ARN = {"Fn::GetAtt": ["Pumps", "DatasetArn"]}
ACTION = "lookoutequipment:ImportDataset"
OTHER = "arn:aws:iam::222222222222:role/Importer"


def statement(**changes: Any) -> dict[str, Any]:
    whole = {"Effect": "Allow", "Action": ACTION, "Principal": {"AWS": OTHER}, "Resource": ARN, **changes}
    return {key: value for key, value in whole.items() if value is not None}


def found(*statements: dict[str, Any], account: str | None = "111111111111") -> list[str]:
    return problems({"Statement": list(statements)}, arn=ARN, action=ACTION, account=account)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Effect": "Deny"},
        {"Action": [ACTION]},
        {"Action": ACTION.upper()},
        {"Resource": [ARN]},
        {"Principal": {"AWS": "222222222222"}},
        {"Principal": {"AWS": [OTHER, "333333333333"]}},
        {"Principal": {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::222222222222:root"]]}}},
        {"Principal": {"AWS": {"Ref": "ImporterArn"}}},
        {"Principal": {"AWS": {"Fn::ImportValue": "Importer"}}},
        {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Principal": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "222222222222"}}},
        {"Principal": "*", "Effect": "Deny"},
        {"Condition": {"Bool": {"lookoutequipment:IsImportingData": "false"}}},
    ],
)
def test_what_the_service_takes_is_taken(changes: dict[str, Any]) -> None:
    assert found(statement(**changes)) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Action": "lookoutequipment:*"}, 'got Action "lookoutequipment:*", expected lookoutequipment:ImportDataset'),
        ({"Action": "*"}, 'got Action "*"'),
        ({"Action": "lookoutequipment:ImportModelVersion"}, "expected lookoutequipment:ImportDataset"),
        ({"Action": [ACTION, "lookoutequipment:DescribeDataset"]}, "nothing else can be granted to other accounts"),
        ({"Action": None}, "got no Action"),
        ({"Action": None, "NotAction": "s3:*"}, 'got NotAction "s3:*"'),
        ({"Resource": None}, "got no Resource, expected the resource itself, ${Pumps.DatasetArn}"),
        ({"Resource": "*"}, 'got Resource "*", expected the resource itself'),
        ({"Resource": [ARN, "*"]}, "expected the resource itself"),
        ({"Principal": None}, "got no Principal, expected principals of other accounts"),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, "expected principals of other accounts ('AWS')"),
        ({"Principal": {"AWS": OTHER, "Service": "s3.amazonaws.com"}}, "expected principals of other accounts"),
        ({"Principal": None, "NotPrincipal": {"AWS": OTHER}}, "got NotPrincipal"),
        ({"Principal": {"AWS": "*"}}, "got principal '*', expected accounts, or a condition"),
        ({"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "got principal '*'"),
        ({"Principal": {"AWS": "111111111111"}}, "of the resource's own account"),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}, "within an account importing takes no resource"),
        ({"Principal": {"AWS": "arn:aws:sts::111111111111:assumed-role/a/b"}}, "of the resource's own account"),
        ({"Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}}}, "of the resource's own account"),
        ({"Principal": {"AWS": {"Ref": "AWS::AccountId"}}}, "of the resource's own account"),
        (
            {"Principal": {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":root"]]}}},
            "of the resource's own account",
        ),
    ],
)
def test_what_the_service_would_refuse_is_told(changes: dict[str, Any], message: str) -> None:
    assert message in "\n".join(found(statement(**changes)))


def test_the_statement_is_named_by_its_number() -> None:
    assert [problem[:12] for problem in found(statement(), statement(Action="*"))] == ["statement 2 "]


def test_a_document_without_statements_is_told() -> None:
    assert problems({}, arn=ARN, action=ACTION, account=None) == [
        "policy document: got no statement, expected at least one"
    ]


def test_a_principal_is_not_compared_with_an_account_that_is_not_known() -> None:
    assert found(statement(Principal={"AWS": "111111111111"}), account=None) == []


def test_a_partition_that_is_known_at_deployment_does_not_hide_the_account() -> None:
    root = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::111111111111:root"]]}
    assert len(found(statement(Principal={"AWS": root}))) == 1


@settings(max_examples=50)
@given(st.integers(0, 2 * LONGEST))
def test_the_length_counts_what_is_known(filling: int) -> None:
    text = "r" * filling
    principal = {"AWS": f"arn:aws:iam::222222222222:role/{text}"}
    fixed = len(
        '{"Statement":[{"Effect":"Allow","Action":"lookoutequipment:ImportDataset",'
        '"Principal":{"AWS":"arn:aws:iam::222222222222:role/"},"Resource":""}]}'
    )
    complaint = [f"policy document: got {fixed + filling} characters, expected at most {LONGEST}"]
    assert found(statement(Principal=principal)) == (complaint if fixed + filling > LONGEST else [])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ({"Ref": "A"}, "${A}"),
        ({"Fn::GetAtt": ["A", "Arn"]}, "${A.Arn}"),
        ({"Fn::Join": ["-", ["a", {"Ref": "B"}]]}, "a-${B}"),
        ({"Fn::ImportValue": "x"}, '${{"Fn::ImportValue": "x"}}'),
    ],
)
def test_intrinsic_functions_are_shown_as_text(value: Any, text: str) -> None:
    assert flat(value) == text
