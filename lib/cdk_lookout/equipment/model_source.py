"""Where a model comes from."""

from __future__ import annotations

import enum

from cdk_lookout.equipment.interfaces import IDataset, IModelVersion
from cdk_lookout.equipment.labels import LabelsInput
from cdk_lookout.validation import check_kind, check_optional, invalid


class InferenceDataImportStrategy(enum.Enum):
    """What becomes of the inference data that have accumulated with a version when it is imported.

    It is always sent: AWS's documents contradict one another on what the service does without it.
    """

    #: They are not imported.
    NO_IMPORT = "NO_IMPORT"
    #: They are imported if the model has none yet.
    ADD_WHEN_EMPTY = "ADD_WHEN_EMPTY"
    #: They replace those that the model has.
    OVERWRITE = "OVERWRITE"


def check_strategy(where: object, strategy: InferenceDataImportStrategy) -> InferenceDataImportStrategy:
    """*strategy*, if it is one; raises InvalidProperty otherwise."""
    if not isinstance(strategy, InferenceDataImportStrategy):
        expected = ", ".join(str(member) for member in InferenceDataImportStrategy)
        raise invalid("inference_data_import_strategy", where, strategy, f"one of {expected}")
    return strategy


def check_version(where: object, version: IModelVersion) -> None:
    """Raise InvalidProperty unless *version* is a model version (and not, for instance, a model)."""
    check_kind("source", where, version, "model_version_arn", "a model version, such as model.version(1)")


class ModelSource:
    """Where a model comes from. To change it replaces the model."""

    def __init__(
        self,
        *,
        version: IModelVersion,
        dataset: IDataset,
        labels: LabelsInput | None,
        inference_data_import_strategy: InferenceDataImportStrategy,
    ) -> None:
        """Use `imported`."""
        self._version = version
        self._dataset = dataset
        self._labels = labels
        self._strategy = inference_data_import_strategy

    @classmethod
    def imported(
        cls,
        source: IModelVersion,
        *,
        dataset: IDataset,
        labels: LabelsInput | None = None,
        inference_data_import_strategy: InferenceDataImportStrategy = InferenceDataImportStrategy.NO_IMPORT,
    ) -> ModelSource:
        """A copy of a version of another model. API: ImportModelVersion.

        :param source: of this account, or of one that lets this one import it; across accounts, take
            `ModelVersion.from_model_version_arn`.
        :param dataset: of this account: what the model works on, usually imported as well.
        :param labels: labels are not copied. Default: none.
        :param inference_data_import_strategy: Default: accumulated inference data are not imported.
        :raises InvalidProperty: when something else is passed than a version, a dataset and a strategy.
        """
        where = "ModelSource.imported"
        check_version(where, source)
        check_kind("dataset", where, dataset, "dataset_name", "a dataset")
        check_optional("labels", where, labels, "from_bucket", "a LabelsInput")
        check_strategy(where, inference_data_import_strategy)
        return cls(
            version=source,
            dataset=dataset,
            labels=labels,
            inference_data_import_strategy=inference_data_import_strategy,
        )

    @property
    def version(self) -> IModelVersion:
        """The version that is imported."""
        return self._version

    @property
    def dataset(self) -> IDataset:
        """What the model works on."""
        return self._dataset

    @property
    def labels(self) -> LabelsInput | None:
        """Where the labels come from."""
        return self._labels

    @property
    def inference_data_import_strategy(self) -> InferenceDataImportStrategy:
        """What becomes of accumulated inference data."""
        return self._strategy
