"""The code of a function that stands in its template.

AWS: the file is `index.py` or `index.js`, whatever the handler says, and has a module to answer CloudFormation with
beside it, `cfnresponse` in Python and `cfn-response` in Node.
MiniStack: names the file after the handler, and has no such module.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from ministack.services.cloudformation import provisioners

from lookout_local import functions

_FOLDER = Path(functions.__file__).parent / "inline"


def install() -> None:
    """Replace what makes an archive of such code."""
    provisioners._zip_inline = archive


def archive(source: str | None, handler: str, runtime: str = "python3.13") -> bytes | None:
    """The archive of a function with this code; None when there is no code."""
    if not source:
        return None
    node = runtime.startswith("nodejs")
    code, module = ("index.js", "cfn-response.js") if node else ("index.py", "cfnresponse.py")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(code, source)
        made.write(_FOLDER / module, f"node_modules/{module}" if node else module)
    return content.getvalue()
