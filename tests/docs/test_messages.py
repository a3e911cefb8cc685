"""Every message of the code has its section in docs/errors/, which the error names, and every section quotes one."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator
from types import ModuleType

import pytest

import cdk_lookout.sections
import lookout_local.sections
import lookout_provider.sections
import lookout_server.sections
from cdk_lookout.validation import invalid
from docs import generate_sections
from lookout_files.sections import fits, section
from lookout_local.errors import LocalCloudError, told
from lookout_provider.protocol import RESPONSE_LIMIT, Answer, Request
from tests.docs import pages
from tests.docs.messages import Message, Package, Sink
from tests.provider.support import event

#: Every section of every page, with what it quotes.
QUOTED = {
    (page.stem, name): messages
    for page in sorted(generate_sections.PAGES.glob("*.md"))
    for name, messages in generate_sections.quoted(page.stem).items()
}
_FILES = pages.ROOT / "lib/lookout_files"
_READERS = ("NotJson", "Senseless", "InvalidRows", "Unreadable")
#: What whoever runs a server meets, on a command line or in its log.
_OF_SERVERS = ("ServerError", "CannotListen", "IdentityError", "StoreUnavailable", "NewerFormat", "BlobMissing")
#: What the packages say, and how: an exception's first argument, or what a helper puts together.
SAID: dict[ModuleType, tuple[Package, dict[str, Sink]]] = {
    cdk_lookout.sections: (
        Package(pages.ROOT / "lib/cdk_lookout", readers=_FILES),
        {
            "invalid": Sink("{0} of …: got {1}, expected {2}", (0, 2, 3)),
            **dict.fromkeys((*_READERS, "AssetNotBuilt", "NodeNotFound", "InvalidProperty"), Sink()),
        },
    ),
    lookout_provider.sections: (
        # The service's own words become errors in aws.py.
        Package(pages.ROOT / "lambda/lookout_provider", ("aws.py",), _FILES),
        {
            **dict.fromkeys((*_READERS, "Refused", "InputTooLarge", "InvalidProperty", "InvalidManifest"), Sink()),
            "Answer": Sink("{0}", (2,)),
            "ServiceError": Sink("{0}: {1}: {2}", (0, 2, 3)),
        },
    ),
    lookout_local.sections: (
        # Those two speak as AWS does: the services, and CloudFormation, IAM and S3 where MiniStack is corrected.
        Package(pages.ROOT / "lib/lookout_local", ("services/equipment", "services/vision", "corrections/")),
        dict.fromkeys(
            ("LocalCloudError", "MissingExtra", "AdminError", "ValueError", "TypeError", "SdkUnavailable"), Sink()
        ),
    ),
    lookout_server.sections: (
        # What callers are answered is as at AWS: in the operations, and in what reads requests and files for them.
        Package(
            pages.ROOT / "lib/lookout_server", ("detection/", "equipment/", "vision/", "protocol/", "work/", "files/")
        ),
        dict.fromkeys(_OF_SERVERS, Sink()),
    ),
}
#: Functions that return problems instead of raising them.
_FINDERS = ("contradictions", "validate", "problems", "_problems", "_problem", "refusal")
#: What stands between the parts that a message is put together from.
_JOINTS = re.compile(r"…| of |: got |: | - |; |, expected |None(?=,)|got Wait")
_SHORTEST = 6


def said(module: ModuleType) -> list[Message]:
    package, sinks = SAID[module]
    return sorted({*package.messages(sinks), *package.returned(_FINDERS)}, key=lambda message: message.text)


def is_quoted(message: Message, module: ModuleType) -> bool:
    """Whether a section quotes the message, or one that it becomes when its gaps are filled."""
    if section(message.text, module.SECTIONS) is not None:
        return True
    return any(fits(message.text, text) for texts in module.SECTIONS.values() for text in texts)


@functools.cache
def _constants() -> str:
    """All text in the code, each piece on a line of its own."""
    pieces: set[str] = set()
    for folder in ("lib", "lambda"):
        for file in (pages.ROOT / folder).rglob("*.py"):
            if file.name != "sections.py":
                pieces |= set(_strings(ast.parse(file.read_text(encoding="utf-8"))))
    return "\n".join(piece.replace("\n", " ") for piece in sorted(pieces))


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _in_the_code(part: str, pieces: int = 3) -> bool:
    """Whether *part* is text of the code, or is put together from that many pieces of it."""
    if part.strip() in _constants():
        return True
    return pieces > 1 and any(
        part[:cut] in _constants() and _in_the_code(part[cut:], pieces - 1)
        for cut in range(_SHORTEST, len(part) - _SHORTEST + 1)
    )


@pytest.mark.parametrize("module", SAID, ids=lambda module: module.__name__)
def test_every_message_of_the_code_has_its_section(module: ModuleType) -> None:
    messages = said(module)
    assert len(messages) > 50
    assert [f"{message.where}: {message.text}" for message in messages if not is_quoted(message, module)] == []


@pytest.mark.parametrize("place", QUOTED, ids="#".join)
def test_a_section_quotes_messages_that_occur_in_the_code(place: tuple[str, str]) -> None:
    assert QUOTED[place]
    for message in QUOTED[place]:
        assert [part for part in _JOINTS.split(message) if len(part) > 3 and not _in_the_code(part)] == []


def test_a_message_that_is_not_in_the_code_is_found_out() -> None:
    assert not _in_the_code("the dataset was eaten by the dog, deploy another dog")


def test_a_message_without_a_section_is_found_out() -> None:
    message = Message("dataset …: was eaten by the dog, deploy another dog", "dog.py:1")
    assert not any(is_quoted(message, module) for module in SAID)


def test_a_message_is_quoted_once_where_one_package_says_it() -> None:
    for module in SAID:
        counts = Counter(text for texts in module.SECTIONS.values() for text in texts)  # type: ignore[attr-defined]
        assert [text for text, count in counts.items() if count > 1] == []


def test_every_page_of_errors_is_one_that_errors_can_name_or_of_what_is_no_error_of_a_deployment() -> None:
    """Warnings have their sections in their ids; detectors and store are libraries, with errors for their callers.

    The agent of a component runs on a device, without the documentation.
    """
    named = {page for found in generate_sections.MODULES.values() for page in found}
    assert {page for page, _ in QUOTED} == named | {"warnings", "detector", "inspector", "edge", "store"}


@pytest.mark.parametrize("file", generate_sections.MODULES, ids=lambda file: file.parent.name)
def test_the_sections_of_a_package_are_what_make_docs_writes(file: object) -> None:
    assert file.read_text(encoding="utf-8") == generate_sections.module(  # type: ignore[attr-defined]
        generate_sections.MODULES[file]  # type: ignore[index]
    ), "run `make docs`"


def test_every_message_of_the_edge_agent_has_its_section() -> None:
    package = Package(pages.ROOT / "lib/lookout_server/edge")
    refusals = ("AgentError", "InvalidArgument", "NotFound", "FailedPrecondition", "ResourceExhausted")
    messages = list(package.messages({**dict.fromkeys(refusals, Sink()), "abort": Sink("{0}", (1,))}))
    page = ModuleType("edge")
    page.SECTIONS = generate_sections.quoted("edge")  # type: ignore[attr-defined]
    assert len(messages) > 15
    assert [f"{message.where}: {message.text}" for message in messages if not is_quoted(message, page)] == []


def test_every_warning_has_the_section_that_its_id_names() -> None:
    warnings = SAID[cdk_lookout.sections][0]
    ids = {message.text for message in warnings.messages({"add_warning_v2": Sink("{0}", (0,))})}
    written = {name.removeprefix("equipment-") for page, name in QUOTED if page == "warnings"}
    assert {re.sub("^cdk-lookout:(…-)?", "", name) for name in ids} == written


def test_the_section_that_quotes_most_of_a_message_is_the_one_that_is_named() -> None:
    error = invalid("value", "Plant", "x", "a number from 0 to 1")
    assert error.__notes__ == ["see docs/errors/synthesis.md#number"]
    assert str(error) == "value of Plant: got 'x', expected a number from 0 to 1"


def test_an_error_that_no_section_quotes_names_none() -> None:
    assert not hasattr(invalid("value", "Plant", "x", "nonsense"), "__notes__")
    assert told(LocalCloudError("nonsense")) == "error: nonsense"


def test_a_command_names_the_section_below_the_error() -> None:
    told_of = told(LocalCloudError("the AWS CLI is not installed: pip install awscli"))
    assert told_of.splitlines()[1:] == ["see docs/errors/local-cloud.md#no-aws-cli"]


@pytest.mark.parametrize("length", [20, 10 * RESPONSE_LIMIT])
def test_a_reason_ends_with_its_section_and_the_log_however_long_it_is(length: int) -> None:
    request = Request.parse(event())
    reason = f"dataset {'x' * length} exists and belongs to another; it was not touched: adopt it"
    body = Answer("FAILED", "id", reason).encode(request, "log stream s, request r").decode()
    assert "(see docs/errors/deployment.md#belongs-to-another; log stream s, request r)" in body
    assert len(body.encode()) <= RESPONSE_LIMIT
