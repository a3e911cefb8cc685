"""The condition key cloudwatch:namespace, with which IAM limits who puts metrics where.

AWS: a request for PutMetricData has it; a policy can allow one namespace only.
MiniStack: does not know the key, so such a policy allows nothing.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_actions

_context_of = iam_actions.request_tag_context


def install() -> None:
    """Replace the function that collects the condition keys of a request."""
    iam_actions.request_tag_context = request_context


def request_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
    """The condition keys of a request."""
    context: dict[str, Any] = _context_of(service, iam_action, body, params)
    if iam_action == "cloudwatch:PutMetricData" and (namespace := _namespace(body)):
        context["cloudwatch:namespace"] = namespace
    return context


def _namespace(body: bytes) -> str:
    """The Namespace of a request in JSON, or in the older protocol of forms."""
    if body.startswith(b"{"):
        return str(json.loads(body).get("Namespace", ""))
    return parse_qs(body.decode("utf-8", "replace")).get("Namespace", [""])[0]
