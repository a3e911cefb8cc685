"""What all types of Lookout for Vision have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from lookout_provider.resources.base import Resource
from lookout_shared.aws import Kind, ServiceError


class VisionResource(Resource):
    """A resource of Lookout for Vision."""

    service_name: ClassVar[str] = "lookoutvision"

    @property
    def first_wait_seconds(self) -> int:
        """The service allows five requests of a kind in a second."""
        return 10

    def listed(self, operation: str, member: str, project: str) -> list[dict[str, Any]]:
        """All that a List *operation* tells of *project*; nothing when there is no such project."""
        try:
            return list(self.service.pages(operation, member, ProjectName=project))
        except ServiceError as error:
            if error.kind is Kind.NOT_FOUND:
                return []
            raise
