"""An inference scheduler: what looks for new data again and again, and tells what a model says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout.arns import name_in
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.attributes import OfModelAttributes, TimeAttributes
from cdk_lookout.equipment.desired_state import DesiredState
from cdk_lookout.equipment.inference_input import (
    ComponentTimestampDelimiter,
    TimestampFormat,
    check_time_zone_offset,
    render_delay,
    render_frequency,
)
from cdk_lookout.equipment.inference_scheduler_base import InferenceSchedulerBase
from cdk_lookout.equipment.interfaces import IInferenceScheduler, IModel
from cdk_lookout.equipment.model import Model
from cdk_lookout.equipment.model_base import ModelBase
from cdk_lookout.equipment.patterns import check_inference_scheduler_arn, check_name, check_prefix
from cdk_lookout.equipment.quality_gate import ModelQuality
from cdk_lookout.equipment.service_role import Files, role_for
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.provider.tags import ServiceTags
from cdk_lookout.validation import Quoted, check_choice, check_kind, check_optional, invalid


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    schedulers, models = permissions.arns("inference-scheduler"), permissions.arns("model")
    return [
        permissions.allow("DescribeInferenceScheduler", "ListTagsForResource", on=schedulers),
        permissions.allow("DescribeModel", on=models),
        # Whose is the one that a model has already.
        permissions.allow("ListInferenceSchedulers", on=["*"]),
        permissions.allow_if_born_ours("CreateInferenceScheduler", on=[*schedulers, *models]),
        permissions.allow_if_born_ours("TagResource", on=schedulers),
        permissions.allow_if_ours(
            "UpdateInferenceScheduler",
            "StartInferenceScheduler",
            "StopInferenceScheduler",
            "DeleteInferenceScheduler",
            "TagResource",
            "UntagResource",
            on=schedulers,
        ),
        permissions.pass_role(),
        *permissions.lend_keys(),
    ]


INFERENCE_SCHEDULER = ResourceType(
    "LookoutEquipmentInferenceScheduler",
    permissions.SERVICE,
    _statements,
    managed_policy=True,
    name_member="InferenceSchedulerName",
)


@jsii.implements(cdk.ITaggableV2)
class InferenceScheduler(InferenceSchedulerBase, OfModelAttributes, TimeAttributes):
    """Looks for new files in a bucket again and again, and writes what the model's active version says of them.

    A model has one, so none is made beside another. A change stops it, updates it, and starts it again if it is to
    run; for another *encryption_key* or *inference_scheduler_name* it is deleted and made again, without the runs that
    it knows of (the results in the bucket stay). It is stopped before it is deleted. A construct that gets another id
    is refused at deployment: the model's scheduler is another construct's until that is gone.

    It comes after the `ActiveModelVersion` of its model, if the app has one.

    API: CreateInferenceScheduler, UpdateInferenceScheduler, StartInferenceScheduler, StopInferenceScheduler.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model: IModel,
        data_upload_frequency: cdk.Duration,
        input_bucket: s3.IBucket,
        output_bucket: s3.IBucket,
        input_prefix: str | None = None,
        output_prefix: str | None = None,
        data_delay_offset: cdk.Duration | None = None,
        input_time_zone_offset: str = "+00:00",
        timestamp_format: TimestampFormat = TimestampFormat.YYYYMMDDHHMMSS,
        component_timestamp_delimiter: ComponentTimestampDelimiter = ComponentTimestampDelimiter.HYPHEN,
        output_encryption_key: kms.IKey | None = None,
        encryption_key: kms.IKey | None = None,
        role: iam.IRole | None = None,
        inference_scheduler_name: str | None = None,
        desired_state: DesiredState = DesiredState.RUNNING,
        require_quality: Sequence[ModelQuality] | None = None,
        adopt_existing: bool = False,
    ) -> None:
        """Make a scheduler.

        Changing *model* replaces it; with an *inference_scheduler_name* that stays the same this is refused at
        deployment. Everything else changes in place, see above.

        :param model: of the stack's account and Region; a deployment waits for it.
        :param data_upload_frequency: how often files come: 5, 10, 15, 30 or 60 minutes, and no more often than the rows
            that the model was trained with.
        :param input_bucket: where the files are; of the stack's account and Region. Each run reads one file for each
            component, `<component><delimiter><timestamp>.csv`.
        :param output_bucket: where the results go; of the stack's account and Region.
        :param input_prefix: where in the input bucket; it ends with a slash. Default: the whole bucket.
        :param output_prefix: where in the output bucket; it ends with a slash. Default: at the top of it.
        :param data_delay_offset: how long a run waits after the end of its interval, for files that come late; 0 to 60
            whole minutes. Default: not at all.
        :param input_time_zone_offset: that of the times in the names of the files, from UTC; -12:00 to +12:00 in steps
            of 30 minutes. Default: they are UTC.
        :param timestamp_format: how the time stands in the name of a file. Default: `20240201000000`.
        :param component_timestamp_delimiter: what stands before it. Default: a hyphen.
        :param output_encryption_key: the key that the results are encrypted with. Default: as the output bucket says.
        :param encryption_key: the key that the scheduler itself is encrypted with. Default: a key of the service's own.
        :param role: the role that the service assumes to read and write the files; it gets the permissions. Default:
            one of the stack's own that can do just that.
        :param inference_scheduler_name: 1 to 200 letters, digits, hyphens and underscores. Default: a name made of the
            stack's name, the construct's path and 8 digits that change with the model.
        :param desired_state: whether it runs. Default: it does.
        :param require_quality: what the service may think of the model; otherwise the deployment fails before the
            scheduler is made or started. It is not looked at again while the scheduler runs. Default: anything.
        :param adopt_existing: take over a scheduler of that name that the stack does not own. Default: the deployment
            fails.
        :raises InvalidProperty: for what the service would refuse, when nothing waits for *model*, when the model has
            another scheduler in this app, and when results would be written where files are read.
        """
        super().__init__(scope, id)
        check_kind("model", self, model, "version", "a model")
        check_kind("input_bucket", self, input_bucket, "bucket_name", "a bucket")
        check_kind("output_bucket", self, output_bucket, "bucket_name", "a bucket")
        check_optional("output_encryption_key", self, output_encryption_key, "key_arn", "a key (IKey)")
        check_optional("encryption_key", self, encryption_key, "key_arn", "a key (IKey)")
        check_optional("role", self, role, "role_arn", "a role (IRole)")
        check_choice("timestamp_format", self, timestamp_format, TimestampFormat)
        check_choice("component_timestamp_delimiter", self, component_timestamp_delimiter, ComponentTimestampDelimiter)
        check_choice("desired_state", self, desired_state, DesiredState)
        if inference_scheduler_name is not None:
            check_name("inference_scheduler_name", self, inference_scheduler_name)
        reads = Files(input_bucket, check_prefix("input_prefix", self, input_prefix or ""))
        writes = Files(output_bucket, check_prefix("output_prefix", self, output_prefix or ""), output_encryption_key)
        self._check_overlap(reads, writes)
        rate = model.target_sampling_rate if isinstance(model, Model) else None
        properties: dict[str, Any] = {
            "ModelName": model.model_name,
            "InferenceSchedulerName": inference_scheduler_name,
            "DataUploadFrequency": render_frequency(self, data_upload_frequency, rate),
            "DataDelayOffsetInMinutes": render_delay(self, data_delay_offset) if data_delay_offset is not None else 0,
            "DataInputConfiguration": {
                "S3InputConfiguration": _location(reads),
                "InputTimeZoneOffset": check_time_zone_offset(self, input_time_zone_offset),
                "InferenceInputNameConfiguration": {
                    "TimestampFormat": timestamp_format.value,
                    "ComponentTimestampDelimiter": component_timestamp_delimiter.value,
                },
            },
            "DataOutputConfiguration": {
                "S3OutputConfiguration": _location(writes),
                **({"KmsKeyId": output_encryption_key.key_arn} if output_encryption_key is not None else {}),
            },
            "ServerSideKmsKeyId": encryption_key.key_arn if encryption_key is not None else None,
        }
        options: dict[str, Any] = {"DesiredState": desired_state.value}
        if require_quality is not None:
            options["RequireQuality"] = self._qualities(require_quality)
        if isinstance(model, ModelBase):
            model._take_scheduler("InferenceScheduler", self)
        self._role, granted = role_for(self._stack, role, reads=[reads], writes=[writes])
        assert self._role is not None
        self._tags = ServiceTags(INFERENCE_SCHEDULER.cloudformation_name)
        self._managed = Managed(
            self,
            INFERENCE_SCHEDULER,
            {**properties, "RoleArn": self._role.role_arn},
            tags=self._tags,
            after=[*granted, *([model._activations] if isinstance(model, ModelBase) else [])],
            adopt_existing=adopt_existing,
            options=options,
        )

    def _check_overlap(self, reads: Files, writes: Files) -> None:
        source, target = reads.bucket_name, writes.bucket_name
        if source != target and "${" in source + target:  # tokens: they may stand for the same
            source, target = self._stack.resolve([source, target])
        if source != target:
            return
        if reads.prefix == writes.prefix:
            got = writes.prefix or Quoted("nothing")
            raise invalid("output_prefix", self, got, "another one than input_prefix, or another bucket")
        if writes.prefix.startswith(reads.prefix) or reads.prefix.startswith(writes.prefix):
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-lookout:prefixes-overlap",
                f"output_prefix of {self.node.path}: got {writes.prefix!r} beside input_prefix {reads.prefix!r}, "
                "expected neither within the other: the role could overwrite what is read",
            )

    def _qualities(self, accepted: Sequence[ModelQuality]) -> list[str]:
        if isinstance(accepted, str | ModelQuality) or not accepted:
            raise invalid("require_quality", self, accepted, f"a list of {', '.join(map(str, ModelQuality))}")
        for quality in accepted:
            check_choice("require_quality", self, quality, ModelQuality)
        return [quality.value for quality in accepted]

    @classmethod
    def from_inference_scheduler_arn(
        cls, scope: Construct, id: str, inference_scheduler_arn: str
    ) -> IInferenceScheduler:
        """Refer to a scheduler that is not of this stack.

        :param inference_scheduler_arn: the whole ARN, with the identifier that the service gave it; may be a token.
        :raises InvalidProperty: when it is no ARN of an inference scheduler.
        """
        arn = check_inference_scheduler_arn(f"{scope.node.path}/{id}", inference_scheduler_arn)
        return _ImportedInferenceScheduler(scope, id, inference_scheduler_arn=arn)

    @classmethod
    def from_inference_scheduler_name(
        cls, scope: Construct, id: str, inference_scheduler_name: str
    ) -> IInferenceScheduler:
        """Refer to a scheduler of the stack's account and Region by its name. Its ARN is not known."""
        name = check_name("inference_scheduler_name", f"{scope.node.path}/{id}", inference_scheduler_name)
        return _ImportedInferenceScheduler(scope, id, inference_scheduler_name=name)

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tags that reach the service; use `Tags.of()`."""
        return self._tags.manager

    @property
    def role(self) -> iam.IRole:
        """The role that the service assumes."""
        assert self._role is not None
        return self._role

    @property
    def inference_scheduler_status(self) -> str:
        """RUNNING or STOPPED, at the end of the last change."""
        return self._managed.attribute("Status")

    @property
    def model_quality(self) -> str:
        """What the service thought of the model at the end of the last change, see `ModelQuality`."""
        return self._managed.attribute("ModelQuality")

    @property
    def latest_inference_result(self) -> str:
        """ANOMALOUS or NORMAL, at the end of the last change; empty before the first run."""
        return self._managed.attribute("LatestInferenceResult")


class _ImportedInferenceScheduler(InferenceSchedulerBase):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inference_scheduler_arn: str | None = None,
        inference_scheduler_name: str | None = None,
    ) -> None:
        super().__init__(scope, id, environment_from_arn=inference_scheduler_arn)
        self._arn = inference_scheduler_arn
        self._name = name_in(self, "inference_scheduler", inference_scheduler_arn, inference_scheduler_name)


def _location(files: Files) -> dict[str, str]:
    return {"Bucket": files.bucket_name, **({"Prefix": files.prefix} if files.prefix else {})}
