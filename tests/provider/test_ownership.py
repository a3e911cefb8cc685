"""Leases: they say who holds what, and are read as they were written, by every release."""

from __future__ import annotations

import pytest

from lookout_provider.ownership import Lease

STACK = "222222222222/eu-west-1/factory"


@pytest.mark.parametrize(
    ("text", "lease"),
    [
        (f"{STACK} holders=0a1b+2c3d", Lease(STACK, frozenset({"0a1b", "2c3d"}))),
        (f"{STACK} before=3 holders=0a1b", Lease(STACK, frozenset({"0a1b"}), "3")),
        (f"{STACK} is=0123 holders=0a1b", Lease(STACK, frozenset({"0a1b"}), digits="0123")),
        (f"{STACK} is=0123 after=0 holders=0a1b", Lease(STACK, frozenset({"0a1b"}), digits="0123", after="0")),
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


def test_the_longest_lease_fits_into_a_tag() -> None:
    """A set of labels half-way, in a stack with the longest name, while its construct is renamed."""
    stack = f"{'2' * 12}/ap-northeast-2/{'s' * 128}"
    holders = frozenset({"0" * 12, "1" * 12})
    assert len(str(Lease(stack, holders, digits="0" * 16, after="0" * 16))) <= 256
