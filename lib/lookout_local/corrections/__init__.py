"""Where MiniStack differs from AWS in what stacks and their functions depend on: put right, one subject per file.

MiniStack has no points to hook into, so functions of its modules are replaced. `install` is called once, by the server,
before the first request; the version of MiniStack is pinned in pyproject.toml.
"""

from lookout_local.corrections import (
    attributes,
    buckets,
    cancellations,
    change_sets,
    conditions,
    custom_resources,
    deletions,
    deliveries,
    events,
    exports,
    identities,
    initialisations,
    inline_code,
    key_policies,
    managed_policies,
    metric_namespaces,
    public_parameters,
    retries,
    roles_and_policies,
    rollback,
    service_roles,
    service_token,
    surroundings,
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
        cancellations,  # whose deployment goes on with that of `exports`, and that with that of `retries`
        change_sets,
        conditions,
        events,
        attributes,
        service_roles,
        managed_policies,
        key_policies,
        metric_namespaces,
        public_parameters,
        roles_and_policies,
        identities,
        buckets,
        inline_code,
        surroundings,
        initialisations,
        deliveries,
    ):
        correction.install()
