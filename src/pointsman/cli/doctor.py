"""`pointsman doctor`: what is stuck in a data folder, listed or repaired."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from pointsman.ambient import REAL
from pointsman.cli.account import DataFolder
from pointsman.cli.ending import refuse, settings_or_refuse
from pointsman.doctor import examine
from pointsman.store import StoreError
from pointsman.store.sqlite import DATABASE_FILE, open_store

__all__ = ["doctor"]


def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Have what is stuck go on.")] = False,
    data: DataFolder = None,
) -> None:
    """List what waits longer than it should, while no server runs on the folder."""
    settings = settings_or_refuse(data=data)
    if not (settings.data / DATABASE_FILE).exists():
        refuse(f"There is no database in {settings.data}; choose the data folder with --data.")
    try:
        with contextlib.closing(open_store(settings.data)) as store:
            found = examine(store, REAL, repair=repair)
    except StoreError as error:
        refuse(str(error))
    for stuck in found:
        typer.echo(f"{stuck.workspace_sid} {stuck.finding.sid}: {stuck.finding.sentence}")
    if not found:
        typer.echo("Nothing is stuck.")
    elif repair:
        typer.echo(f"Repaired: {len(found)}.")
    else:
        typer.echo(f"Found: {len(found)}. Say --repair to have them go on.")
        raise typer.Exit(1)
