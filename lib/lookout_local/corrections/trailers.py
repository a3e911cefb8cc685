"""What may follow a body that is sent in chunks.

AWS: the checksum that the header x-amz-trailer announces.
MiniStack: takes any header from there, an Authorization included, after the request was checked.
"""

from __future__ import annotations

from ministack import app

_decode = app._decode_aws_chunked_body


def install() -> None:
    """Replace the function that reads the chunks."""
    app._decode_aws_chunked_body = decode


def decode(body: bytes, headers: dict[str, str]) -> bytes:
    """The body; of what follows it, checksums become headers."""
    before = set(headers)
    decoded: bytes = _decode(body, headers)
    for name in set(headers) - before:
        if not name.startswith("x-amz-checksum-"):
            del headers[name]
    return decoded
