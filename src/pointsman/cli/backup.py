"""`pointsman backup` and `pointsman restore`: the database as one file, and back.

Both say where the key is that opens the secrets in it: a backup never holds it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pointsman.cli.account import DataFolder
from pointsman.cli.ending import refuse, settings_or_refuse
from pointsman.settings import Settings
from pointsman.store import StoreError
from pointsman.store.backup import back_up
from pointsman.store.backup import restore as put_back
from pointsman.store.sqlite import DATABASE_FILE
from pointsman.store.vault import KEY_FILE

__all__ = ["backup", "restore"]


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make.")],
    data: DataFolder = None,
) -> None:
    """Copy the database to a new file, while a server runs or not."""
    settings = settings_or_refuse(data=data)
    try:
        back_up(settings.data / DATABASE_FILE, file)
    except StoreError as error:
        refuse(str(error))
    typer.echo(f"{file} holds the database of {settings.data} as of now.")
    typer.echo(f"The key of its secrets is not in it: {_key_of(settings)}. Keep it elsewhere.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` made.")],
    data: DataFolder = None,
) -> None:
    """Put a backup into an empty data folder."""
    settings = settings_or_refuse(data=data)
    try:
        put_back(file, settings.data / DATABASE_FILE)
    except StoreError as error:
        refuse(str(error))
    typer.echo(f"{settings.data} holds the database of {file}.")
    if not settings.secret_key and not (settings.data / KEY_FILE).exists():
        typer.echo(
            f"Before you start a server there, put the {KEY_FILE} that belongs to it into "
            f"{settings.data}, or set the POINTSMAN_SECRET_KEY that it was used with."
        )


def _key_of(settings: Settings) -> str:
    """Where the key is that opens the secrets of this data folder."""
    file = settings.data / KEY_FILE
    if file.exists() and not settings.secret_key:
        return f"it is {file}"
    return "it is the POINTSMAN_SECRET_KEY of the server"
