"""How long what goes wrong is waited out, in nominal seconds, and what is said when it is not any longer."""

from __future__ import annotations

from lookout_provider.progress import Phase, Progress
from lookout_shared.aws import Kind, ServiceError

#: A Delete has the time that CloudFormation gives a custom resource, less some to answer in.
DELETE_SECONDS = 3300
#: How long an error is waited out, in seconds. One that is not here counts at once; throttling never does.
_PATIENCE = {Kind.DENIED: 120, Kind.UNREACHABLE: 120, Kind.CONFLICT: DELETE_SECONDS, Kind.UNAVAILABLE: 900}
#: What a Delete meets while nothing of the thing itself is under way seldom passes: something else uses it.
_IN_USE_SECONDS = 900
_PATIENT = (Kind.BUSY, Kind.QUOTA_OF_WORK)

_WAY_OUT = {
    Kind.DENIED: "the provider's role needs this permission, and so does what it imports from another account: "
    "the source's resource policy must allow this account",
    Kind.CONFLICT: "something else uses or changes it; try again when that is gone or done",
    Kind.UNREACHABLE: "the service does not answer at its endpoint, see endpoint_url of LookoutProvider",
}


def is_over(error: ServiceError, progress: Progress) -> bool:
    """Whether an error has been waited out for as long as its kind is; the first time is noted in *progress*."""
    since = progress.since.setdefault(error.kind.name, progress.waited)
    if error.kind in _PATIENT:
        return False
    in_use = error.kind is Kind.CONFLICT and progress.phase is Phase.REMOVE
    return progress.waited - since >= (_IN_USE_SECONDS if in_use else _PATIENCE.get(error.kind, 0))


def reason(error: ServiceError) -> str:
    """The service's own words, and the way out where there is one."""
    way_out = _WAY_OUT.get(error.kind)
    return f"{error}" + (f" - {way_out}" if way_out else "")
