"""Where a model comes from."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk

from cdk_lookout.equipment.dataset_schema import DatasetSchema
from cdk_lookout.equipment.interfaces import IDataset, IModelVersion
from cdk_lookout.equipment.labels import LabelsInput
from cdk_lookout.equipment.model_diagnostics_output import ModelDiagnosticsOutput
from cdk_lookout.equipment.off_condition import OffCondition
from cdk_lookout.equipment.time_range import TimeRange
from cdk_lookout.equipment.training import check_ranges, check_sensors, render_rate, render_schema
from cdk_lookout.validation import a, check_kind, check_optional, invalid


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
    """Where a model comes from. To change it replaces the model, but for labels and diagnostics."""

    def __init__(
        self,
        *,
        dataset: IDataset,
        labels: LabelsInput | None,
        version: IModelVersion | None = None,
        inference_data_import_strategy: InferenceDataImportStrategy | None = None,
        training_data: TimeRange | None = None,
        target_sampling_rate: cdk.Duration | None = None,
        diagnostics: ModelDiagnosticsOutput | None = None,
        request: Mapping[str, Any] | None = None,
    ) -> None:
        """Use `imported` or `trained`."""
        self._version = version
        self._dataset = dataset
        self._labels = labels
        self._strategy = inference_data_import_strategy
        self._training_data = training_data
        self._target_sampling_rate = target_sampling_rate
        self._diagnostics = diagnostics
        self._request = request or {}

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
            request={
                "SourceModelVersionArn": source.model_version_arn,
                "InferenceDataImportStrategy": inference_data_import_strategy.value,
            },
        )

    @classmethod
    def trained(
        cls,
        dataset: IDataset,
        *,
        training_data: TimeRange | None = None,
        evaluation_data: TimeRange | None = None,
        labels: LabelsInput | None = None,
        schema: DatasetSchema | None = None,
        target_sampling_rate: cdk.Duration | None = None,
        off_condition: OffCondition | None = None,
        diagnostics: ModelDiagnosticsOutput | None = None,
    ) -> ModelSource:
        """Train it with the data of a dataset. API: CreateModel.

        A training takes hours, and nothing can cancel it: see `wait` of `Model`.

        :param dataset: of this account, with data in it.
        :param training_data: which part of the data to learn from. Default: all of it.
        :param evaluation_data: which part to evaluate the model with; it begins after *training_data* does. Default:
            the model is not evaluated, and has no figures.
        :param labels: when the equipment was known to behave abnormally; without them the service cannot tell how good
            the model is. Default: none.
        :param schema: the components and sensors to use, of those that the dataset has; 300 sensors at most. Default:
            all of them.
        :param target_sampling_rate: the interval to which the data are resampled: 1, 5, 10, 15 or 30 seconds or
            minutes, or 1 hour. Default: the data are taken as they are.
        :param off_condition: when the equipment was off, so that its data do not count. Default: it never was.
        :param diagnostics: where the service writes what it found about each point in time. Default: nowhere.
        :raises InvalidProperty: for what the service would refuse.
        """
        where = "ModelSource.trained"
        check_kind("dataset", where, dataset, "dataset_name", "a dataset")
        for what, value, kind in (
            ("training_data", training_data, TimeRange),
            ("evaluation_data", evaluation_data, TimeRange),
            ("labels", labels, LabelsInput),
            ("schema", schema, DatasetSchema),
            ("off_condition", off_condition, OffCondition),
            ("diagnostics", diagnostics, ModelDiagnosticsOutput),
        ):
            if value is not None and not isinstance(value, kind):
                raise invalid(what, where, value, a(kind.__name__))
        check_ranges(where, training_data, evaluation_data)
        check_sensors(where, dataset, schema, off_condition)
        rate = render_rate(where, target_sampling_rate) if target_sampling_rate is not None else None
        return cls(
            dataset=dataset,
            labels=labels,
            training_data=training_data,
            target_sampling_rate=target_sampling_rate,
            diagnostics=diagnostics,
            request={
                "DatasetSchema": render_schema(where, schema) if schema is not None else None,
                "TrainingDataStartTime": training_data.start if training_data is not None else None,
                "TrainingDataEndTime": training_data.end if training_data is not None else None,
                "EvaluationDataStartTime": evaluation_data.start if evaluation_data is not None else None,
                "EvaluationDataEndTime": evaluation_data.end if evaluation_data is not None else None,
                "DataPreProcessingConfiguration": {"TargetSamplingRate": rate} if rate is not None else None,
                "OffCondition": off_condition.text if off_condition is not None else None,
                "ModelDiagnosticsOutputConfiguration": diagnostics.properties if diagnostics is not None else None,
            },
        )

    @property
    def version(self) -> IModelVersion | None:
        """The version that is imported; None when the model is trained."""
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
    def inference_data_import_strategy(self) -> InferenceDataImportStrategy | None:
        """What becomes of accumulated inference data; None when the model is trained."""
        return self._strategy

    @property
    def training_data(self) -> TimeRange | None:
        """What the model learns from, where that is said."""
        return self._training_data

    @property
    def target_sampling_rate(self) -> cdk.Duration | None:
        """The interval to which the data are resampled, where that is said."""
        return self._target_sampling_rate

    @property
    def diagnostics(self) -> ModelDiagnosticsOutput | None:
        """Where diagnostics are written."""
        return self._diagnostics

    @property
    def request(self) -> Mapping[str, Any]:
        """What the request that makes the model has because of its source, beside dataset and labels."""
        return self._request
