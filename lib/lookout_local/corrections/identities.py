"""Groups, access keys, and policies that are resources of their own, in templates.

AWS: has `AWS::IAM::Group`, `UserToGroupAddition` and `AccessKey`, and an inline policy of one role, user or group as a
resource (`RolePolicy`, `UserPolicy`, `GroupPolicy`). A group that still has users or policies is not deleted.
MiniStack: refuses these types, and deletes any group.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import iam
from ministack.services.cloudformation import provisioners

from lookout_local.corrections.roles_and_policies import Made, Properties, check_policies


@dataclass(frozen=True)
class Kind:
    """What can have inline policies: its name in the API, and the API's functions."""

    name: str
    put: Callable[[Properties], Any]
    delete: Callable[[Properties], Any]

    @property
    def key(self) -> str:
        """The property that names one."""
        return f"{self.name}Name"


_KINDS = (
    Kind("Role", iam._put_role_policy, iam._delete_role_policy),
    Kind("User", iam._put_user_policy, iam._delete_user_policy),
    Kind("Group", iam._put_group_policy, iam._delete_group_policy),
)


def install() -> None:
    """Add the types."""
    types: dict[str, dict[str, Any]] = {
        "Group": {"create": create_group, "update": update_group, "delete": delete_group},
        "UserToGroupAddition": {"create": add_users, "update": change_users, "delete": remove_users},
        "AccessKey": {"create": create_key, "update": update_key, "delete": delete_key},
        **{f"{kind.name}Policy": _handlers(kind) for kind in _KINDS},
    }
    provisioners._RESOURCE_HANDLERS.update({f"AWS::IAM::{name}": handlers for name, handlers in types.items()})
    replacing = {"Group": ("GroupName",), "UserToGroupAddition": ("GroupName",), "AccessKey": ("UserName", "Serial")}
    replacing |= {f"{kind.name}Policy": ("PolicyName", kind.key) for kind in _KINDS}
    provisioners._REPLACING_PROPERTIES.update({f"AWS::IAM::{name}": names for name, names in replacing.items()})


def create_group(logical_id: str, props: Properties, stack_name: str) -> Made:
    """Create a group with its policies."""
    check_policies(props)
    name = props.get("GroupName") or provisioners._physical_name(stack_name, logical_id, max_len=128)
    _call(iam._create_group, GroupName=name, Path=props.get("Path", "/"))
    _set_policies(name, {}, props)
    return name, {"Arn": iam._groups[name]["Arn"]}


def update_group(physical_id: str, old_props: Properties, new_props: Properties, stack_name: str) -> Made:
    """Update a group's path and policies."""
    check_policies(new_props)
    group, path = iam._groups[physical_id], new_props.get("Path", "/")
    group.update(Path=path, Arn=f"{group['Arn'].split(':group/')[0]}:group{path}{physical_id}")
    _set_policies(physical_id, old_props, new_props)
    return physical_id, {"Arn": group["Arn"]}


def delete_group(physical_id: str, props: Properties) -> None:
    """Delete a group; raises ValueError when it has users, or policies that are not of the template."""
    group = iam._groups.get(physical_id)
    if group is None:
        return
    _set_policies(physical_id, props, {})
    if group["Users"]:
        raise ValueError("Cannot delete entity, must remove users from group first.")
    if group["AttachedPolicies"] or iam._group_inline_policies.get(physical_id):
        raise ValueError("Cannot delete entity, must detach all policies first.")
    _call(iam._delete_group, GroupName=physical_id)


def add_users(logical_id: str, props: Properties, stack_name: str) -> Made:
    """Add users to a group."""
    for user in props.get("Users") or []:
        _call(iam._add_user_to_group, GroupName=props["GroupName"], UserName=user)
    return provisioners._physical_name(stack_name, logical_id, max_len=128), {}


