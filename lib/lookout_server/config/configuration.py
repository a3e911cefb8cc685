"""What can be set about a server, beyond what can be set about the two services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from lookout_server import webhook
from lookout_server.checked import Frozen, number
from lookout_server.settings import Limits, Progress, Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
EVERYWHERE = ("0.0.0.0", "::", "")
_LAST_PORT = 65_535
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z0-9-]{1,63}")
#: In which `*` stands for anything.
_ROLE = re.compile(r"\*|arn:.+")


@dataclass(frozen=True)
class Tls(Frozen):
    """The server's certificate. With it, the server speaks HTTPS only."""

    #: The file of the certificate, followed by those that lead to its authority (PEM).
    certificate: Path | None = None
    #: The file of the certificate's private key (PEM), which no other user may read.
    key: Path | None = None


@dataclass(frozen=True)
class Retention(Frozen):
    """How long is kept what would otherwise grow without end."""

    #: The audit log: who did what.
    audit: timedelta = timedelta(days=90)


@dataclass(frozen=True)
class Rates(Frozen):
    """How many requests an access key may make; further ones are throttled."""

    #: A second, on average.
    per_second: int = number(1_000, least=1)
    #: At once.
    burst: int = number(2_000, least=1)


@dataclass(frozen=True)
class Health(Frozen):
    """When the server is not ready any more, at `/health/ready`."""

    #: The least free space on the disk of the data, in bytes.
    free_bytes: int = 256 * 1024**2
    #: How long ago the last look for work that is due may be.
    reconciled: timedelta = timedelta(minutes=2)


@dataclass(frozen=True)
class Configuration(Frozen):
    """The server itself."""

    #: The directory in which the server keeps everything that must not be lost. It is made, for its own user only. One
    #: server has it at a time.
    data: Path | None = None
    #: A directory whose folders are the buckets of the users' files.
    buckets: Path | None = None
    #: Where the buckets are instead: an address that speaks the API of Amazon S3. With neither, they are at Amazon S3,
    #: and the role of each call is assumed, with the credentials that the server finds as any program of AWS does.
    s3_endpoint: str | None = None
    #: The Region in which the buckets are said to be.
    region: str = "us-east-1"
    #: The roles that may read and write all buckets, by their ARNs, in which `*` stands for anything. Without them, and
    #: without `places`, no role may.
    roles: tuple[str, ...] = ()
    #: A file that says in detail which role and which account may read and write what, and where, instead of `roles`.
    places: Path | None = None
    #: The file with the key that encrypts the secrets of access keys; `key` in the directory of the data by default. A
    #: backup does not have it, unless told.
    key_file: Path | None = None
    #: The account of access keys that are made without one: 12 digits.
    account: str = "000000000000"
    #: The address to listen on. One that other machines reach needs TLS, or `insecure`.
    host: str = "127.0.0.1"
    #: The port to listen on; 0 takes a free one.
    port: int = number(8484, most=_LAST_PORT)
    #: The names by which clients reach the server, besides those of loopback and `host` itself; needed when `host` is
    #: every address (`0.0.0.0`). Requests with another Host are refused, so that no web page elsewhere can lead a
    #: browser here by a name of its own.
    host_names: tuple[str, ...] = ()
    #: Serve other machines without TLS, as behind a load balancer that has it.
    insecure: bool = False
    #: Let other machines read `/metrics`, and the reasons at `/health/ready`, which need no signature.
    open_metrics: bool = False
    tls: Tls = field(default_factory=Tls)
    #: Requests that are carried out at a time; further ones wait, except what only describes one thing.
    threads: int = number(8, least=1, most=1_000)
    #: Processes that read files and train, at a time; further works wait. One more makes the runs of schedulers, which
    #: wait for no training.
    workers: int = number(2, least=1, most=1_000)
    #: The memory that one of them may take, in bytes; a work that needs more fails.
    worker_bytes: int = number(4 * 1024**3, least=256 * 1024**2)
    #: Processes in which hosted models of Lookout for Vision look at images: as many as the machine has cores, or
    #: fewer. A model is loaded in as many of them as it has MinInferenceUnits.
    inspectors: int | None = number(None, least=1, most=1_000)
    #: The memory that one of them may take, in bytes. A model whose images need more fails to be hosted.
    inspector_bytes: int = number(3 * 1024**3, least=256 * 1024**2)
    #: How long requests may go on once the server was told to end.
    shutdown: timedelta = timedelta(seconds=30)
    #: The least of what is logged. `info` has a line for each request.
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    rates: Rates = field(default_factory=Rates)
    health: Health = field(default_factory=Health)
    retention: Retention = field(default_factory=Retention)
    #: What can be set about the services, whose names stand beside these.
    services: Settings = field(
        default_factory=lambda: Settings(
            progress=Progress.by_seconds(0), limits=Limits(calls_in_log=0), vision_inspection="network"
        )
    )

    @property
    def scheme(self) -> str:
        """What addresses of the server begin with."""
        return "https" if self.tls.certificate else "http"


def contradictions(configuration: Configuration) -> Iterator[str]:
    """What does not fit together."""
    tls = configuration.tls
    if (tls.certificate is None) != (tls.key is None):
        missing = "tls.key" if tls.key is None else "tls.certificate"
        yield f"{missing}: got none, expected the file that belongs to the other one of tls.certificate and tls.key"
    if configuration.buckets is not None and configuration.s3_endpoint is not None:
        yield "s3_endpoint: got one beside buckets, expected one of the two"
    if configuration.places is not None and configuration.roles:
        yield "roles: got some beside places, expected one of the two: the file of places has roles, too"
    if configuration.services.vision_backbone is not None and configuration.services.vision_inspection == "light":
        yield "vision_backbone: got one beside vision_inspection light, which looks with no network; expected network"
    alarms = configuration.services.alarms
    if alarms.url is not None:
        if not webhook.is_private(alarms.url):
            yield (
                f"alarms.url: got '{webhook.shown(alarms.url)}', "
                "expected an address that begins with https://, or with http:// on this machine"
            )
        if alarms.secret_file is None:
            yield "alarms.secret_file: got none beside alarms.url, expected the file with the secret that signs alarms"
    if not _ACCOUNT.fullmatch(configuration.account):
        yield f"account: got '{configuration.account:.40}', expected 12 digits"
    if not _REGION.fullmatch(configuration.region):
        yield f"region: got '{configuration.region:.40}', expected the name of a Region, such as us-east-1"
    for role in configuration.roles:
        if not _ROLE.fullmatch(role):
            yield f"roles: got '{role:.200}', expected ARNs, such as arn:aws:iam::{configuration.account}:role/*"
    endpoint = configuration.s3_endpoint
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        yield f"s3_endpoint: got '{endpoint}', expected an address that begins with http:// or https://"
    if configuration.host in LOOPBACK:
        return
    if tls.certificate is None and not configuration.insecure:
        yield (
            f"host: got {configuration.host}, which other machines reach, without TLS; "
            "give tls.certificate and tls.key (--tls-certificate, --tls-key), or say --insecure"
        )
    if configuration.host in EVERYWHERE and not configuration.host_names:
        yield (
            f"host_names: got none for the host '{configuration.host}', which is every address; "
            "expected the names by which clients reach the server"
        )
