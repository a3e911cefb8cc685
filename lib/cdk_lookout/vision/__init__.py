"""Amazon Lookout for Vision: projects, their datasets, and the models that are trained on them."""

from cdk_lookout.vision.data_gate import DataGate
from cdk_lookout.vision.dataset import Dataset, DatasetType
from cdk_lookout.vision.dataset_source import DatasetSource
from cdk_lookout.vision.grants import grant_list
from cdk_lookout.vision.hosted_model import HostedModel
from cdk_lookout.vision.hosting_hours import HostingHours
from cdk_lookout.vision.hours import DayOfWeek
from cdk_lookout.vision.interfaces import IModel, IProject
from cdk_lookout.vision.metrics import MetricOptions
from cdk_lookout.vision.model import Model
from cdk_lookout.vision.model_packaging_job import ModelPackagingJob
from cdk_lookout.vision.monitoring import Monitoring
from cdk_lookout.vision.packaging_target import Architecture, PackagingTarget
from cdk_lookout.vision.project import Project
from cdk_lookout.vision.quality_gate import QualityGate

__all__ = [
    "Architecture",
    "DataGate",
    "Dataset",
    "DatasetSource",
    "DatasetType",
    "DayOfWeek",
    "HostedModel",
    "HostingHours",
    "IModel",
    "IProject",
    "MetricOptions",
    "Model",
    "ModelPackagingJob",
    "Monitoring",
    "PackagingTarget",
    "Project",
    "QualityGate",
    "grant_list",
]