def change_users(physical_id: str, old_props: Properties, new_props: Properties, stack_name: str) -> Made:
    """Add the users that are new, and remove those that are gone."""
    before, after = set(old_props.get("Users") or []), set(new_props.get("Users") or [])
    for users, function in ((after - before, iam._add_user_to_group), (before - after, iam._remove_user_from_group)):
        for user in sorted(users):
            _call(function, GroupName=new_props["GroupName"], UserName=user)
    return physical_id, {}


def remove_users(physical_id: str, props: Properties) -> None:
    """Remove users from their group, where both are still there."""
    for user in props.get("Users") or []:
        iam._remove_user_from_group({"GroupName": props["GroupName"], "UserName": user})


def create_key(logical_id: str, props: Properties, stack_name: str) -> Made:
    """Create an access key: its id, and the secret as an attribute."""
    body = _call(iam._create_access_key, UserName=props["UserName"])
    key, secret = (re.findall(rf"<{tag}>(.*?)</{tag}>", body)[0] for tag in ("AccessKeyId", "SecretAccessKey"))
    _set_status(key, props)
    return key, {"SecretAccessKey": secret}


def update_key(physical_id: str, old_props: Properties, new_props: Properties, stack_name: str) -> Made:
    """Activate or deactivate an access key."""
    _set_status(physical_id, new_props)
    return physical_id, {"SecretAccessKey": iam._access_keys[physical_id]["SecretAccessKey"]}


def delete_key(physical_id: str, props: Properties) -> None:
    """Delete an access key."""
    iam._delete_access_key({"AccessKeyId": physical_id, "UserName": props["UserName"]})


def _handlers(kind: Kind) -> dict[str, Any]:
    """What makes inline policies of this kind resources; the id of one is `<policy>|<owner>`."""

    def create(logical_id: str, props: Properties, stack_name: str) -> Made:
        _put(kind, props[kind.key], props["PolicyName"], props.get("PolicyDocument", {}))
        return f"{props['PolicyName']}|{props[kind.key]}", {}

    def update(physical_id: str, old_props: Properties, new_props: Properties, stack_name: str) -> Made:
        return create("", new_props, stack_name)

    def delete(physical_id: str, props: Properties) -> None:
        policy, _, owner = physical_id.partition("|")
        kind.delete({kind.key: owner, "PolicyName": policy})

    return {"create": create, "update": update, "delete": delete}


def _set_policies(group: str, old_props: Properties, new_props: Properties) -> None:
    """Bring the policies of a group from what one template says to what another one says."""
    before, after = set(old_props.get("ManagedPolicyArns") or []), set(new_props.get("ManagedPolicyArns") or [])
    for arn in sorted(before - after):
        iam.detach_managed_policy(iam._groups[group], arn)
    for arn in sorted(after - before):
        iam.attach_managed_policy(iam._groups[group], arn)
    documents = {policy["PolicyName"]: policy.get("PolicyDocument", {}) for policy in new_props.get("Policies") or []}
    for policy in old_props.get("Policies") or []:
        if policy["PolicyName"] not in documents:
            iam._delete_group_policy({"GroupName": group, "PolicyName": policy["PolicyName"]})
    for name, document in documents.items():
        _put(_KINDS[2], group, name, document)


def _put(kind: Kind, owner: str, policy: str, document: Any) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    _call(kind.put, **{kind.key: owner, "PolicyName": policy, "PolicyDocument": text})


def _set_status(key: str, props: Properties) -> None:
    status = props.get("Status", "Active")
    _call(iam._update_access_key, AccessKeyId=key, UserName=props["UserName"], Status=status)


def _call(function: Callable[[Properties], Any], **parameters: str) -> str:
    """Call a function of the API; raises ValueError with what it says."""
    status, _, body = function(parameters)
    text = body.decode() if isinstance(body, bytes) else str(body)
    if status >= 400:
        raise ValueError(re.findall(r"<Message>(.*?)</Message>", text, re.DOTALL)[0])
    return text
