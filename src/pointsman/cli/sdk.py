"""`pointsman sdk`: what a web page needs to load the browser SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import pointsman
from pointsman import console
from pointsman.cli.ending import refuse, settings_or_refuse

__all__ = ["app"]

app = typer.Typer(help="What web pages load.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """What web pages load."""


@app.command()
def tag(
    public_url: Annotated[
        str | None, typer.Option(help="Scheme and host that browsers reach.")
    ] = None,
    static: Annotated[Path, typer.Option(hidden=True)] = console.STATIC,
) -> None:
    """Print the complete script line, with the hash that browsers check."""
    settings = settings_or_refuse(public_url=public_url)
    try:
        typer.echo(
            console.sdk_tag(settings.origin, pointsman.__version__, console.load_sdk(static))
        )
    except console.SdkMissing as missing:
        refuse(str(missing))
