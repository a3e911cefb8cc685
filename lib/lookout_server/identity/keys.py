"""The keys of callers: who has them, what they may do with them, and their secrets.

A name stands for one caller, in one account, with one policy, as a user of IAM does. It has up to two keys, so that
one can be replaced while both are valid, and temporary ones besides. All of it is in documents, of which every request
asks whether they are as they were: what one process changes holds for the next request in every other.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from lookout_server.identity import actions
from lookout_server.identity.errors import IdentityError
from lookout_server.identity.policies import Malformed, Statement, parse_identity
from lookout_server.identity.sealing import Sealer
from lookout_server.identity.signatures import Refused
from lookout_server.store import Check, Conflict, Delete, Document, Documents, Put, Write

#: The kinds of the documents. Those of temporary keys are due when they expire, to be cleared away by retention.
HOLDERS, KEYS, SEAL = "identity/holder", "identity/key", "identity/seal"
#: How many keys a name has, but for temporary ones.
MOST_KEYS = 2
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(hours=36)
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_ACCOUNT = re.compile("[0-9]{12}", re.ASCII)
_ACCESS_KEY = re.compile("(AKIA|ASIA)[A-Z2-7]{16}")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_MOST_TAGS, _LONGEST_TAG, _LONGEST_VALUE = 50, 128, 256
_ATTEMPTS, _MOST_KNOWN = 20, 1024
_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"


@dataclass(frozen=True)
class NewKey:
    """A key with its secret, which is shown this once."""

    name: str
    account: str
    access_key: str
    secret: str = field(repr=False)
    #: Of a temporary key only.
    token: str | None = field(default=None, repr=False)
    expires: datetime | None = None

    def credential_process(self) -> str:
        """What a `credential_process` in ~/.aws/config prints."""
        shown: dict[str, Any] = {"Version": 1, "AccessKeyId": self.access_key, "SecretAccessKey": self.secret}
        if self.expires:
            shown |= {"SessionToken": self.token, "Expiration": self.expires.isoformat(timespec="seconds")}
        return json.dumps(shown)


@dataclass(frozen=True)
class Holder:
    """Who has keys: everything about them but the secrets."""

    name: str
    account: str
    #: Of this holder only: another one of the same name, after this one was removed, has another.
    id: str
    #: As it was given.
    policy: str
    tags: Mapping[str, str]
    created: datetime
    #: The access key ids, the oldest first, with the time when each was made.
    keys: Mapping[str, datetime]

    @property
    def statements(self) -> Sequence[Statement]:
        """What the policy says."""
        return _statements(self.policy)


@dataclass
class _Known:
    """A key, as it is while the checks hold."""

    key: Document
    holder: Holder
    checks: Sequence[Check]
    #: Opened when it is needed first.
    secret: str | None = field(default=None, repr=False)


class Keys:
    """The keys in a store. All methods may be called from any thread; each may raise StoreError.

    What changes them raises IdentityError, and then has changed nothing.
    """

    def __init__(
        self, documents: Documents, key_file: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Nothing is read yet. The file at *key_file* is made with the first key."""
        self._documents = documents
        self._key_file = key_file
        self._now = now
        self._sealer: Sealer | None = None
        self._known: dict[str, _Known] = {}

    def check(self) -> None:
        """Raise IdentityError when there are keys, and the key file is missing, unreadable, or not theirs."""
        if self._documents.by_id(KEYS, limit=1):
            self._seal()

    def add(self, name: str, *, account: str, policy: str, tags: Mapping[str, str] | None = None) -> NewKey:
        """Make a name with its first key, in an account, that may do what the policy says."""
        if not _NAME.fullmatch(name):
            raise IdentityError(f"name of a key: got '{name:.80}', expected 1 to 64 of letters, digits and _+=,.@-")
        if not _ACCOUNT.fullmatch(account):
            raise IdentityError(f"account of {name}: got '{account:.40}', expected 12 digits")
        _check_policy(name, policy)
        _check_tags(name, tags or {})
        seal, created = self._seal(), self._time()
        key, write = self._key(name, account, _new_id("AIDA"), seal, created)
        body = {
            "name": name,
            "account": account,
            "id": write.body["holder_id"],
            "policy": policy,
            "tags": dict(tags or {}),
            "created": created.isoformat(),
            "keys": {key.access_key: created.isoformat()},
        }
        try:
            self._documents.commit([Put(HOLDERS, _id(name), body, expected=None), write])
        except Conflict:
            message = f"name of a key: '{name}' is there already; rotate it for a new key, or change its policy"
            raise IdentityError(message) from None
        return key

    def rotate(self, name: str) -> NewKey:
        """Make a second key, valid beside the first one until that is revoked."""
        made: list[NewKey] = []

        def changed(holder: Document) -> tuple[dict[str, Any], list[Write]]:
            body = dict(holder.body)
            if len(body["keys"]) >= MOST_KEYS:
                ids = " and ".join(body["keys"])
                raise IdentityError(f"{body['name']}: has {MOST_KEYS} keys, {ids}; revoke one of them first")
            created = self._time()
            key, write = self._key(body["name"], body["account"], body["id"], self._seal(), created)
            made[:] = [key]
            return {**body, "keys": {**body["keys"], key.access_key: created.isoformat()}}, [write]

        self._change(name, changed)
        return made[0]

    def issue(self, name: str, lifetime: timedelta = timedelta(hours=1)) -> NewKey:
        """Make a temporary key, with a session token, that may do what the name may."""
        if not SHORTEST <= lifetime <= LONGEST:
            raise IdentityError(f"lifetime of a temporary key: got {lifetime}, expected 15 minutes to 36 hours")
        holder = self._holder(name).body
        created = self._time()
        expires = created + lifetime
        key, write = self._key(holder["name"], holder["account"], holder["id"], self._seal(), created, expires)
        self._documents.commit([write])
        return key

    def revoke(self, access_key: str) -> None:
        """Take back a key, temporary ones included: it is refused from the next request on."""
        found = self._documents.get(KEYS, access_key) if _ACCESS_KEY.fullmatch(access_key) else None
        if found is None:
            raise IdentityError(f"access key: there is no '{access_key:.40}'; list the keys to see which there are")
        if found.due is not None:
            self._delete(found)
            return

        def changed(holder: Document) -> tuple[dict[str, Any], list[Write]]:
            left = {id: created for id, created in holder.body["keys"].items() if id != access_key}
            if len(left) == len(holder.body["keys"]):
                raise IdentityError(f"access key: there is no '{access_key}' any more")
            return {**holder.body, "keys": left}, [Delete(KEYS, access_key, found.revision)]

        self._change(found.body["name"], changed)

    def remove(self, name: str) -> None:
        """Take back the name, and with it all its keys, temporary ones included."""
        for _ in range(_ATTEMPTS):
            holder = self._holder(name)
            found = [self._documents.get(KEYS, access_key) for access_key in holder.body["keys"]]
            writes = [Delete(KEYS, key.id, key.revision) for key in found if key]
            try:
                self._documents.commit([Delete(HOLDERS, holder.id, holder.revision), *writes])
            except Conflict:
                continue
            # They are nobody's already, since the holder is gone.
            for key in self._documents.by_id(KEYS, prefix="ASIA"):
                if key.body["holder_id"] == holder.body["id"]:
                    with contextlib.suppress(Conflict):
                        self._documents.commit([Delete(KEYS, key.id, key.revision)])
            return
        raise _busy(name)

    def change_policy(self, name: str, policy: str) -> None:
        """Let the name do what another policy says, with all its keys, from the next request on."""
        _check_policy(name, policy)
        self._change(name, lambda holder: ({**holder.body, "policy": policy}, []))

    def list(self) -> list[Holder]:
        """Everybody who has keys, in the order of their names."""
        return [_read(document) for document in self._documents.by_id(HOLDERS)]

    def holder(self, access_key: str) -> Holder | None:
        """Who has a key; None when nobody has it any more, or it has expired."""
        known = self._find(access_key)
        return None if known is None or self._has_expired(known.key) else known.holder

    def open(self, access_key: str, token: str) -> tuple[str, Holder]:
        """The secret of a key, which must come with its session token, '' when it has none; and who has it.

        Raises Refused, in the words of AWS, and IdentityError when the key file is not the right one.
        """
        known = self._find(access_key)
        if known is None:
            raise Refused("InvalidClientTokenId", _INVALID)
        key = known.key
        if not hmac.compare_digest(key.body.get("token", ""), _digest(token) if token else ""):
            raise Refused("InvalidClientTokenId", _INVALID)
        if self._has_expired(key):
            raise Refused("ExpiredToken", _EXPIRED)
        if known.secret is None:
            known.secret = self._seal().open(key.body["secret"], access_key)
        return known.secret, known.holder

    def _find(self, access_key: str) -> _Known | None:
        """A key that somebody has. What was read of it before is asked for its revisions only."""
        if not _ACCESS_KEY.fullmatch(access_key):
            return None
        known = self._known.get(access_key)
        if known is not None and self._documents.hold(known.checks):
            return known
        self._known.pop(access_key, None)
        key = self._documents.get(KEYS, access_key)
        holder = self._documents.get(HOLDERS, _id(key.body["name"])) if key else None
        if key is None or holder is None or holder.body["id"] != key.body["holder_id"]:
            return None
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        found = _Known(key, _read(holder), [Check(one.kind, one.id, one.revision) for one in (key, holder)])
        self._known[access_key] = found
        return found

    def _has_expired(self, key: Document) -> bool:
        return key.due is not None and key.due <= self._now()

    def _holder(self, name: str) -> Document:
        found = self._documents.get(HOLDERS, _id(name)) if _NAME.fullmatch(name) else None
        if found is None:
            raise IdentityError(f"name of a key: there is no '{name:.80}'; list the keys to see which there are")
        return found

    def _change(self, name: str, changed: Callable[[Document], tuple[dict[str, Any], Sequence[Write]]]) -> None:
        """Commit what becomes of a holder, decided anew whenever somebody else was faster."""
        for _ in range(_ATTEMPTS):
            holder = self._holder(name)
            body, others = changed(holder)
            try:
                self._documents.commit([Put(HOLDERS, holder.id, body, expected=holder.revision), *others])
            except Conflict:
                continue
            return
        raise _busy(name)

    def _delete(self, key: Document) -> None:
        try:
            self._documents.commit([Delete(KEYS, key.id, key.revision)])
        except Conflict:  # keys never change, so somebody else has deleted it
            raise IdentityError(f"access key: there is no '{key.id}' any more") from None

    def _key(
        self, name: str, account: str, holder: str, seal: Sealer, created: datetime, expires: datetime | None = None
    ) -> tuple[NewKey, Put]:
        """A key, and its document."""
        access_key = _new_id("ASIA" if expires else "AKIA")
        secret = secrets.token_urlsafe(30)
        token = secrets.token_urlsafe(96) if expires else None
        body = {"name": name, "holder_id": holder, "created": created.isoformat()}
        body["secret"] = seal.seal(secret, access_key)
        if token:
            body["token"] = _digest(token)
        return (
            NewKey(name, account, access_key, secret, token, expires),
            Put(KEYS, access_key, body, expected=None, due=expires),
        )

    def _time(self) -> datetime:
        return self._now().replace(microsecond=0)

    def _seal(self) -> Sealer:
        """What secrets are encrypted with. The store remembers which it is, so that no other takes its place."""
        if self._sealer is None:
            remembered = self._documents.get(SEAL, SEAL)
            is_needed = remembered is not None and bool(self._documents.by_id(KEYS, limit=1))
            sealer = Sealer.load(self._key_file) if is_needed else Sealer.load_or_make(self._key_file)
            if remembered is None or (not is_needed and remembered.body["fingerprint"] != sealer.fingerprint):
                expected = remembered.revision if remembered else None
                body = {"fingerprint": sealer.fingerprint}
                with contextlib.suppress(Conflict):  # another process has just done so
                    self._documents.commit([Put(SEAL, SEAL, body, expected)])
                remembered = self._documents.get(SEAL, SEAL)
            if remembered is None or remembered.body["fingerprint"] != sealer.fingerprint:
                raise sealer.wrong("every key")
            self._sealer = sealer
        return self._sealer


