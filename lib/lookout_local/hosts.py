"""The hosts of AWS for which a local cloud can stand: those of both Lookout services, of S3 and of STS.

lookoutequipment.<region>.amazonaws.com
lookoutvision.<region>.amazonaws.com
s3.<region>.amazonaws.com   s3.amazonaws.com   s3-<region>.amazonaws.com   s3.dualstack.<region>.amazonaws.com
<bucket>. before each of these
sts.<region>.amazonaws.com  sts.amazonaws.com
"""

from __future__ import annotations

import re

#: As a message lists them.
NAMES = (
    "lookoutequipment.<region>, lookoutvision.<region>, s3, s3.<region>, <bucket>.s3.<region>, sts and sts.<region>, "
    "each with .amazonaws.com behind it"
)
_REGION = r"[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}"
# No dots: a certificate of AWS has none in the place of a bucket either.
_BUCKET = r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
_PATTERNS = {
    "lookoutequipment": rf"lookoutequipment\.{_REGION}",
    "lookoutvision": rf"lookoutvision\.{_REGION}",
    "s3": rf"(?:{_BUCKET}\.)?s3(?:[.-]{_REGION}|\.dualstack\.{_REGION})?",
    "sts": rf"sts(?:\.{_REGION})?",
}
_HOSTS = {service: re.compile(rf"{pattern}\.amazonaws\.com") for service, pattern in _PATTERNS.items()}


def service_of(host: str) -> str:
    """The signing name of the service at a host, given in lower case and without a port; '' for any other host."""
    return next((service for service, pattern in _HOSTS.items() if pattern.fullmatch(host)), "")
