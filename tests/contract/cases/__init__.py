"""One case per resource type, one file each."""

from __future__ import annotations

from tests.contract.cases.active_model_version import ACTIVE_MODEL_VERSION, GATED_ACTIVE_MODEL_VERSION
from tests.contract.cases.case import LABELS, TAGS, Case, Properties
from tests.contract.cases.data_ingestion import DATA_INGESTION
from tests.contract.cases.dataset import DATASET, IMPORTED_DATASET
from tests.contract.cases.inference_scheduler import INFERENCE_SCHEDULER
from tests.contract.cases.label import LABEL
from tests.contract.cases.label_group import LABEL_GROUP
from tests.contract.cases.label_set import LABEL_SET
from tests.contract.cases.latest_model_version import LATEST_MODEL_VERSION
from tests.contract.cases.model import IMPORTED_MODEL, TRAINED_MODEL
from tests.contract.cases.model_version import MODEL_VERSION
from tests.contract.cases.resource_policy import RESOURCE_POLICY
from tests.contract.cases.retraining_scheduler import RETRAINING_SCHEDULER
from tests.contract.cases.vision_dataset import VISION_DATASET, VISION_DATASET_OF_IMAGES
from tests.contract.cases.vision_hosted_model import VISION_HOSTED_MODEL
from tests.contract.cases.vision_model import VISION_MODEL
from tests.contract.cases.vision_model_packaging_job import VISION_MODEL_PACKAGING_JOB
from tests.contract.cases.vision_project import VISION_PROJECT
from tests.contract.cases.wait import WAIT

CASES = [
    DATASET,
    IMPORTED_DATASET,
    IMPORTED_MODEL,
    TRAINED_MODEL,
    MODEL_VERSION,
    ACTIVE_MODEL_VERSION,
    GATED_ACTIVE_MODEL_VERSION,
    LATEST_MODEL_VERSION,
    RESOURCE_POLICY,
    DATA_INGESTION,
    WAIT,
    INFERENCE_SCHEDULER,
    RETRAINING_SCHEDULER,
    LABEL_GROUP,
    LABEL,
    LABEL_SET,
    VISION_PROJECT,
    VISION_DATASET,
    VISION_DATASET_OF_IMAGES,
    VISION_MODEL,
    VISION_HOSTED_MODEL,
    VISION_MODEL_PACKAGING_JOB,
]

__all__ = [
    "ACTIVE_MODEL_VERSION",
    "CASES",
    "DATASET",
    "DATA_INGESTION",
    "GATED_ACTIVE_MODEL_VERSION",
    "IMPORTED_DATASET",
    "IMPORTED_MODEL",
    "INFERENCE_SCHEDULER",
    "LABEL",
    "LABELS",
    "LABEL_GROUP",
    "LABEL_SET",
    "LATEST_MODEL_VERSION",
    "MODEL_VERSION",
    "RESOURCE_POLICY",
    "RETRAINING_SCHEDULER",
    "TAGS",
    "TRAINED_MODEL",
    "VISION_DATASET",
    "VISION_DATASET_OF_IMAGES",
    "VISION_HOSTED_MODEL",
    "VISION_MODEL",
    "VISION_MODEL_PACKAGING_JOB",
    "VISION_PROJECT",
    "WAIT",
    "Case",
    "Properties",
]
