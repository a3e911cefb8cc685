"""Where the images of a dataset, and what is known of them, come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from cdk_lookout import files
from cdk_lookout.validation import Quoted, a, check_kind, check_optional, check_pattern, invalid

#: Below this the provider keeps manifests of its own; its policy lets it write there, in any bucket of the account.
OWN_FOLDER = "cdk-lookout/"
#: What manifests are called at their end, those of SageMaker Ground Truth included.
MANIFEST = ".manifest"
_PREFIX = r"[a-zA-Z0-9!_.*'()-][/a-zA-Z0-9!_.*'()-]{0,1022}/"


class DatasetSource:
    """Where a dataset's images come from. They stay in their bucket, which is of the stack's account and Region."""

    def __init__(
        self,
        *,
        bucket: s3.IBucket | None = None,
        key: str = "",
        object_version: str | None = None,
        image_bucket: s3.IBucket | None = None,
        prefixes: tuple[str, str] | None = None,
    ) -> None:
        """Use `manifest`, `images` or `empty`."""
        self._bucket = bucket
        self._key = key
        self._object_version = object_version
        self._image_bucket = image_bucket
        self._prefixes = prefixes

    @classmethod
    def manifest(
        cls,
        bucket: s3.IBucket,
        key: str,
        *,
        object_version: str | None = None,
        image_bucket: s3.IBucket | None = None,
    ) -> DatasetSource:
        """The images of a manifest: JSON Lines as SageMaker Ground Truth writes them, one image each.

        CloudFormation does not see that the file has changed: give *object_version*, or the `Dataset` a `trigger`.
        With *object_version* a deployment that is rolled back also finds the content from before.

        :param bucket: where the manifest is.
        :param key: the name of the object, without wildcards.
        :param object_version: the version of the object. Default: the latest one at deployment.
        :param image_bucket: where the images are, all of them. Default: in *bucket*.
        :raises InvalidProperty: when one of the buckets is none, or *key* is no such name.
        """
        where = "DatasetSource.manifest"
        check_kind("bucket", where, bucket, "bucket_name", "a bucket")
        check_optional("image_bucket", where, image_bucket, "bucket_name", "a bucket")
        check_pattern("key", where, key, r"[^*?]{1,1024}", "1 to 1024 characters without * and ?")
        return cls(bucket=bucket, key=key, object_version=object_version, image_bucket=image_bucket or bucket)

    @classmethod
    def images(cls, bucket: s3.IBucket, normal_prefix: str, anomaly_prefix: str) -> DatasetSource:
        """All images (`.png`, `.jpg`, `.jpeg`) of two folders, which tell their class.

        At every deployment that changes the `Dataset` the provider lists them and writes their manifest to
        `cdk-lookout/<project>/<train or test>.manifest` in *bucket*; it removes that file with the dataset.
        CloudFormation does not see that there are other images: give the `Dataset` another `trigger`. An image that
        was changed needs another name.

        :param bucket: where the images are.
        :param normal_prefix: the folder of the normal images; it ends with a slash.
        :param anomaly_prefix: the folder of those with an anomaly; it ends with a slash.
        :raises InvalidProperty: when *bucket* is none, a prefix is no such name, or one is within the other.
        """
        where = "DatasetSource.images"
        check_kind("bucket", where, bucket, "bucket_name", "a bucket")
        expected = "at most 1024 letters, digits and ! _ . * ' ( ) - / ending with a slash"
        for name, prefix in (("normal_prefix", normal_prefix), ("anomaly_prefix", anomaly_prefix)):
            check_pattern(name, where, prefix, _PREFIX, expected)
        if normal_prefix.startswith(anomaly_prefix) or anomaly_prefix.startswith(normal_prefix):
            raise invalid("anomaly_prefix", where, anomaly_prefix, f"a folder beside normal_prefix, {normal_prefix!r}")
        return cls(bucket=bucket, image_bucket=bucket, prefixes=(normal_prefix, anomaly_prefix))

    @classmethod
    def empty(cls) -> DatasetSource:
        """No images. Whatever is put into the dataset elsewhere, on the console for instance, stays in it."""
        return cls()

    @property
    def is_empty(self) -> bool:
        """Whether what is in the dataset is left open."""
        return self._bucket is None

    def _render(self, construct: cdk.Resource) -> tuple[dict[str, Any] | None, Mapping[str, Any]]:
        """The DatasetSource of CreateDataset, and the provider's options; all of it is there before *construct* is."""
        if self._bucket is None or self._image_bucket is None:
            return None, {}
        files.after_bucket(construct, self._image_bucket)
        if self._prefixes:
            normal, anomaly = self._prefixes
            return None, {"Images": {"Bucket": self._bucket.bucket_name, "Normal": normal, "Anomaly": anomaly}}
        files.grant_read(construct, self._bucket, self._key, self._object_version, suffix=MANIFEST)
        location = {"Bucket": self._bucket.bucket_name, "Key": self._key}
        if self._object_version is not None:
            location["VersionId"] = self._object_version
        return {"GroundTruthManifest": {"S3Object": location}}, {}


def check_source(where: cdk.Resource, source: object) -> DatasetSource:
    """*source*, if it is one; raises InvalidProperty otherwise."""
    if not isinstance(source, DatasetSource):
        raise invalid("source", where, Quoted(a(type(source).__name__)), "a DatasetSource")
    return source
