"""The importing side of an import across accounts."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_lookout.equipment.active_model_version import ActiveModelVersion
from cdk_lookout.equipment.dataset import Dataset
from cdk_lookout.equipment.dataset_source import DatasetSource
from cdk_lookout.equipment.interfaces import IModel, IModelVersion
from cdk_lookout.equipment.labels import LabelsInput
from cdk_lookout.equipment.model import Model
from cdk_lookout.equipment.model_source import InferenceDataImportStrategy, ModelSource
from cdk_lookout.equipment.model_version import ModelVersion
from cdk_lookout.validation import Quoted, check_optional, invalid
from cdk_lookout.wait import Wait


class ModelImport(Construct):
    """A model that was trained in another account, and the dataset that it works on; `ModelShare` is the other side.

    It makes a `Dataset` and a `Model`, in this order. The source is given by ARNs, which may be known at deployment
    only: CloudFormation parameters, or SSM parameters. Within one account importing takes no `ModelShare`.

    What the service does not copy: labels (pass *labels*), inference schedulers and retraining schedulers (make them
    anew, for `model`). The source's keys are not taken over either.

    API: ImportDataset, ImportModelVersion, UpdateActiveModelVersion.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        source_dataset_arn: str,
        source_model_arn: str | None = None,
        source_version: int | None = None,
        source_model_version_arn: str | None = None,
        labels: LabelsInput | None = None,
        inference_data_import_strategy: InferenceDataImportStrategy = InferenceDataImportStrategy.NO_IMPORT,
        dataset_name: str | None = None,
        model_name: str | None = None,
        role: iam.IRole | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        adopt_existing: bool = False,
        activate: bool = False,
        wait: Wait | None = None,
    ) -> None:
        """Import dataset and model.

        Either *source_model_arn* with *source_version*, or *source_model_version_arn* says which version the model is
        made of. To change it later makes another model; newer versions come in by `import_version`.

        :param source_dataset_arn: the whole ARN of the dataset that the source model works on; may be a token.
        :param source_model_arn: the whole ARN of the source model; may be a token. Default: none.
        :param source_version: the number of the version to begin with, 1 or more. Default: none.
        :param source_model_version_arn: the whole ARN of the version to begin with; may be a token. Default: none.
        :param labels: labels of this account. Default: none; those of the source are not copied.
        :param inference_data_import_strategy: Default: accumulated inference data are not imported.
        :param dataset_name: 1 to 200 letters, digits, hyphens and underscores. Default: a generated name.
        :param model_name: as *dataset_name*.
        :param role: the role that the service assumes to read labels from a bucket. Default: one of the stack's own, if
            there are such labels.
        :param encryption_key: the key of this account that dataset and model are encrypted with. Default: a key of the
            service's own.
        :param removal_policy: what becomes of dataset and model when they leave the stack. Default: they are kept,
            unless their creation is rolled back.
        :param adopt_existing: take over a dataset and a model of these names that the stack does not own. Default: the
            deployment fails.
        :param activate: see to it that the imported version is the active one, with an `ActiveModelVersion`. Default:
            no; version 1 of a new model is active by itself, until something makes another one active.
        :param wait: what a deployment waits for, for the dataset and for the model each; the dataset is waited for in
            any case. Default: 55 minutes for the import to be done.
        :raises InvalidProperty: for what the service would refuse, when it is not clear which version is meant, and
            when the source is known to be in another Region.
        """
        super().__init__(scope, id)
        check_optional("wait", self.node.path, wait, "until_ready", "Wait.until_ready() or Wait.started()")
        self._labels = labels
        self._strategy = inference_data_import_strategy
        self._role = role
        self._encryption_key = encryption_key
        source = Dataset.from_dataset_arn(
            self, "SourceDataset", self._of_this_region("source_dataset_arn", source_dataset_arn)
        )
        self._source_model: IModel | None = None
        if source_model_arn is not None:
            arn = self._of_this_region("source_model_arn", source_model_arn)
            self._source_model = Model.from_model_arn(self, "SourceModel", arn)
        version = self._version("SourceVersion", source_version, source_model_version_arn)
        # What is not there yet cannot be worked on.
        dataset_wait = None if wait is None or wait.seconds == 0 else wait
        self._dataset = Dataset(
            self,
            "Dataset",
            source=DatasetSource.imported(source),
            dataset_name=dataset_name,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
            adopt_existing=adopt_existing,
            wait=dataset_wait,
        )
        self._model = Model(
            self,
            "Model",
            source=ModelSource.imported(
                version,
                dataset=self._dataset,
                labels=labels,
                inference_data_import_strategy=inference_data_import_strategy,
            ),
            model_name=model_name,
            role=role,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
            adopt_existing=adopt_existing,
            wait=wait,
        )
        self._model_version = self._model.version(1)
        if activate:
            ActiveModelVersion(self, "Active", model_version=self._model_version)

    @property
    def dataset(self) -> Dataset:
        """The imported dataset."""
        return self._dataset

    @property
    def model(self) -> Model:
        """The imported model."""
        return self._model

    @property
    def model_version(self) -> IModelVersion:
        """The version that the model was made with: its version 1."""
        return self._model_version

    def import_version(
        self,
        id: str,
        *,
        source_version: int | None = None,
        source_model_version_arn: str | None = None,
        wait: Wait | None = None,
    ) -> ModelVersion:
        """Import one more version, with the labels, strategy, role and key of the model.

        It is not active by itself: pass it on to an `ActiveModelVersion`. Changing the source of a version that is
        there imports a further one and leaves the former with the model: one *id* can stand for "the newest".

        :param id: the id of the `ModelVersion`, a child of this construct.
        :param source_version: the number of a version of the *source_model_arn* of this construct. Default: none.
        :param source_model_version_arn: the whole ARN of the version; may be a token. Default: none.
        :param wait: what a deployment waits for. Default: 55 minutes for the import to be done.
        :raises InvalidProperty: as the construct itself does.
        """
        source = self._version(f"{id}Source", source_version, source_model_version_arn)
        return ModelVersion(
            self,
            id,
            model=self._model,
            source=source,
            labels=self._labels,
            role=self._role,
            encryption_key=self._encryption_key,
            inference_data_import_strategy=self._strategy,
            wait=wait,
        )

    def _version(self, id: str, number: int | None, arn: str | None) -> IModelVersion:
        """The version that is meant by its number or by its ARN."""
        if (number is None) == (arn is None):
            got = Quoted("none" if arn is None else "both")
            expected = "either source_version, of source_model_arn, or source_model_version_arn"
            raise invalid("source version", self.node.path, got, expected)
        if arn is not None:
            arn = self._of_this_region("source_model_version_arn", arn)
            return ModelVersion.from_model_version_arn(self, id, arn)
        assert number is not None
        if self._source_model is None:
            raise invalid("source_model_arn", self.node.path, None, "the model that source_version is a version of")
        return self._source_model.version(number)

    def _of_this_region(self, what: str, arn: str) -> str:
        """*arn*, unless it is known to be of another Region: a copy is made where its source is."""
        ours, parts = cdk.Stack.of(self).region, str(arn).split(":")
        if (
            not cdk.Token.is_unresolved(arn)
            and not cdk.Token.is_unresolved(ours)
            and len(parts) > 5
            and parts[3] != ours
        ):
            raise invalid(what, self.node.path, arn, f"an ARN of the stack's Region, {ours}")
        return arn
