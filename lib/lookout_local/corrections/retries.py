"""An update of a stack that holds a custom resource whose Create failed, because the rollback was disabled.

AWS: deletes the failed one, and creates it anew.
MiniStack: creates it anew, having forgotten the failed one.
"""

from __future__ import annotations

import contextlib
from typing import Any

from ministack.core.concurrency import run_reentrant
from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, stacks

from lookout_local.corrections.types import is_custom

_deploy = stacks._deploy_stack_async


def install() -> None:
    """Replace the deployment in every module that starts one."""
    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = deploy


async def deploy(stack_name: str, stack_id: str, *arguments: Any, **options: Any) -> None:
    """Deploy as MiniStack does, after what failed in the deployment before is gone."""
    resources = cloudformation._stacks[stack_name].get("_resources", {})
    previous = (options.get("previous_stack") or {}).get("_resources", {})
    for logical_id, record in list(resources.items()):
        if record.get("ResourceStatus") == "CREATE_FAILED" and is_custom(record["ResourceType"]):
            del resources[logical_id]
            previous.pop(logical_id, None)
            # Its Create follows in any case, as on AWS.
            with contextlib.suppress(Exception):
                await run_reentrant(
                    stacks._delete_resource,
                    record["ResourceType"],
                    record["PhysicalResourceId"],
                    record["Properties"],
                    stack_name,
                    logical_id,
                )
    await _deploy(stack_name, stack_id, *arguments, **options)
