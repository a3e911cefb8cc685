"""A label group: what is known of when the equipment behaved abnormally, and of what was wrong with it then."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct, DependencyGroup

from cdk_lookout.arns import name_in
from cdk_lookout.construct import LookoutResource
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.attributes import TimeAttributes
from cdk_lookout.equipment.grants import LabelGroupGrants
from cdk_lookout.equipment.interfaces import ILabelGroup
from cdk_lookout.equipment.labels import LabelsInput
from cdk_lookout.equipment.patterns import check_label_group_arn, check_name
from cdk_lookout.equipment.time_range import TimeRange
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.provider.tags import MOST, ServiceTags
from cdk_lookout.validation import Quoted, invalid

if TYPE_CHECKING:
    from cdk_lookout.equipment.label import Label, LabelRating


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    groups = permissions.arns("label-group")
    return [
        permissions.allow("DescribeLabelGroup", "ListTagsForResource", on=groups),
        permissions.allow_if_born_ours("CreateLabelGroup", "TagResource", on=groups),
        permissions.allow_if_ours("UpdateLabelGroup", "DeleteLabelGroup", "TagResource", "UntagResource", on=groups),
    ]


LABEL_GROUP = ResourceType(
    "LookoutEquipmentLabelGroup", permissions.SERVICE, _statements, managed_policy=True, name_member="LabelGroupName"
)
_MOST_CODES = 50
_LONGEST_CODE = 100
#: Each `Label` takes a tag of its group.
_MOST_LABELS = 30


class LabelGroupBase(LookoutResource):
    """What a label group of this stack and one from elsewhere have in common."""

    _managed: Managed
    _codes: list[str] | None = None

    def __init__(self, scope: Construct, id: str, *, environment_from_arn: str | None = None) -> None:
        super().__init__(scope, id, environment_from_arn=environment_from_arn)
        self._single: list[cdk.Resource] = []
        self._set: cdk.Resource | None = None

    @functools.cached_property
    def _labels(self) -> DependencyGroup:
        """What has to be there before a model uses the labels; it grows with the code."""
        return DependencyGroup()

    @functools.cached_property
    def _name(self) -> str:
        """The name. What is from elsewhere sets it."""
        return self._managed.ref

    @functools.cached_property
    def _arn(self) -> str | None:
        """The ARN. What is from elsewhere sets it: to None, when it is referred to by name."""
        return self._managed.attribute("LabelGroupArn")

    @property
    def label_group_name(self) -> str:
        """The name."""
        return self._name

    @property
    def label_group_arn(self) -> str:
        """The ARN.

        Raises InvalidProperty for a group that is referred to by name: `from_label_group_arn` would know it.
        """
        if self._arn is None:
            raise invalid(
                "ARN",
                self,
                Quoted("a reference by name"),
                "LabelGroup.from_label_group_arn or LabelGroup.from_label_group_attributes(label_group_arn=...): the "
                "ARN holds an identifier that the service assigns",
            )
        return self._arn

    @property
    def fault_codes(self) -> list[str] | None:
        """The fault codes that labels may have; None when they are not known here."""
        return self._codes

    @property
    def grants(self) -> LabelGroupGrants:
        """What others can be allowed to do with the group and its labels."""
        return LabelGroupGrants(self, self._granted)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """The same as `grants.read`."""
        return self.grants.read(grantee)

    def _granted(self) -> list[str]:
        return [
            self._arn
            or self._stack.format_arn(
                service="lookoutequipment", resource="label-group", resource_name=f"{self._name}/*"
            )
        ]

    def _take_label(self, label: cdk.Resource) -> None:
        if len(self._single) == _MOST_LABELS:
            raise invalid(
                "label_group",
                label,
                Quoted(f"label {_MOST_LABELS + 1} of {self.node.path}"),
                f"at most {_MOST_LABELS}, as each takes a tag of the group: put many labels into a LabelSet",
            )
        self._single.append(label)
        self._labels.add(label)

    def _take_set(self, labels: cdk.Resource) -> None:
        if self._set is not None:
            raise invalid(
                "label_group",
                labels,
                Quoted(f"a second set for {self.node.path}, after {self._set.node.path}"),
                "one per group",
            )
        self._set = labels
        self._labels.add(labels)


@jsii.implements(cdk.ITaggableV2)
class LabelGroup(LabelGroupBase, TimeAttributes):
    """A label group that this stack owns.

    It is kept when it leaves the stack, and found again when the stack comes back; to keep nothing, set
    `removal_policy`. A label group of the same name that somebody else owns fails the deployment, and is not touched.
    Its labels are `Label`s or a `LabelSet`; those that somebody else puts into it stay, and the service refuses to
    delete a group that has labels.

    API: CreateLabelGroup, DescribeLabelGroup, UpdateLabelGroup, DeleteLabelGroup.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        fault_codes: Sequence[str] | None = None,
        label_group_name: str | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        adopt_existing: bool = False,
    ) -> None:
        """Make a label group.

        Everything but *label_group_name* can change in place.

        :param fault_codes: what may be wrong with the equipment: at most 50 different texts of 1 to 100 characters.
            Default: none, and labels have no fault code.
        :param label_group_name: 1 to 200 letters, digits, hyphens and underscores. Default: a name made of the stack's
            name, the construct's path and 8 digits that never change.
        :param removal_policy: what becomes of it when it leaves the stack. Default: it is kept, unless its creation is
            rolled back; one that an update replaced is deleted.
        :param adopt_existing: take over a label group of that name that the stack does not own. Default: the
            deployment fails.
        :raises InvalidProperty: for what the service would refuse.
        """
        super().__init__(scope, id)
        self._codes = _check_codes(self, fault_codes or [])
        if label_group_name is not None:
            check_name("label_group_name", self, label_group_name)
        self._tags = ServiceTags(LABEL_GROUP.cloudformation_name)
        self._managed = Managed(
            self,
            LABEL_GROUP,
            {
                "LabelGroupName": label_group_name,
                "FaultCodes": self._codes,
            },
            tags=self._tags,
            problems=self._too_many_tags,
            adopt_existing=adopt_existing,
            stateful=True,
            removal_policy=removal_policy,
        )

    @classmethod
    def from_label_group_arn(cls, scope: Construct, id: str, label_group_arn: str) -> ILabelGroup:
        """Refer to a label group that is not of this stack.

        :param label_group_arn: the whole ARN, with the identifier that the service gave it; may be a token.
        :raises InvalidProperty: when it is no ARN of a label group.
        """
        return cls.from_label_group_attributes(scope, id, label_group_arn=label_group_arn)

    @classmethod
    def from_label_group_name(cls, scope: Construct, id: str, label_group_name: str) -> ILabelGroup:
        """Refer to a label group of the stack's account and Region by its name. Its ARN is not known.

        :raises InvalidProperty: when it is no such name.
        """
        return cls.from_label_group_attributes(scope, id, label_group_name=label_group_name)

    @classmethod
    def from_label_group_attributes(
        cls,
        scope: Construct,
        id: str,
        *,
        label_group_arn: str | None = None,
        label_group_name: str | None = None,
        fault_codes: Sequence[str] | None = None,
    ) -> ILabelGroup:
        """Refer to a label group that is not of this stack by what is known of it.

        :param label_group_arn: Default: the ARN is not known.
        :param label_group_name: Default: the one in *label_group_arn*.
        :param fault_codes: those that it has. Default: they are not known, and only the service can judge those of a
            label.
        :raises InvalidProperty: when neither ARN nor name is given, both are and differ, or one is malformed.
        """
        where = f"{scope.node.path}/{id}"
        if label_group_arn is not None:
            check_label_group_arn(where, label_group_arn)
        if label_group_name is not None:
            check_name("label_group_name", where, label_group_name)
        return _ImportedLabelGroup(
            scope, id, label_group_arn=label_group_arn, label_group_name=label_group_name, fault_codes=fault_codes
        )

    def add_label(
        self,
        id: str,
        *,
        time_range: TimeRange,
        rating: LabelRating,
        fault_code: str | None = None,
        equipment: str | None = None,
        notes: str | None = None,
    ) -> Label:
        """Add a label: a `Label` within the group's scope.

        :param time_range: when the equipment was so.
        :param rating: how it was.
        :param fault_code: what was wrong, one of the group's codes. Default: none.
        :param equipment: which equipment it was, at most 200 characters. Default: none.
        :param notes: at most 2,533 characters. Default: none.
        :raises InvalidProperty: for what the service would refuse, and for the 31st label of the group.
        """
        from cdk_lookout.equipment.label import Label

        return Label(
            self,
            id,
            label_group=self,
            time_range=time_range,
            rating=rating,
            fault_code=fault_code,
            equipment=equipment,
            notes=notes,
        )

    def _too_many_tags(self) -> list[str]:
        """The group's tags are the user's, the provider's, and one for each `Label`."""
        tags, labels = len(self._tags.values), len(self._single)
        if tags + labels <= MOST or tags > MOST:
            return []
        return [
            f"tags: got {tags} and {labels} labels, which take one each, expected at most {MOST} together: put "
            "the labels into a LabelSet"
        ]

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tags that reach the service; use `Tags.of()`."""
        return self._tags.manager


class _ImportedLabelGroup(LabelGroupBase):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        label_group_arn: str | None,
        label_group_name: str | None,
        fault_codes: Sequence[str] | None,
    ) -> None:
        super().__init__(scope, id, environment_from_arn=label_group_arn)
        self._arn = label_group_arn
        self._name = name_in(self, "label_group", label_group_arn, label_group_name)
        self._codes = None if fault_codes is None else _check_codes(self, fault_codes)


def _check_codes(where: cdk.Resource, codes: Sequence[str]) -> list[str]:
    expected = f"at most {_MOST_CODES} different texts of 1 to {_LONGEST_CODE} characters"
    if isinstance(codes, str):
        raise invalid("fault_codes", where, codes, f"a list: {expected}")
    if len(codes) > _MOST_CODES:
        raise invalid("fault_codes", where, Quoted(f"{len(codes)} of them"), expected)
    for code in codes:
        if not isinstance(code, str) or not (cdk.Token.is_unresolved(code) or 1 <= len(code) <= _LONGEST_CODE):
            raise invalid("fault_codes", where, code, expected)
        if list(codes).count(code) > 1:
            raise invalid("fault_codes", where, Quoted(f"{code!r} twice"), expected)
    return list(codes)


def after_labels(construct: Construct, labels: LabelsInput | None) -> None:
    """Make *construct* after all labels of the group that *labels* names, those that the code adds later included."""
    group = labels.label_group if labels is not None else None
    if isinstance(group, LabelGroupBase):
        construct.node.add_dependency(group._labels)
