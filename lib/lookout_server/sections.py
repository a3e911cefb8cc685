"""Where the documentation has a message of this package. This module is generated: `make docs` writes it."""

from __future__ import annotations

#: The messages of every section; `…` stands for what differs from case to case.
SECTIONS: dict[str, list[str]] = {
    "docs/errors/server.md#extra-not-installed": [
        "the server needs packages that are not installed (…): pip install 'cdk-lookout[server]'",
    ],
    "docs/errors/server.md#no-data-directory": [
        "data: got none, expected the directory in which the server keeps its data (--data)",
    ],
    "docs/errors/server.md#in-use": [
        "data directory …: process … is the server of it…; end that, or name another (--data)",
        "data directory …: a server on another machine or in another container has it; end that",
    ],
    "docs/errors/server.md#another-release": [
        "data directory …: its server is of release …, this command of …; use that release's, or start the server anew",
        "release: got a server of …, expected one of …; start it anew",
    ],
    "docs/errors/server.md#not-the-directory": [
        "data directory …: holds no data of a server; name the one that does (--data)",
        "data directory …: holds other things (…); name an empty or a new one",
        "data directory …: is not empty; name an empty or a new one (--data)",
        "data directory …: is not a directory; name another one (--data)",
        "data directory …: belongs to another user; run as that one, or name another",
    ],
    "docs/errors/server.md#unusable-directory": [
        "data directory …: cannot be used: …; check it and its rights",
        "data directory …: cannot be used: …; make room on its disk",
    ],
    "docs/errors/server.md#port": [
        "port … on … cannot be used: …; choose another port (--port), …",
        "host … cannot be listened on: …; name another one (--host)",
    ],
    "docs/errors/server.md#exposed": [
        "host: got …, which other machines reach, without TLS; …",
        "host_names: got none for the host '…', which is every address; expected …",
    ],
    "docs/errors/server.md#tls": [
        "…: got none, expected the file that belongs to the other one of tls.certificate and tls.key",
        "tls.certificate …: cannot be read: …; check the path and its rights",
        "tls.key …: cannot be read: …; check the path and its rights",
        "tls.certificate …: does not go with tls.key …: …; expected PEM files of one pair",
    ],
    "docs/errors/server.md#alarms": [
        "alarms.url: got '…', expected an address that begins with https://, or with http:// on this machine",
        "alarms.secret_file: got none beside alarms.url, expected the file with the secret that signs alarms",
        "alarms.secret_file …: others than its owner may read it; chmod 600 …",
        "alarms.secret_file …: cannot be read: …",
        "alarms.secret_file …: holds no secret, expected … to … bytes as base64",
    ],
    "docs/errors/server.md#vision-backbone": [
        "vision_backbone: …",
        "vision_backbone: got one beside vision_inspection light, which looks with no network; expected network",
    ],
    "docs/errors/server.md#buckets": [
        "buckets …: is not a directory; name the one that holds the buckets",
        "s3_endpoint: got one beside buckets, expected one of the two",
        "s3_endpoint: got '…', expected an address that begins with http:// or https://",
        "roles: got some beside places, expected one of the two: …",
        "roles: got '…', expected ARNs, such as …",
        "places: …",
    ],
    "docs/errors/server.md#setting": [
        "setting … (…): …",
        "setting (…): got '…', expected a name as …; …",
        "environment: got …, expected a name as …",
        "account: got '…', expected 12 digits",
        "region: got '…', expected the name of a Region, such as …",
        "--set: got '…', expected NAME=VALUE, such as quotas.datasets=30",
        "--tag: got '…', expected KEY=VALUE",
    ],
    "docs/errors/server.md#settings-file": [
        "file of settings …: cannot be read: …; name another one (--config)",
        "file of settings …: is not TOML: …",
    ],
    "docs/errors/server.md#keys": [
        "name of a key: got '…', expected 1 to 64 of letters, digits and _+=,.@-",
        "name of a key: '…' is there already; rotate it for a new key, or change its policy",
        "name of a key: there is no '…'; …",
        "account of …: got '…', expected 12 digits",
        "tags of …: got …, expected …",
        "tags of …: got two keys that differ in case only, which policies cannot tell apart",
        "…: has … keys, …; revoke one of them first",
        "…: is being changed by others all the time; try again",
        "access key: there is no '…'…",
        "lifetime of a temporary key: got …, expected 15 minutes to 36 hours",
    ],
    "docs/errors/server.md#policy": [
        "policy …: cannot be read: …; name a file with an IAM policy",
    ],
    "docs/errors/server.md#key-file": [
        "…: the key file is missing, expected …",
        "…: the key file cannot be read (…); check its rights",
        "…: the key file cannot be made (…); check its directory and its rights",
        "…: is no key file, expected … bytes as base64; restore it from a backup",
        "…: is not the key file that the secret of … was encrypted with; restore the right one from a backup",
        "…: others than its owner may read it; chmod 600 …",
    ],
    "docs/errors/server.md#store": [
        "…: … (SQLite: …)",
    ],
    "docs/errors/server.md#damaged": [
        "check of …: … things are not as they were written, see above",
    ],
    "docs/errors/server.md#backup": [
        "backup …: exists; name a file that does not",
        "backup …: the database cannot be copied (…); check disk and rights",
        "backup …: …; check the path, its rights and the room on its disk",
        "… blobs were not there (…); everything else is; lookout-server check names all",
    ],
    "docs/errors/server.md#restore": [
        "backup …: is not a backup, or not the whole of one (…); name another",
        "backup …: is a zip of something else; name a backup",
        "backup …: got the format …, expected …; use the release that wrote it",
        "backup …: blob … is not what was written; take an earlier backup",
        "backup …: …; take an earlier backup",
        "backup …: …",
    ],
    "docs/errors/server.md#client-models": [
        "models of clients: … cannot be written: …; name another one",
    ],
    "docs/errors/settings.md#value": [
        "… of …: got …, expected …",
    ],
    "docs/errors/settings.md#form": [
        "…: got '…', expected describes=<count>, seconds=<seconds>, or both with a comma between them",
        "…: got '…', expected a number with s, m, h or d behind it, such as 90s or 14d",
        "…: got '…', expected the name of one of them: …",
    ],
    "docs/errors/settings.md#empty-progress": [
        "Progress: got neither looks nor seconds, expected one of them or both: by_describes or by_seconds",
    ],
    "docs/errors/store.md#full": [
        "…: the disk is full; free some space (SQLite: …)",
    ],
    "docs/errors/store.md#read-only": [
        "…: may not be written; make the file, its directory and its disk writable (SQLite: …)",
        "…: may not be opened; give this user the right to read and write it (SQLite: …)",
        "…: cannot be opened; check that it is there and that this user may read and write it and its directory (SQLite: …)",
    ],
    "docs/errors/store.md#disk": [
        "…: the disk fails to read or write; check the disk and the room on it (SQLite: …)",
        "…: …; check the path, its rights and the room on its disk",
    ],
    "docs/errors/store.md#busy": [
        "…: another process has been writing for … seconds; see which one has it open (SQLite: …)",
        "…: is in use; try again (SQLite: …)",
    ],
    "docs/errors/store.md#damaged": [
        "…: is damaged; restore a backup (SQLite: …)",
        "…: … …: is damaged; restore a backup (…)",
        "…: is damaged (…)",
        "…: … …: the body is not the JSON of a document",
        "blob …: is not what was written; restore it from a backup",
    ],
    "docs/errors/store.md#no-blob": [
        "…: has no blob …; if a document refers to it, restore a backup",
    ],
    "docs/errors/store.md#something-else": [
        "…: is not a database; name another file, or restore a backup (SQLite: …)",
        "…: is a database of something else; name another file",
    ],
    "docs/errors/store.md#newer-format": [
        "…: got the format …, expected at most …; use the release that wrote it, or a later one",
    ],
    "docs/errors/store.md#unexplained": [
        "…: see what the database says (SQLite: …)",
    ],
    "docs/errors/store.md#replaced": [
        "…: was replaced while it was open; start again with the one wanted",
    ],
    "docs/errors/store.md#closed": [
        "…: is closed; open it again",
        ":memory:: is closed; open a new one",
    ],
    "docs/errors/store.md#forked": [
        "…: was opened before the fork; a child opens its own",
    ],
    "docs/errors/store.md#changed-meanwhile": [
        "… …: was changed by somebody else in the meantime, read it again",
    ],
    "docs/errors/store.md#not-a-commit": [
        "commit: got … writes, expected at most …",
        "commit: got two writes about one document, expected one about each",
        "… of a document: got …, expected 1 to … bytes without NUL",
        "…: got a body that is not JSON (…)",
        "…: got a body of … bytes, expected at most …; make it a blob",
        "…: got the number …, expected one above 0 of 63 bits",
        "…: got the time … without a zone, expected one in UTC",
        "limit: got …, expected 0 or more, or None for all",
        "digest of a blob: got …, expected a SHA-256 as 64 hexadecimal digits",
        "digest of a blob: is known when it is whole, at the end of the …",
    ],
}
