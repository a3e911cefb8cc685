"""A model: what tells normal images from anomalous ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import files
from cdk_lookout.arns import part
from cdk_lookout.provider.managed import Managed, until_trained
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.provider.tags import VISION, ServiceTags
from cdk_lookout.validation import Quoted, check_kind, check_optional, invalid
from cdk_lookout.vision import permissions
from cdk_lookout.vision.interfaces import IModel, IProject
from cdk_lookout.vision.model_base import ModelBase
from cdk_lookout.vision.output import output_location
from cdk_lookout.vision.patterns import check_description, check_model_arn
from cdk_lookout.vision.project import ProjectBase
from cdk_lookout.vision.quality_gate import QualityGate
from cdk_lookout.wait import Wait


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    models = permissions.models()
    return [
        permissions.allow("DescribeModel", "ListTagsForResource", on=models),
        # It takes no narrower resource.
        permissions.allow("ListModels", on=["*"]),
        permissions.allow_if_born_ours("CreateModel", "TagResource", on=models),
        permissions.allow_if_ours("DeleteModel", "StopModel", "TagResource", "UntagResource", on=models),
        *permissions.lend_keys(),
        # It reads the images, and writes how the model did on them.
        files.through_a_service("GetObject", "PutObject"),
        files.use_bucket_keys("Decrypt", "GenerateDataKey"),
    ]


MODEL = ResourceType("LookoutVisionModel", permissions.SERVICE, _statements, managed_policy=True)
_LATER = (
    "Status",
    "F1Score",
    "Precision",
    "Recall",
    "EvaluationManifestBucket",
    "EvaluationManifestKey",
    "EvaluationResultBucket",
    "EvaluationResultKey",
    "EvaluationEndTimestamp",
)


@jsii.implements(cdk.ITaggableV2)
class Model(ModelBase):
    """A version of a project's model, which the service trains with the project's datasets as they are then.

    A version never changes: another *trigger*, and any other change but one of tags, *gate*, *keep_versions* or
    *wait*, trains another one, which takes this one's place; this one is deleted afterwards, or kept as one of the
    newest. To go back to one that is kept takes no training. A version that is hosted is not deleted to make room.

    A training that fails fails the deployment, with the service's reason, and so does a version that does not keep the
    *gate*; the rollback deletes it, and the version from before stays.

    It is kept when it leaves the stack, and found again when the stack comes back; to keep nothing, set
    `removal_policy`.

    API: CreateModel, DescribeModel, ListModels, DeleteModel.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        project: IProject,
        output_bucket: s3.IBucket,
        output_prefix: str | None = None,
        image_buckets: Sequence[s3.IBucket] = (),
        encryption_key: kms.IKey | None = None,
        description: str | None = None,
        trigger: str | None = None,
        gate: QualityGate | None = None,
        keep_versions: int = 1,
        removal_policy: cdk.RemovalPolicy | None = None,
        wait: Wait | None = None,
    ) -> None:
        """Train a model.

        :param project: of the stack's account and Region; the training comes after all of its datasets that the app
            has.
        :param output_bucket: where the results of the evaluation go; of the stack's account and Region.
        :param output_prefix: where in that bucket. Default: at the top of it.
        :param image_buckets: the buckets of the images, where the app has no dataset of them: the training comes after
            them. Default: it comes after the datasets.
        :param encryption_key: the key that the service's copies of the images are encrypted with. Default: a key of
            the service's own.
        :param description: 1 to 500 letters, digits, hyphens, underscores and full stops: no spaces. Default: none.
        :param trigger: any text, such as a date; another one trains another version. Default: only other settings do.
        :param gate: what the model has to be like. Default: it may be as it is.
        :param keep_versions: how many trained versions there may be, with this one. Default: 1, so that the one from
            before is deleted. What was kept goes with the last one.
        :param removal_policy: what becomes of it when it leaves the stack. Default: it is kept, unless its creation is
            rolled back.
        :param wait: what a deployment waits for. Default: 12 hours for the training to be done, 55 minutes with an
            `endpoint_url` of one's own.
        :raises InvalidProperty: for what the service would refuse, and for a *gate* that nothing waits for.
        """
        super().__init__(scope, id)
        check_kind("project", self, project, "project_name", "a project")
        check_optional("encryption_key", self, encryption_key, "key_arn", "a key (IKey)")
        check_optional("gate", self, gate, "limits", "a QualityGate")
        check_optional("wait", self, wait, "until_ready", "Wait.until_ready() or Wait.started()")
        if trigger is not None and not isinstance(trigger, str):
            raise invalid("trigger", self, trigger, "a text")
        if isinstance(keep_versions, bool) or not isinstance(keep_versions, int) or keep_versions < 1:
            raise invalid("keep_versions", self, keep_versions, "a whole number from 1")
        wait = wait or until_trained(self)
        if gate is not None and not wait.seconds:
            raise invalid(
                "gate", self, Quoted("Wait.started()"), "Wait.until_ready(): the figures come when it is trained"
            )
        if isinstance(project, ProjectBase):
            self.node.add_dependency(project._datasets)
        self._tags = ServiceTags(MODEL.cloudformation_name, VISION)
        location = output_location(self, output_bucket, output_prefix)
        for bucket in image_buckets:
            check_kind("image_buckets", self, bucket, "bucket_name", "buckets")
            files.after_bucket(self, bucket)
        options: dict[str, Any] = {"Keep": str(keep_versions)}
        if trigger is not None:
            options["Trigger"] = trigger
        if gate is not None:
            options["Gate"] = gate.limits
        self._managed = Managed(
            self,
            MODEL,
            {
                "ProjectName": project.project_name,
                "Description": check_description(self, description) if description is not None else None,
                "OutputConfig": {"S3Location": location},
                "KmsKeyId": encryption_key.key_arn if encryption_key is not None else None,
            },
            tags=self._tags,
            wait=wait,
            stateful=True,
            removal_policy=removal_policy,
            later=_LATER,
            options=options,
        )
        self._awaited = self._managed.awaited

    @classmethod
    def from_model_arn(cls, scope: Construct, id: str, model_arn: str) -> IModel:
        """Refer to a version that is not of this stack.

        :param model_arn: `arn:aws:lookoutvision:<region>:<account>:model/<project>/<version>`; may be a token.
        :raises InvalidProperty: when it is no ARN of a version.
        """
        return _ImportedModel(scope, id, check_model_arn(f"{scope.node.path}/{id}", model_arn))

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tags that reach the service; use `Tags.of()`."""
        return self._tags.manager

    @property
    def model_status(self) -> str:
        """The status at the end of the last change. Not known with `Wait.started()`, as all of what follows."""
        return self._managed.attribute("Status")

    @property
    def f1_score(self) -> str:
        """The harmonic mean of precision and recall, 0 to 1 with up to six decimals."""
        return self._managed.attribute("F1Score")

    @property
    def precision(self) -> str:
        """Which share of the images that it calls anomalous is so, 0 to 1 with up to six decimals."""
        return self._managed.attribute("Precision")

    @property
    def recall(self) -> str:
        """Which share of the anomalous images it finds, 0 to 1 with up to six decimals."""
        return self._managed.attribute("Recall")

    @property
    def evaluation_manifest_bucket(self) -> str:
        """The bucket of the manifest that says of each test image what the model thinks of it."""
        return self._managed.attribute("EvaluationManifestBucket")

    @property
    def evaluation_manifest_key(self) -> str:
        """The object in that bucket; empty when it is too long for an answer to CloudFormation."""
        return self._managed.attribute("EvaluationManifestKey")

    @property
    def evaluation_result_bucket(self) -> str:
        """The bucket of the summary of the evaluation."""
        return self._managed.attribute("EvaluationResultBucket")

    @property
    def evaluation_result_key(self) -> str:
        """The object in that bucket; empty when it is too long for an answer to CloudFormation."""
        return self._managed.attribute("EvaluationResultKey")

    @property
    def evaluation_end_timestamp(self) -> str:
        """When training and evaluation were done, ISO 8601."""
        return self._managed.attribute("EvaluationEndTimestamp")

    @property
    def creation_timestamp(self) -> str:
        """When the training began, ISO 8601. Known with `Wait.started()`, too."""
        return self._managed.attribute("CreationTimestamp")


class _ImportedModel(ModelBase):
    def __init__(self, scope: Construct, id: str, model_arn: str) -> None:
        super().__init__(scope, id, environment_from_arn=model_arn)
        self._arn = model_arn
        self._project = part(model_arn, 1)
        self._version = part(model_arn, 2)
