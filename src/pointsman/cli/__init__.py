"""The command line: thin, one module a group of commands.

A mistake of the caller ends with status 2 and one sentence on standard error; nobody has to read
a traceback for it. What a command prints on standard output is for people and scripts alike.
"""

from __future__ import annotations

import typer

from pointsman.cli import account, check, sdk, token
from pointsman.cli.backup import backup, restore
from pointsman.cli.doctor import doctor
from pointsman.cli.hosts import hosts
from pointsman.cli.serve import serve

__all__ = ["app", "main"]

app = typer.Typer(
    name="pointsman",
    help="A self-hosted task router that speaks the TaskRouter API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(serve)
app.command()(backup)
app.command()(restore)
app.command()(doctor)
app.command()(hosts)
app.add_typer(account.app, name="account")
app.add_typer(token.app, name="token")
app.add_typer(sdk.app, name="sdk")
app.add_typer(check.app, name="check")


def main() -> None:
    """The command `pointsman`."""
    app()
