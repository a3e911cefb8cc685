"""Who else may import a dataset, a model or a model version."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.interfaces import ResourceEnvironment
from constructs import Construct, Node

from cdk_lookout.construct import LookoutResource
from cdk_lookout.equipment import permissions, policy_document
from cdk_lookout.equipment.grants import ShareableGrants
from cdk_lookout.equipment.interfaces import IPolicyTarget
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import Quoted, check_kind, invalid


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    targets = permissions.arns("dataset", "model")
    return [
        permissions.allow("DescribeResourcePolicy", "ListTagsForResource", on=targets),
        # It may be of another stack, or of none.
        permissions.allow_under_lease("resource-policy", "PutResourcePolicy", "DeleteResourcePolicy", on=targets),
    ]


RESOURCE_POLICY = ResourceType("LookoutEquipmentResourcePolicy", permissions.SERVICE, _statements)


class Shareable(LookoutResource):
    """What other accounts can be allowed to import."""

    #: The only action that a policy on it can grant.
    _import_action: str
    #: The attribute that is its ARN.
    _arn_attribute: str
    _managed: Managed
    #: Which factory would know the ARN.
    _arn_factories: str
    #: Whether it is from elsewhere, so that its account stands in the ARN.
    _imported = False
    _encryption_key: kms.IKey | None = None
    _policy: ResourcePolicy | None = None

    @functools.cached_property
    def _arn(self) -> str | None:
        """The ARN. What is from elsewhere sets it: to None, when it is referred to by name."""
        return self._managed.attribute(self._arn_attribute)

    @property
    def encryption_key(self) -> kms.IKey | None:
        """The key that its data are encrypted with; None when it is the service's own, or not known here."""
        return self._encryption_key

    @property
    def resource_arn(self) -> str:
        """Its ARN.

        Raises InvalidProperty when it is referred to by name: the ARN holds an identifier of the service's.
        """
        if self._arn is None:
            raise invalid(
                "ARN",
                self,
                Quoted("a reference by name"),
                f"{self._arn_factories}: the ARN holds an identifier that the service assigns",
            )
        return self._arn

    @property
    def import_action(self) -> str:
        """The only action that a policy on it can grant."""
        return self._import_action

    @property
    def grants(self) -> ShareableGrants:
        """What others can be allowed to do with it."""
        raise NotImplementedError  # each kind has grants of its own

    def grant_import(self, grantee: iam.IGrantable, *, inference_data: bool | None = None) -> iam.Grant:
        """The same as `grants.import_`."""
        return self.grants.import_(grantee, inference_data=inference_data)

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Add *statement* to its resource policy, which is made with the first statement.

        A resource of another account or Region has its policy there: nothing is added, with a warning.
        """
        if self._is_elsewhere:
            stack = self._stack
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-lookout:policy-elsewhere",
                f"resource policy of {self.node.path}: got a resource of {self.env.account}/{self.env.region}, "
                f"expected one of the stack's {stack.account}/{stack.region}: nothing was added; "
                "a stack of its own account must allow it",
            )
            return iam.AddToResourcePolicyResult(statement_added=False)
        if self._policy is None:
            ResourcePolicy(self, "Policy", resource=self, document=iam.PolicyDocument())
        assert self._policy is not None
        self._policy.add_statement(statement)
        return iam.AddToResourcePolicyResult(statement_added=True, policy_dependable=self._policy)

    def _policy_under(self, conditions: Mapping[str, Any]) -> Any:
        """Its resource policy as the CDK's grants add to it, with *conditions* on what they add."""
        return _Target(self, conditions)

    @functools.cached_property
    def _is_elsewhere(self) -> bool:
        """Whether it is known to be of another account or Region than the stack."""
        if not self._imported:
            return False
        stack, env = self._stack, self.env
        return _differ(env.account, stack.account) or _differ(env.region, stack.region)

    def _take_policy(self, policy: ResourcePolicy) -> None:
        if self._policy is not None:
            raise invalid(
                "ResourcePolicy",
                policy,
                Quoted(f"a second one for {self.node.path}, after {self._policy.node.path}"),
                "one per resource: use add_to_resource_policy of the resource",
            )
        self._policy = policy


