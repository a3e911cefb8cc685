"""Objects of S3: read whole or in pieces, written, listed; and what S3 refuses."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lookout_server.clock import ManualClock
from lookout_server.files import s3
from lookout_server.files.endpoints import S3, Credentials, Endpoint
from lookout_server.files.s3 import S3Buckets
from lookout_server.protocol.errors import StorageError, Unreachable

from .fake_s3 import FakeS3, serving

ROLE = "arn:aws:iam::111122223333:role/Reader"
MOST = 100_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[FakeS3]:
    with serving() as found:
        yield found


@pytest.fixture
def fake(server: FakeS3, monkeypatch: pytest.MonkeyPatch) -> FakeS3:
    """A server without anything in it, and pieces so small that an object has several."""
    monkeypatch.setattr(s3, "PIECE", 1000)
    fresh = FakeS3()
    fresh.url = server.url
    server.__dict__.update(fresh.__dict__)
    return server


@pytest.fixture
def endpoint(fake: FakeS3) -> Endpoint:
    return Endpoint("eu-west-1", fake.url, Credentials("AKIAOWN", "secret"), sts_url=fake.url, attempts=2)


@pytest.fixture
def buckets(endpoint: Endpoint) -> S3Buckets:
    return S3(endpoint).buckets()


def test_what_is_written_is_read(buckets: S3Buckets, fake: FakeS3) -> None:
    buckets.write("sensors", "plant/a b+c.csv", b"content")
    assert fake.objects == {("sensors", "plant/a b+c.csv"): b"content"}
    assert buckets.read("sensors", "plant/a b+c.csv", most=7) == b"content"
    assert {key for _, key in fake.asked} == {"AKIAOWN"}


@pytest.mark.parametrize("size", [0, 1, 1000, 1001, 2000, 2001, 12_345])
@pytest.mark.parametrize("at_once", [700, 100_000])
def test_an_object_is_written_in_pieces_and_a_small_one_at_once(
    buckets: S3Buckets, fake: FakeS3, size: int, at_once: int
) -> None:
    content = random.Random(size).randbytes(size)
    with buckets.writer("sensors", "x") as file:
        for start in range(0, size, at_once):
            file.write(content[start : start + at_once])
        assert not fake.objects
    assert fake.objects == {("sensors", "x"): content}
    put = [target for target, _ in fake.asked if target.startswith("PUT")]
    assert len(put) == max(1, -(-size // 1000))
    assert fake.uploads == {}


@pytest.mark.parametrize("may_abort", [True, False])
@pytest.mark.parametrize("size", [10, 200_000])
def test_what_breaks_off_while_it_is_written_is_not_there(
    buckets: S3Buckets, fake: FakeS3, size: int, may_abort: bool
) -> None:
    fake.objects["sensors", "x"] = b"before"
    fake.may_abort = may_abort

    def broken_off() -> None:
        with buckets.writer("sensors", "x") as file:
            file.write(b"x" * size)
            file.write(b"in the buffer")
            raise OSError("something else")

    with pytest.raises(OSError, match="something else"):
        broken_off()
    assert fake.objects == {("sensors", "x"): b"before"}
    assert bool(fake.uploads) == (size > 1000 and not may_abort)


def test_a_piece_that_is_not_taken_is_sent_again_and_then_given_up(buckets: S3Buckets, fake: FakeS3) -> None:
    fake.unavailable = 1
    buckets.write("sensors", "x", b"x" * 5000)
    assert fake.objects["sensors", "x"] == b"x" * 5000
    fake.unavailable = 100
    with pytest.raises(Unreachable, match="SlowDown: Please reduce your request rate"):
        buckets.write("sensors", "y", b"x" * 5000)
    assert (list(fake.objects), fake.uploads) == ([("sensors", "x")], {})


def test_aws_has_checksums_of_the_pieces_and_others_have_none(
    endpoint: Endpoint, fake: FakeS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", fake.url)
    for url, summed in ((fake.url, 0), (None, 1)):
        S3(replace(endpoint, url=url)).buckets().write("sensors", "x", b"x" * 5000)
        assert (fake.objects.pop(("sensors", "x")), len(fake.summed)) == (b"x" * 5000, summed)


def test_what_is_too_large_is_refused_before_it_is_fetched(buckets: S3Buckets, fake: FakeS3) -> None:
    fake.objects["sensors", "x"] = b"x" * 5_000_000
    with pytest.raises(StorageError, match="it has 5000000 bytes, the quota is 4999999"):
        buckets.read("sensors", "x", most=4_999_999)


def test_a_listing_has_all_pages_in_order(buckets: S3Buckets, fake: FakeS3) -> None:
    for number in range(10):
        fake.objects["sensors", f"plant/{number:02} <&>"] = b"x" * number
    fake.objects["sensors", "other"] = b""
    found = buckets.list("sensors", "plant/")
    assert [(one.key, one.size) for one in found] == [(f"plant/{number:02} <&>", number) for number in range(10)]
    assert buckets.list("sensors", "nothing/") == []


def test_where_a_bucket_is(buckets: S3Buckets, fake: FakeS3) -> None:
    fake.buckets |= {"oldest": "EU", "first": ""}
    assert [buckets.region(name) for name in ("sensors", "oldest", "first")] == ["eu-west-1", "eu-west-1", "us-east-1"]


def test_what_s3_refuses_is_told_in_its_own_words(buckets: S3Buckets) -> None:
    for attempt in (lambda: buckets.read("sensors", "x", most=1), lambda: buckets.open("sensors", "x")):
        with pytest.raises(StorageError, match=r"^NoSuchKey: The specified key does not exist\.$"):
            attempt()
    with pytest.raises(StorageError, match=r"^NoSuchBucket: The specified bucket does not exist: missing$"):
        buckets.list("missing", "")
    with pytest.raises(StorageError, match=r"^AccessDenied: Access Denied$"):
        buckets.write("forbidden", "x", b"")


def test_an_endpoint_that_is_not_there_is_named(endpoint: Endpoint) -> None:
    nowhere = S3(replace(endpoint, url="http://127.0.0.1:1", attempts=1)).buckets()
    with pytest.raises(StorageError, match=r'Could not connect to the endpoint URL: "http://127\.0\.0\.1:1/'):
        nowhere.list("sensors", "")


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 2000, 12_345])
def test_an_object_is_streamed_in_pieces(buckets: S3Buckets, fake: FakeS3, size: int) -> None:
    content = random.Random(size).randbytes(size)
    fake.objects["sensors", "x"] = content
    with buckets.open("sensors", "x") as file:
        assert hashlib.file_digest(file, "sha256").digest() == hashlib.sha256(content).digest()
        assert file.read() == b""
    asked = [target for target, _ in fake.asked if target.startswith("GET")]
    assert len(asked) == max(1, -(-size // 1000))


def test_only_the_pieces_that_are_read_are_fetched(buckets: S3Buckets, fake: FakeS3) -> None:
    content = random.Random(1).randbytes(100_000)
    fake.objects["sensors", "x"] = content
    with buckets.open("sensors", "x") as file:
        assert file.seek(-10, 2) == 99_990
        assert file.read() == content[-10:]
        assert file.seek(50_500) == 50_500
        assert file.read(20) == content[50_500:50_520]
        assert file.seek(200_000) == 200_000
        assert file.read(1) == b""
        with pytest.raises(ValueError, match="seek"):
            file.seek(-200_001, 1)
    assert len(fake.asked) < 70  # a buffer's worth of pieces at each place


def test_the_lines_of_an_object_are_read_one_by_one(buckets: S3Buckets, fake: FakeS3) -> None:
    lines = [b"%d,%d\n" % (number, number * number) for number in range(1000)]
    fake.objects["sensors", "x"] = b"".join(lines)
    with buckets.open("sensors", "x") as file:
        assert list(file) == lines


def test_what_is_replaced_in_the_middle_is_not_read_half_and_half(buckets: S3Buckets, fake: FakeS3) -> None:
    fake.objects["sensors", "x"] = b"a" * 200_000
    with buckets.open("sensors", "x") as file:
        file.read(10)
        fake.objects["sensors", "x"] = b"b" * 200_000
        with pytest.raises(StorageError, match="it was replaced while it was read; try again"):
            file.read()


def test_a_connection_that_breaks_is_made_again(buckets: S3Buckets, fake: FakeS3) -> None:
    content = random.Random(2).randbytes(5_000)
    fake.objects["sensors", "x"] = content
    fake.cuts = 2
    assert buckets.read("sensors", "x", most=MOST) == content
    fake.cuts = 2
    with buckets.open("sensors", "x") as file:
        assert file.read() == content
    fake.cuts = 100
    with pytest.raises(Unreachable):
        buckets.read("sensors", "x", most=MOST)


def test_an_endpoint_that_is_busy_is_asked_again(buckets: S3Buckets, fake: FakeS3) -> None:
    fake.objects["sensors", "x"] = b"x"
    fake.unavailable = 1
    assert buckets.read("sensors", "x", most=MOST) == b"x"
    fake.unavailable = 100
    with pytest.raises(StorageError, match="SlowDown: Please reduce your request rate"):
        buckets.read("sensors", "x", most=MOST)


def test_an_endpoint_without_ranges_serves_small_objects_only(buckets: S3Buckets, fake: FakeS3) -> None:
    fake.knows_ranges = False
    fake.objects |= {("sensors", "small"): b"x" * 1000, ("sensors", "large"): b"x" * 1001}
    with buckets.open("sensors", "small") as file:
        assert file.read() == b"x" * 1000
    with pytest.raises(StorageError, match="expected it to serve ranges"):
        buckets.open("sensors", "large")


def test_a_role_is_assumed_with_what_its_trust_policy_asks_for(endpoint: Endpoint, fake: FakeS3) -> None:
    fake.roles.add(ROLE)
    place = S3(replace(endpoint, assume_roles=True, external_id="deployment", session_tags={"lookout-caller": "plant"}))
    place.as_role(ROLE).write("sensors", "x", b"1")
    [asked] = fake.assumed
    assert asked["RoleArn"] == [ROLE]
    assert asked["ExternalId"] == ["deployment"]
    assert (asked["Tags.member.1.Key"], asked["Tags.member.1.Value"]) == (["lookout-caller"], ["plant"])
    assert [key for _, key in fake.asked] == ["ASIAFAKE1"]


def test_a_role_that_cannot_be_assumed_is_said_to_be(endpoint: Endpoint) -> None:
    with pytest.raises(StorageError, match=f"cannot assume the role {ROLE}: AccessDenied: User is not authorized"):
        S3(replace(endpoint, assume_roles=True)).as_role(ROLE)


def test_a_session_of_a_role_is_used_until_shortly_before_its_end(endpoint: Endpoint, fake: FakeS3) -> None:
    fake.roles |= {ROLE, f"{ROLE}2"}
    clock = ManualClock(datetime(2030, 1, 1, tzinfo=UTC))
    place = S3(replace(endpoint, assume_roles=True), now=clock.now)
    assert place.as_role(ROLE) is place.as_role(ROLE)
    assert place.as_role(f"{ROLE}2") is not place.as_role(ROLE)
    assert len(fake.assumed) == 2
    clock.advance(timedelta(minutes=55).total_seconds())
    place.as_role(ROLE)
    assert len(fake.assumed) == 3


def test_what_takes_longer_than_a_session_goes_on_with_the_next_one(endpoint: Endpoint, fake: FakeS3) -> None:
    fake.roles.add(ROLE)
    fake.objects["sensors", "y"] = b"y" * 100_000
    clock = ManualClock(datetime(2030, 1, 1, tzinfo=UTC))
    buckets = S3(replace(endpoint, assume_roles=True), now=clock.now).as_role(ROLE)
    with buckets.open("sensors", "y") as read, buckets.writer("sensors", "x") as written:
        for _ in range(2):
            written.write(read.read(50_000))
            written.flush()
            clock.advance(timedelta(minutes=55).total_seconds())
    assert fake.objects["sensors", "x"] == b"y" * 100_000
    for method in ("GET", "PUT"):
        assert {key for target, key in fake.asked if target.startswith(method)} > {"ASIAFAKE1"}


def test_without_sessions_the_credentials_of_the_endpoint_do_the_work(endpoint: Endpoint, fake: FakeS3) -> None:
    place = S3(endpoint)
    assert place.as_role(ROLE) is place.buckets()
    assert fake.assumed == []


def test_an_endpoint_without_credentials_is_said_to_have_none(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(StorageError, match=r"credentials for http://127.0.0.1:[0-9]+: got none"):
        S3(replace(endpoint, credentials=None)).buckets()
    assert "secret" not in repr(endpoint)
