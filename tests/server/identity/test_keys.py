"""Keys: made, shown once, changed, taken back; and what is refused about them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest

from lookout_server.clock import ManualClock
from lookout_server.identity.errors import IdentityError
from lookout_server.identity.keys import KEYS, SHORTEST, Keys, NewKey
from lookout_server.identity.signatures import Refused
from lookout_server.store import Documents, SqliteDocuments, StoreUnavailable, expire

from .support import ACCOUNT, EVERYTHING, allow, policy

WIDE = "\N{FULLWIDTH DIGIT ONE}"


def is_valid(keys: Keys, key: NewKey) -> bool:
    try:
        return keys.open(key.access_key, key.token or "")[0] == key.secret
    except Refused:
        return False


def test_a_key_looks_like_one_of_aws(plant: NewKey) -> None:
    assert plant.access_key.startswith("AKIA")
    assert len(plant.access_key) == 20
    assert len(plant.secret) == 40
    assert plant.secret not in repr(plant)


def test_a_key_is_listed_without_its_secret(keys: Keys, plant: NewKey, clock: ManualClock) -> None:
    [holder] = keys.list()
    assert (holder.name, holder.account, holder.policy) == ("plant", ACCOUNT, EVERYTHING)
    assert holder.keys == {plant.access_key: clock.now()}
    assert plant.secret not in repr(holder)


def test_the_database_alone_gives_no_secret_away(documents: Documents, keys: Keys, plant: NewKey) -> None:
    temporary = keys.issue("plant")
    stored = "".join(str(one.body) for kind in documents.kinds() for one in documents.by_id(kind))
    assert plant.access_key in stored
    for secret in (plant.secret, temporary.secret, temporary.token):
        assert str(secret) not in stored
        assert base64.b64encode(str(secret).encode()).decode() not in stored


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../a", "ü", "a" * 65, "a\n", "*", WIDE])
def test_a_name_is_one_that_iam_would_take(keys: Keys, name: str) -> None:
    with pytest.raises(IdentityError, match=r"(?s)name of a key: got .*, expected 1 to 64"):
        keys.add(name, account=ACCOUNT, policy=EVERYTHING)


@pytest.mark.parametrize("account", ["", "1", "1" * 13, "a" * 12, WIDE * 12, "11112222333 "])
def test_an_account_has_twelve_digits(keys: Keys, account: str) -> None:
    with pytest.raises(IdentityError, match=r"account of plant: got .*, expected 12 digits"):
        keys.add("plant", account=account, policy=EVERYTHING)


@pytest.mark.parametrize("name", ["plant", "Plant", "PLANT"])
def test_a_name_is_there_once(keys: Keys, plant: NewKey, name: str) -> None:
    with pytest.raises(IdentityError, match="is there already"):
        keys.add(name, account="999999999999", policy=EVERYTHING)
    [holder] = keys.list()
    assert holder.account == ACCOUNT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "policy of plant: not valid JSON"),
        ("[]", "policy of plant: expected a JSON object"),
        (policy(), "policy of plant.Statement: expected at least one statement"),
        (
            policy(allow("lookoutequipment:CreateDatset")),
            "policy of plant.Statement[0].Action: got 'lookoutequipment:CreateDatset', "
            "expected an action that lookoutequipment has, such as lookoutequipment:CreateDataset",
        ),
        (policy(allow(resource="dataset/*")), "policy of plant.Statement[0].Resource: got 'dataset/*', expected"),
        (policy({**allow(), "Sid": "x" * 20_000}), "policy of plant: got 20"),
    ],
)
def test_a_bad_policy_is_refused_when_it_is_added(keys: Keys, plant: NewKey, text: str, message: str) -> None:
    for attempt in (
        lambda: keys.change_policy("plant", text),
        lambda: keys.add("other", account=ACCOUNT, policy=text),
    ):
        with pytest.raises(IdentityError) as caught:
            attempt()
        assert str(caught.value).replace("other", "plant").startswith(message)
    assert [(holder.name, holder.policy) for holder in keys.list()] == [("plant", EVERYTHING)]


@pytest.mark.parametrize("tags", [{"": "a"}, {"aws:x": "a"}, {"a": "b" * 257}, {"a" * 129: ""}, {"a": "1", "A": "2"}])
def test_bad_tags_are_refused(keys: Keys, tags: dict[str, str]) -> None:
    with pytest.raises(IdentityError, match="tags of plant"):
        keys.add("plant", account=ACCOUNT, policy=EVERYTHING, tags=tags)
    assert keys.list() == []


def test_a_key_is_replaced_while_both_are_valid(keys: Keys, plant: NewKey) -> None:
    second = keys.rotate("plant")
    assert is_valid(keys, plant)
    assert is_valid(keys, second)
    with pytest.raises(IdentityError, match=f"has 2 keys, {plant.access_key} and {second.access_key}; revoke one"):
        keys.rotate("plant")
    keys.revoke(plant.access_key)
    assert not is_valid(keys, plant)
    assert is_valid(keys, second)
    assert is_valid(keys, keys.rotate("plant"))


def test_a_name_whose_last_key_is_revoked_can_have_a_new_one(keys: Keys, plant: NewKey) -> None:
    keys.revoke(plant.access_key)
    [holder] = keys.list()
    assert holder.keys == {}
    assert is_valid(keys, keys.rotate("plant"))


def test_what_is_not_there_is_neither_revoked_nor_changed(keys: Keys, plant: NewKey) -> None:
    keys.revoke(plant.access_key)
    for access_key in (plant.access_key, "plant", "", "AKIA\0" + "A" * 15):
        with pytest.raises(IdentityError, match="access key: there is no"):
            keys.revoke(access_key)
    for attempt in (
        lambda: keys.rotate("nobody"),
        lambda: keys.remove("nobody"),
        lambda: keys.issue("a/b"),
        lambda: keys.change_policy("nobody", EVERYTHING),
    ):
        with pytest.raises(IdentityError, match="name of a key: there is no"):
            attempt()


def test_a_name_goes_with_all_its_keys(keys: Keys, documents: Documents, plant: NewKey) -> None:
    others = [plant, keys.rotate("plant"), keys.issue("plant")]
    kept = keys.add("other", account=ACCOUNT, policy=EVERYTHING)
    keys.remove("plant")
    assert [is_valid(keys, key) for key in others] == [False] * 3
    assert is_valid(keys, kept)
    assert [one.id for one in documents.by_id(KEYS)] == [kept.access_key]


def test_the_temporary_key_of_a_name_that_is_gone_is_not_one_of_its_successor(
    keys: Keys, documents: Documents, plant: NewKey
) -> None:
    [stored] = [one for one in documents.by_id(KEYS) if one.id == plant.access_key]
    assert stored.body["holder_id"] == keys.list()[0].id
    keys.remove("plant")
    keys.add("plant", account=ACCOUNT, policy=EVERYTHING)
    assert keys.list()[0].id != stored.body["holder_id"]
    assert keys.holder(plant.access_key) is None


def test_a_temporary_key_is_what_a_credential_process_prints(keys: Keys, plant: NewKey, clock: ManualClock) -> None:
    temporary = keys.issue("plant", timedelta(hours=2))
    assert temporary.access_key.startswith("ASIA")
    shown = json.loads(temporary.credential_process())
    assert shown == {
        "Version": 1,
        "AccessKeyId": temporary.access_key,
        "SecretAccessKey": temporary.secret,
        "SessionToken": temporary.token,
        "Expiration": (clock.now() + timedelta(hours=2)).isoformat(),
    }


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(minutes=14), timedelta(hours=37), -timedelta(hours=1)])
def test_a_temporary_key_lives_for_a_while(keys: Keys, plant: NewKey, lifetime: timedelta) -> None:
    with pytest.raises(IdentityError, match="expected 15 minutes to 36 hours"):
        keys.issue("plant", lifetime)


def test_expired_keys_are_cleared_away_and_others_are_not(
    keys: Keys, documents: Documents, plant: NewKey, clock: ManualClock
) -> None:
    temporary = keys.issue("plant")
    assert keys.holder(temporary.access_key) is not None
    clock.advance(3600)
    assert keys.holder(temporary.access_key) is None
    assert expire(documents, KEYS, clock.now(), 100) == 1
    assert is_valid(keys, plant)


def test_a_temporary_key_is_revoked_by_itself(keys: Keys, plant: NewKey) -> None:
    temporary = keys.issue("plant")
    keys.revoke(temporary.access_key)
    assert not is_valid(keys, temporary)
    assert is_valid(keys, plant)


def test_what_another_process_changes_is_seen_at_once(tmp_path: Path, key_file: Path) -> None:
    file = tmp_path / "documents.sqlite"
    documents = SqliteDocuments(file)
    keys = Keys(documents, key_file)
    first = keys.add("plant", account=ACCOUNT, policy=EVERYTHING)
    second = keys.rotate("plant")
    assert is_valid(keys, first)
    assert is_valid(keys, second)
    code = (
        "import sys; from pathlib import Path; from lookout_server.identity.keys import Keys;"
        "from lookout_server.store import SqliteDocuments;"
        "keys = Keys(SqliteDocuments(sys.argv[1]), Path(sys.argv[2]));"
        "keys.revoke(sys.argv[3]); keys.change_policy('plant', sys.argv[4])"
    )
    other = policy(allow("lookoutvision:*"))
    subprocess.run([sys.executable, "-c", code, str(file), str(key_file), first.access_key, other], check=True)
    assert not is_valid(keys, first)
    holder = keys.holder(second.access_key)
    assert holder is not None
    assert holder.policy == other
    documents.close()


def test_what_is_remembered_of_a_key_is_read_once(documents: Documents, key_file: Path, clock: ManualClock) -> None:
    """Until it changes: a request reads no policy that it has read before."""
    counted = mock.Mock(wraps=documents)
    keys = Keys(counted, key_file, now=clock.now)
    plant = keys.add("plant", account=ACCOUNT, policy=EVERYTHING)
    assert is_valid(keys, plant)
    counted.get.reset_mock()
    assert is_valid(keys, plant)
    assert counted.get.call_count == 0
    keys.change_policy("plant", policy(allow("lookoutvision:*")))
    assert is_valid(keys, plant)
    assert keys.holder(plant.access_key) == keys.list()[0]


def test_a_temporary_key_that_is_remembered_expires(keys: Keys, plant: NewKey, clock: ManualClock) -> None:
    temporary = keys.issue("plant", SHORTEST)
    assert is_valid(keys, temporary)
    clock.advance(SHORTEST.total_seconds())
    with pytest.raises(Refused, match="expired"):
        keys.open(temporary.access_key, temporary.token or "")
    assert keys.holder(temporary.access_key) is None


def test_two_who_add_at_once_do_not_lose_a_key(tmp_path: Path, key_file: Path) -> None:
    documents = SqliteDocuments(tmp_path / "documents.sqlite")
    made: list[NewKey] = []
    threads = [
        threading.Thread(
            target=lambda at=at: made.append(  # type: ignore[misc]
                Keys(documents, key_file).add(f"plant{at}", account=ACCOUNT, policy=EVERYTHING)
            )
        )
        for at in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = Keys(documents, key_file)
    keys.check()
    assert len(made) == 8
    assert all(is_valid(keys, key) for key in made)
    assert os.listdir(key_file.parent).count(key_file.name) == 1
    assert [name for name in os.listdir(key_file.parent) if name.startswith(".")] == []
    documents.close()


def test_many_who_rotate_at_once_make_one_key(tmp_path: Path, key_file: Path) -> None:
    documents = SqliteDocuments(tmp_path / "documents.sqlite")
    keys = Keys(documents, key_file)
    made = [keys.add("plant", account=ACCOUNT, policy=EVERYTHING)]
    refused: list[str] = []

    def rotate() -> None:
        try:
            made.append(keys.rotate("plant"))
        except IdentityError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=rotate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (2, 5)
    assert set(keys.list()[0].keys) == {key.access_key for key in made}
    assert {one.id for one in documents.by_id(KEYS)} == {key.access_key for key in made}
    documents.close()


def test_the_key_file_is_its_owners_only(keys: Keys, key_file: Path) -> None:
    keys.check()
    assert not key_file.exists()
    keys.add("plant", account=ACCOUNT, policy=EVERYTHING)
    assert key_file.stat().st_mode & 0o777 == 0o600


def again(documents: Documents, key_file: Path) -> str:
    """What a server says that starts on this store and key file."""
    with pytest.raises(IdentityError) as caught:
        Keys(documents, key_file).check()
    return str(caught.value)


def test_a_key_file_that_others_may_read_is_refused(documents: Documents, plant: NewKey, key_file: Path) -> None:
    key_file.chmod(0o640)
    assert again(documents, key_file).endswith(f"others than its owner may read it; chmod 600 {key_file}")


def test_a_missing_key_file_is_not_made_anew(documents: Documents, plant: NewKey, key_file: Path) -> None:
    key_file.unlink()
    assert "the key file is missing" in again(documents, key_file)
    assert not key_file.exists()
    with pytest.raises(IdentityError, match="the key file is missing"):
        Keys(documents, key_file).rotate("plant")


def test_after_a_lost_key_file_one_begins_anew(documents: Documents, keys: Keys, plant: NewKey, key_file: Path) -> None:
    keys.issue("plant")
    key_file.unlink()
    other = Keys(documents, key_file)
    other.remove("plant")
    key = other.add("plant", account=ACCOUNT, policy=EVERYTHING)
    other.check()
    assert is_valid(other, key)


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 32, base64.b64encode(b"short"), b"{}" * 30])
def test_what_is_no_key_file_is_refused(documents: Documents, plant: NewKey, key_file: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    assert "is no key file, expected 32 bytes as base64" in again(documents, key_file)


def test_the_key_file_of_another_store_is_refused(documents: Documents, plant: NewKey, key_file: Path) -> None:
    key_file.write_bytes(base64.b64encode(b"x" * 32))
    assert "is not the key file" in again(documents, key_file)


def test_a_directory_in_place_of_the_key_file_is_refused(documents: Documents, tmp_path: Path) -> None:
    place = tmp_path / "directory"
    place.mkdir(mode=0o700)
    with pytest.raises(IdentityError, match="the key file cannot be read"):
        Keys(documents, place).add("plant", account=ACCOUNT, policy=EVERYTHING)
    with pytest.raises(IdentityError, match="the key file cannot be made"):
        Keys(documents, tmp_path / "missing" / "file").add("plant", account=ACCOUNT, policy=EVERYTHING)
    assert Keys(documents, place).list() == []


def test_a_secret_that_was_put_in_the_place_of_another_is_not_opened(
    documents: Documents, keys: Keys, plant: NewKey
) -> None:
    from lookout_server.store import Put

    other = keys.add("other", account=ACCOUNT, policy=EVERYTHING)
    mine, theirs = documents.get(KEYS, plant.access_key), documents.get(KEYS, other.access_key)
    assert mine is not None
    assert theirs is not None
    body = {**theirs.body, "secret": mine.body["secret"]}
    documents.commit([Put(KEYS, theirs.id, body, theirs.revision)])
    with pytest.raises(IdentityError, match="is not the key file that the secret of"):
        keys.open(other.access_key, "")


def test_a_store_that_is_gone_is_said_to_be(documents: Documents, keys: Keys, plant: NewKey) -> None:
    documents.close()
    with pytest.raises(StoreUnavailable):
        keys.open(plant.access_key, "")
