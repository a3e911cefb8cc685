"""Where the service writes what it found about every point in time of a model's evaluation."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_lookout.equipment.patterns import check_prefix
from cdk_lookout.equipment.service_role import Files
from cdk_lookout.validation import check_kind, check_optional


class ModelDiagnosticsOutput:
    """Where the pointwise diagnostics of a model's versions go: one `model_diagnostics_results.json.gz` for each."""

    def __init__(self, files: Files) -> None:
        """Use `to_bucket`."""
        self._files = files

    @classmethod
    def to_bucket(
        cls, bucket: s3.IBucket, prefix: str | None = None, *, encryption_key: kms.IKey | None = None
    ) -> ModelDiagnosticsOutput:
        """Diagnostics go into *bucket*.

        :param bucket: of the stack's account and Region.
        :param prefix: where in the bucket; it ends with a slash. Default: at the top of it.
        :param encryption_key: the key that the service encrypts them with. Default: as the bucket says.
        :raises InvalidProperty: when *prefix* does not end with a slash.
        """
        where = "ModelDiagnosticsOutput.to_bucket"
        check_kind("bucket", where, bucket, "bucket_name", "a bucket")
        check_optional("encryption_key", where, encryption_key, "key_arn", "a key (IKey)")
        return cls(Files(bucket, check_prefix("prefix", where, prefix) if prefix else "", encryption_key))

    @property
    def files(self) -> Files:
        """What the service writes."""
        return self._files

    @property
    def properties(self) -> dict[str, Any]:
        """The API's ModelDiagnosticsOutputConfiguration."""
        location = {"Bucket": self._files.bucket.bucket_name}
        if self._files.prefix:
            location["Prefix"] = self._files.prefix
        key = self._files.key
        return {"S3OutputConfiguration": location, **({"KmsKeyId": key.key_arn} if key is not None else {})}
