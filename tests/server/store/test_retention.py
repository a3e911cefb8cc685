"""What only expires goes when it is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from lookout_server.store import Documents, Put, Write, expire

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def tokens(documents: Documents) -> Documents:
    """250 that are due, one that is not yet, one that never is; and one of another kind."""
    puts = [Put("token", f"{i:03}", {}, None, due=NOW - timedelta(seconds=i)) for i in range(250)]
    for start in range(0, 250, 100):
        documents.commit(puts[start : start + 100])
    later = NOW + timedelta(microseconds=1)
    documents.commit([Put("token", "later", {}, None, due=later), Put("token", "never", {}, None)])
    documents.commit([Put("other", "a", {}, None, due=NOW)])
    return documents


def test_what_is_due_goes_and_nothing_else(tokens: Documents) -> None:
    assert expire(tokens, "token", NOW, 1000) == 250
    assert [one.id for one in tokens.by_id("token")] == ["later", "never"]
    assert tokens.get("other", "a") is not None
    assert expire(tokens, "token", NOW, 1000) == 0


def test_as_many_go_as_may_the_oldest_first(tokens: Documents) -> None:
    assert expire(tokens, "token", NOW, 120) == 120
    assert [one.id for one in tokens.by_due("token", until=NOW)][:2] == ["129", "128"]
    assert expire(tokens, "token", NOW, 0) == 0


def test_what_somebody_renews_meanwhile_stays_and_the_others_go(
    tokens: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = tokens.commit

    def renewed_before(writes: Sequence[Write]) -> dict[tuple[str, str], str]:
        found = tokens.get("token", "249")
        if found is not None and found.due is not None and found.due < NOW:
            commit([Put("token", "249", {}, found.revision, due=NOW + timedelta(days=1))])
        return commit(writes)

    monkeypatch.setattr(tokens, "commit", renewed_before)
    assert expire(tokens, "token", NOW, 1000) == 249
    assert [one.id for one in tokens.by_id("token")] == ["249", "later", "never"]
