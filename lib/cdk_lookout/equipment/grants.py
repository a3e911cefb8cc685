"""What others can be allowed to do with the resources of Lookout for Equipment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from cdk_lookout.grants import Grants, check_grantee
from cdk_lookout.validation import invalid

if TYPE_CHECKING:
    from cdk_lookout.equipment.resource_policy import Shareable


IMPORT_DATASET = "lookoutequipment:ImportDataset"
IMPORT_MODEL_VERSION = "lookoutequipment:ImportModelVersion"


class EquipmentGrants(Grants):
    """Permissions on a resource of Lookout for Equipment."""

    _service = "lookoutequipment"


class ShareableGrants(EquipmentGrants):
    """Permissions on what can be imported: a dataset, a model or a model version."""

    _resource: Shareable

    def import_(self, grantee: iam.IGrantable, *, inference_data: bool | None = None) -> iam.Grant:
        """Let *grantee* import it, across accounts through its resource policy, and use its encryption key for that.

        :param inference_data: for models and versions: whether the inference data that have accumulated must (True) or
            must not (False) be imported along. Default: the importing side decides.
        :raises InvalidProperty: for what is no principal, for a dataset with *inference_data*, and when the ARN is not
            known.
        """
        check_grantee(self._resource, grantee)
        if inference_data is not None and self._resource.import_action == IMPORT_DATASET:
            wanted = "None: it is a condition of importing models"
            raise invalid("inference_data", self._resource, inference_data, wanted)
        conditions = (
            {}
            if inference_data is None
            else {"Bool": {"lookoutequipment:IsImportingData": str(inference_data).lower()}}
        )
        grant = iam.Grant.add_to_principal_or_resource(
            grantee=grantee,
            actions=[self._resource.import_action],
            resource_arns=[self._resource.resource_arn],
            resource=self._resource._policy_under(conditions),
            conditions=conditions,
        )
        if self._resource.encryption_key is not None:
            self._resource.encryption_key.grant_encrypt_decrypt(grantee)
        return grant


class DatasetGrants(ShareableGrants):
    """Permissions on a dataset."""

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about the dataset (ingestion jobs have no ARN: see `equipment.grant_list`)."""
        return self.actions(
            grantee,
            "DescribeDataset",
            "DescribeResourcePolicy",
            "ListDataIngestionJobs",
            "ListSensorStatistics",
            "ListTagsForResource",
        )


class ModelGrants(ShareableGrants):
    """Permissions on a model and all of its versions."""

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about the model and its versions."""
        return self.actions(
            grantee,
            "DescribeModel",
            "DescribeModelVersion",
            "DescribeResourcePolicy",
            "DescribeRetrainingScheduler",
            "ListModelVersions",
            "ListTagsForResource",
        )


class ModelVersionGrants(ShareableGrants):
    """Permissions on a version of a model."""

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about the version."""
        return self.actions(grantee, "DescribeModelVersion", "DescribeResourcePolicy", "ListTagsForResource")


class LabelGroupGrants(EquipmentGrants):
    """Permissions on a label group and its labels."""

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read the group and its labels."""
        return self.actions(grantee, "DescribeLabel", "DescribeLabelGroup", "ListLabels", "ListTagsForResource")


class InferenceSchedulerGrants(EquipmentGrants):
    """Permissions on an inference scheduler."""

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about it, its runs and what they found."""
        return self.actions(
            grantee,
            "DescribeInferenceScheduler",
            "ListInferenceEvents",
            "ListInferenceExecutions",
            "ListTagsForResource",
        )

    def start_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* start and stop it. A deployment that changes it starts it again, if it is to run."""
        return self.actions(grantee, "StartInferenceScheduler", "StopInferenceScheduler")


def grant_list(grantee: iam.IGrantable) -> iam.Grant:
    """Let *grantee* list what the account has: datasets, models and schedulers, and read ingestion jobs.

    None of this can be narrowed to single resources. Raises InvalidProperty for what is no principal.
    """
    return EquipmentGrants("equipment.grant_list", lambda: ["*"]).actions(
        grantee,
        "DescribeDataIngestionJob",
        "ListDatasets",
        "ListInferenceSchedulers",
        "ListLabelGroups",
        "ListModels",
        "ListRetrainingSchedulers",
    )
