"""One label: a time when the equipment was known to behave abnormally, or not to."""

from __future__ import annotations

import enum

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout.construct import LookoutResource
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.attributes import LabelAttributes
from cdk_lookout.equipment.interfaces import ILabelGroup
from cdk_lookout.equipment.label_group import LabelGroupBase
from cdk_lookout.equipment.time_range import TimeRange
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import check_kind, invalid
from lookout_files.label_rows import LONGEST

#: What looks at labels, and what makes and removes them.
LOOK = ("DescribeLabelGroup", "ListTagsForResource", "ListLabels", "DescribeLabel")
CHANGE = ("CreateLabel", "DeleteLabel")


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    groups = permissions.arns("label-group")
    return [
        # The group may be of another stack, or of none, and has labels of many.
        permissions.allow(*LOOK, *CHANGE, on=groups),
        permissions.allow_notes("label/*", on=groups),
    ]


LABEL = ResourceType("LookoutEquipmentLabel", permissions.SERVICE, _statements)


class LabelRating(enum.Enum):
    """How the equipment was."""

    #: It behaved abnormally.
    ANOMALY = "ANOMALY"
    #: It behaved normally.
    NO_ANOMALY = "NO_ANOMALY"
    #: Neither is known; the time is not used for training.
    NEUTRAL = "NEUTRAL"


class Label(LookoutResource, LabelAttributes):
    """A label of a label group; `LabelGroup.add_label` makes one, too.

    The service changes no label: a changed one is made anew, and then the old one is deleted, so that it is never
    missing. The group notes its id in a tag, so a group has at most 30 of them; a `LabelSet` has up to 5,000. The notes
    of the label end with the mark ` [cdk-lookout:<12 digits>]`, by which the provider knows it.

    API: CreateLabel, DescribeLabel, DeleteLabel.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        label_group: ILabelGroup,
        time_range: TimeRange,
        rating: LabelRating,
        fault_code: str | None = None,
        equipment: str | None = None,
        notes: str | None = None,
    ) -> None:
        """Make a label. Changing *label_group* replaces it.

        :param label_group: a group of the stack's account and Region.
        :param time_range: when the equipment was so.
        :param rating: how it was.
        :param fault_code: what was wrong, one of the group's codes. Default: none.
        :param equipment: which equipment it was, 1 to 200 characters. Default: none.
        :param notes: 1 to 2,533 characters. Default: none.
        :raises InvalidProperty: for what the service would refuse, and for the 31st label of the group.
        """
        super().__init__(scope, id)
        check_kind("label_group", self, label_group, "label_group_name", "a label group (ILabelGroup)")
        check_kind("time_range", self, time_range, "start", "a TimeRange")
        if not isinstance(rating, LabelRating):
            raise invalid("rating", self, rating, f"one of {', '.join(map(str, LabelRating))}")
        for what, text in (("fault_code", fault_code), ("equipment", equipment), ("notes", notes)):
            self._check_text(what, text)
        self._check_code(label_group, fault_code)
        if isinstance(label_group, LabelGroupBase):
            label_group._take_label(self)
        self._label_group = label_group
        self._managed = Managed(
            self,
            LABEL,
            {
                "LabelGroupName": label_group.label_group_name,
                "StartTime": time_range.start,
                "EndTime": time_range.end,
                "Rating": rating.value,
                "FaultCode": fault_code,
                "Equipment": equipment,
                "Notes": notes,
            },
        )

    def _check_text(self, what: str, text: str | None) -> None:
        if text is None or cdk.Token.is_unresolved(text):
            return
        if not isinstance(text, str) or not 1 <= len(text) <= LONGEST[what]:
            raise invalid(what, self, text, f"1 to {LONGEST[what]} characters")

    def _check_code(self, group: ILabelGroup, code: str | None) -> None:
        known = group.fault_codes
        if code is None or known is None or any(cdk.Token.is_unresolved(text) for text in (code, *known)):
            return
        if code not in known:
            codes = f"one of {', '.join(map(repr, known))}" if known else "none: the group has no fault codes"
            raise invalid("fault_code", self, code, codes)

    @property
    def label_id(self) -> str:
        """The id that the service gave it; a changed label has another one."""
        return self._managed.attribute("LabelId")

    @property
    def created_at(self) -> str:
        """When it was made in its present form, ISO 8601."""
        return self._managed.attribute("CreatedAt")
