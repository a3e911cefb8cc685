"""What the policy of a caller says, and what may stand in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.identity.actions import known
from lookout_server.identity.conditions import OPERATORS
from lookout_server.identity.policies import Malformed, Verdict, decide, parse_identity

from . import twin
from .support import ACCOUNT, allow, policy

USER = f"arn:aws:iam::{ACCOUNT}:user/plant"
DATASET = f"arn:aws:lookoutequipment:eu-west-1:{ACCOUNT}:dataset/pumps/0a1b"
ACTION = "lookoutequipment:DescribeDataset"
KEYS: dict[str, str | list[str]] = {
    "aws:username": "plant",
    "aws:principalarn": USER,
    "aws:principalaccount": ACCOUNT,
    "aws:sourceip": "192.0.2.7",
    "aws:currenttime": "2026-11-28T12:00:00+00:00",
    "aws:epochtime": "1795867200",
    "aws:securetransport": "false",
    "aws:requesttag/team": "Wear",
    "aws:tagkeys": ["team", "cost"],
    "aws:principaltag/star": "p*",
    "a:number": "10",
}


def says(*statements: dict[str, Any], action: str = ACTION, resource: str = DATASET, **keys: Any) -> Verdict:
    read = parse_identity(policy(*statements), known=known())
    more = {name.replace("__", ":").lower(): value for name, value in keys.items()}
    return decide(read, principal=USER, action=action, resource=resource, keys={**KEYS, **more})


def test_nothing_is_allowed_that_no_statement_allows() -> None:
    assert says(allow("lookoutvision:*")) is Verdict.SILENT
    assert says(allow()) is Verdict.ALLOW


def test_a_deny_outweighs_every_allow() -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": DATASET}
    assert says(allow(), deny, allow()) is Verdict.DENY
    assert says(allow(), deny, allow(), resource=DATASET + "0") is Verdict.ALLOW


@pytest.mark.parametrize(
    ("pattern", "action", "matches"),
    [
        ("*", ACTION, True),
        ("lookoutequipment:*", ACTION, True),
        ("LookoutEquipment:describe*", ACTION, True),
        ("lookoutequipment:Describe?ataset", ACTION, True),
        ("lookoutequipment:Describelabel", "lookoutequipment:DescribeLabel", True),
        ("lookoutequipment:List*", ACTION, False),
        ("lookoutvision:*", ACTION, False),
        ("iam:PassRole", "iam:PassRole", True),
        ("kms:*", "kms:CreateGrant", True),
    ],
)
def test_actions(pattern: str, action: str, matches: bool) -> None:
    assert says(allow(pattern), action=action) is (Verdict.ALLOW if matches else Verdict.SILENT)
    but = {"Effect": "Allow", "NotAction": [pattern, "s3:Nothing"], "Resource": "*"}
    assert says(but, action=action) is (Verdict.SILENT if matches else Verdict.ALLOW)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        (DATASET, True),
        (DATASET[:-1] + "?", True),
        ("arn:aws:lookoutequipment:*:*:dataset/pumps/*", True),
        ("arn:*:*:*:*:*", True),
        (DATASET.upper().replace("ARN", "arn"), False),
        ("arn:aws:lookoutequipment:*:*:dataset/pump/*", False),
        ("arn:aws:lookoutequipment:*:${aws:PrincipalAccount}:dataset/*", True),
        ("arn:aws:lookoutequipment:*:*:dataset/${aws:username}*", False),
        ("arn:aws:lookoutequipment:*:*:dataset/${aws:PrincipalTag/star}", False),
        ("arn:aws:lookoutequipment:*:*:dataset/${aws:PrincipalTag/none, 'pumps'}/*", True),
        ("arn:aws:lookoutequipment:*:*:dataset/${aws:PrincipalTag/none}*", False),
        ("arn:aws:lookoutequipment:*:*:dataset/${aws:TagKeys}*", False),
        ("arn:aws:lookoutequipment:*:*:dataset/pumps/${*}", False),
    ],
)
def test_resources(pattern: str, matches: bool) -> None:
    assert says(allow(resource=pattern)) is (Verdict.ALLOW if matches else Verdict.SILENT)
    but = {"Effect": "Allow", "Action": "*", "NotResource": pattern}
    assert says(but) is (Verdict.SILENT if matches else Verdict.ALLOW)


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", "aws:username", ["a", "plant"], True),
        ("StringEquals", "aws:username", "${aws:username}", True),
        ("StringLike", "aws:PrincipalArn", "*user/${aws:username}", True),
        ("StringLike", "aws:username", "${aws:PrincipalTag/star}", False),
        ("StringEquals", "aws:username", "${aws:nothing}", False),
        ("StringNotEquals", "aws:username", "${aws:nothing}", True),
        ("StringEquals", "aws:RequestTag/Team", "Wear", True),
        ("StringEqualsIgnoreCase", "aws:RequestTag/Team", "WEAR", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:user/*", True),
        ("ArnLike", "aws:PrincipalArn", "arn:*", False),
        ("NumericEquals", "a:number", "10.0", True),
        ("NumericNotEquals", "a:number", "10", False),
        ("NumericLessThan", "a:number", ["3", "11"], True),
        ("NumericLessThanEquals", "a:number", "1e1", True),
        ("NumericGreaterThan", "a:number", "10", False),
        ("NumericGreaterThanEquals", "a:number", -1, True),
        ("DateLessThan", "aws:CurrentTime", "2026-11-28T12:00:01Z", True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-11-28", True),
        ("DateEquals", "aws:CurrentTime", "2026-11-28T13:00:00+01:00", True),
        ("DateLessThan", "aws:EpochTime", "2026-11-28T12:00:00Z", False),
        ("DateLessThan", "aws:EpochTime", "1795867201", True),
        ("Bool", "aws:SecureTransport", False, True),
        ("Bool", "aws:SecureTransport", "true", False),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.0.2.0/24"], True),
        ("IpAddress", "aws:SourceIp", "192.0.2.7", True),
        ("IpAddress", "aws:SourceIp", "2001:db8::/32", False),
        ("NotIpAddress", "aws:SourceIp", "192.0.2.0/24", False),
        ("NotIpAddress", "aws:Nothing", "192.0.2.0/24", True),
        ("Null", "aws:TagKeys", "false", True),
        ("Null", "aws:Nothing", True, True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost", "more"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team"], False),
        ("ForAllValues:StringEquals", "aws:Nothing", ["team"], True),
        ("ForAllValues:StringNotEquals", "aws:TagKeys", ["team"], False),
        ("ForAllValues:StringLike", "aws:TagKeys", ["t*", "c*"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["other"], False),
        ("ForAnyValue:StringEquals", "aws:Nothing", ["team"], False),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringNotEquals", "aws:Nothing", ["team"], False),
        ("ForAnyValue:StringEqualsIfExists", "aws:Nothing", ["team"], True),
        ("StringEquals", "aws:TagKeys", ["cost"], True),
        ("StringNotEquals", "aws:TagKeys", ["cost"], False),
        ("NumericLessThanIfExists", "aws:Nothing", "1", True),
        ("BinaryEquals", "a:binary", "aGk=", True),
        ("BinaryEquals", "a:binary", "aGo=", False),
    ],
)
def test_conditions(operator: str, key: str, wanted: Any, holds: bool) -> None:
    statement = allow(Condition={operator: {key: wanted}})
    assert says(statement, a__binary="aGk=") is (Verdict.ALLOW if holds else Verdict.SILENT)


def test_an_address_of_version_4_in_the_form_of_version_6_is_the_same() -> None:
    statement = allow(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    assert says(statement, aws__sourceip="::ffff:192.0.2.9") is Verdict.ALLOW
    assert says(statement, aws__sourceip="::ffff:192.0.3.9") is Verdict.SILENT


@pytest.mark.parametrize("operator", ["NumericEquals", "NumericNotEquals", "DateLessThan", "IpAddress", "NotIpAddress"])
def test_a_value_that_cannot_be_compared_is_held_against_the_caller(operator: str) -> None:
    wanted = {"N": "1", "D": "2026-01-01", "I": "10.0.0.0/8"}[operator.removeprefix("Not")[0]]
    condition = {operator: {"a:odd": wanted}}
    assert says(allow(Condition=condition), a__odd="odd") is Verdict.SILENT
    denied = {**allow(Condition=condition), "Effect": "Deny"}
    assert says(allow(), denied, a__odd="odd") is Verdict.DENY


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ({}, ".Effect: got 'None', expected Allow or Deny"),
        ({**allow(), "Effect": "allow"}, ".Effect: got 'allow', expected Allow or Deny"),
        ({**allow(), "Principal": "*"}, ": got the member Principal, expected none"),
        ({**allow(), "NotPrincipal": "*"}, ": got the member NotPrincipal, expected none"),
        ({**allow(), "Actions": "*"}, ": got the member Actions, expected only Action, Condition, Effect"),
        ({**allow(), "NotAction": "*"}, ": got both, expected either Action or NotAction"),
        ({**allow(), "NotResource": "*"}, ": got both, expected either Resource or NotResource"),
        ({"Effect": "Allow", "Resource": "*"}, ": got neither, expected either Action or NotAction"),
        ({"Effect": "Allow", "Action": "*"}, ": got neither, expected either Resource or NotResource"),
        (allow([]), ".Action: expected a string or a list of strings"),
        (allow({}), ".Action: expected a string or a list of strings"),
        (allow(7), ".Action: expected a string or a list of strings"),
        (allow(""), ".Action: expected a string or a list of strings"),
        (allow("DescribeDataset"), ".Action: got 'DescribeDataset', expected * or a service and an action"),
        (allow("*:*"), ".Action: got '*:*', expected * or a service and an action"),
        (allow("lookout*:List*"), ".Action: got 'lookout*:List*', expected"),
        (allow("lookoutvision:CreateProjekt"), "expected an action that lookoutvision has, such as"),
        (allow("lookoutequipment:Wipe*"), "expected an action that lookoutequipment has"),
        (allow(resource="pumps"), ".Resource: got 'pumps', expected * or an ARN"),
        (allow(resource="arn:aws:s3"), ".Resource: got 'arn:aws:s3', expected * or an ARN"),
        (allow(resource="arn:aws:s3:::a/${aws:username"), ".Resource: got a variable without an end"),
        (allow(resource="arn:aws:s3:::a/${}"), ".Resource: got the variable ${}"),
        (allow(resource="arn:aws:s3:::a/${a, b}"), ".Resource: got the variable ${a, b}"),
        (allow(Condition=[]), ".Condition: expected a JSON object"),
        (allow(Condition={"StringIs": {"a": "b"}}), ".Condition: the operator 'StringIs' is not supported"),
        (allow(Condition={"NullIfExists": {"a": "true"}}), "the operator 'NullIfExists' is not supported"),
        (allow(Condition={"ForSome:StringLike": {"a": "b"}}), "the operator 'ForSome:StringLike' is not supported"),
        (allow(Condition={"StringLike": {}}), ".Condition.StringLike: expected condition keys with values"),
        (allow(Condition={"StringLike": {"a": []}}), ".Condition.StringLike.a: expected a string or a list"),
        (allow(Condition={"StringLike": {"a": "1", "A": "2"}}), "StringLike: got the key A twice, expected it once"),
        (allow(Condition={"StringLike": {"a": "${"}}), ".Condition.StringLike.a: got a variable without an end"),
        (allow(Condition={"NumericEquals": {"a": "x"}}), "NumericEquals.a: got 'x', expected a number"),
        (allow(Condition={"NumericLessThan": {"a": "NaN"}}), "NumericLessThan.a: got 'NaN', expected a number"),
        (allow(Condition={"DateLessThan": {"a": "soon"}}), "DateLessThan.a: got 'soon', expected a time"),
        (allow(Condition={"BoolIfExists": {"a": "yes"}}), "BoolIfExists.a: got 'yes', expected true or false"),
        (allow(Condition={"Null": {"a": "no"}}), "Null.a: got 'no', expected true or false"),
        (allow(Condition={"IpAddress": {"a": "10.0.0.0/99"}}), "IpAddress.a: got '10.0.0.0/99', expected an address"),
        (allow(Condition={"NotIpAddress": {"a": "${a}"}}), "NotIpAddress.a: got '${a}', expected an address"),
        (allow(Condition={"BinaryEquals": {"a": "?"}}), "BinaryEquals.a: got '?', expected base64"),
    ],
)
def test_a_malformed_statement_is_refused_with_its_place(statement: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_identity(policy(allow(), statement), where="policy of plant", known=known())
    assert str(caught.value).startswith("policy of plant.Statement[1]")
    assert message in str(caught.value)


def test_variables_need_the_version_that_has_them() -> None:
    statement = allow(resource="arn:aws:s3:::${aws:username}/*")
    for text in (policy(statement, version="2008-10-17"), json.dumps({"Statement": statement})):
        with pytest.raises(Malformed, match=r"Version: got '2008-10-17', expected 2012-10-17, because there are"):
            parse_identity(text, known={})


def test_a_policy_of_the_console_of_aws_is_taken() -> None:
    assert parse_identity(policy(allow("lookoutvision:StartTrialDetection")), known=known())


VALUES = st.sampled_from(["a", "ab", "a*", "A", "b", "10", "2", "${k:one}", "${k:none}", "*", "?b", "a:b", "${*}"])
STRINGS = st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
                           "ArnLike", "ArnNotEquals"])  # fmt: skip
NUMBERS = st.sampled_from(["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals",
                           "DateLessThan", "DateNotEquals", "DateGreaterThan"])  # fmt: skip
PREFIX = st.sampled_from(["", "", "ForAnyValue:", "ForAllValues:"])
SUFFIX = st.sampled_from(["", "", "IfExists"])
TEXT_KEYS, NUMBER_KEYS = ["k:one", "k:many", "k:none", "k:empty"], ["n:one", "n:many", "n:none"]


def conditions(operators: st.SearchStrategy[str], keys: list[str], values: st.SearchStrategy[str]) -> Any:
    names = st.tuples(PREFIX, operators, SUFFIX).map("".join)
    of_a_key = st.dictionaries(st.sampled_from(keys), st.lists(values, min_size=1, max_size=3), min_size=1)
    return st.dictionaries(names, of_a_key, max_size=2)


CONDITIONS = st.one_of(
    conditions(STRINGS, TEXT_KEYS, VALUES),
    conditions(NUMBERS, NUMBER_KEYS, st.sampled_from(["1", "2", "10"])),
    conditions(st.just("IpAddress"), ["ip"], st.sampled_from(["10.0.0.0/8", "192.0.2.1", "::/0"])),
    st.dictionaries(
        st.just("Null"), st.dictionaries(st.sampled_from(TEXT_KEYS), st.sampled_from(["true", "false"]), min_size=1)
    ),
)
PATTERNS = st.lists(
    st.sampled_from(["*", "arn:aws:x:::a", "arn:aws:x:::a*", "arn:aws:x:::?b", "arn:aws:x:::${k:one}",
                     "arn:aws:x:::${k:none}", "arn:aws:x:::${k:none, 'ab'}", "arn:aws:x:::${*}"]),
    min_size=1, max_size=2,
)  # fmt: skip
ACTIONS = st.lists(st.sampled_from(["*", "x:Get*", "x:Put", "X:get?", "y:*"]), min_size=1, max_size=2)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    found = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(ACTIONS),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(PATTERNS),
    }
    if draw(st.booleans()):
        found["Condition"] = draw(CONDITIONS)
    return found


TEXTS = st.sampled_from(["a", "ab", "b", "a*", "A", "a:b", "*"])
NUMBER = st.sampled_from(["1", "2", "10"])
REQUEST = st.fixed_dictionaries(
    {"ip": st.sampled_from(["10.1.2.3", "192.0.2.1", "2001:db8::1"])},
    optional={
        "k:one": TEXTS,
        "k:many": st.lists(TEXTS, max_size=3),
        "k:empty": st.just([]),
        "n:one": NUMBER,
        "n:many": st.lists(NUMBER, max_size=3),
    },
)


@given(
    st.lists(statements(), min_size=1, max_size=4),
    st.sampled_from(["x:Get", "x:GetA", "x:Put", "y:Any"]),
    st.sampled_from(["*", "arn:aws:x:::a", "arn:aws:x:::ab", "arn:aws:x:::*", "arn:aws:x:::a*"]),
    REQUEST,
)
def test_the_evaluator_says_what_its_slow_twin_says(
    given_statements: list[dict[str, Any]], action: str, resource: str, keys: dict[str, str | list[str]]
) -> None:
    text = policy(*given_statements)
    found = decide(parse_identity(text, known={}), principal=USER, action=action, resource=resource, keys=keys)
    assert found.value == twin.decide(text, action, resource, keys)


@given(st.sampled_from(sorted(OPERATORS)), st.text(max_size=12), st.one_of(st.text(max_size=12), st.lists(st.text())))
def test_no_value_of_a_request_makes_the_evaluator_fail(operator: str, key: str, found: str | list[str]) -> None:
    for wanted in ("a", "1", "true", "10.0.0.1", "aGk="):
        try:
            read = parse_identity(policy(allow(Condition={operator: {f"k{key}": wanted}})), known={})
        except Malformed:
            continue
        keys = {f"k{key}".lower(): found}
        assert decide(read, principal=USER, action=ACTION, resource=DATASET, keys=keys) in Verdict
