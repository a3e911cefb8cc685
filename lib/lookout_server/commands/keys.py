"""`lookout-server keys`: who may call, and what."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookout_server.commands.base import Config, Data, Json, app, in_json, keys_of, say, table
from lookout_server.errors import ServerError

if TYPE_CHECKING:
    from lookout_server.identity.keys import NewKey

keys = typer.Typer(
    help="The access keys of callers. A name stands for one caller, with one policy and up to two keys. "
    "What is changed holds from the next request on, also while a server runs.",
    no_args_is_help=True,
)
app.add_typer(keys, name="keys")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Who has the key.")]


@keys.command()
def add(
    name: Name,
    policy: Annotated[
        str,
        typer.Option("--policy", metavar="FILE", help="What the key may do: an IAM policy; - reads standard input."),
    ],
    account: Annotated[
        str | None, typer.Option("--account", help="12 digits; otherwise as the settings have it.")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="KEY=VALUE", help="For conditions on aws:PrincipalTag. Repeatable."),
    ] = None,
    config: Config = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a name with its first key. The secret is shown this once."""
    tags = {}
    for text in tag or ():
        key, equals, value = text.partition("=")
        if not equals:
            raise ServerError(f"--tag: got '{text}', expected KEY=VALUE", 2)
        tags[key] = value
    text = _read(policy)
    with keys_of(config, data, make=True) as (found, configuration):
        _show(found.add(name, account=account or configuration.account, policy=text, tags=tags), as_json)


@keys.command("list")
def list_(config: Config = None, data: Data = None, as_json: Json = False) -> None:
    """Show who has keys; secrets are not shown."""
    with keys_of(config, data) as (found, _):
        holders = found.list()
    if as_json:
        for holder in holders:
            made = {key: created.isoformat() for key, created in holder.keys.items()}
            in_json({"name": holder.name, "account": holder.account, "keys": made, "tags": dict(holder.tags)})
        return
    table(
        ("name", "account", "keys", "made"),
        (
            (
                holder.name,
                holder.account,
                "\n".join(holder.keys),
                "\n".join(f"{created:%Y-%m-%d}" for created in holder.keys.values()),
            )
            for holder in holders
        ),
    )


@keys.command()
def rotate(name: Name, config: Config = None, data: Data = None, as_json: Json = False) -> None:
    """Make a second key, valid beside the first; revoke that one when nobody uses it any more."""
    with keys_of(config, data) as (found, _):
        _show(found.rotate(name), as_json)


@keys.command()
def revoke(
    access_key: Annotated[str, typer.Argument(metavar="ACCESS_KEY", help="The id of the key.")],
    config: Config = None,
    data: Data = None,
) -> None:
    """Take back one key, a temporary one as well."""
    with keys_of(config, data) as (found, _):
        found.revoke(access_key)
    say(f"revoked {access_key}")


@keys.command()
def remove(name: Name, config: Config = None, data: Data = None) -> None:
    """Take back a name and all its keys."""
    with keys_of(config, data) as (found, _):
        found.remove(name)
    say(f"removed {name}")


@keys.command()
def policy(
    name: Name,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="The new policy; - reads standard input.")
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Show what a name may do, or change it."""
    text = None if file is None else _read(file)
    with keys_of(config, data) as (found, _):
        if text is not None:
            found.change_policy(name, text)
            say(f"{name} may do what {file} says")
            return
        holder = next((one for one in found.list() if one.name.lower() == name.lower()), None)
    if holder is None:
        raise ServerError(f"name of a key: there is no '{name:.80}'; lookout-server keys list shows which there are")
    say(holder.policy)


@keys.command()
def issue(
    name: Name,
    minutes: Annotated[int, typer.Option("--minutes", help="How long it is valid: 15 to 2160.")] = 60,
    config: Config = None,
    data: Data = None,
) -> None:
    """Make a temporary key, as a `credential_process` of ~/.aws/config prints it."""
    with keys_of(config, data) as (found, _):
        say(found.issue(name, timedelta(minutes=minutes)).credential_process())


def _read(file: str) -> str:
    """The text of a policy."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "is not UTF-8"
        raise ServerError(f"policy {file}: cannot be read: {reason}; name a file with an IAM policy") from None


def _show(key: NewKey, as_json: bool) -> None:
    if as_json:
        in_json(
            {"name": key.name, "account": key.account, "access_key": key.access_key, "secret_access_key": key.secret}
        )
        return
    say(f"export AWS_ACCESS_KEY_ID={key.access_key}")
    say(f"export AWS_SECRET_ACCESS_KEY={key.secret}")
