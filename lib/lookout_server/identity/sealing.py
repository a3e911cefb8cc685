"""The secrets of keys as they are stored: encrypted with what is in a file outside of the database.

HMAC needs the secret itself, so it cannot be kept as a digest. Who has a copy of the database alone has no secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lookout_server.identity.errors import IdentityError
from lookout_server.store.disk import new_file, to_disk

_BYTES, _NONCE_BYTES = 32, 12
_OTHERS = 0o077


class Sealer:
    """Encrypts with AES-GCM. What is sealed about one thing cannot be opened as if it were about another."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._cipher = AESGCM(key)
        #: Tells key files apart, without giving anything away.
        self.fingerprint = hmac.new(key, b"lookout-server key file", hashlib.sha256).hexdigest()[:32]

    @classmethod
    def load(cls, path: Path) -> Sealer:
        """What is in the file; raises IdentityError."""
        try:
            if path.stat().st_mode & _OTHERS:
                raise IdentityError(f"{path}: others than its owner may read it; chmod 600 {path}")
            key = base64.b64decode(path.read_bytes().strip(), validate=True)
        except FileNotFoundError:
            raise IdentityError(
                f"{path}: the key file is missing, expected the one that the secrets of the keys were encrypted with; "
                "restore it from a backup, or remove all keys and add new ones"
            ) from None
        except binascii.Error:
            key = b""
        except OSError as error:
            raise IdentityError(f"{path}: the key file cannot be read ({error.strerror}); check its rights") from error
        if len(key) != _BYTES:
            raise IdentityError(f"{path}: is no key file, expected {_BYTES} bytes as base64; restore it from a backup")
        return cls(path, key)

    @classmethod
    def load_or_make(cls, path: Path) -> Sealer:
        """What is in the file, which is made where it is missing, for its owner only; raises IdentityError."""
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            if not path.exists():
                try:
                    with os.fdopen(new_file(unfinished), "wb") as file:
                        file.write(base64.b64encode(secrets.token_bytes(_BYTES)) + b"\n")
                    to_disk(unfinished)
                    os.link(unfinished, path)  # whole, or not at all; and never over one that was made meanwhile
                    to_disk(path.parent)
                except FileExistsError:
                    pass
                finally:
                    unfinished.unlink(missing_ok=True)
        except OSError as error:
            message = f"{path}: the key file cannot be made ({error.strerror}); check its directory and its rights"
            raise IdentityError(message) from error
        return cls.load(path)

    def seal(self, secret: str, about: str) -> str:
        """The secret, encrypted."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, secret.encode(), about.encode())).decode()

    def open(self, sealed: str, about: str) -> str:
        """What was sealed; raises IdentityError when it was not sealed by this key file, or is about something else."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about.encode()).decode()
        except (InvalidTag, ValueError):
            raise self.wrong(about) from None

    def wrong(self, about: str) -> IdentityError:
        """What is to be said of a key file that is not the right one."""
        return IdentityError(
            f"{self._path}: is not the key file that the secret of {about} was encrypted with; "
            "restore the right one from a backup"
        )