@jsii.implements(iam.IResourceWithPolicyV2)
class _Target:
    """What a grant adds to: the CDK applies conditions to the grantee's policies, but not to the resource's."""

    def __init__(self, resource: Shareable, conditions: Mapping[str, Any]) -> None:
        self._resource = resource
        self._conditions = conditions

    @property
    def env(self) -> ResourceEnvironment:
        if self._resource._is_elsewhere:
            return self._resource.env
        # An account that may be the stack's is taken for it: the stack's own principals need no policy there.
        stack = self._resource._stack
        return ResourceEnvironment(account=stack.account, region=stack.region)

    @property
    def node(self) -> Node:
        return self._resource.node

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        statement.add_conditions(self._conditions)
        return self._resource.add_to_resource_policy(statement)


def _differ(theirs: str, ours: str) -> bool:
    """Whether both are known, and differ: an unknown one is taken for the stack's."""
    return not cdk.Token.is_unresolved(theirs) and not cdk.Token.is_unresolved(ours) and theirs != ours


class ResourcePolicy(LookoutResource):
    """The resource policy of a dataset, a model or a model version: it lets other accounts import it.

    There is one per resource; `grant_import` and `add_to_resource_policy` of the resource add to it, or make it.
    It belongs into the account of the resource. Within one account importing takes no policy.

    API: PutResourcePolicy, DescribeResourcePolicy, DeleteResourcePolicy.
    """

    def __init__(self, scope: Construct, id: str, *, resource: IPolicyTarget, document: iam.PolicyDocument) -> None:
        """Attach *document* to *resource*.

        :param resource: a dataset, a model or a model version of the stack's account and Region.
        :param document: at most 20,000 characters. Each statement names principals of other accounts, the resource
            itself, and ImportDataset (for a dataset) or ImportModelVersion (for a model or a version): nothing else can
            be granted across accounts. It is rendered at synthesis; statements may be added until then.
        :raises InvalidProperty: when *resource* is none, or has its policy already. What the service would not take of
            *document* is an error of the synthesis.
        """
        super().__init__(scope, id)
        check_kind("resource", self, resource, "import_action", "a dataset, a model or a model version")
        check_kind("document", self, document, "add_statements", "an iam.PolicyDocument")
        if isinstance(resource, Shareable):
            resource._take_policy(self)
        self._resource = resource
        self._document = document
        self._managed = Managed(
            self,
            RESOURCE_POLICY,
            {
                "ResourceArn": resource.resource_arn,
                "ResourcePolicy": self._stack.to_json_string(document),
            },
            problems=self._problems,
        )

    @property
    def document(self) -> iam.PolicyDocument:
        """The document; statements may be added until synthesis."""
        return self._document

    @property
    def resource_arn(self) -> str:
        """The ARN of the resource whose policy it is, known once the policy is in force."""
        return self._managed.ref

    @property
    def policy_revision_id(self) -> str:
        """The service's name of the revision that is in force."""
        return self._managed.attribute("PolicyRevisionId")

    @property
    def creation_time(self) -> str:
        """When the policy was attached first, ISO 8601."""
        return self._managed.attribute("CreationTime")

    @property
    def last_modified_time(self) -> str:
        """When the policy was changed last, ISO 8601."""
        return self._managed.attribute("LastModifiedTime")

    def add_statement(self, statement: iam.PolicyStatement) -> None:
        """Add *statement*; one that names no resource is about the policy's own."""
        if not statement.resources and not statement.not_resources:
            statement = statement.copy(resources=[self._resource.resource_arn])
        self._document.add_statements(statement)

    def _problems(self) -> list[str]:
        stack = self._stack
        resolved: Any = stack.resolve(self._document)
        account = (self._resource if isinstance(self._resource, Shareable) else self).env.account
        return policy_document.problems(
            resolved or {},
            arn=stack.resolve(self._resource.resource_arn),
            action=self._resource.import_action,
            account=None if cdk.Token.is_unresolved(account) else account,
        )
