"""A function in the cloud, and the role that it runs with."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from lookout_local import LocalCloud

VERSION = "2012-10-17"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
ECHO = "import os\n\ndef handle(event, context):\n    return dict(os.environ)\n"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": VERSION, "Statement": list(statements)})


def zipped(name: str, code: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        file = zipfile.ZipInfo(name)
        file.external_attr = 0o755 << 16
        archive.writestr(file, code)
    return buffer.getvalue()


def make_function(
    cloud: LocalCloud, name: str, code: str | bytes = ECHO, *, file: str = "index.py", runtime: str = "python3.13"
) -> Callable[[], Any]:
    """Make a function, and a role of its name that may do anything in IAM; what invokes the function.

    `code` is that of its file, or a whole archive.
    """
    archive = code if isinstance(code, bytes) else zipped(file, code)
    iam, functions = cloud.client("iam"), cloud.client("lambda")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="Everything", PolicyDocument=document(allowed))
    functions.create_function(
        FunctionName=name, Runtime=runtime, Handler="index.handle", Role=role, Code={"ZipFile": archive}
    )
    return lambda: json.load(functions.invoke(FunctionName=name)["Payload"])
