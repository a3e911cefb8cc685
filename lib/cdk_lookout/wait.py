"""How long a deployment waits for what takes time."""

from __future__ import annotations

import math

import aws_cdk as cdk

from cdk_lookout.validation import Quoted, invalid

#: CloudFormation gives a custom resource one hour; five minutes of it are for the answer itself.
_SHARE_SECONDS = 55 * 60
_LONGEST_SECONDS = 48 * 60 * 60


class Wait:
    """What a deployment waits for: pass it as `wait` to a resource that takes time to become usable."""

    def __init__(self, seconds: int) -> None:
        """Use `until_ready` or `started`."""
        self._seconds = seconds

    @classmethod
    def until_ready(cls, *, timeout: cdk.Duration | None = None) -> Wait:
        """Wait until the resource is usable; the deployment fails when *timeout* is over before that.

        The failed resource is then rolled back like any other: nothing is left behind that the service lets go of.

        CloudFormation ends a custom resource after one hour. Beyond 55 minutes the wait is a relay: the resource is
        followed by one `Custom::LookoutWait` for every 55 minutes, and whatever needs the resource comes after the
        last of them. They are done at once when the work is. About as many again wait only when the stack is deleted
        meanwhile: the service cannot cancel its work, and deletes nothing that it is working on.

        :param timeout: from 1 second to 48 hours, whole seconds. Default: 55 minutes.
        :raises InvalidProperty: when *timeout* is none of these, or not known at synthesis.
        """
        if timeout is None:
            return cls(_SHARE_SECONDS)
        if timeout.is_unresolved():
            raise invalid("timeout", "Wait.until_ready", Quoted("a token"), "a duration that is known at synthesis")
        milliseconds = timeout.to_milliseconds()
        if milliseconds % 1000 or not 1000 <= milliseconds <= _LONGEST_SECONDS * 1000:
            raise invalid(
                "timeout",
                "Wait.until_ready",
                Quoted(timeout.to_human_string()),
                "whole seconds up to 48 hours; use Wait.started() for what takes longer",
            )
        return cls(int(milliseconds) // 1000)

    @classmethod
    def started(cls) -> Wait:
        """Do not wait: the deployment goes on as soon as the service has accepted the work.

        Attributes that exist only when the work is done are then refused at synthesis.
        """
        return cls(0)

    @property
    def seconds(self) -> int:
        """The longest time to wait, in seconds; 0 means not to wait."""
        return self._seconds

    @property
    def shares(self) -> list[int]:
        """How long each link of the relay waits, in seconds; none when one resource can wait that long by itself."""
        if self._seconds <= _SHARE_SECONDS:
            return []
        links = math.ceil(self._seconds / _SHARE_SECONDS)
        return [_SHARE_SECONDS] * (links - 1) + [self._seconds - _SHARE_SECONDS * (links - 1)]
