"""How fast things go, how many there may be, and which reading of contradictory documentation holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from lookout_server.checked import Checked, check_all, number

_MEBIBYTE = 1024**2
#: Seconds: more than the years of the calendar have.
_LONGEST = 10**12
#: How images are looked at.
InspectionKind = Literal["light", "network"]


@dataclass(frozen=True)
class Progress:
    """How long each transient state lasts: a number of looks at it, a time of the clock, or what is over first.

    By looks, a state shows in that many describes of the resource or of its job and is over at the next one; a change
    that is refused because of the state counts as a look, a list does not. By time, any request sees it over. By both,
    who describes sees it as often as said, and who sleeps instead, or lists, gets on as well.
    """

    looks: int | None = None
    seconds: float | None = number(None, most=_LONGEST)

    def __post_init__(self) -> None:
        check_all(self)
        if self.looks is None and self.seconds is None:
            raise ValueError(
                "Progress: got neither looks nor seconds, expected one of them or both: by_describes or by_seconds"
            )

    @classmethod
    def by_describes(cls, count: int, *, or_seconds: float | None = None) -> Progress:
        """Each transient state is seen in `count` describes; 0 makes it over at the first.

        With `or_seconds` it lasts no longer than that, by the service's clock, however few describes there were.
        """
        return cls(looks=count, seconds=or_seconds)

    @classmethod
    def by_seconds(cls, seconds: float) -> Progress:
        """Each transient state lasts this many seconds of the service's clock."""
        return cls(seconds=seconds)


@dataclass
class Quotas(Checked):
    """The quotas of Amazon Lookout for Equipment per account and Region (AWS General Reference, "Lookout for
    Equipment endpoints and quotas"); all may be changed."""

    datasets: int = 15
    models: int = 15
    label_groups: int = 15
    labels_per_group: int = 5_000
    pending_data_ingestion_jobs: int = 5
    pending_models: int = 5
    import_dataset_jobs_in_progress: int = 15
    import_model_jobs_in_progress: int = 15
    components_per_dataset: int = 3_000
    columns_per_dataset: int = 3_000
    columns_in_training: int = 300
    components_in_training: int = 300
    files_per_component: int = 1_000
    #: The user guide's formatting page limits the files of a dataset, the quotas page those of a component.
    files_per_dataset: int = 1_000

    inference_schedulers_per_model: int = 1
    files_per_component_in_inference: int = 60
    #: Rows of the input of an inference: 300 for 5 minutes, 3,600 for an hour.
    rows_per_minute_in_inference: int = 60

    #: Bytes of the input of an inference: 5 MB for 5 minutes, 60 MB for an hour.
    bytes_per_minute_in_inference: int = 1024**2

    rows_in_training: int = 1_500_000
    rows_in_evaluation: int = 1_500_000
    bytes_per_dataset: int = 50 * 1024**3
    bytes_per_file: int = 5 * 1024**3
    #: TagResource speaks of 50 tags; the shape TagList allows 200.
    tags_per_resource: int = 50


@dataclass
class VisionQuotas(Checked):
    """The quotas of Amazon Lookout for Vision per account and Region (AWS General Reference, "Lookout for Vision
    endpoints and quotas"; developer guide, "Quotas"). AWS changes the first eight on request; here all may be."""

    projects: int = 100
    models_per_project: int = 100
    running_models: int = 2
    inference_units_per_model: int = 5
    concurrent_trainings: int = 2
    concurrent_packaging_jobs: int = 3
    #: Calls of one operation a second, beyond which it is throttled: 5 at AWS. None, because clocks here are compressed
    #: or stand still: any number.
    requests_per_second: int | None = None

    #: The same for DetectAnomalies: 10 at AWS.
    detections_per_second: int | None = None

    #: At least, as are the next six.
    normal_images_in_single_dataset: int = 20

    anomalous_images_in_single_dataset: int = 10
    normal_training_images: int = 10
    normal_test_images: int = 10
    anomalous_test_images: int = 10
    #: Images of a segmentation model that show one anomaly label and no other.
    images_per_label_in_single_dataset: int = 20

    #: The same in each of two datasets.
    images_per_label: int = 10

    #: At most, as is what follows.
    training_images: int = 16_000

    test_images: int = 4_000
    segmentation_training_images: int = 8_000
    segmentation_test_images: int = 800
    #: Pixels.
    smallest_dimension: int = 64

    largest_dimension: int = 4_096
    bytes_per_image: int = 8 * 1024**2
    bytes_per_manifest: int = 1024**3
    anomaly_labels_per_project: int = 100
    anomaly_labels_per_mask: int = 20
    #: What AWS allows in general; the shape TagList allows 200.
    tags_per_model: int = 50


