"""Attributes that more than one construct has, because the API tells them of more than one thing."""

from __future__ import annotations

from cdk_lookout.managed import Managed


class ImportAttributes:
    """Where a model or a version came from, and how it is."""

    _managed: Managed

    @property
    def created_at(self) -> str:
        """When it was made, ISO 8601."""
        return self._managed.attribute("CreatedAt")

    @property
    def source_type(self) -> str:
        """How it came to be: IMPORT."""
        return self._managed.attribute("SourceType")

    @property
    def source_model_version_arn(self) -> str:
        """The version that it was imported from."""
        return self._managed.attribute("SourceModelVersionArn")

    @property
    def import_job_start_time(self) -> str:
        """When its import began, ISO 8601."""
        return self._managed.attribute("ImportJobStartTime")

    @property
    def import_job_end_time(self) -> str:
        """When its import was done, ISO 8601. Not known with `Wait.started()`."""
        return self._managed.attribute("ImportJobEndTime")

    @property
    def imported_data_size_in_bytes(self) -> str:
        """How much was imported, in bytes. Not known with `Wait.started()`."""
        return self._managed.attribute("ImportedDataSizeInBytes")


class ActivationAttributes:
    """Which version of a model was active at the end of the construct's own last change, and which before."""

    _managed: Managed

    @property
    def active_model_version(self) -> str:
        """The number of the active version."""
        return self._managed.attribute("ActiveModelVersion")

    @property
    def active_model_version_arn(self) -> str:
        """The ARN of the active version."""
        return self._managed.attribute("ActiveModelVersionArn")

    @property
    def previous_active_model_version(self) -> str:
        """The number of the version that was active before; empty when there was none."""
        return self._managed.attribute("PreviousActiveModelVersion")

    @property
    def previous_active_model_version_arn(self) -> str:
        """The ARN of the version that was active before; empty when there was none."""
        return self._managed.attribute("PreviousActiveModelVersionArn")

    @property
    def model_version_activated_at(self) -> str:
        """When the active version became active, ISO 8601. Not known with `Wait.started()`."""
        return self._managed.attribute("ModelVersionActivatedAt")
