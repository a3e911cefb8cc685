"""Amazon Lookout for Equipment: datasets, models, their versions, and who may import them."""

from cdk_lookout.equipment.active_model_version import ActiveModelVersion
from cdk_lookout.equipment.data_gate import DataGate
from cdk_lookout.equipment.data_ingestion import DataIngestion
from cdk_lookout.equipment.dataset import Dataset
from cdk_lookout.equipment.dataset_schema import DatasetSchema, SchemaComponent
from cdk_lookout.equipment.dataset_source import DatasetSource
from cdk_lookout.equipment.desired_state import DesiredState
from cdk_lookout.equipment.grants import grant_list
from cdk_lookout.equipment.inference_input import ComponentTimestampDelimiter, TimestampFormat
from cdk_lookout.equipment.inference_scheduler import InferenceScheduler
from cdk_lookout.equipment.interfaces import (
    IDataset,
    IInferenceScheduler,
    ILabelGroup,
    IModel,
    IModelVersion,
    IPolicyTarget,
)
from cdk_lookout.equipment.key_pattern import KeyPattern
from cdk_lookout.equipment.label import Label, LabelRating
from cdk_lookout.equipment.label_group import LabelGroup
from cdk_lookout.equipment.label_set import LabelSet, LabelSetSource
from cdk_lookout.equipment.labels import LabelsInput
from cdk_lookout.equipment.latest_model_version import LatestModelVersion, ModelVersionSourceType
from cdk_lookout.equipment.model import Model
from cdk_lookout.equipment.model_diagnostics_output import ModelDiagnosticsOutput
from cdk_lookout.equipment.model_import import ModelImport
from cdk_lookout.equipment.model_share import ModelShare
from cdk_lookout.equipment.model_source import InferenceDataImportStrategy, ModelSource
from cdk_lookout.equipment.model_version import ModelVersion
from cdk_lookout.equipment.monitored import DataQuality, MetricOptions
from cdk_lookout.equipment.monitoring import Monitoring
from cdk_lookout.equipment.off_condition import OffCondition
from cdk_lookout.equipment.quality_gate import AutoPromotionResult, ModelQuality, QualityGate
from cdk_lookout.equipment.resource_policy import ResourcePolicy
from cdk_lookout.equipment.retraining_frequency import LookbackWindow, PromoteMode, RetrainingFrequency
from cdk_lookout.equipment.retraining_scheduler import RetrainingScheduler
from cdk_lookout.equipment.time_range import TimeRange

__all__ = [
    "ActiveModelVersion",
    "AutoPromotionResult",
    "ComponentTimestampDelimiter",
    "DataGate",
    "DataIngestion",
    "DataQuality",
    "Dataset",
    "DatasetSchema",
    "DatasetSource",
    "DesiredState",
    "IDataset",
    "IInferenceScheduler",
    "ILabelGroup",
    "IModel",
    "IModelVersion",
    "IPolicyTarget",
    "InferenceDataImportStrategy",
    "InferenceScheduler",
    "KeyPattern",
    "Label",
    "LabelGroup",
    "LabelRating",
    "LabelSet",
    "LabelSetSource",
    "LabelsInput",
    "LatestModelVersion",
    "LookbackWindow",
    "MetricOptions",
    "Model",
    "ModelDiagnosticsOutput",
    "ModelImport",
    "ModelQuality",
    "ModelShare",
    "ModelSource",
    "ModelVersion",
    "ModelVersionSourceType",
    "Monitoring",
    "OffCondition",
    "PromoteMode",
    "QualityGate",
    "ResourcePolicy",
    "RetrainingFrequency",
    "RetrainingScheduler",
    "SchemaComponent",
    "TimeRange",
    "TimestampFormat",
    "grant_list",
]