@dataclass
class Limits(Checked):
    """What one caller may ask of a server that others use as well; all may be changed."""

    #: The largest body of a request to the two services, and to the private routes; that of Amazon API Gateway.
    bytes_per_request: int = 10 * _MEBIBYTE

    #: The same for single operations of the two services, by name. The 10,485,760 bytes that the API text of
    #: UpdateDatasetEntries allows for Changes travel as base64, which takes a third more.
    bytes_per_operation: Mapping[str, int] = field(default_factory=lambda: {"UpdateDatasetEntries": 14 * _MEBIBYTE})

    #: The same for all other services, but Amazon S3 and AWS Lambda; what BatchWriteItem of Amazon DynamoDB takes.
    bytes_per_request_elsewhere: int = 16 * _MEBIBYTE

    #: The largest body of a request to Amazon S3 that is signed; what its PutObject takes.
    bytes_per_object: int = 5 * 1024 * _MEBIBYTE

    #: The largest body of a request to AWS Lambda; what its CreateFunction takes.
    bytes_per_function: int = 70_167_211

    #: How long the body of a request may take to arrive, in real time; and so much longer as a body takes of which
    #: `slowest_bytes_per_second` arrive.
    seconds_per_request: float = 30.0

    slowest_bytes_per_second: int = number(10_000, least=1)
    #: Connections that are open at a time; further ones are refused with status 503.
    connections: int = number(500, least=1)

    #: Calls that the log keeps; of more, the oldest are forgotten.
    calls_in_log: int = 10_000

    #: How much of the texts in a call's parameters the log keeps; what is longer is cut, and blobs are left out.
    characters_per_call_in_log: int = 32_768

    #: Client tokens that an account has in a Region; of more, the oldest are forgotten before their time.
    client_tokens: int = 10_000

    #: Internal failures that are kept; of more, the oldest are forgotten.
    internal_failures: int = 100


@dataclass
class Alarms(Checked):
    """Where the anomalies that scheduled inference finds are told, as they begin."""

    #: The address that gets a POST with a JSON document for each. Without one, nobody is told.
    url: str | None = None

    #: The file with the secret that signs it, in base64, which no other user may read.
    secret_file: Path | None = None

    #: How long it is tried to reach the address.
    give_up_after: timedelta = timedelta(days=3)


