"""Amazon Lookout for Equipment: datasets, models, their versions, and who may import them."""

from cdk_lookout.equipment.active_model_version import ActiveModelVersion
from cdk_lookout.equipment.dataset import Dataset
from cdk_lookout.equipment.dataset_schema import DatasetSchema, SchemaComponent
from cdk_lookout.equipment.dataset_source import DatasetSource
from cdk_lookout.equipment.grants import grant_list
from cdk_lookout.equipment.interfaces import IDataset, IModel, IModelVersion, IPolicyTarget
from cdk_lookout.equipment.labels import LabelsInput
from cdk_lookout.equipment.model import Model
from cdk_lookout.equipment.model_source import InferenceDataImportStrategy, ModelSource
from cdk_lookout.equipment.model_version import ModelVersion
from cdk_lookout.equipment.resource_policy import ResourcePolicy

__all__ = [
    "ActiveModelVersion",
    "Dataset",
    "DatasetSchema",
    "DatasetSource",
    "IDataset",
    "IModel",
    "IModelVersion",
    "IPolicyTarget",
    "InferenceDataImportStrategy",
    "LabelsInput",
    "Model",
    "ModelSource",
    "ModelVersion",
    "ResourcePolicy",
    "SchemaComponent",
    "grant_list",
]
