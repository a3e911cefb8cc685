"""Many labels in one resource, out of a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from cdk_lookout import files
from cdk_lookout.construct import LookoutResource
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.attributes import LabelAttributes
from cdk_lookout.equipment.interfaces import ILabelGroup
from cdk_lookout.equipment.label import CHANGE, LOOK
from cdk_lookout.equipment.label_group import LabelGroupBase
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import Quoted, a, check_kind, check_pattern, invalid, refused
from lookout_files import label_rows

#: What files of labels are called at their end. Those of assets always are.
_SUFFIX = ".csv"


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    groups = permissions.arns("label-group")
    return [
        permissions.allow(*LOOK, on=groups),
        # The group may be of another stack, or of none.
        permissions.allow_under_lease("label-set", *CHANGE, on=groups),
        files.read_by_name(_SUFFIX),
        files.use_bucket_keys("Decrypt"),
    ]


LABEL_SET = ResourceType("LookoutEquipmentLabelSet", permissions.SERVICE, _statements)


class LabelSetSource:
    """Where the labels of a `LabelSet` come from: a CSV file, UTF-8, with a header, at most 5,000 rows and 16 MiB.

    The columns are `start`, `end` and `rating`, and in addition any of `fault_code`, `equipment` and `notes`, in any
    order. Times are ISO 8601 with their zone and in whole seconds; ratings are those of `LabelRating`. Labels may
    overlap, but not be the same but for their notes.
    """

    def __init__(
        self,
        *,
        path: Path | None = None,
        rows: list[label_rows.Row] | None = None,
        bucket: s3.IBucket | None = None,
        key: str = "",
        object_version: str | None = None,
    ) -> None:
        """Use `from_asset` or `from_bucket`."""
        self._path = path
        self._rows = rows
        self._bucket = bucket
        self._key = key
        self._object_version = object_version

    @classmethod
    def from_asset(cls, path: str) -> LabelSetSource:
        """A file that is deployed with the app, through its asset bucket.

        :param path: a `.csv` file.
        :raises InvalidProperty: when there is no such file, or the service would refuse what is in it.
        """
        where = f"LabelSetSource.from_asset({path!r})"
        # The CDK runs in a process of its own, which may be in another directory.
        file = Path(path).resolve()
        if file.suffix != _SUFFIX or not file.is_file():
            raise invalid("path", where, Quoted("no such file"), "a file whose name ends with .csv")
        try:
            with file.open("rb") as content:
                return cls(path=file, rows=label_rows.parse(content.read(label_rows.MOST_BYTES + 1)))
        except label_rows.InvalidRows as error:
            raise refused(where, error) from None

    @classmethod
    def from_bucket(cls, bucket: s3.IBucket, key: str, *, object_version: str | None = None) -> LabelSetSource:
        """A file in a bucket, which the provider reads.

        CloudFormation does not see that the file has changed: give *object_version*, or the `LabelSet` a `trigger`.

        :param bucket: of the stack's Region.
        :param key: the name of the object, without wildcards.
        :param object_version: the version of the object. Default: the latest one at deployment.
        :raises InvalidProperty: when *bucket* is none, or *key* is no such name.
        """
        where = "LabelSetSource.from_bucket"
        check_kind("bucket", where, bucket, "bucket_name", "a bucket")
        check_pattern("key", where, key, r"[^*?]{1,1024}", "1 to 1024 characters without * and ?")
        return cls(bucket=bucket, key=key, object_version=object_version)

    def _check(self, where: cdk.Resource, codes: list[str] | None) -> None:
        """Raise InvalidProperty for fault codes that are none of *codes*, as far as both are known."""
        if self._rows is None or codes is None or any(map(cdk.Token.is_unresolved, codes)):
            return
        try:
            label_rows.check_codes(self._rows, codes)
        except label_rows.InvalidRows as error:
            raise refused(where, error) from None

    def _render(self, construct: cdk.Resource) -> dict[str, str]:
        """The location of the file, which the provider may read before *construct* is made."""
        if self._bucket is None:
            file = s3_assets.Asset(construct, "Labels", path=str(self._path))
            return {"Bucket": file.s3_bucket_name, "Key": file.s3_object_key}
        files.grant_read(construct, self._bucket, self._key, self._object_version, suffix=_SUFFIX)
        version = {"VersionId": self._object_version} if self._object_version is not None else {}
        return {"Bucket": self._bucket.bucket_name, "Key": self._key, **version}


class LabelSet(LookoutResource, LabelAttributes):
    """The labels of a file, up to 5,000 of them, in a label group. A group has one set.

    An update makes what is missing and then deletes what is not in the file any more; it looks at nothing else. Large
    changes are made in portions, each by one invocation of the provider, and go on where an interrupted one ended. The
    notes of each label end with the mark ` [cdk-lookout:<12 digits>]`: labels without it are somebody else's, and are
    never deleted. What somebody else has labelled in exactly the same way is not labelled twice.

    API: CreateLabel, ListLabels, DescribeLabel, DeleteLabel.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        label_group: ILabelGroup,
        source: LabelSetSource,
        trigger: str | None = None,
    ) -> None:
        """Make the labels. Changing *label_group* replaces the set.

        :param label_group: a group of the stack's account and Region.
        :param source: the file.
        :param trigger: any text; another one reads the file again. Default: another file does.
        :raises InvalidProperty: for a second set of the group, and for fault codes that the group does not have.
        """
        super().__init__(scope, id)
        check_kind("label_group", self, label_group, "label_group_name", "a label group (ILabelGroup)")
        if not isinstance(source, LabelSetSource):
            raise invalid("source", self, Quoted(a(type(source).__name__)), "a LabelSetSource")
        source._check(self, label_group.fault_codes)
        if isinstance(label_group, LabelGroupBase):
            label_group._take_set(self)
        self._label_group = label_group
        options: dict[str, Any] = {"Source": source._render(self)}
        if trigger is not None:
            options["Trigger"] = trigger
        self._managed = Managed(self, LABEL_SET, {"LabelGroupName": label_group.label_group_name}, options=options)
