"""Labels: when the equipment was known to behave abnormally."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_s3 as s3

from cdk_lookout.equipment.interfaces import ILabelGroup
from cdk_lookout.equipment.patterns import check_name, check_prefix
from cdk_lookout.validation import check_kind


class LabelsInput:
    """Where labels come from. They are never imported along with a model, and must be named again."""

    def __init__(
        self,
        properties: dict[str, Any],
        bucket: s3.IBucket | None = None,
        prefix: str = "",
        label_group: ILabelGroup | None = None,
    ) -> None:
        """Use `from_bucket` or `from_label_group`."""
        self._properties = properties
        self._bucket = bucket
        self._prefix = prefix
        self._label_group = label_group

    @classmethod
    def from_bucket(cls, bucket: s3.IBucket, prefix: str | None = None) -> LabelsInput:
        """CSV files without a header, two columns: start and end of each abnormal time, in UTC and without a zone.

        :param bucket: of the stack's account and Region.
        :param prefix: where in the bucket; it ends with a slash. Default: the whole bucket.
        :raises InvalidProperty: when *prefix* does not end with a slash.
        """
        check_kind("bucket", "LabelsInput.from_bucket", bucket, "bucket_name", "a bucket")
        configuration = {"Bucket": bucket.bucket_name}
        if prefix:
            configuration["Prefix"] = check_prefix("prefix", "LabelsInput.from_bucket", prefix)
        return cls({"S3InputConfiguration": configuration}, bucket, prefix or "")

    @classmethod
    def from_label_group(cls, label_group: ILabelGroup | str) -> LabelsInput:
        """The labels of a label group of the account.

        What uses them comes after the group's `Label`s and its `LabelSet` by itself, those that the code adds later
        included.

        :param label_group: the group, or its name: 1 to 200 letters, digits, hyphens and underscores.
        :raises InvalidProperty: when it is neither.
        """
        where = "LabelsInput.from_label_group"
        if isinstance(label_group, str):
            return cls({"LabelGroupName": check_name("label_group", where, label_group)})
        check_kind("label_group", where, label_group, "label_group_name", "a label group (ILabelGroup), or its name")
        return cls({"LabelGroupName": label_group.label_group_name}, label_group=label_group)

    @property
    def properties(self) -> dict[str, Any]:
        """The API's LabelsInputConfiguration."""
        return self._properties

    @property
    def label_group(self) -> ILabelGroup | None:
        """The label group, if it is known as more than a name."""
        return self._label_group

    @property
    def bucket(self) -> s3.IBucket | None:
        """The bucket that the service reads, if any."""
        return self._bucket

    @property
    def prefix(self) -> str:
        """Where in the bucket; empty means all of it."""
        return self._prefix
