"""What may be asked for without a signature: objects of a bucket, and the URL of a function.

This says only that somebody unknown may ask. What comes of it is decided by the bucket's policy, by the signature that
a form carries, or by the kind of the URL.
"""

from __future__ import annotations

from ministack import app as ministack_app
from ministack.core.router import detect_service
from ministack.services import s3

from lookout_server.http.arrival import Arrival

_FORM = "multipart/form-data"


def is_public(arrival: Arrival) -> bool:
    """Whether an unsigned request is passed on."""
    if ministack_app._is_ecr_registry_path(arrival.path):  # which asks nobody who they are, at every host
        return False
    return ministack_app._parse_lambda_url(arrival.host, arrival.path) is not None or _is_s3(arrival)


def _is_s3(arrival: Arrival) -> bool:
    """Objects of a bucket, or a form that uploads one."""
    if detect_service(arrival.method, arrival.path, arrival.headers, arrival.query) != "s3":
        return False
    bucket = ministack_app._extract_s3_vhost_bucket(arrival.host)
    key = arrival.path.lstrip("/")
    if bucket is None:
        bucket, key = s3._parse_bucket_key(arrival.path, arrival.headers)
    if arrival.method == "POST":
        is_form = arrival.headers.get("content-type", "").startswith(_FORM)
        return bool(bucket) and not key and not arrival.query and is_form
    return bool(bucket) and (arrival.method in ("GET", "HEAD") or (arrival.method == "PUT" and bool(key)))
