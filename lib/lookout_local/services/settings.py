"""How fast things go, how many there may be, and which reading of contradictory documentation holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True)
class Progress:
    """How long each transient state lasts: a number of looks at it, or a time of the clock.

    By looks, a state shows in that many describes of the resource or of its job and is over at the next one; a change
    that is refused because of the state counts as a look, a list does not. By time, any request sees it over.
    """

    looks: int | None = None
    seconds: float | None = None

    @classmethod
    def by_describes(cls, count: int) -> Progress:
        """Each transient state is seen in `count` describes; 0 makes it over at the first."""
        if count < 0:
            raise ValueError(f"describes of a transient state: got {count}, expected 0 or more")
        return cls(looks=count)

    @classmethod
    def by_seconds(cls, seconds: float) -> Progress:
        """Each transient state lasts this many seconds of the service's clock."""
        if seconds < 0:
            raise ValueError(f"seconds of a transient state: got {seconds}, expected 0 or more")
        return cls(seconds=seconds)


@dataclass
class Quotas:
    """The quotas of Amazon Lookout for Equipment per account and Region (AWS General Reference, "Lookout for
    Equipment endpoints and quotas"); all may be changed."""

    datasets: int = 15
    models: int = 15
    label_groups: int = 15
    pending_data_ingestion_jobs: int = 5
    pending_models: int = 5
    import_dataset_jobs_in_progress: int = 15
    import_model_jobs_in_progress: int = 15
    components_per_dataset: int = 3_000
    columns_per_dataset: int = 3_000
    columns_in_training: int = 300
    components_in_training: int = 300
    files_per_component: int = 1_000
    files_per_dataset: int = 1_000
    """The user guide's formatting page limits the files of a dataset, the quotas page those of a component."""

    rows_in_training: int = 1_500_000
    rows_in_evaluation: int = 1_500_000
    bytes_per_dataset: int = 50 * 1024**3
    bytes_per_file: int = 5 * 1024**3
    tags_per_resource: int = 50
    """TagResource speaks of 50 tags; the shape TagList allows 200."""


@dataclass
class Settings:
    """What can be set on a Backend, at any time. Each default is the stricter reading of the documentation."""

    progress: Progress = field(default_factory=lambda: Progress.by_describes(2))
    quotas: Quotas = field(default_factory=Quotas)
    page_size: int = 50
    """Items on a page of a list when MaxResults is absent (the default is not documented)."""

    client_token_lifetime: timedelta = timedelta(hours=8)
    """How long a ClientToken is remembered (documented for Lookout for Vision; not at all for Equipment)."""

    client_token_mismatch: Literal["ValidationException", "ConflictException"] = "ValidationException"
    """The answer to a ClientToken that comes again with other parameters (not documented)."""

    dataset_deletion_blocked_by_models: bool = True
    """AWS's samples get a conflict for a dataset that a model uses; the API text of DeleteDataset says it may go."""

    import_dataset_overwrites: bool = True
    """ImportDataset over an existing name overwrites it (API text). False answers with a ConflictException."""

    cross_region_imports: bool = False
    """Whether the source of an import may be in another Region (not documented)."""

    parallel_imports_into_a_model: bool = False
    """Whether a version can be imported while another version of the model is in the making (not documented)."""

    default_inference_data_import_strategy: Literal["NO_IMPORT", "ADD_WHEN_EMPTY", "OVERWRITE"] = "NO_IMPORT"
    """The user guide's import page gives NO_IMPORT as default, and two sentences on says that data is imported."""

    tags_of_version_imports: Literal["version", "model"] = "version"
    """Where Tags of an ImportModelVersion into an existing model go (the API text knows only models to be created)."""

    put_policy_without_revision: Literal["conflict", "overwrite"] = "conflict"
    """PutResourcePolicy without PolicyRevisionId when a policy exists (not documented)."""

    minimum_training_span: timedelta | None = None
    """Shortest time that training data must span: 14 days (formatting page) or 180 (quotas). None: any."""

    label_group_deletion_blocked_by_models: bool = True
    """Whether DeleteLabelGroup is refused while a model uses the group (ConflictException is in its list of errors)."""
