"""Leases: they say who holds what, and are read as they were written, by every release."""

from __future__ import annotations

import pytest

from lookout_provider.ownership import Lease
from lookout_provider.protocol import Request
from tests.provider.support import ACCOUNT, REGION, event

STACK = "222222222222/eu-west-1/factory"


@pytest.mark.parametrize(
    ("text", "lease"),
    [
        (f"{STACK} holders=0a1b+2c3d", Lease(STACK, frozenset({"0a1b", "2c3d"}))),
        (f"{STACK} before=3 holders=0a1b", Lease(STACK, frozenset({"0a1b"}), "3")),
        (f"{STACK} is=0123 holders=0a1b", Lease(STACK, frozenset({"0a1b"}), digits="0123")),
        (f"{STACK} is=0123 after=0 holders=0a1b", Lease(STACK, frozenset({"0a1b"}), digits="0123", after="0")),
        (f"{STACK} is=01 of=23 holders=0a1b", Lease(STACK, frozenset({"0a1b"}), digits="01", of="23")),
    ],
)
def test_a_lease_is_read_as_it_was_written(text: str, lease: Lease) -> None:
    assert Lease.parse(text) == lease
    assert str(lease) == text


def test_a_lease_of_the_first_release_is_read() -> None:
    """Its comma is none of the characters that Lookout for Vision takes."""
    assert Lease.parse(f"{STACK} holders=0a1b,2c3d") == Lease(STACK, frozenset({"0a1b", "2c3d"}))


@pytest.mark.parametrize("text", [None, "", STACK, f"{STACK} holders=", f"{STACK} is=xyz holders=0a1b"])
def test_what_is_no_lease_is_none(text: str | None) -> None:
    assert Lease.parse(text) is None


#: The longest names: of a stack, and of one that is nested in it, whose path is as long as `cdk_lookout` makes it.
LONGEST = ["s" * 128, f"{'s' * 128}.{'p' * 20}"]


@pytest.mark.parametrize("name", LONGEST)
def test_the_longest_lease_fits_into_a_tag(name: str) -> None:
    """A set of labels half-way, in a stack with the longest name, while its construct is renamed."""
    stack = f"{'2' * 12}/ap-northeast-2/{name}"
    holders = frozenset({"0" * 12, "1" * 12})
    half_way = Lease(stack, holders, digits="0" * 16, after="0" * 16)
    complete = Lease(stack, holders, digits="0" * 16, of="0" * 18)
    assert max(len(str(half_way)), len(str(complete))) <= 256


def _nested(monkeypatch: pytest.MonkeyPatch, name: str, logical_id: str = "Pumps1A2B3C4D") -> Request:
    monkeypatch.setenv("NESTED_STACK", name)
    return Request.parse(event(LogicalResourceId=logical_id))


@pytest.mark.parametrize("name", LONGEST)
@pytest.mark.parametrize("logical_id", ["P", "P" * 255])
def test_the_longest_owner_fits_into_a_tag(name: str, logical_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(len(owner) <= 256 for owner in _nested(monkeypatch, name, logical_id).owners)


def test_a_nested_stack_is_known_by_its_lasting_name_and_by_cloudformation_s(monkeypatch: pytest.MonkeyPatch) -> None:
    request = _nested(monkeypatch, "site.Hall")
    here = f"{ACCOUNT}/{REGION}"
    assert request.owners == (f"{here}/site.Hall/Pumps1A2B3C4D", f"{here}/factory/Pumps1A2B3C4D")
    assert (request.owner, request.stack_owner) == (request.owners[0], f"{here}/site.Hall")


def test_a_stack_that_is_not_nested_is_known_by_its_name_alone() -> None:
    request = Request.parse(event())
    assert request.owners == (request.owner,) == (f"{ACCOUNT}/{REGION}/factory/Pumps1A2B3C4D",)
    assert request.beginnings == ("factory",)


def test_a_generated_name_begins_with_the_root_and_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _nested(monkeypatch, "site.Hall").beginnings == ("site-Hall", "factory")


def test_it_leaves_as_much_room_for_the_rest_as_a_stack_s_name_does(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (_nested(monkeypatch, f"{'s' * 128}.{end}").beginnings[0] for end in ("Hall", "Yard"))
    assert one != other
    assert {len(one), len(other)} == {128}


def test_a_lease_of_the_earlier_form_is_held_and_takes_today_s_when_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    earlier = Lease(f"{ACCOUNT}/{REGION}/factory").joined_by(Request.parse(event()))
    request = _nested(monkeypatch, "site.Hall")
    assert earlier.held_by(request)
    assert earlier.joined_by(request).stack == f"{ACCOUNT}/{REGION}/site.Hall"
    assert earlier.joined_by(request).holders == earlier.holders
