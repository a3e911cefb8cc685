"""What a request to the local cloud may bring, by the service that it is for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from lookout_local import signatures
from lookout_local.gateway import ADMIN_PATH
from lookout_local.refusals import rendered
from lookout_server.http.arrival import Arrival
from lookout_server.http.asgi import Application, Scope
from lookout_server.http.bounds import Allowance, Bounds
from lookout_server.protocol.http import HttpRequest

if TYPE_CHECKING:
    from lookout_local.gateway import Gateway
    from lookout_server.backend import Backend


def bounded(
    gateway: Gateway,
    application: Application | None = None,
    *,
    is_signed: Callable[[Arrival], bool] = signatures.is_signed,
) -> Bounds:
    """Bounds around the gateway, or around `application`, a part of it."""
    backend = gateway.backend

    def allowance(scope: Scope, headers: dict[str, str]) -> Allowance:
        service = _service_of(scope, headers)
        most, unsigned = _most(backend, scope, headers, service), backend.settings.limits.bytes_per_request_elsewhere
        if service == "s3" and most > unsigned and not is_signed(Arrival.of(scope)):
            most = unsigned  # an object of gigabytes is kept in memory until it is there
        # What is compressed is uncompressed further on, but for objects, which are kept as they come.
        return Allowance(most, partial(rendered, service=service, headers=headers), inflated=service != "s3")

    return Bounds(application or gateway, allowance, lambda: backend.settings.limits)


def _most(backend: Backend, scope: Scope, headers: dict[str, str], service: str) -> int:
    """The bytes that the body may have."""
    limits = backend.settings.limits
    if scope["path"].startswith(ADMIN_PATH):
        return limits.bytes_per_request
    if service in backend.services:
        return backend.largest_body(HttpRequest(service, "", "", "", scope["method"], scope["path"], headers))
    named = {"s3": limits.bytes_per_object, "lambda": limits.bytes_per_function}
    return named.get(service, limits.bytes_per_request_elsewhere)


def _service_of(scope: Scope, headers: dict[str, str]) -> str:
    """The service that a request is signed for, in its headers or in its address; '' where it is not that of one."""
    content_type = headers.get("content-type", "")
    service = signatures.service(Arrival.of(scope))
    if not service and content_type.startswith("multipart/form-data"):
        return "s3"  # a form that is sent to S3 is signed inside
    # Whatever it says: no request to S3 names an operation.
    named = "x-amz-target" in headers or content_type.startswith("application/x-www-form-urlencoded")
    return "" if service == "s3" and named else service
