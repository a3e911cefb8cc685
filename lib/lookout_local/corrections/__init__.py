"""Where MiniStack differs from AWS in what custom resources and callers see: put right, one subject per file.

MiniStack has no points to hook into, so functions of its modules are replaced. `install` is called once, by the server,
before the first request; the version of MiniStack is pinned in pyproject.toml.
"""

from lookout_local.corrections import (
    attributes,
    callers,
    cancellations,
    code_locations,
    custom_resources,
    deletions,
    events,
    health,
    key_policies,
    managed_policies,
    metric_namespaces,
    retries,
    rollback,
    runtime_api,
    service_roles,
    service_token,
    trailers,
    via_service,
)


def install() -> None:
    """Put all corrections in place; a second call changes nothing."""
    for correction in (
        custom_resources,
        service_token,
        rollback,
        deletions,
        retries,
        cancellations,  # whose deployment goes on with that of `retries`
        events,
        attributes,
        service_roles,
        managed_policies,
        key_policies,
        metric_namespaces,
        callers,
        code_locations,
        trailers,
        health,
        runtime_api,
        via_service,
    ):
        correction.install()
