"""What a policy says about a caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.identity.policies import OPERATORS, Statement, Verdict, evaluate, glob

ACTION = "lookoutequipment:ImportDataset"
ROOT = "arn:aws:iam::222222222222:root"
ROLE = "arn:aws:iam::222222222222:role/team/Deploy"
SESSION = "arn:aws:sts::222222222222:assumed-role/Deploy/me"
USER = "arn:aws:iam::222222222222:user/ann"

Keys = Mapping[str, Sequence[str]]


def says(
    principal: str,
    *,
    effect: str = "Allow",
    to: str = "*",
    conditions: Mapping[str, Keys] | None = None,
    context: Mapping[str, str] | None = None,
) -> Verdict:
    statement = Statement(effect, (to,), (ACTION.lower(),), conditions or {})
    return evaluate([statement], principal=principal, action=ACTION, context=context or {})


@pytest.mark.parametrize(
    ("named", "caller", "matches"),
    [
        ("*", USER, True),
        ("222222222222", SESSION, True),
        ("222222222222", USER, True),
        ("333333333333", USER, False),
        (ROOT, USER, True),
        (ROOT, SESSION, True),
        (ROOT, ROOT, True),
        ("arn:aws:iam::333333333333:root", USER, False),
        (ROLE, SESSION, True),
        ("arn:aws:iam::222222222222:role/Deploy", SESSION, True),
        ("arn:aws:iam::222222222222:role/Other", SESSION, False),
        ("arn:aws:iam::333333333333:role/Deploy", SESSION, False),
        (SESSION, SESSION, True),
        ("arn:aws:sts::222222222222:assumed-role/Deploy/you", SESSION, False),
        (USER, USER, True),
        (USER, ROOT, False),
        (ROLE, USER, False),
    ],
)
def test_principals(named: str, caller: str, matches: bool) -> None:
    assert says(caller, to=named) is (Verdict.ALLOW if matches else Verdict.SILENT)
    assert says(caller, to=named, effect="Deny") is (Verdict.DENY if matches else Verdict.SILENT)


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", "aws:PrincipalAccount", ["222222222222"], True),
        ("StringEquals", "aws:PrincipalAccount", ["1", "222222222222"], True),
        ("StringEquals", "AWS:principalaccount", ["222222222222"], True),
        ("StringEquals", "aws:SourceAccount", ["222222222222"], True),
        ("StringEquals", "aws:SourceAccount", ["333333333333"], False),
        ("StringNotEquals", "aws:SourceAccount", ["333333333333"], True),
        ("StringNotEquals", "aws:SourceAccount", ["1", "222222222222"], False),
        ("StringEqualsIgnoreCase", "aws:PrincipalArn", ["ARN:AWS:IAM::222222222222:ROLE/DEPLOY"], True),
        ("StringLike", "aws:PrincipalArn", ["*:role/D?ploy"], True),
        ("StringLike", "aws:PrincipalArn", ["role/Deploy"], False),
        ("StringNotLike", "aws:PrincipalArn", ["*:role/X*"], True),
        ("ArnEquals", "aws:PrincipalArn", ["arn:aws:iam::222222222222:role/Deploy"], True),
        ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/Dep*"], True),
        ("ArnLike", "aws:PrincipalArn", ["arn:aws:*:role/Dep*"], False),
        ("ArnNotLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/X*"], True),
        ("ArnNotEquals", "aws:PrincipalArn", ["arn:aws:iam::222222222222:role/Deploy"], False),
        ("Bool", "lookoutequipment:IsImportingData", ["true"], True),
        ("Bool", "lookoutequipment:IsImportingData", ["FALSE"], False),
        ("Null", "lookoutequipment:IsImportingData", ["false"], True),
        ("Null", "aws:Nothing", ["true"], True),
        ("Null", "aws:Nothing", ["false"], False),
        ("StringEquals", "aws:Nothing", ["a"], False),
        ("StringEqualsIfExists", "aws:Nothing", ["a"], True),
        ("StringNotEquals", "aws:Nothing", ["a"], True),
        ("BoolIfExists", "lookoutequipment:IsImportingData", ["false"], False),
    ],
)
def test_conditions(operator: str, key: str, wanted: list[str], holds: bool) -> None:
    context = {"lookoutequipment:IsImportingData": "true"}
    found = says(SESSION, conditions={operator: {key: wanted}}, context=context)
    assert found is (Verdict.ALLOW if holds else Verdict.SILENT)


def test_all_conditions_must_hold() -> None:
    both = {"StringEquals": {"aws:PrincipalAccount": ["222222222222"], "aws:SourceAccount": ["1"]}}
    assert says(USER, conditions=both) is Verdict.SILENT


def test_a_condition_that_cannot_be_evaluated_is_held_against_the_caller() -> None:
    unknown = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}
    assert says(USER, conditions=unknown) is Verdict.SILENT
    assert says(USER, conditions=unknown, effect="Deny") is Verdict.DENY


def test_an_unknown_condition_beside_one_that_fails_denies_nothing() -> None:
    conditions = {"IpAddress": {"a": ["b"]}, "StringEquals": {"aws:SourceAccount": ["1"]}}
    assert says(USER, conditions=conditions, effect="Deny") is Verdict.SILENT


def test_a_statement_about_another_action_is_silent() -> None:
    statement = Statement("Allow", ("*",), ("lookoutequipment:importmodelversion",), {})
    assert evaluate([statement], principal=USER, action=ACTION, context={}) is Verdict.SILENT


def test_no_statement_is_silent() -> None:
    assert evaluate([], principal=USER, action=ACTION, context={}) is Verdict.SILENT


STATEMENTS = st.builds(
    Statement,
    st.sampled_from(["Allow", "Deny"]),
    st.tuples(st.sampled_from(["*", "222222222222", "333333333333", ROLE])),
    st.just((ACTION.lower(),)),
    st.dictionaries(
        st.sampled_from(sorted(OPERATORS)),
        st.dictionaries(st.sampled_from(["aws:principalarn", "aws:nothing"]), st.just(["a"]), min_size=1),
        max_size=2,
    ),
)


@given(st.lists(STATEMENTS, max_size=4), st.permutations(range(4)))
def test_the_order_of_statements_does_not_matter(statements: list[Statement], order: list[int]) -> None:
    shuffled = [statements[i] for i in order if i < len(statements)]
    asked = [evaluate(some, principal=SESSION, action=ACTION, context={}) for some in (statements, shuffled)]
    assert asked[0] is asked[1]


@given(st.lists(STATEMENTS, max_size=4))
def test_a_deny_for_everyone_outweighs_anything(statements: list[Statement]) -> None:
    deny = Statement("Deny", ("*",), (ACTION.lower(),), {})
    assert evaluate([*statements, deny], principal=USER, action=ACTION, context={}) is Verdict.DENY


@given(st.text())
def test_a_text_matches_itself_and_a_star(text: str) -> None:
    assert glob("*", text)
    if not set(text) & {"*", "?"}:
        assert glob(text, text)
        assert not glob(text, text + "x")
