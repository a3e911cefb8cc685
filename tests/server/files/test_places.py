"""What a role stands for: what is not allowed in the file of places is denied, and the message says how to allow it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lookout_server.files.directory import DirectoryBuckets
from lookout_server.files.places import PlacedStorage
from lookout_server.files.written import PlacesError, load
from lookout_server.protocol.errors import StorageError

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Reader"
TOML = f"""
[places.disk]
kind = "directory"
path = "buckets"
region = "eu-west-1"

[[roles]]
role = "{ROLE}"
read = ["sensors/plant-a/", "labels"]
write = ["results/plant-a/"]

[[accounts]]
account = "{ACCOUNT}"
read = ["sensors"]
"""


@pytest.fixture
def file(root: Path) -> Path:
    """Where the places are written, beside the buckets that they speak of."""
    for name in ("labels", "results"):
        (root / name).mkdir()
    for key in ("plant-a/x", "plant-b/x", "plant-a2/x", "x"):
        (root / "sensors" / key).parent.mkdir(exist_ok=True)
        (root / "sensors" / key).write_bytes(key.encode())
    return root.parent / "places.toml"


@pytest.fixture
def storage(file: Path) -> PlacedStorage:
    file.write_text(TOML)
    return PlacedStorage(load(file))


def test_what_is_allowed_is_served(storage: PlacedStorage) -> None:
    assert storage.read(ROLE, "sensors", "plant-a/x", most=100) == b"plant-a/x"
    assert [one.key for one in storage.list(ROLE, "sensors", "plant-a/")] == ["plant-a/x"]
    with storage.open(ROLE, "sensors", "plant-a/x") as opened:
        assert opened.read() == b"plant-a/x"
    storage.write(ROLE, "results", "plant-a/2026/out", b"out")
    assert storage.list(ROLE, "labels", "") == []


@pytest.mark.parametrize("role", [ROLE, f"{ROLE}2", f"arn:aws:iam::{ACCOUNT}:role/path/Reader", "", "*"])
@pytest.mark.parametrize(
    ("bucket", "key"), [("sensors", "plant-b/x"), ("sensors", "plant-a2/x"), ("sensors", "x"), ("results", "plant-a/x")]
)
def test_what_is_not_allowed_is_denied(storage: PlacedStorage, role: str, bucket: str, key: str) -> None:
    for attempt in (
        lambda: storage.read(role, bucket, key, most=1),
        lambda: storage.open(role, bucket, key),
        lambda: storage.list(role, bucket, key),
    ):
        with pytest.raises(StorageError, match="AccessDenied"):
            attempt()


def test_a_prefix_that_is_more_than_what_is_allowed_is_denied(storage: PlacedStorage) -> None:
    for prefix in ("", "plant-a", "plant-", "plant-b/"):
        with pytest.raises(StorageError, match="AccessDenied"):
            storage.list(ROLE, "sensors", prefix)


def test_who_may_read_may_not_write(storage: PlacedStorage) -> None:
    for bucket, key in (("sensors", "plant-a/x"), ("labels", "x"), ("results", "plant-b/x"), ("results", "x")):
        with pytest.raises(StorageError, match="may not write"):
            storage.write(ROLE, bucket, key, b"")


def test_a_way_back_out_of_a_folder_is_none(storage: PlacedStorage) -> None:
    for key in ("plant-a/../plant-b/x", "plant-a/./../x"):
        with pytest.raises(StorageError, match="InvalidKey"):
            storage.read(ROLE, "sensors", key, most=100)


def test_a_denial_says_how_to_allow_it(storage: PlacedStorage, file: Path) -> None:
    with pytest.raises(StorageError) as caught:
        storage.read(ROLE, "sensors", "plant-b/x", most=1)
    assert str(caught.value) == (
        f"AccessDenied: the role {ROLE} may not read s3://sensors/plant-b/x here; {file} has to allow it: "
        f'[[roles]] role = "{ROLE}", read = ["sensors/plant-b/"]'
    )


def test_an_account_has_what_is_allowed_to_it_and_no_role(storage: PlacedStorage) -> None:
    mine = storage.of_account(ACCOUNT, "eu-west-1")
    assert mine.read("sensors", "x", most=10) == b"x"
    assert mine.region("sensors") == "eu-west-1"
    other = storage.of_account("999999999999", "eu-west-1")
    for attempt in (
        lambda: mine.write("sensors", "x", b""),
        lambda: mine.read("labels", "x", most=1),
        lambda: mine.region("labels"),
        lambda: other.read("sensors", "x", most=1),
        lambda: other.region("sensors"),
    ):
        with pytest.raises(StorageError, match=r"AccessDenied: the account .* may not (read|write)"):
            attempt()


def test_nothing_is_allowed_by_a_file_that_says_nothing(file: Path) -> None:
    file.write_text("")
    with pytest.raises(StorageError, match="AccessDenied"):
        PlacedStorage(load(file)).list(ROLE, "sensors", "")


def test_a_pattern_stands_for_the_roles_of_an_account(file: Path, root: Path) -> None:
    file.write_text(f'[[roles]]\nrole = "arn:aws:iam::{ACCOUNT}:role/*"\nread = ["*"]\n')
    storage = PlacedStorage(load(file, default=DirectoryBuckets(root)))
    assert len(storage.list(ROLE, "sensors", "")) == 4
    with pytest.raises(StorageError, match="AccessDenied"):
        storage.list("arn:aws:iam::999999999999:role/Reader", "sensors", "")


def test_json_says_the_same(file: Path, root: Path) -> None:
    other = file.with_suffix(".json")
    other.write_text(json.dumps({"roles": [{"role": ROLE, "read": ["sensors"]}]}))
    assert PlacedStorage(load(other, default=DirectoryBuckets(root))).read(ROLE, "sensors", "x", most=1) == b"x"


def test_places_of_s3_are_read_with_their_keys(file: Path) -> None:
    key = file.with_name("key.json")
    key.write_text(json.dumps({"access_key": "AKIA", "secret": "hidden"}))
    key.chmod(0o600)
    text = (
        '[places.a]\nkind = "s3"\nendpoint_url = "https://s3.example.com:9000"\ncredentials_file = "key.json"\n'
        'assume_roles = true\nexternal_id = "me"\nsession_tags = {team = "wear"}\nread_timeout = 5\n'
        f'[[roles]]\nrole = "{ROLE}"\nplace = "a"\nread = ["sensors"]\n'
    )
    file.write_text(text)
    assert len(load(file).roles) == 1
    key.chmod(0o644)
    with pytest.raises(PlacesError, match=rf"places\.a\.credentials_file: others .* may read .*; chmod 600 {key}"):
        load(file)
    key.unlink()
    with pytest.raises(PlacesError, match=r"places\.a\.credentials_file: .*key.json cannot be read"):
        load(file)


def places(**more: Any) -> dict[str, Any]:
    return {"places": {"disk": {"kind": "directory", "path": "buckets", **more}}}


def role(**more: Any) -> dict[str, Any]:
    return {**places(), "roles": [{"role": ROLE, "read": ["sensors"], **more}]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "got [], expected a table"),
        ({"role": []}, "got role, expected only accounts, places, roles"),
        ({"places": []}, "places: got [], expected a table"),
        ({"places": {"a": 7}}, "places.a: got 7, expected a table"),
        ({"places": {"a": {}}}, "places.a.kind: got None, expected 'directory' or 's3'"),
        (places(kind="disk"), "places.disk.kind: got 'disk', expected 'directory' or 's3'"),
        (places(path="nowhere"), "places.disk.path: got "),
        (places(path=7), "places.disk.path: got 7, expected a text"),
        (places(paths=7), "places.disk: got paths, expected only kind, path, region"),
        ({"places": {"a": {"kind": "s3", "endpoint_url": "s3.example.com"}}}, "a.endpoint_url: got 's3.example.com'"),
        ({"places": {"a": {"kind": "s3", "assume_roles": "yes"}}}, "a.assume_roles: got 'yes', expected true or false"),
        ({"places": {"a": {"kind": "s3", "read_timeout": 0}}}, "a.read_timeout: got 0, expected a number of 1 to"),
        ({"places": {"a": {"kind": "s3", "attempts": True}}}, "a.attempts: got True, expected a number of 1 to"),
        ({"places": {"a": {"kind": "s3", "session_tags": {"a": 1}}}}, "a.session_tags.a: got 1, expected a text"),
        ({"roles": {}}, "roles: got dict, expected a list"),
        ({"roles": [7]}, "roles[0]: got 7, expected a table"),
        (role(role="Reader"), "roles[0].role: got 'Reader', expected the ARN of a role"),
        (role(role="arn:aws:iam::*:role/Reader"), "roles[0].role: got 'arn:aws:iam::*:role/Reader', expected"),
        (role(role="*"), "roles[0].role: got '*', expected the ARN of a role"),
        (role(role=f"{ROLE}[a-z]"), "roles[0].role: got 'arn:aws:iam::111122223333:role/Reader[a-z]', expected"),
        (role(place="other"), "roles[0].place: got 'other', expected one of the places: disk"),
        ({"roles": [{"role": ROLE, "read": ["a1b"]}]}, "roles[0].place: got None, expected one of the places: none"),
        (role(read=[]), "roles[0]: allows nothing, expected read or write"),
        (role(read="sensors"), "roles[0].read: got 'sensors', expected a list"),
        (role(read=[7]), "roles[0].read[0]: got 7, expected *, a bucket"),
        (role(read=["sensors/plant"]), "roles[0].read[0]: got 'sensors/plant', expected *, a bucket, or a bucket and"),
        (role(write=["*/a/"]), "roles[0].write[0]: got '*/a/', expected *, a bucket"),
        (role(write=["Sensors"]), "roles[0].write[0]: InvalidBucketName: got 'Sensors'"),
        (role(reads=[]), "roles[0]: got reads, expected only place, read, role, write"),
        ({**places(), "accounts": [{"account": "1", "read": ["a1b"]}]}, "accounts[0].account: got '1', expected 12"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(file: Path, document: Any, message: str) -> None:
    other = file.with_suffix(".json")
    other.write_text(json.dumps(document))
    with pytest.raises(PlacesError) as caught:
        load(other)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(other))


@pytest.mark.parametrize(
    ("name", "content"), [("a.toml", b"["), ("a.toml", b"\xff"), ("a.json", b"{"), ("a.json", b"\xff")]
)
def test_a_file_that_is_none_is_refused(file: Path, name: str, content: bytes) -> None:
    other = file.with_name(name)
    other.write_bytes(content)
    with pytest.raises(PlacesError, match=f"{name}: not valid {'TOML' if 'toml' in name else 'JSON'}"):
        load(other)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(PlacesError, match=r"places.toml: cannot be read \(No such file or directory\)"):
        load(file)