@dataclass
class Settings(Checked):
    """What can be set on a Backend, at any time. Each default is the stricter reading of the documentation."""

    progress: Progress = field(default_factory=lambda: Progress.by_describes(2, or_seconds=600))
    #: How long training and retraining take; None: as long as everything else (`progress`).
    training_progress: Progress | None = None

    quotas: Quotas = field(default_factory=Quotas)
    #: Items on a page of a list when MaxResults is absent (the default is not documented).
    page_size: int = number(50, least=1)

    #: How long a ClientToken is remembered (documented for Lookout for Vision; not at all for Equipment).
    client_token_lifetime: timedelta = timedelta(hours=8)

    #: The answer to a ClientToken that comes again with other parameters (not documented).
    client_token_mismatch: Literal["ValidationException", "ConflictException"] = "ValidationException"

    #: AWS's samples get a conflict for a dataset that a model uses; the API text of DeleteDataset says it may go.
    dataset_deletion_blocked_by_models: bool = True

    #: ImportDataset over an existing name overwrites it (API text). False answers with a ConflictException.
    import_dataset_overwrites: bool = True

    #: Whether the source of an import may be in another Region (not documented).
    cross_region_imports: bool = False

    #: Whether a version can be imported while another version of the model is in the making (not documented).
    parallel_imports_into_a_model: bool = False

    #: The user guide's import page gives NO_IMPORT as default, and two sentences on says that data is imported.
    default_inference_data_import_strategy: Literal["NO_IMPORT", "ADD_WHEN_EMPTY", "OVERWRITE"] = "NO_IMPORT"

    #: Where Tags of an ImportModelVersion into an existing model go (the API text knows only models to be created).
    tags_of_version_imports: Literal["version", "model"] = "version"

    #: PutResourcePolicy without PolicyRevisionId when a policy exists (not documented).
    put_policy_without_revision: Literal["conflict", "overwrite"] = "conflict"

    #: Shortest time that training data must span: 14 days (formatting page) or 180 (quotas). None: any; ModelMetrics
    #: has a note when it is less than 14 days.
    minimum_training_span: timedelta | None = None

    #: Whether evaluation data may begin before training data (not documented; AWS's samples evaluate later data).
    evaluation_before_training: bool = False

    #: Whether DeleteLabelGroup is refused while a model uses the group (ConflictException is in its list of errors).
    label_group_deletion_blocked_by_models: bool = True

    #: Whether DeleteLabelGroup is refused while the group has labels. Not documented; the operation can answer with a
    #: ConflictException, and who relies on labels going with their group would lose them here as well. False: they go.
    label_group_deletion_blocked_by_labels: bool = True

    #: AWS's demo application finds that a model with a scheduler, even a stopped one, cannot be deleted; the API text
    #: of DeleteModel reads as if it could. False: a retraining scheduler goes with its model.
    model_deletion_blocked_by_schedulers: bool = True

    #: Whether starting a RUNNING scheduler, or stopping a STOPPED one, is refused (not documented). False: nothing
    #: happens.
    redundant_scheduler_changes_refused: bool = True

    #: Whether a scheduler must be STOPPED to be updated. Not documented; the native CloudFormation type of inference
    #: schedulers has the permissions to stop and to start around its update.
    scheduler_updates_need_stopped: bool = True

    #: Which end of its window an inference run takes rows from: the service's messages speak of a range without its
    #: start, AWS's samples have files from the start up to just before the end.
    inference_window_includes: Literal["end", "start"] = "end"

    #: How many runs of an inference scheduler are made up for when the service did not run for a while; of more, the
    #: earlier ones are left out. Not documented: 1,000 are three and a half days of runs every five minutes.
    missed_runs_made_up_for: int = number(1_000, least=1)

    #: How long an execution of an inference scheduler is remembered, with what it says of each row (not documented).
    execution_retention: timedelta = timedelta(days=365)

    #: PromoteMode of a retraining scheduler that is made without one (user guide: "by default, in managed mode").
    default_promote_mode: Literal["MANAGED", "MANUAL"] = "MANAGED"

    limits: Limits = field(default_factory=Limits)

    alarms: Alarms = field(default_factory=Alarms)

    vision_quotas: VisionQuotas = field(default_factory=VisionQuotas)

    #: DeleteProject wants the datasets gone (final API text). The API text of 2020 says that they are deleted
    #: automatically: True.
    vision_projects_deleted_with_datasets: bool = False

    #: What BeforeCreationDate and AfterCreationDate of ListDatasetEntries compare: when the image was added to the
    #: dataset, or the `creation-date` of its label, as far as it has one (not documented).
    vision_entry_date: Literal["added", "labeled"] = "added"

    #: What a training of Lookout for Vision looks at: `network`, what a network makes of an image that was made for
    #: pictures of all kinds; or `light`, colours and edges of a small copy, which takes a hundredth of the time and
    #: finds what can be seen from afar. A model goes on as it was trained.
    vision_inspection: InspectionKind = "light"

    #: With `network`: a file in ONNX that a training looks at images with, instead of the network of the package. It
    #: is tried when the server starts. Models that were trained with it need it, under any name, as long as they are
    #: hosted or packaged.
    vision_backbone: Path | None = None

    #: How many bytes of what trainings have computed of the images of a project are kept for the next one, which then
    #: computes that of new images only: about 1.4 MB of an image that is tested or judged with `network`, and 0.05 MB
    #: of others.
    vision_kept_features: int = number(1024**3, least=0)
