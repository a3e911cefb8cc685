"""Where MiniStack differs from AWS in what callers, stacks and functions depend on: put right, one subject per file.

MiniStack has no points to hook into, so functions of its modules are replaced. `install` is called once, by the server,
before the first request; the version of MiniStack is pinned in pyproject.toml.
"""

from lookout_local.corrections import (
    actions,
    attributes,
    buckets,
    callers,
    cancellations,
    change_sets,
    code_locations,
    conditions,
    custom_resources,
    deletions,
    deliveries,
    events,
    exports,
    health,
    identities,
    initialisations,
    inline_code,
    key_policies,
    managed_policies,
    metric_namespaces,
    nested_stacks,
    passed_roles,
    public_parameters,
    retries,
    roles_and_policies,
    rollback,
    runtime_api,
    service_roles,
    service_token,
    surroundings,
    tasks,
    templates,
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
        exports,
        nested_stacks,  # whose deletion goes on with that of `exports`
        cancellations,  # whose deployment goes on with that of `exports`, and that with that of `retries`
        change_sets,
        conditions,
        events,
        attributes,
        service_roles,
        tasks,
        managed_policies,
        key_policies,
        metric_namespaces,
        actions,
        callers,
        passed_roles,  # which goes on with that of `callers` and of `metric_namespaces`
        code_locations,
        trailers,
        health,
        runtime_api,
        via_service,
        public_parameters,
        roles_and_policies,
        identities,
        buckets,
        inline_code,
        surroundings,
        initialisations,
        templates,
        deliveries,
    ):
        correction.install()
