"""Where the service puts files: a bucket and a prefix, with the rights of the provider."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from cdk_lookout.validation import check_kind
from cdk_lookout.vision.patterns import check_prefix


def output_location(construct: cdk.Resource, bucket: s3.IBucket, prefix: str | None) -> dict[str, Any]:
    """The API's S3Location."""
    check_kind("output_bucket", construct, bucket, "bucket_name", "a bucket")
    location = {"Bucket": bucket.bucket_name}
    if prefix:
        location["Prefix"] = check_prefix("output_prefix", construct, prefix)
    return location
