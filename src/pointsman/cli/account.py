"""`pointsman account`: make, list and rotate accounts in the data folder.

It works beside a running server, which notices within a second. A secret is printed only by the
command that made it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pointsman.ambient import now
from pointsman.auth import Account
from pointsman.cli.ending import refuse, settings_or_refuse
from pointsman.settings import Settings
from pointsman.store import StoreError
from pointsman.store.sqlite import DATABASE_FILE, open_store
from pointsman.store.vault import Vault, open_vault

__all__ = ["DataFolder", "app", "opened_vault", "print_new"]

DataFolder = Annotated[Path | None, typer.Option("--data", help="Data folder [./pointsman-data].")]

app = typer.Typer(help="Make, list and rotate accounts.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Friendly name of the account.")] = "",
    data: DataFolder = None,
) -> None:
    """Make an account and show its auth token, once."""
    with opened_vault(settings_or_refuse(data=data), make=True) as vault:
        print_new(vault.new_account(name, now()))


@app.command("list")
def list_accounts(data: DataFolder = None) -> None:
    """List the accounts, oldest first: SID, when it was made, friendly name."""
    with opened_vault(settings_or_refuse(data=data)) as vault:
        for account in sorted(vault.load()[0], key=lambda account: account.date_created):
            made = datetime.fromtimestamp(account.date_created // 1000, UTC)
            typer.echo(f"{account.sid}  {made:%Y-%m-%dT%H:%M:%SZ}  {account.friendly_name}")


@app.command()
def rotate(
    account_sid: Annotated[str, typer.Argument(metavar="AC…", help="The account.")],
    data: DataFolder = None,
) -> None:
    """Give an account another auth token and show it, once; the old one ends within a second."""
    settings = settings_or_refuse(data=data)
    if account_sid == settings.account_sid:
        refuse(
            f"The auth token of {account_sid} is set by POINTSMAN_AUTH_TOKEN; change it there and "
            "start the server again."
        )
    with opened_vault(settings) as vault:
        known = {account.sid: account for account in vault.load()[0]}
        if account_sid not in known:
            refuse(f"There is no account {account_sid} in {settings.data}.")
        print_new(vault.rotate(known[account_sid], now()))


@contextlib.contextmanager
def opened_vault(settings: Settings, *, make: bool = False) -> Iterator[Vault]:
    """The accounts of the data folder, or an end with a sentence; only `make` makes a folder."""
    if not make and not (settings.data / DATABASE_FILE).exists():
        refuse(f"There is no database in {settings.data}; choose the data folder with --data.")
    try:
        store = open_store(settings.data, exclusive=False)
        with contextlib.closing(store):
            yield open_vault(store, settings)
    except StoreError as error:
        refuse(str(error))


def print_new(account: Account) -> None:
    """Show an auth token to whoever had it made; it cannot be shown again."""
    typer.echo(f"Account SID  {account.sid}")
    typer.echo(f"Auth token   {account.auth_token}  (shown once)")