def _read(document: Document) -> Holder:
    body = document.body
    keys = {id: datetime.fromisoformat(created) for id, created in body["keys"].items()}
    created = datetime.fromisoformat(body["created"])
    return Holder(body["name"], body["account"], body["id"], body["policy"], body["tags"], created, keys)


@lru_cache(1024)
def _statements(policy: str) -> Sequence[Statement]:
    # It was checked when it was added, perhaps by a release that knew other actions.
    return parse_identity(policy, known={})


def _check_policy(name: str, policy: str) -> None:
    try:
        parse_identity(policy, where=f"policy of {name}", known=actions.known())
    except Malformed as error:
        raise IdentityError(str(error)) from error


def _check_tags(name: str, tags: Mapping[str, str]) -> None:
    if len(tags) > _MOST_TAGS:
        raise IdentityError(f"tags of {name}: got {len(tags)}, expected at most {_MOST_TAGS}")
    for key, value in tags.items():
        if not 0 < len(key) <= _LONGEST_TAG or len(value) > _LONGEST_VALUE or key.lower().startswith("aws:"):
            expected = f"a key of 1 to {_LONGEST_TAG} characters, not beginning with aws:, and a value of at most 256"
            raise IdentityError(f"tags of {name}: got '{key:.40}={value:.40}', expected {expected}")
    if len({key.lower() for key in tags}) < len(tags):
        raise IdentityError(f"tags of {name}: got two keys that differ in case only, which policies cannot tell apart")


def _busy(name: str) -> IdentityError:
    return IdentityError(f"{name}: is being changed by others all the time; try again")


def _id(name: str) -> str:
    """Names that differ in case only are the same, as in IAM."""
    return name.lower()


def _new_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(16))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
