"""What the imports of datasets and of model versions share: the source, and the permission to import it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from lookout_server.equipment.call import EquipmentCall, Target
from lookout_server.equipment.state import Dataset, Version
from lookout_server.identity.policies import Verdict, evaluate, parse
from lookout_server.protocol.errors import access_denied, not_found, validation

T = TypeVar("T", Dataset, Version)


def source_of(call: EquipmentCall, target: Target, kind: type[T], missing: str) -> T:
    """The source of an import; raises a ResourceNotFoundException with the text `missing`."""
    if target.inventory.region != call.own.region and not call.settings.cross_region_imports:
        raise validation(
            f"The source of an import must be in the Region of the request: got {target.inventory.region}, "
            f"expected {call.own.region}"
        )
    if not isinstance(target.resource, kind):
        raise not_found(missing)
    return target.resource


def check_source(call: EquipmentCall, source: Target, action: str, keys: Mapping[str, str]) -> None:
    """Raise an AccessDeniedException unless the policies of the source let the caller import it.

    User guide, "Importing resources": within an account no policy is needed; without any policy another account is
    denied; of the policies on a model and on its version the more restrictive wins, and a version without one has its
    model's. So every policy that exists must allow, and none may deny.
    """
    carriers = [part.arn for part in (source.resource, source.parent) if part]
    principal = call.invocation.principal
    verdicts = [
        evaluate(
            parse(policy.text, resource=arn, actions=[f"lookoutequipment:{action}"]),
            principal=principal,
            action=f"lookoutequipment:{action}",
            context=keys,
        )
        for arn in carriers
        if (policy := source.inventory.policies.get(arn))
    ]
    within_account = source.inventory.account == call.own.account
    allowed = within_account or (bool(verdicts) and all(verdict is Verdict.ALLOW for verdict in verdicts))
    if Verdict.DENY in verdicts or not allowed:
        denied = "an explicit deny in a" if Verdict.DENY in verdicts else "no"
        raise access_denied(
            f"User: {principal} is not authorized to perform: lookoutequipment:{action} on resource: "
            f"{carriers[0]} because {denied} resource-based policy "
            f"{'forbids' if Verdict.DENY in verdicts else 'allows'} the lookoutequipment:{action} action"
        )
    # User guide, "Importing resources": the caller needs to encrypt and decrypt with a key that the source has.
    call.invocation.use_key(_key_of(source.resource), "Encrypt", "Decrypt")


def _key_of(resource: object) -> str | None:
    """The KMS key that the source of an import is encrypted with."""
    if isinstance(resource, Dataset):
        return resource.kms_key_arn
    return resource.details.get("ServerSideKmsKeyId") if isinstance(resource, Version) else None
