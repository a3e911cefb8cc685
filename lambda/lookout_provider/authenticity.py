"""Which events the function carries out: those of its own stack, to be answered at a place that CloudFormation has.

Whoever may invoke the function can send it anything. What is refused here is neither carried out nor answered.
"""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

#: What comes before the suffix of the partition in a host of S3: the bucket, where it is not in the path, the service
#: (alone, with a hyphen before the Region, or of one kind, like s3-fips), dual-stack, and the Region.
_S3 = re.compile(r"([a-z0-9][a-z0-9.-]*\.)?s3(-[a-z0-9-]+)?(\.dualstack)?(\.[a-z]+(-[a-z]+)+-\d+)?")
#: As long as a name in the DNS can be.
_LONGEST_HOST = 253


def refusal(event: Mapping[str, Any]) -> str | None:
    """Why *event* is not carried out; None for one of this stack's."""
    stack, own = event.get("StackId"), os.environ.get("STACK_ID")
    if own is not None and stack != own:
        return f"StackId: got {stack!r:.200}, expected that of the stack which the function is in"
    if not _takes_answers(str(event.get("ResponseURL"))):
        return "ResponseURL: got another host, expected https and one of Amazon S3"
    return None


def _takes_answers(url: str) -> bool:
    """Whether *url* is of S3, or of the place that stands for AWS here."""
    try:
        to = urllib.parse.urlsplit(url)
        elsewhere = urllib.parse.urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
        if elsewhere.hostname and _origin(to) == _origin(elsewhere):
            return True
        scheme, host, port = _origin(to)
    except ValueError:
        return False
    suffix = "." + os.environ.get("URL_SUFFIX", "amazonaws.com")
    if (scheme, port) != ("https", 443) or "@" in to.netloc or host is None or not host.endswith(suffix):
        return False
    return len(host) <= _LONGEST_HOST and _S3.fullmatch(host.removesuffix(suffix)) is not None


def _origin(url: urllib.parse.SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)
